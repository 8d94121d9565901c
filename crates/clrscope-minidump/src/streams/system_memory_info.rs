use clrscope_memory::Parsed;

use crate::raw::MINIDUMP_SYSTEM_MEMORY_INFO_1;
use crate::streams::single;
use crate::{Minidump, StreamType};

impl<'data> Minidump<'data> {
    /// The system's memory when the dump was taken.
    pub fn system_memory_info(&self) -> Parsed<Option<&'data MINIDUMP_SYSTEM_MEMORY_INFO_1>> {
        single(self.stream_at(StreamType::SYSTEM_MEMORY_INFO), |stream| {
            stream.record(0, "the system's memory information")
        })
    }
}

use clrscope_memory::Parsed;
use zerocopy::FromBytes;

use crate::raw::{MINIDUMP_PROCESS_VM_COUNTERS_1, MINIDUMP_PROCESS_VM_COUNTERS_2};
use crate::streams::single;
use crate::{Minidump, StreamType};

/// The process's memory counters, in the version that their revision says.
#[derive(Debug, Clone, Copy)]
pub enum ProcessVmCounters<'data> {
    /// The first version.
    V1(&'data MINIDUMP_PROCESS_VM_COUNTERS_1),
    /// The second version, whose flags say which fields are valid.
    V2(&'data MINIDUMP_PROCESS_VM_COUNTERS_2),
}

impl ProcessVmCounters<'_> {
    /// Bytes of physical memory that the process used.
    pub fn working_set(&self) -> u64 {
        match self {
            ProcessVmCounters::V1(counters) => counters.WorkingSetSize.get(),
            ProcessVmCounters::V2(counters) => counters.WorkingSetSize.get(),
        }
    }

    /// Bytes committed that the process shares with nobody.
    pub fn private_usage(&self) -> u64 {
        match self {
            ProcessVmCounters::V1(counters) => counters.PrivateUsage.get(),
            ProcessVmCounters::V2(counters) => counters.PrivateUsage.get(),
        }
    }
}

impl<'data> Minidump<'data> {
    /// The process's memory counters.
    pub fn process_vm_counters(&self) -> Parsed<Option<ProcessVmCounters<'data>>> {
        single(self.stream_at(StreamType::PROCESS_VM_COUNTERS), |stream| {
            let first: &MINIDUMP_PROCESS_VM_COUNTERS_1 =
                stream.record(0, "the process's memory counters")?;
            if first.Revision.get() >= 2
                && let Ok((second, _)) =
                    MINIDUMP_PROCESS_VM_COUNTERS_2::ref_from_prefix(stream.bytes)
            {
                return Ok(ProcessVmCounters::V2(second));
            }
            Ok(ProcessVmCounters::V1(first))
        })
    }
}

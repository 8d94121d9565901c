use clrscope_memory::{Issue, Parsed, VirtAddr};

use crate::bytes::File;
use crate::raw::MINIDUMP_EXCEPTION_STREAM;
use crate::streams::single;
use crate::{Context, Minidump, StreamType};

/// The exception that the dump was taken for.
#[derive(Clone, Copy)]
pub struct Exception<'data> {
    raw: &'data MINIDUMP_EXCEPTION_STREAM,
    file: File<'data>,
}

impl<'data> Exception<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_EXCEPTION_STREAM {
        self.raw
    }

    /// The thread that it happened on.
    pub fn thread_id(&self) -> u32 {
        self.raw.ThreadId.get()
    }

    /// What happened, as `NTSTATUS`; `0xe0434352` is an exception of the CLR.
    pub fn code(&self) -> u32 {
        self.raw.ExceptionRecord.ExceptionCode.get()
    }

    /// Whether it can be continued.
    pub fn flags(&self) -> u32 {
        self.raw.ExceptionRecord.ExceptionFlags.get()
    }

    /// Where it happened.
    pub fn address(&self) -> VirtAddr {
        VirtAddr(self.raw.ExceptionRecord.ExceptionAddress.get())
    }

    /// What the kind of exception adds, at most 15 numbers.
    pub fn parameters(&self) -> impl Iterator<Item = u64> + use<'data> {
        let count = self.raw.ExceptionRecord.NumberParameters.get() as usize;
        self.raw.ExceptionRecord.ExceptionInformation.iter().take(count).map(|value| value.get())
    }

    /// The registers of the thread when it happened; `None` if they were not written.
    ///
    /// # Errors
    /// If the file ends before or within them.
    pub fn context(&self) -> Result<Option<Context<'data>>, Issue> {
        self.file.context(&self.raw.ThreadContext)
    }
}

impl std::fmt::Debug for Exception<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exception").field("raw", self.raw).finish()
    }
}

impl<'data> Minidump<'data> {
    /// The exception that the dump was taken for; `None` if there was none.
    pub fn exception(&self) -> Parsed<Option<Exception<'data>>> {
        single(self.stream_at(StreamType::EXCEPTION), |stream| {
            let raw = stream.record(0, "the exception stream")?;
            Ok(Exception { raw, file: stream.file })
        })
    }
}

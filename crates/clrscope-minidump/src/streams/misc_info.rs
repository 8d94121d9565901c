use clrscope_memory::Parsed;
use zerocopy::FromBytes;

use crate::raw::{
    MINIDUMP_MISC_INFO, MINIDUMP_MISC_INFO_2, MINIDUMP_MISC_INFO_3, MINIDUMP_MISC_INFO_4,
    MINIDUMP_MISC_INFO_5,
};
use crate::streams::single;
use crate::{Minidump, StreamType, WideStr};

/// Flags of `MINIDUMP_MISC_INFO::Flags1`.
mod flags {
    pub(super) const PROCESS_ID: u32 = 0x1;
    pub(super) const PROCESS_TIMES: u32 = 0x2;
    pub(super) const BUILD_STRING: u32 = 0x100;
    pub(super) const PROCESS_COOKIE: u32 = 0x200;
}

/// Miscellaneous information, in any of its five versions.
#[derive(Debug, Clone, Copy)]
pub struct MiscInfo<'data> {
    raw: &'data MINIDUMP_MISC_INFO,
    bytes: &'data [u8],
}

impl<'data> MiscInfo<'data> {
    /// The first version, which the others begin with.
    pub fn raw(&self) -> &'data MINIDUMP_MISC_INFO {
        self.raw
    }

    /// The second version, if the stream is long enough.
    pub fn v2(&self) -> Option<&'data MINIDUMP_MISC_INFO_2> {
        MINIDUMP_MISC_INFO_2::ref_from_prefix(self.bytes).ok().map(|(info, _)| info)
    }

    /// The third version, if the stream is long enough.
    pub fn v3(&self) -> Option<&'data MINIDUMP_MISC_INFO_3> {
        MINIDUMP_MISC_INFO_3::ref_from_prefix(self.bytes).ok().map(|(info, _)| info)
    }

    /// The fourth version, if the stream is long enough.
    pub fn v4(&self) -> Option<&'data MINIDUMP_MISC_INFO_4> {
        MINIDUMP_MISC_INFO_4::ref_from_prefix(self.bytes).ok().map(|(info, _)| info)
    }

    /// The fifth version, if the stream is long enough.
    pub fn v5(&self) -> Option<&'data MINIDUMP_MISC_INFO_5> {
        MINIDUMP_MISC_INFO_5::ref_from_prefix(self.bytes).ok().map(|(info, _)| info)
    }

    /// What the stream says is valid, as `MINIDUMP_MISC*` flags.
    pub fn flags(&self) -> u32 {
        self.raw.Flags1.get()
    }

    fn has(&self, flag: u32) -> bool {
        self.flags() & flag != 0
    }

    /// The process's number.
    pub fn process_id(&self) -> Option<u32> {
        self.has(flags::PROCESS_ID).then(|| self.raw.ProcessId.get())
    }

    /// When the process was started, in seconds since 1970.
    pub fn process_create_time(&self) -> Option<u32> {
        self.has(flags::PROCESS_TIMES).then(|| self.raw.ProcessCreateTime.get())
    }

    /// Time that the process spent in user mode, in seconds.
    pub fn process_user_time(&self) -> Option<u32> {
        self.has(flags::PROCESS_TIMES).then(|| self.raw.ProcessUserTime.get())
    }

    /// Time that the process spent in the kernel, in seconds.
    pub fn process_kernel_time(&self) -> Option<u32> {
        self.has(flags::PROCESS_TIMES).then(|| self.raw.ProcessKernelTime.get())
    }

    /// The build of the operating system.
    pub fn build_string(&self) -> Option<WideStr<'data>> {
        let info = self.v4().filter(|_| self.has(flags::BUILD_STRING))?;
        Some(WideStr::until_zero(zerocopy::IntoBytes::as_bytes(&info.BuildString)))
    }

    /// The build of the library that wrote the dump.
    pub fn writer_build_string(&self) -> Option<WideStr<'data>> {
        let info = self.v4().filter(|_| self.has(flags::BUILD_STRING))?;
        Some(WideStr::until_zero(zerocopy::IntoBytes::as_bytes(&info.DbgBldStr)))
    }

    /// The cookie that the process encodes pointers with.
    pub fn process_cookie(&self) -> Option<u32> {
        self.v5().filter(|_| self.has(flags::PROCESS_COOKIE)).map(|info| info.ProcessCookie.get())
    }
}

impl<'data> Minidump<'data> {
    /// Process number, times, time zone, builds.
    pub fn misc_info(&self) -> Parsed<Option<MiscInfo<'data>>> {
        single(self.stream_at(StreamType::MISC_INFO), |stream| {
            let raw = stream.record(0, "the miscellaneous information")?;
            Ok(MiscInfo { raw, bytes: stream.bytes })
        })
    }
}

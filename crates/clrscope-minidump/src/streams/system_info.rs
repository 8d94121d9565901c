use clrscope_memory::{Arch, Issue, Os, Parsed, Target};

use crate::bytes::File;
use crate::raw::MINIDUMP_SYSTEM_INFO;
use crate::streams::single;
use crate::{Minidump, StreamType, WideStr};

/// Processor and operating system.
#[derive(Clone, Copy)]
pub struct SystemInfo<'data> {
    raw: &'data MINIDUMP_SYSTEM_INFO,
    file: File<'data>,
}

impl<'data> SystemInfo<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_SYSTEM_INFO {
        self.raw
    }

    /// The processor architecture, `PROCESSOR_ARCHITECTURE_*`.
    pub fn arch(&self) -> Arch {
        match self.raw.ProcessorArchitecture.get() {
            // 10 is x86 code on 64-bit Windows.
            0 | 10 => Arch::X86,
            5 => Arch::Arm,
            9 => Arch::X64,
            12 => Arch::Arm64,
            other => Arch::Other(other.into()),
        }
    }

    /// The operating system: `VER_PLATFORM_*`, or one of Breakpad's numbers for the others.
    pub fn os(&self) -> Os {
        match self.raw.PlatformId.get() {
            0..=3 => Os::Windows,
            0x8101 => Os::MacOs,
            0x8201 => Os::Linux,
            other => Os::Other(other),
        }
    }

    /// The machine that the process ran on.
    pub fn target(&self) -> Target {
        Target::new(self.arch(), self.os())
    }

    /// Version of the operating system: major, minor, build.
    pub fn os_version(&self) -> (u32, u32, u32) {
        (self.raw.MajorVersion.get(), self.raw.MinorVersion.get(), self.raw.BuildNumber.get())
    }

    /// How many processors the machine has.
    pub fn processors(&self) -> u8 {
        self.raw.NumberOfProcessors
    }

    /// The service pack, or whatever the operating system adds to its version.
    ///
    /// # Errors
    /// If the file ends before or within the text.
    pub fn service_pack(&self) -> Result<Option<WideStr<'data>>, Issue> {
        match self.raw.CSDVersionRva.get() {
            0 => Ok(None),
            rva => self.file.string(rva.into(), "the service pack").map(Some),
        }
    }
}

impl std::fmt::Debug for SystemInfo<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SystemInfo").field("raw", self.raw).finish()
    }
}

impl<'data> Minidump<'data> {
    /// Processor and operating system.
    pub fn system_info(&self) -> Parsed<Option<SystemInfo<'data>>> {
        single(self.stream_at(StreamType::SYSTEM_INFO), |stream| {
            let raw = stream.record(0, "the system information")?;
            Ok(SystemInfo { raw, file: stream.file })
        })
    }
}

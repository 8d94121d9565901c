//! The process and the machine that it ran on.

use super::{MinidumpBuilder, stream};
use crate::bytes::Bytes;

/// The machine (`MINIDUMP_SYSTEM_INFO`).
#[derive(Debug, Clone)]
pub struct SystemInfo {
    /// 0 x86, 5 ARM, 9 x64, 12 arm64.
    pub architecture: u16,
    /// Processors.
    pub processors: u8,
    /// Major and minor version and build of the operating system.
    pub version: (u32, u32, u32),
    /// 2: Windows NT.
    pub platform: u32,
    /// The name of a service pack.
    pub service_pack: String,
}

impl SystemInfo {
    /// Windows 10 on a processor of this architecture.
    pub fn windows(architecture: u16) -> Self {
        SystemInfo {
            architecture,
            processors: 4,
            version: (10, 0, 19045),
            platform: 2,
            service_pack: String::new(),
        }
    }
}

/// The process (`MINIDUMP_MISC_INFO`): its first form, or one of the later ones.
#[derive(Debug, Clone, Copy)]
pub struct MiscInfo {
    /// 1 to 5.
    pub form: u8,
    /// The process' number.
    pub process_id: u32,
    /// When it was started: seconds since 1970.
    pub created: u32,
    /// Seconds in user mode.
    pub user: u32,
    /// Seconds in the kernel.
    pub kernel: u32,
}

impl MinidumpBuilder {
    /// Adds what is known of the machine.
    pub fn system_info(&mut self, system: &SystemInfo) -> &mut Self {
        let service_pack = self.string(&system.service_pack);
        let mut bytes = Bytes::new();
        bytes.u16(system.architecture).u16(6).u16(0x0102);
        bytes.u8(system.processors).u8(1);
        bytes.u32(system.version.0).u32(system.version.1).u32(system.version.2);
        bytes.u32(system.platform).u32(service_pack).u16(0x100).u16(0).pad_to(56);
        self.stream(stream::SYSTEM_INFO, bytes.as_slice())
    }

    /// Adds what is known of the process.
    pub fn misc_info(&mut self, misc: &MiscInfo) -> &mut Self {
        let size = [24, 44, 232, 832, 1364][usize::from(misc.form.clamp(1, 5)) - 1];
        let mut bytes = Bytes::new();
        // Flags: process id and times are there, and from the second form on the processor's speed.
        bytes.u32(size).u32(if misc.form < 2 { 3 } else { 7 });
        bytes.u32(misc.process_id).u32(misc.created).u32(misc.user).u32(misc.kernel);
        if 1 < misc.form {
            bytes.u32(3000).u32(2900).u32(3000).u32(2).u32(1);
        }
        bytes.pad_to(size as usize);
        self.stream(stream::MISC_INFO, bytes.as_slice())
    }

    /// Adds the counters of the process' memory: page faults, then peak working set, working set, four
    /// pool quotas, page file use and its peak, and in the first form private bytes; in the second form
    /// peak virtual size, virtual size, private bytes and what follows.
    pub fn vm_counters(&mut self, revision: u16, faults: u32, values: &[u64]) -> &mut Self {
        let mut bytes = Bytes::new();
        bytes.u16(revision).u16(0).u32(faults);
        for &value in values {
            bytes.u64(value);
        }
        self.stream(stream::PROCESS_VM_COUNTERS, bytes.as_slice())
    }

    /// Adds what is known of the machine's memory: page size, pages of memory, pages available, pages
    /// committed and their limit.
    pub fn system_memory_info(
        &mut self,
        page: u32,
        pages: u32,
        [available, committed, limit]: [u64; 3],
    ) -> &mut Self {
        let mut bytes = Bytes::new();
        bytes.u16(1).u16(0);
        // Basic information: 52 bytes.
        bytes.u32(156250).u32(page).u32(pages).u32(1).u32(pages).u32(0x10000);
        bytes.u64(0x10000).u64(0x7fff_fffe_ffff).u64(0xf).u32(4);
        // File cache: 60 bytes.
        bytes.zeroes(60);
        bytes.u64(available).u64(committed).u64(limit).u64(committed);
        bytes.pad_to(492);
        self.stream(stream::SYSTEM_MEMORY_INFO, bytes.as_slice())
    }

    /// Adds security tokens: the handle's owner (process or thread id), the handle and the token's bytes.
    pub fn tokens(&mut self, tokens: &[(u32, u64, &[u8])]) -> &mut Self {
        let size = 16 + tokens.iter().map(|token| 16 + token.2.len()).sum::<usize>();
        let mut bytes = Bytes::new();
        bytes.u32(size as u32).u32(tokens.len() as u32).u32(16).u32(16);
        for (id, handle, token) in tokens {
            bytes.u32(16 + token.len() as u32).u32(*id).u64(*handle).raw(token);
        }
        self.stream(stream::TOKEN, bytes.as_slice())
    }

    /// Adds a comment in 8-bit characters.
    pub fn comment_a(&mut self, text: &str) -> &mut Self {
        let mut bytes = Bytes::new();
        bytes.raw(text.as_bytes()).u8(0);
        self.stream(stream::COMMENT_A, bytes.as_slice())
    }

    /// Adds a comment in UTF-16.
    pub fn comment_w(&mut self, text: &str) -> &mut Self {
        let mut bytes = Bytes::new();
        bytes.utf16(text).u16(0);
        self.stream(stream::COMMENT_W, bytes.as_slice())
    }
}

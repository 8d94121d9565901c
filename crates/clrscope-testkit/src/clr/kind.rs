//! What the runtime of a fake process is, and what else is loaded beside it.

use crate::bytes::Bytes;

use super::layout::thread;

/// What the runtime is, and how it says where it keeps its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuntimeKind {
    /// .NET 10 in `coreclr.dll`, with a contract descriptor.
    Library,
    /// The same within the program, which was published as a single file: the image's version is that of
    /// the program, the runtime's is in the export `DotNetRuntimeInfo`.
    SingleFile,
    /// .NET Core 3.1 for x64, with segments: its table of globals is a resource, and its `GcDacVars` is of the first
    /// form. Names of types cannot be read: modules are kept as .NET 10 keeps them.
    Core31,
}

/// An image that is loaded beside the runtime.
#[derive(Debug, Clone, Copy)]
pub struct OtherImage {
    /// Its file name.
    pub name: &'static str,
    /// Where it is.
    pub base: u64,
    /// Its version.
    pub version: [u16; 4],
    /// What it exports.
    pub exports: &'static [&'static str],
}

/// Where a thread keeps what.
pub(super) struct ThreadFields {
    pub(super) id: u64,
    pub(super) os_id: u64,
    pub(super) frame: u64,
    pub(super) link: u64,
    /// The pointer to the block that has the allocation context.
    pub(super) locals: Option<u64>,
    /// The allocation context, where it is in the thread itself.
    pub(super) context: u64,
}

impl RuntimeKind {
    pub(super) fn file_name(self) -> &'static str {
        match self {
            RuntimeKind::SingleFile => "program.exe",
            RuntimeKind::Library | RuntimeKind::Core31 => "coreclr.dll",
        }
    }

    /// The version of the image.
    pub(super) fn version(self) -> [u16; 4] {
        match self {
            RuntimeKind::Library => [10, 0, 1426, 52326],
            RuntimeKind::SingleFile => [3, 14, 15, 92],
            RuntimeKind::Core31 => [4, 700, 22, 11601],
        }
    }

    pub(super) fn thread(self) -> ThreadFields {
        match self {
            RuntimeKind::Library | RuntimeKind::SingleFile => ThreadFields {
                id: thread::ID,
                os_id: thread::OS_ID,
                frame: thread::FRAME,
                link: thread::LINK,
                locals: Some(thread::LOCALS),
                context: 0,
            },
            RuntimeKind::Core31 => ThreadFields {
                id: 0x24,
                os_id: 0x1d8,
                frame: 0x10,
                link: 0x110,
                locals: None,
                context: 0x58,
            },
        }
    }

    /// The export `DotNetRuntimeInfo`: signature, form, three indexes of files, version.
    pub(super) fn runtime_info(self) -> Vec<u8> {
        let mut info = Bytes::new();
        info.raw(b"DotNetRuntimeInfo\0").align(4).u32(2).zeroes(3 * 24);
        info.u32(10).u32(0).u32(1426).u32(52326);
        info.into_vec()
    }

    /// The table of globals of .NET Core 3.1: 121 variables and 73 virtual tables, as offsets from the image's
    /// base behind a header of six words.
    pub(super) fn dac_table(
        self,
        base: u64,
        names: &[&str],
        addresses: &[u64],
        gc_dac_vars: u64,
    ) -> Vec<u8> {
        let mut entries = [0u32; 121 + 73];
        for (name, &address) in names.iter().zip(addresses) {
            let place = match *name {
                "ThreadStore" => 16,
                "FinalizerThread" => 31,
                "AppDomain" => 35,
                "SystemDomain" => 36,
                "ObjectMethodTable" => 55,
                "StringMethodTable" => 58,
                "FreeObjectMethodTable" => 70,
                _ => continue,
            };
            entries[place] = (address - base) as u32;
        }
        entries[34] = (gc_dac_vars - base) as u32;
        let mut table = Bytes::new();
        table.u32(121).u32(73).zeroes(16);
        for entry in entries {
            table.u32(entry);
        }
        table.into_vec()
    }
}

//! Modules, present and gone.

use super::{MinidumpBuilder, stream};
use crate::bytes::Bytes;

/// How a module's symbols are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeView {
    /// The id, as it is in the file.
    pub guid: [u8; 16],
    /// The age.
    pub age: u32,
    /// The path of the program database.
    pub pdb: String,
}

/// A module (`MINIDUMP_MODULE`).
#[derive(Debug, Clone, Default)]
pub struct ModuleSpec {
    /// Where it is loaded.
    pub base: u64,
    /// Bytes.
    pub size: u32,
    /// Its checksum.
    pub checksum: u32,
    /// When it was linked, or its hash.
    pub timestamp: u32,
    /// Its path.
    pub name: String,
    /// Four numbers of its version, if it has one.
    pub version: Option<[u16; 4]>,
    /// Its symbols.
    pub codeview: Option<CodeView>,
}

/// A module that was unloaded (`MINIDUMP_UNLOADED_MODULE`).
#[derive(Debug, Clone, Default)]
pub struct UnloadedModule {
    /// Where it was loaded.
    pub base: u64,
    /// Bytes.
    pub size: u32,
    /// Its checksum.
    pub checksum: u32,
    /// When it was linked, or its hash.
    pub timestamp: u32,
    /// Its name.
    pub name: String,
}

/// A `VS_FIXEDFILEINFO`.
pub(crate) fn fixed_file_info([a, b, c, d]: [u16; 4]) -> Vec<u8> {
    let mut bytes = Bytes::new();
    bytes.u32(0xfeef_04bd).u32(0x0001_0000);
    for _ in 0..2 {
        // File version, then product version.
        bytes.u16(b).u16(a).u16(d).u16(c);
    }
    // Flags' mask and flags, Windows NT, a library.
    bytes.u32(0x3f).u32(0).u32(0x0004_0004).u32(2).pad_to(52);
    bytes.into_vec()
}

impl MinidumpBuilder {
    /// Adds the list of modules.
    pub fn modules(&mut self, modules: &[ModuleSpec]) -> &mut Self {
        let mut list = Bytes::new();
        list.u32(modules.len() as u32);
        for module in modules {
            let name = self.string(&module.name);
            let mut record = Bytes::new();
            if let Some(codeview) = &module.codeview {
                record.raw(b"RSDS").raw(&codeview.guid).u32(codeview.age);
                record.raw(codeview.pdb.as_bytes()).u8(0);
            }
            let record_rva = if record.is_empty() { 0 } else { self.append(record.as_slice()) };
            list.u64(module.base).u32(module.size).u32(module.checksum).u32(module.timestamp);
            list.u32(name);
            list.raw(&module.version.map_or_else(|| vec![0; 52], fixed_file_info));
            list.u32(record.len() as u32).u32(record_rva);
            // No miscellaneous record, two reserved words.
            list.u64(0).u64(0).u64(0);
        }
        self.stream(stream::MODULE_LIST, list.as_slice())
    }

    /// Adds the list of unloaded modules.
    pub fn unloaded_modules(&mut self, modules: &[UnloadedModule]) -> &mut Self {
        let mut list = Bytes::new();
        list.u32(12).u32(24).u32(modules.len() as u32);
        for module in modules {
            let name = self.string(&module.name);
            list.u64(module.base).u32(module.size).u32(module.checksum).u32(module.timestamp);
            list.u32(name);
        }
        self.stream(stream::UNLOADED_MODULE_LIST, list.as_slice())
    }
}

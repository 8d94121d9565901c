//! The debug directory: which symbols belong to the image, and whether its build is reproducible.

use std::borrow::Cow;

use clrscope_memory::Rva;

use super::headers::{Directory, MAX_NAME};
use super::image::PeImage;
use super::raw;
use crate::Guid;

/// Entries that a debug directory may have; real ones have fewer than ten.
const MAX_ENTRIES: u32 = 1_000;

/// `IMAGE_DEBUG_TYPE_*`: what an entry of the debug directory holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DebugKind(pub u32);

impl DebugKind {
    /// Where the symbols are.
    pub const CODE_VIEW: DebugKind = DebugKind(2);
    /// The build is reproducible: time stamps are hashes.
    pub const REPRODUCIBLE: DebugKind = DebugKind(16);
    /// A portable PDB within the image.
    pub const EMBEDDED_PORTABLE_PDB: DebugKind = DebugKind(17);
    /// The hash of the symbols.
    pub const PDB_CHECKSUM: DebugKind = DebugKind(19);
    /// A map of compiled code for profilers (`R2R PerfMap`).
    pub const PERF_MAP: DebugKind = DebugKind(21);
}

/// An entry of the debug directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DebugEntry {
    /// What it holds.
    pub kind: DebugKind,
    /// Its own time stamp.
    pub timestamp: u32,
    /// Major and minor version of its format.
    pub version: (u16, u16),
    /// Where its data is loaded; null if it is not.
    pub rva: Rva,
    /// Where its data is in the file.
    pub file_offset: u32,
    /// Bytes of its data.
    pub size: u32,
}

/// Which symbols belong to an image: the contents of a CodeView entry of the kind `RSDS`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CodeView {
    /// Identity of the symbols.
    pub guid: Guid,
    /// How often they were changed.
    pub age: u32,
    /// Path of the symbols on the machine that built the image.
    pub path: String,
}

impl CodeView {
    /// Reads the record at the start of `bytes`.
    pub fn parse(bytes: &[u8]) -> Option<CodeView> {
        let rest = bytes.strip_prefix(b"RSDS")?;
        let (guid, rest) = rest.split_first_chunk()?;
        let (age, path) = rest.split_first_chunk()?;
        let path = &path[..path.len().min(MAX_NAME)];
        let end = path.iter().position(|&byte| byte == 0).unwrap_or(path.len());
        Some(CodeView {
            guid: Guid(*guid),
            age: u32::from_le_bytes(*age),
            path: String::from_utf8_lossy(&path[..end]).into_owned(),
        })
    }
}

/// A hash of the symbols that belong to an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PdbChecksum {
    /// Name of the algorithm, such as `SHA256`.
    pub algorithm: String,
    /// The hash.
    pub hash: Vec<u8>,
}

impl<'data> PeImage<'data> {
    /// The entries of the debug directory, as far as they are there.
    pub fn debug_entries(&self) -> impl Iterator<Item = DebugEntry> + '_ {
        let directory = self.directory(Directory::Debug).unwrap_or_default();
        let count = (directory.size / 28).min(MAX_ENTRIES);
        (0..count).map_while(move |index| {
            let raw: raw::DebugDirectory = self.read(directory.rva.checked_add(index * 28)?)?;
            Some(DebugEntry {
                kind: DebugKind(raw.kind.get()),
                timestamp: raw.time_date_stamp.get(),
                version: (raw.version[0].get(), raw.version[1].get()),
                rva: Rva(raw.address_of_raw_data.get()),
                file_offset: raw.pointer_to_raw_data.get(),
                size: raw.size_of_data.get(),
            })
        })
    }

    /// The data of an entry; `None` if it is absent, or not loaded in a loaded image.
    pub fn debug_data(&self, entry: &DebugEntry) -> Option<Cow<'data, [u8]>> {
        if entry.rva.is_null() {
            self.file_bytes(entry.file_offset, entry.size as usize)
        } else {
            self.bytes(entry.rva, entry.size as usize)
        }
    }

    /// Which symbols belong to the image.
    pub fn code_view(&self) -> Option<CodeView> {
        self.debug_entries()
            .filter(|entry| entry.kind == DebugKind::CODE_VIEW)
            .find_map(|entry| CodeView::parse(&self.debug_data(&entry)?))
    }

    /// The hash of the symbols that belong to the image.
    pub fn pdb_checksum(&self) -> Option<PdbChecksum> {
        let entry = self.debug_entries().find(|entry| entry.kind == DebugKind::PDB_CHECKSUM)?;
        let data = self.debug_data(&entry)?;
        let end = data.iter().position(|&byte| byte == 0)?;
        Some(PdbChecksum {
            algorithm: String::from_utf8_lossy(&data[..end]).into_owned(),
            hash: data[end + 1..].to_vec(),
        })
    }

    /// Whether the image says that its build is reproducible, so that its time stamp is a hash.
    pub fn is_reproducible(&self) -> bool {
        self.debug_entries().any(|entry| entry.kind == DebugKind::REPRODUCIBLE)
    }
}

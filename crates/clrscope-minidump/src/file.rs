//! Dump files: mapped, read, or unpacked.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

mod mmap;
mod open_error;
mod options;
mod packed;

pub use open_error::OpenError;
pub use options::{MapChoice, OpenOptions};
pub use packed::Packing;

use crate::{Error, Minidump};

/// The bytes of a dump file, in memory or mapped. It holds what [`Minidump`] borrows.
///
/// ```no_run
/// use clrscope_minidump::{DumpFile, OpenOptions};
///
/// let file = DumpFile::open("w3wp.dmp".as_ref(), &OpenOptions::new())?;
/// let dump = file.minidump()?;
/// println!("{} modules", dump.modules().value.len());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct DumpFile {
    storage: Storage,
    packing: Option<Packing>,
}

/// Where the bytes of a dump are kept while it is open.
enum Storage {
    Memory(Vec<u8>),
    Mapped(mmap::Mapping),
    /// A mapping of a file that has no name and that nobody else can open.
    Temporary(mmap::Mapping),
}

impl DumpFile {
    /// Opens the minidump at `path`: as it is, or packed as `.zst`, `.gz`, or a `.zip` that holds one
    /// dump. The first bytes decide, not the name.
    ///
    /// # Errors
    /// Each says in one line what is wrong and what to do about it.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<DumpFile, OpenError> {
        let io_error = |source: io::Error| OpenError::io(path, source);
        let mut file = File::open(path).map_err(io_error)?;
        let metadata = file.metadata().map_err(io_error)?;
        if metadata.is_dir() {
            return Err(OpenError::Directory { path: path.to_owned() });
        }
        if !metadata.is_file() {
            // A pipe cannot be rewound, mapped or asked for its length.
            return Self::from_pipe(file, path, options);
        }
        let mut head = Vec::new();
        file.by_ref().take(HEAD).read_to_end(&mut head).map_err(io_error)?;
        file.rewind().map_err(io_error)?;
        if let Some(packing) = Packing::of(&head) {
            let storage = packed::unpack(file, packing, path, options)?;
            return Ok(DumpFile { storage, packing: Some(packing) });
        }
        check_start(&head, path)?;
        let storage = match options.map {
            MapChoice::Auto if metadata.len() >= MINIMUM_MAPPED => mmap::map_dump(&file).ok(),
            MapChoice::Auto | MapChoice::Never => None,
        };
        let storage = match storage {
            Some(mapping) => Storage::Mapped(mapping),
            None => {
                let mut bytes = Vec::new();
                file.read_to_end(&mut bytes).map_err(io_error)?;
                Storage::Memory(bytes)
            }
        };
        Ok(DumpFile { storage, packing: None })
    }

    fn from_pipe(
        mut pipe: File,
        path: &Path,
        options: &OpenOptions,
    ) -> Result<DumpFile, OpenError> {
        let mut head = Vec::new();
        pipe.by_ref()
            .take(HEAD)
            .read_to_end(&mut head)
            .map_err(|source| OpenError::io(path, source))?;
        let packing = Packing::of(&head);
        let all = io::Cursor::new(head).chain(pipe);
        let storage = match packing {
            Some(packing) => packed::unpack_pipe(all, packing, path, options)?,
            None => packed::store(all, None, path, options)?,
        };
        Ok(DumpFile { storage, packing })
    }

    /// A dump that is in memory already. Nothing is checked: see [`Minidump::parse`].
    pub fn from_bytes(bytes: Vec<u8>) -> DumpFile {
        DumpFile { storage: Storage::Memory(bytes), packing: None }
    }

    /// All bytes of the dump, unpacked.
    pub fn bytes(&self) -> &[u8] {
        match &self.storage {
            Storage::Memory(bytes) => bytes,
            Storage::Mapped(mapping) | Storage::Temporary(mapping) => mapping.bytes(),
        }
    }

    /// The minidump.
    ///
    /// # Errors
    /// As [`Minidump::parse`].
    pub fn minidump(&self) -> Result<Minidump<'_>, Error> {
        Minidump::parse(self.bytes())
    }

    /// How the file was packed; `None` if it was not.
    pub fn packing(&self) -> Option<Packing> {
        self.packing
    }

    /// Whether the bytes are in this process's own memory, not in a mapping of a file.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.storage, Storage::Memory(_))
    }
}

/// Bytes that are looked at to tell what a file is.
const HEAD: u64 = 4096;
/// Files below this are read: a mapping saves nothing.
const MINIMUM_MAPPED: u64 = 64 * 1024;

/// Says what is wrong with a file whose first bytes are not a minidump's.
fn check_start(head: &[u8], path: &Path) -> Result<(), OpenError> {
    match Minidump::parse(head) {
        Ok(_) => Ok(()),
        Err(source) => Err(OpenError::NotAMinidump { path: path.to_owned(), source }),
    }
}

impl std::fmt::Debug for Storage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (kind, bytes) = match self {
            Storage::Memory(bytes) => ("Memory", bytes.len()),
            Storage::Mapped(mapping) => ("Mapped", mapping.bytes().len()),
            Storage::Temporary(mapping) => ("Temporary", mapping.bytes().len()),
        };
        write!(f, "{kind}({bytes} bytes)")
    }
}

#[cfg(test)]
mod tests;

//! Files as memory: the only place of the workspace where the compiler is told to trust.

#![allow(unsafe_code)]

use std::fmt;
use std::fs::File;
use std::io;

/// A file that is mapped for reading.
pub(super) struct Mapping {
    map: memmap2::Mmap,
}

impl Mapping {
    /// Maps the whole of a file.
    ///
    /// # Safety
    /// As long as the mapping lives, nobody may change the file's bytes or make it shorter: bytes that
    /// are borrowed from the mapping would change, and pages behind the new end would kill the process
    /// with `SIGBUS`. Adding to its end does no harm.
    unsafe fn new(file: &File) -> io::Result<Mapping> {
        // SAFETY: the caller's promise is the one that `Mmap::map` asks for.
        let map = unsafe { memmap2::Mmap::map(file)? };
        Ok(Mapping { map })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }
}

/// Maps a dump that somebody asked to open with [`MapChoice::Auto`](super::MapChoice::Auto).
pub(super) fn map_dump(file: &File) -> io::Result<Mapping> {
    // SAFETY: a dump is written once. That nobody writes to it, or cuts it, while it is open is the
    // condition under which `MapChoice::Auto` may be chosen, documented there; no program can enforce
    // it against other processes. This process opened the file for reading only.
    unsafe { Mapping::new(file) }
}

/// Maps a temporary file that this process made and that has no name.
pub(super) fn map_temporary(file: File) -> io::Result<Mapping> {
    // SAFETY: no other process can open a file without a name, and the only handle to it in this one is
    // closed when this function returns.
    unsafe { Mapping::new(&file) }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping").field("bytes", &self.map.len()).finish()
    }
}

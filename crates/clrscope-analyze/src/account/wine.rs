//! What Wine counts as private bytes.

use std::collections::BTreeSet;

use clrscope_image::PeImage;
use clrscope_memory::Snapshot;

/// What Wine counts as private bytes of a process beside memory that its regions say is private.
///
/// Its counter is what Linux counts as resident anonymous memory (server/process.c): memory that no file
/// backs, as far as it was ever touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WineBytes {
    /// Its own table of pages, which is outside of the address space that the dump describes: one byte for
    /// each page, committed or set aside (dlls/ntdll/unix/virtual.c, `pages_vprot`).
    pub page_table: u64,
    /// Sections of images that it read into such memory, at most: those that do not begin with a page of
    /// their file cannot be mapped (`map_file_into_view`, in the same file).
    pub images_read: u64,
}

const PAGE: u64 = 0x1000;

impl WineBytes {
    /// Of a process with this many bytes, committed or set aside.
    pub(super) fn new(snapshot: &Snapshot<'_>, bytes: u64) -> WineBytes {
        let bases: BTreeSet<_> = snapshot.modules.iter().map(|module| module.base).collect();
        let images =
            bases.iter().filter_map(|&base| PeImage::from_memory(&snapshot.space, base).ok());
        let read = images.map(|image| {
            let sections = image.headers().sections.iter();
            let read =
                sections.filter(|section| !u64::from(section.file_offset).is_multiple_of(PAGE));
            read.map(|section| {
                let size = u64::from(section.virtual_size).next_multiple_of(PAGE);
                size.min(u64::from(section.file_size).next_multiple_of(PAGE))
            })
            .sum::<u64>()
        });
        WineBytes { page_table: bytes / PAGE, images_read: read.sum() }
    }
}

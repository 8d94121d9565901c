//! The file of an image: whether it is a module's, and which of its bytes the module has in memory.

use clrscope_memory::{ModuleRecord, Range, Rva, VirtAddr};
use thiserror::Error;

use crate::Guid;
use crate::pe::{CodeView, Directory, PeError, PeImage, Section};

/// Blocks of relocations that are read; one is for one page.
const MAX_RELOCATION_BLOCKS: usize = 1_000_000;

/// Why a file is not that of a module.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImageMismatch {
    /// The loaded image would take another number of bytes.
    #[error("the file's image takes {file:#x} bytes, the module {module:#x}")]
    Size {
        /// As the file says.
        file: u32,
        /// As the dump says.
        module: u64,
    },
    /// It was built at another time.
    #[error("the file's time stamp is {file:#010x}, the module's {module:#010x}")]
    Timestamp {
        /// As the file says.
        file: u32,
        /// As the dump says.
        module: u32,
    },
    /// It was built at another time and belongs to other symbols.
    #[error("the file belongs to symbols {file} {file_age}, the module to {module} {module_age}")]
    CodeView {
        /// The file's.
        file: Guid,
        /// How often they were changed.
        file_age: u32,
        /// The module's.
        module: Guid,
        /// How often they were changed.
        module_age: u32,
    },
}

/// The file of an image.
#[derive(Debug, Clone)]
pub struct ImageFile<'data> {
    image: PeImage<'data>,
    length: usize,
}

impl<'data> ImageFile<'data> {
    /// Reads the headers of the image that is the contents of a file.
    ///
    /// # Errors
    /// If it is no PE image.
    pub fn parse(bytes: &'data [u8]) -> Result<ImageFile<'data>, PeError> {
        Ok(ImageFile { image: PeImage::from_file(bytes)?, length: bytes.len() })
    }

    /// The image.
    pub fn image(&self) -> &PeImage<'data> {
        &self.image
    }

    /// Whether the file is that of a module: its image is as large, and it was built at the same time or
    /// belongs to the same symbols. Symbols alone do not identify it: the same IL compiled ahead of
    /// time, or not, belongs to the same ones.
    ///
    /// # Errors
    /// What does not match.
    pub fn check(
        &self,
        module: &ModuleRecord,
        code_view: Option<&CodeView>,
    ) -> Result<(), ImageMismatch> {
        let headers = self.image.headers();
        if u64::from(headers.size_of_image) != module.size {
            return Err(ImageMismatch::Size { file: headers.size_of_image, module: module.size });
        }
        if headers.timestamp == module.timestamp {
            return Ok(());
        }
        match (self.image.code_view(), code_view) {
            (Some(file), Some(module)) if (file.guid, file.age) == (module.guid, module.age) => {
                Ok(())
            }
            (Some(file), Some(module)) => Err(ImageMismatch::CodeView {
                file: file.guid,
                file_age: file.age,
                module: module.guid,
                module_age: module.age,
            }),
            _ => {
                Err(ImageMismatch::Timestamp { file: headers.timestamp, module: module.timestamp })
            }
        }
    }

    /// Which bytes of the file a process has in memory when the image is loaded at `base`: made to fill
    /// holes with [`clrscope_memory::AddressSpace::with_fill`], with the file's bytes as the source.
    ///
    /// Headers and sections that cannot be written to. What the loader changes is left out, since it
    /// would be wrong: the table of imported addresses and, if `base` is not where the image would like
    /// to be, every address that is relocated.
    pub fn ranges(&self, base: VirtAddr) -> Vec<Range> {
        let headers = self.image.headers();
        let mut changed = self.relocated(base);
        if let Some(imports) = self.image.directory(Directory::ImportAddress) {
            changed.push((imports.rva.0, imports.size));
        }
        changed.sort_unstable();

        let mut ranges = Vec::new();
        let mut add = |rva: u32, file_offset: u32, length: u32| {
            let in_file = (self.length as u64).saturating_sub(file_offset.into());
            let length = u64::from(length).min(in_file) as u32;
            for (from, to) in without(rva, length, &changed) {
                ranges.push(Range::new(
                    base.at_rva(Rva(from)),
                    (to - from).into(),
                    u64::from(file_offset) + u64::from(from - rva),
                ));
            }
        };
        add(0, 0, headers.size_of_headers);
        for section in &headers.sections {
            if section.characteristics & Section::WRITE == 0 {
                let length = section.file_size.min(section.loaded_size());
                add(section.rva.0, section.file_offset, length);
            }
        }
        ranges
    }

    /// Where addresses are that are relocated, and how many bytes each takes.
    fn relocated(&self, base: VirtAddr) -> Vec<(u32, u32)> {
        let mut places = Vec::new();
        let directory = self.image.directory(Directory::BaseRelocation);
        let Some(directory) = directory.filter(|_| base.0 != self.image.headers().preferred_base)
        else {
            return places;
        };
        let mut at = 0u32;
        for _ in 0..MAX_RELOCATION_BLOCKS {
            // A page, the length of the block, and a number of entries: kind and place in the page.
            let block = |offset: u32| {
                let offset = at.checked_add(offset)?;
                (offset < directory.size).then(|| directory.rva.checked_add(offset))?
            };
            let page = block(0).and_then(|rva| self.image.read_u32(rva));
            let size = block(4).and_then(|rva| self.image.read_u32(rva));
            let (Some(page), Some(size)) = (page, size) else { break };
            if size < 8 || size > directory.size - at {
                break;
            }
            let entries = size - 8;
            let rva = directory.rva.wrapping_add(at + 8);
            let bytes = self.image.bytes(rva, entries as usize).unwrap_or_default();
            for entry in bytes.chunks_exact(2) {
                let entry = u16::from_le_bytes([entry[0], entry[1]]);
                // IMAGE_REL_BASED_*: 0 is padding, 3 is four bytes; 10, and pairs of ARM instructions,
                // are eight; nothing is more.
                let length = match entry >> 12 {
                    0 => continue,
                    1..=4 => 4,
                    _ => 8,
                };
                places.push((page.wrapping_add(u32::from(entry & 0xfff)), length));
            }
            at += size;
        }
        places
    }
}

/// The parts of `start..start + length` that are in none of the `holes`, which are sorted.
fn without(start: u32, length: u32, holes: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let end = start.saturating_add(length);
    let mut parts = Vec::new();
    let mut at = start;
    // A hole that begins before the start can reach into it; all but the table of imports are short.
    for &(hole, hole_length) in holes.iter().take_while(|(hole, _)| *hole < end) {
        if hole > at {
            parts.push((at, hole));
        }
        at = at.max(hole.saturating_add(hole_length));
    }
    if at < end {
        parts.push((at, end));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    use clrscope_memory::{AddressSpace, Target};

    use crate::pe::testing::ImageBuilder;

    #[test]
    fn the_file_of_another_build_is_refused() {
        let file = ImageBuilder::new().code_view([7; 16], 1).build();
        let file = ImageFile::parse(&file).unwrap();
        let module = ModuleRecord {
            base: VirtAddr(0x7ff0_0000_0000),
            size: file.image().headers().size_of_image.into(),
            name: "C:\\app\\some.dll".to_owned(),
            timestamp: file.image().headers().timestamp,
            checksum: 0,
            version: None,
        };
        assert_eq!(file.check(&module, None), Ok(()));
        let larger = ModuleRecord { size: module.size + 0x1000, ..module.clone() };
        assert!(matches!(file.check(&larger, None), Err(ImageMismatch::Size { .. })));
        let newer = ModuleRecord { timestamp: module.timestamp + 1, ..module };
        let error = file.check(&newer, None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the file's time stamp is 0x5f000000, the module's 0x5f000001"
        );
        // The same symbols: built from the same sources.
        let mut code_view = file.image().code_view().unwrap();
        assert_eq!(file.check(&newer, Some(&code_view)), Ok(()));
        code_view.age = 2;
        let other = file.check(&newer, Some(&code_view));
        assert!(matches!(other, Err(ImageMismatch::CodeView { file_age: 1, module_age: 2, .. })));
    }

    #[test]
    fn what_the_loader_changes_is_left_out() {
        let mut builder = ImageBuilder::new();
        builder.section(*b".text\0\0\0", 0x6000_0020, &[0x11; 0x40]);
        builder.section(*b".data\0\0\0", 0xc000_0040, &[0x22; 0x40]);
        #[rustfmt::skip]
        let relocations = [
            // Page 0x1000, a block of 12 bytes: one address of eight bytes at 0x1010, and padding.
            0x00, 0x10, 0, 0, 12, 0, 0, 0, 0x10, 0xa0, 0, 0,
            // A block that says that it is empty ends the list.
            0x00, 0x20, 0, 0, 0, 0, 0, 0,
        ];
        let rva = builder.section(*b".reloc\0\0", 0x4200_0040, &relocations);
        builder.directory(Directory::BaseRelocation, rva, relocations.len() as u32);
        let bytes = builder.build();
        let file = ImageFile::parse(&bytes).unwrap();
        let filled = |base: VirtAddr| {
            AddressSpace::empty(Target::X64_WINDOWS).with_fill(&bytes, &file.ranges(base))
        };

        let base = VirtAddr(0x7ff0_0000_0000);
        let space = filled(base);
        assert_eq!(space.slice(base, 2), Some(&b"MZ"[..]));
        assert_eq!(space.slice(base.at_rva(Rva(0x1000)), 0x10), Some(&[0x11; 0x10][..]));
        assert_eq!(space.read_u8(base.at_rva(Rva(0x1010))), None);
        assert_eq!(space.read_u8(base.at_rva(Rva(0x1017))), None);
        assert_eq!(space.slice(base.at_rva(Rva(0x1018)), 0x28), Some(&[0x11; 0x28][..]));
        // What the process wrote to its data, nobody knows.
        assert_eq!(space.read_u8(base.at_rva(Rva(0x2000))), None);
        // Where it would like to be, nothing is relocated.
        let preferred = VirtAddr(file.image().headers().preferred_base);
        let space = filled(preferred);
        assert_eq!(space.slice(preferred.at_rva(Rva(0x1000)), 0x40), Some(&[0x11; 0x40][..]));
    }

    #[test]
    fn holes_are_cut_out() {
        let cut = |holes: &[(u32, u32)]| without(100, 50, holes);
        assert_eq!(cut(&[]), [(100, 150)]);
        assert_eq!(cut(&[(90, 20)]), [(110, 150)]);
        assert_eq!(cut(&[(10, 20), (120, 8), (124, 8), (148, 8)]), [(100, 120), (132, 148)]);
        assert_eq!(cut(&[(100, 50)]), []);
        assert_eq!(cut(&[(150, 8)]), [(100, 150)]);
    }
}

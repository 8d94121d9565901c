//! Small images for tests, built byte by byte, without the reader's structures.

use super::headers::Directory;

const HEADERS: u32 = 0x400;
const FILE_ALIGNMENT: usize = 0x200;
const PAGE: u32 = 0x1000;

/// Builds the file of an x64 image.
#[derive(Debug, Clone, Default)]
pub(crate) struct ImageBuilder {
    sections: Vec<([u8; 8], u32, Vec<u8>)>,
    directories: [(u32, u32); 16],
}

impl ImageBuilder {
    /// An image with a time stamp of 0x5f000000, and no sections.
    pub(crate) fn new() -> ImageBuilder {
        ImageBuilder::default()
    }

    /// Where the next section will be.
    pub(crate) fn next_rva(&self) -> u32 {
        PAGE * (1 + self.sections.len() as u32)
    }

    /// Adds a section of at most a page, and gives its RVA.
    pub(crate) fn section(&mut self, name: [u8; 8], characteristics: u32, data: &[u8]) -> u32 {
        assert!(data.len() <= PAGE as usize);
        let rva = self.next_rva();
        self.sections.push((name, characteristics, data.to_vec()));
        rva
    }

    pub(crate) fn directory(&mut self, directory: Directory, rva: u32, size: u32) {
        self.directories[directory as usize] = (rva, size);
    }

    /// Adds a debug directory with one entry.
    pub(crate) fn code_view(mut self, guid: [u8; 16], age: u32) -> ImageBuilder {
        let rva = self.next_rva();
        let mut data = Vec::new();
        let record_size = 4 + 16 + 4 + 6;
        // Flags, time stamp, version 0.1, kind 2, size, RVA and offset in the file.
        for word in [0, 0, 1 << 16, 2, record_size, rva + 28, self.next_offset() + 28] {
            data.extend(u32::to_le_bytes(word));
        }
        data.extend(b"RSDS");
        data.extend(guid);
        data.extend(age.to_le_bytes());
        data.extend(b"x.pdb\0");
        self.section(*b".rdata\0\0", 0x4000_0040, &data);
        self.directory(Directory::Debug, rva, 28);
        self
    }

    /// Where in the file the next section will be.
    pub(crate) fn next_offset(&self) -> u32 {
        let sizes = self.sections.iter().map(|(_, _, data)| data.len());
        HEADERS + sizes.map(|size| size.next_multiple_of(FILE_ALIGNMENT) as u32).sum::<u32>()
    }

    /// The file.
    pub(crate) fn build(&self) -> Vec<u8> {
        let mut file = vec![0; 0x80];
        file[..2].copy_from_slice(b"MZ");
        file[0x3c..0x40].copy_from_slice(&0x80u32.to_le_bytes());
        file.extend(b"PE\0\0");
        // x64, sections, time stamp, no symbols, size of the optional header, a DLL.
        file.extend(0x8664u16.to_le_bytes());
        file.extend((self.sections.len() as u16).to_le_bytes());
        file.extend(0x5f00_0000u32.to_le_bytes());
        file.extend([0; 8]);
        file.extend(240u16.to_le_bytes());
        file.extend(0x2022u16.to_le_bytes());
        // PE32+; sizes of code and data; entry point; base of code.
        file.extend(0x20bu16.to_le_bytes());
        file.extend([0; 22]);
        file.extend(0x1_8000_0000u64.to_le_bytes());
        file.extend(PAGE.to_le_bytes());
        file.extend((FILE_ALIGNMENT as u32).to_le_bytes());
        file.extend([0; 16]);
        file.extend(self.next_rva().to_le_bytes());
        file.extend(HEADERS.to_le_bytes());
        // Check sum, subsystem, flags, sizes of stack and heap, loader flags.
        file.extend([0; 44]);
        file.extend(16u32.to_le_bytes());
        for (rva, size) in self.directories {
            file.extend(rva.to_le_bytes());
            file.extend(size.to_le_bytes());
        }
        let mut offset = HEADERS;
        for (index, (name, characteristics, data)) in self.sections.iter().enumerate() {
            let size = data.len().next_multiple_of(FILE_ALIGNMENT) as u32;
            file.extend(name);
            for word in [data.len() as u32, PAGE * (1 + index as u32), size, offset] {
                file.extend(word.to_le_bytes());
            }
            file.extend([0; 12]);
            file.extend(characteristics.to_le_bytes());
            offset += size;
        }
        file.resize(HEADERS as usize, 0);
        for (_, _, data) in &self.sections {
            file.extend(data);
            file.resize(file.len().next_multiple_of(FILE_ALIGNMENT), 0);
        }
        file
    }

    /// The image as the system's loader arranges it.
    pub(crate) fn build_loaded(&self) -> Vec<u8> {
        let mut loaded = self.build();
        loaded.truncate(HEADERS as usize);
        for (_, _, data) in &self.sections {
            loaded.resize(loaded.len().next_multiple_of(PAGE as usize), 0);
            loaded.extend(data);
        }
        loaded.resize(loaded.len().next_multiple_of(PAGE as usize), 0);
        loaded
    }
}

//! PE images as they are in memory: just enough headers to find sections, exports, resources and the
//! header of managed code.

use crate::bytes::Bytes;
use crate::minidump::fixed_file_info;

/// Bytes for the headers, and the unit of sections.
pub(super) const PAGE: usize = 0x1000;

/// A loaded image under construction.
#[derive(Debug, Clone)]
pub(super) struct Image {
    pub(super) base: u64,
    pub(super) timestamp: u32,
    wide: bool,
    sections: Vec<(&'static str, u32, Vec<u8>)>,
    directories: [(u32, u32); 16],
}

/// A section with code or constants.
const READ_ONLY: u32 = 0x4000_0040;
/// A section with variables.
const WRITABLE: u32 = 0xc000_0040;

impl Image {
    pub(super) fn new(base: u64, wide: bool, timestamp: u32) -> Self {
        Image { base, timestamp, wide, sections: Vec::new(), directories: [(0, 0); 16] }
    }

    /// The RVA of the section that is added next.
    pub(super) fn next_rva(&self) -> usize {
        self.sections.iter().fold(PAGE, |rva, section| rva + section.2.len().next_multiple_of(PAGE))
    }

    /// Adds a section.
    pub(super) fn section(&mut self, name: &'static str, contents: Vec<u8>) -> usize {
        let rva = self.next_rva();
        let access = if name.starts_with(".data") { WRITABLE } else { READ_ONLY };
        self.sections.push((name, access, contents));
        rva
    }

    /// Adds a section with exports: names and RVAs.
    pub(super) fn exports(&mut self, module: &str, exports: &mut [(&str, u32)]) {
        exports.sort();
        let rva = self.next_rva() as u32;
        let count = exports.len() as u32;
        let functions = 40;
        let names = functions + 4 * count;
        let ordinals = names + 4 * count;
        let mut text = Bytes::new();
        let text_rva = rva + ordinals + 2 * count;
        text.raw(module.as_bytes()).u8(0);
        let mut section = Bytes::new();
        section.u32(0).u32(0).u32(0).u32(text_rva).u32(1).u32(count).u32(count);
        section.u32(rva + functions).u32(rva + names).u32(rva + ordinals);
        for (_, target) in exports.iter() {
            section.u32(*target);
        }
        for (name, _) in exports.iter() {
            section.u32(text_rva + text.len() as u32);
            text.raw(name.as_bytes()).u8(0);
        }
        for ordinal in 0..count {
            section.u16(ordinal as u16);
        }
        section.raw(text.as_slice());
        self.directories[0] = (rva, section.len() as u32);
        self.section(".edata", section.into_vec());
    }

    /// Adds a section with a version resource.
    pub(super) fn version(&mut self, version: [u16; 4]) {
        self.version_and_data(version, None);
    }

    /// Adds a section with a version resource, and the resource for debuggers that runtimes have up to
    /// .NET 6.
    pub(super) fn version_and_data(&mut self, version: [u16; 4], data: Option<&[u8]>) {
        const NAME: &str = "COREXTERNALDATAACCESSRESOURCE";
        let rva = self.next_rva() as u32;
        let mut info = Bytes::new();
        info.u16(0).u16(52).u16(0).utf16("VS_VERSION_INFO").u16(0).align(4);
        info.raw(&fixed_file_info(version));
        let length = info.len() as u16;
        info.put(0, &length.to_le_bytes());
        // Three levels, type, name and language; in each the entries with names come before those
        // with numbers, and all are in order.
        let mut contents = vec![(16, None, info.into_vec())];
        contents.extend(data.map(|data| (10, Some(NAME), data.to_vec())));
        contents.sort_by_key(|entry| entry.0);
        let count = contents.len() as u32;
        let mut section = Bytes::new();
        let directory = |section: &mut Bytes, names: u16, numbers: u16| {
            section.u32(0).u32(0).u32(0).u16(names).u16(numbers);
        };
        // Per type: a directory of names and one of languages, each of one entry, then the leaf.
        let per_type = 24 + 24 + 16;
        let types = 16 + 8 * count;
        let text = types + per_type * count;
        let payload = (text + 2 + 2 * NAME.len() as u32).next_multiple_of(16);
        directory(&mut section, 0, count as u16);
        for (index, (id, ..)) in contents.iter().enumerate() {
            section.u32(*id).u32(0x8000_0000 | (types + per_type * index as u32));
        }
        let mut at = payload;
        for (_, name, bytes) in &contents {
            let here = section.len() as u32;
            let named = u16::from(name.is_some());
            directory(&mut section, named, 1 - named);
            section.u32(if name.is_some() { 0x8000_0000 | text } else { 1 });
            section.u32(0x8000_0000 | (here + 24));
            directory(&mut section, 0, 1);
            section.u32(0x409).u32(here + 48);
            section.u32(rva + at).u32(bytes.len() as u32).u32(0).u32(0);
            at += (bytes.len() as u32).next_multiple_of(16);
        }
        section.u16(NAME.len() as u16).utf16(NAME).pad_to(payload as usize);
        for (_, _, bytes) in &contents {
            section.raw(bytes).align(16);
        }
        self.directories[2] = (rva, section.len() as u32);
        self.section(".rsrc", section.into_vec());
    }

    /// Adds a section with the header of managed code and its metadata.
    pub(super) fn managed(&mut self, metadata: &[u8]) {
        let rva = self.next_rva() as u32;
        let mut section = Bytes::new();
        section.u32(72).u16(2).u16(5).u32(rva + 72).u32(metadata.len() as u32).u32(1).pad_to(72);
        section.raw(metadata);
        self.directories[14] = (rva, 72);
        self.section(".text", section.into_vec());
    }

    /// Bytes that the image takes in memory.
    pub(super) fn size(&self) -> u32 {
        self.next_rva() as u32
    }

    /// The image as it is in memory.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut image = Bytes::new();
        image.raw(b"MZ").pad_to(0x3c).u32(0x80).pad_to(0x80).raw(b"PE\0\0");
        image.u16(if self.wide { 0x8664 } else { 0x14c }).u16(self.sections.len() as u16);
        image.u32(self.timestamp).u32(0).u32(0);
        image.u16(if self.wide { 0xf0 } else { 0xe0 }).u16(0x2022);
        let optional = image.len();
        image.u16(if self.wide { 0x20b } else { 0x10b }).pad_to(optional + 24);
        if self.wide {
            image.u64(self.base);
        } else {
            image.u32(0).u32(self.base as u32);
        }
        image.u32(PAGE as u32).u32(0x200).pad_to(optional + 48);
        image.u32(0x0006_0000).pad_to(optional + 56);
        image.u32(self.size()).u32(PAGE as u32).u32(0).u16(3).u16(0x160);
        image.pad_to(optional + if self.wide { 108 } else { 92 }).u32(16);
        for (rva, size) in self.directories {
            image.u32(rva).u32(size);
        }
        let mut rva = PAGE;
        for (name, access, contents) in &self.sections {
            let end = image.len() + 8;
            image.raw(name.as_bytes()).pad_to(end);
            image.u32(contents.len() as u32).u32(rva as u32);
            image.u32(contents.len().next_multiple_of(0x200) as u32).u32(rva as u32);
            image.u32(0).u32(0).u32(0).u32(*access);
            rva += contents.len().next_multiple_of(PAGE);
        }
        for (_, _, contents) in &self.sections {
            image.align(PAGE).raw(contents);
        }
        image.align(PAGE);
        image.into_vec()
    }
}

//! The headers of an image: what it is, where its sections and its tables are.

use std::fmt;

use clrscope_memory::{Arch, Rva, limits};
use thiserror::Error;

use super::backing::Backing;
use super::raw;

/// Why bytes are not read as a PE image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PeError {
    /// The bytes that the headers should be in are absent.
    #[error("the image's headers are not there")]
    HeadersAbsent,
    /// The first two bytes are not `MZ`.
    #[error("no MZ signature, but {0:#06x}")]
    NotMz(u16),
    /// There is no `PE\0\0` where the MZ header points.
    #[error("no PE signature at offset {0:#x}")]
    NotPe(u32),
    /// The optional header is neither that of PE32 nor that of PE32+.
    #[error("unknown kind of optional header: {0:#06x}")]
    UnknownMagic(u16),
}

/// `IMAGE_FILE_MACHINE_*`: the processor an image is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Machine(pub u16);

impl Machine {
    /// 32-bit x86. Images of pure IL that run anywhere say this.
    pub const I386: Machine = Machine(0x014c);
    /// x86-64.
    pub const AMD64: Machine = Machine(0x8664);
    /// 32-bit ARM, Thumb-2.
    pub const ARMNT: Machine = Machine(0x01c4);
    /// 64-bit ARM.
    pub const ARM64: Machine = Machine(0xaa64);

    /// What ReadyToRun images for other systems than Windows combine their machine with: Linux, Apple,
    /// FreeBSD, NetBSD, SunOS. Source: dotnet/runtime `src/coreclr/inc/pedecoder.h`,
    /// `IMAGE_FILE_MACHINE_OS_MASK_*`.
    const SYSTEM_MASKS: [u16; 5] = [0x7b79, 0x4644, 0xadc4, 0x1993, 0x1992];

    /// The processor, with what a ReadyToRun image for another system mixes in taken away.
    pub fn arch(self) -> Arch {
        let masks = std::iter::once(0).chain(Self::SYSTEM_MASKS);
        for machine in masks.map(|mask| Machine(self.0 ^ mask)) {
            match machine {
                Machine::I386 => return Arch::X86,
                Machine::AMD64 => return Arch::X64,
                Machine::ARMNT => return Arch::Arm,
                Machine::ARM64 => return Arch::Arm64,
                _ => {}
            }
        }
        Arch::Other(self.0.into())
    }
}

impl fmt::Debug for Machine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Machine({:#06x})", self.0)
    }
}

/// A table of an image by its fixed place in the optional header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Directory {
    Export = 0,
    Import = 1,
    Resource = 2,
    Exception = 3,
    Certificate = 4,
    BaseRelocation = 5,
    Debug = 6,
    Architecture = 7,
    GlobalPointer = 8,
    Tls = 9,
    LoadConfig = 10,
    BoundImport = 11,
    ImportAddress = 12,
    DelayImport = 13,
    /// The COR20 header of managed images.
    ClrRuntime = 14,
}

/// How many data directories an image can have.
const MAX_DIRECTORIES: usize = 16;

/// Where a table of an image is, and its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DataDirectory {
    /// Of its first byte.
    pub rva: Rva,
    /// In bytes.
    pub size: u32,
}

impl DataDirectory {
    pub(crate) fn new(raw: raw::DataDirectory) -> DataDirectory {
        DataDirectory { rva: Rva(raw.virtual_address.get()), size: raw.size.get() }
    }

    /// The directory itself if it says that there is something.
    pub(crate) fn present(self) -> Option<DataDirectory> {
        (!self.rva.is_null() && self.size > 0).then_some(self)
    }

    /// Whether `rva` lies in it.
    pub fn contains(&self, rva: Rva) -> bool {
        rva.offset_from(self.rva).is_some_and(|offset| offset < self.size)
    }
}

/// A section of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Its name, padded with zeroes.
    pub name: [u8; 8],
    /// Where it is loaded.
    pub rva: Rva,
    /// Bytes in memory.
    pub virtual_size: u32,
    /// Where its bytes are in the file, rounded down as Windows' loader does.
    pub file_offset: u32,
    /// Bytes in the file.
    pub file_size: u32,
    /// `IMAGE_SCN_*` flags.
    pub characteristics: u32,
}

impl Section {
    /// `IMAGE_SCN_MEM_EXECUTE`.
    pub const EXECUTE: u32 = 0x2000_0000;
    /// `IMAGE_SCN_MEM_WRITE`.
    pub const WRITE: u32 = 0x8000_0000;

    /// Its name as text, as far as it is UTF-8.
    pub fn name(&self) -> &str {
        let end = self.name.iter().position(|&byte| byte == 0).unwrap_or(self.name.len());
        match std::str::from_utf8(&self.name[..end]) {
            Ok(name) => name,
            Err(error) => std::str::from_utf8(&self.name[..error.valid_up_to()]).unwrap_or(""),
        }
    }

    /// Bytes that it takes in memory: some linkers leave the size in memory zero.
    pub fn loaded_size(&self) -> u32 {
        if self.virtual_size == 0 { self.file_size } else { self.virtual_size }
    }
}

/// What the headers of an image say.
#[derive(Debug, Clone)]
pub struct Headers {
    /// The processor that the image is for.
    pub machine: Machine,
    /// When it was linked, or a hash of its contents; with `size_of_image` the image's identity.
    pub timestamp: u32,
    /// `IMAGE_FILE_*` flags.
    pub characteristics: u16,
    /// Whether this is PE32+, with 64-bit addresses.
    pub is_pe32_plus: bool,
    /// Where execution begins.
    pub entry_point: Rva,
    /// The address that it would like to be loaded at.
    pub preferred_base: u64,
    /// Alignment of sections in memory.
    pub section_alignment: u32,
    /// Alignment of sections in the file.
    pub file_alignment: u32,
    /// Bytes that the loaded image takes.
    pub size_of_image: u32,
    /// Bytes of all headers, which are at the same offset in memory and in the file.
    pub size_of_headers: u32,
    /// Check sum of the file.
    pub checksum: u32,
    /// `IMAGE_SUBSYSTEM_*`.
    pub subsystem: u16,
    /// `IMAGE_DLLCHARACTERISTICS_*` flags.
    pub dll_characteristics: u16,
    /// The image's sections, in the order of the file; at most 65535.
    pub sections: Vec<Section>,
    directories: [DataDirectory; MAX_DIRECTORIES],
}

impl Headers {
    /// Where a table is; `None` if the image has none.
    pub fn directory(&self, directory: Directory) -> Option<DataDirectory> {
        self.directories[directory as usize].present()
    }

    pub(crate) fn parse(backing: &Backing<'_>) -> Result<Headers, PeError> {
        let magic: [u8; 2] = backing.read(0).ok_or(PeError::HeadersAbsent)?;
        if &magic != b"MZ" {
            return Err(PeError::NotMz(u16::from_le_bytes(magic)));
        }
        let start: [u8; 4] = backing.read(0x3c).ok_or(PeError::HeadersAbsent)?;
        let start = u32::from_le_bytes(start);
        let at = u64::from(start);
        let signature: [u8; 4] = backing.read(at).ok_or(PeError::HeadersAbsent)?;
        if &signature != b"PE\0\0" {
            return Err(PeError::NotPe(start));
        }
        let file: raw::FileHeader = backing.read(at + 4).ok_or(PeError::HeadersAbsent)?;
        let optional = at + 24;
        let magic: [u8; 2] = backing.read(optional).ok_or(PeError::HeadersAbsent)?;
        let mut headers = match u16::from_le_bytes(magic) {
            0x10b => {
                let raw: raw::OptionalHeader32 =
                    backing.read(optional).ok_or(PeError::HeadersAbsent)?;
                let mut headers = Headers::new(&file, &raw.common);
                headers.entry_point = Rva(raw.address_of_entry_point.get());
                headers.preferred_base = raw.image_base.get().into();
                let count = raw.number_of_rva_and_sizes.get();
                headers.read_directories(backing, optional + 96, count)?;
                headers
            }
            0x20b => {
                let raw: raw::OptionalHeader64 =
                    backing.read(optional).ok_or(PeError::HeadersAbsent)?;
                let mut headers = Headers::new(&file, &raw.common);
                headers.is_pe32_plus = true;
                headers.entry_point = Rva(raw.address_of_entry_point.get());
                headers.preferred_base = raw.image_base.get();
                let count = raw.number_of_rva_and_sizes.get();
                headers.read_directories(backing, optional + 112, count)?;
                headers
            }
            other => return Err(PeError::UnknownMagic(other)),
        };
        let sections = optional + u64::from(file.size_of_optional_header.get());
        headers.read_sections(backing, sections, file.number_of_sections.get());
        Ok(headers)
    }

    fn new(file: &raw::FileHeader, common: &raw::OptionalHeaderCommon) -> Headers {
        Headers {
            machine: Machine(file.machine.get()),
            timestamp: file.time_date_stamp.get(),
            characteristics: file.characteristics.get(),
            is_pe32_plus: false,
            entry_point: Rva::NULL,
            preferred_base: 0,
            section_alignment: common.section_alignment.get(),
            file_alignment: common.file_alignment.get(),
            size_of_image: common.size_of_image.get(),
            size_of_headers: common.size_of_headers.get(),
            checksum: common.check_sum.get(),
            subsystem: common.subsystem.get(),
            dll_characteristics: common.dll_characteristics.get(),
            sections: Vec::new(),
            directories: [DataDirectory::default(); MAX_DIRECTORIES],
        }
    }

    fn read_directories(
        &mut self,
        backing: &Backing<'_>,
        at: u64,
        count: u32,
    ) -> Result<(), PeError> {
        let count = MAX_DIRECTORIES.min(count as usize);
        for (index, directory) in self.directories[..count].iter_mut().enumerate() {
            let raw = backing.read(at + 8 * index as u64).ok_or(PeError::HeadersAbsent)?;
            *directory = DataDirectory::new(raw);
        }
        Ok(())
    }

    /// Reads as many section headers as are there.
    fn read_sections(&mut self, backing: &Backing<'_>, at: u64, count: u16) {
        // Windows' loader ignores the low bits of a section's place in the file, unless the image is
        // aligned more finely than pages.
        let sector = if self.section_alignment < 0x1000 { 1 } else { 0x200 };
        for index in 0..u64::from(count) {
            let Some(raw) = backing.read::<raw::SectionHeader>(at + 40 * index) else { break };
            self.sections.push(Section {
                name: raw.name,
                rva: Rva(raw.virtual_address.get()),
                virtual_size: raw.virtual_size.get(),
                file_offset: raw.pointer_to_raw_data.get() & !(sector - 1),
                file_size: raw.size_of_raw_data.get(),
                characteristics: raw.characteristics.get(),
            });
        }
    }

    /// The section that `rva` lies in, in memory.
    pub fn section_at(&self, rva: Rva) -> Option<&Section> {
        self.sections.iter().find(|section| {
            rva.offset_from(section.rva).is_some_and(|offset| offset < section.loaded_size())
        })
    }

    /// Where in the file the byte at `rva` is, and how many bytes of the file follow it in its section.
    pub fn file_place(&self, rva: Rva) -> Option<(u32, u32)> {
        if rva.0 < self.size_of_headers {
            return Some((rva.0, self.size_of_headers - rva.0));
        }
        self.sections.iter().find_map(|section| {
            let offset = rva.offset_from(section.rva)?;
            let left = section.file_size.checked_sub(offset).filter(|&left| left > 0)?;
            Some((section.file_offset.checked_add(offset)?, left))
        })
    }
}

/// A name in an image is never longer than other names.
pub(crate) const MAX_NAME: usize = limits::MAX_NAME;

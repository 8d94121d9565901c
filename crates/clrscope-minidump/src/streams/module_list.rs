use clrscope_memory::{FileOffset, FileVersion, Issue, Parsed, VirtAddr, limits};
use zerocopy::FromBytes;
use zerocopy::little_endian::U32;

use crate::bytes::{File, bad_value, truncated};
use crate::list::{List, Record};
use crate::raw::{MINIDUMP_LOCATION_DESCRIPTOR, MINIDUMP_MODULE, VS_FFI_SIGNATURE};
use crate::{Minidump, StreamType, WideStr};

/// An image that was loaded in the process.
#[derive(Clone, Copy)]
pub struct Module<'data> {
    raw: &'data MINIDUMP_MODULE,
    file: File<'data>,
}

impl<'data> Record<'data> for Module<'data> {
    type Raw = MINIDUMP_MODULE;

    fn view(raw: &'data MINIDUMP_MODULE, file: File<'data>) -> Self {
        Module { raw, file }
    }
}

impl<'data> Module<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_MODULE {
        self.raw
    }

    /// All bytes of the file, which the places in the structure are relative to.
    #[cfg(feature = "interop-minidump")]
    pub(crate) fn file_bytes(&self) -> &'data [u8] {
        self.file.0
    }

    /// Address of its first byte.
    pub fn base(&self) -> VirtAddr {
        VirtAddr(self.raw.BaseOfImage.get())
    }

    /// Bytes that it takes in memory.
    pub fn size(&self) -> u64 {
        self.raw.SizeOfImage.get().into()
    }

    /// Check sum of its header.
    pub fn checksum(&self) -> u32 {
        self.raw.CheckSum.get()
    }

    /// Time stamp of its header.
    pub fn timestamp(&self) -> u32 {
        self.raw.TimeDateStamp.get()
    }

    /// Path as the process knew it.
    ///
    /// # Errors
    /// If the file ends before or within it.
    pub fn name(&self) -> Result<WideStr<'data>, Issue> {
        self.file.string(self.raw.ModuleNameRva.get().into(), "the name of a module")
    }

    /// Its file version, if it has a version resource.
    pub fn file_version(&self) -> Option<FileVersion> {
        let info = &self.raw.VersionInfo;
        self.version(info.dwFileVersionMS, info.dwFileVersionLS)
    }

    /// The version of the product that it is part of, if it has a version resource.
    pub fn product_version(&self) -> Option<FileVersion> {
        let info = &self.raw.VersionInfo;
        self.version(info.dwProductVersionMS, info.dwProductVersionLS)
    }

    fn version(&self, high: U32, low: U32) -> Option<FileVersion> {
        let (high, low) = (high.get(), low.get());
        (self.raw.VersionInfo.dwSignature.get() == VS_FFI_SIGNATURE).then_some(FileVersion {
            major: (high >> 16) as u16,
            minor: high as u16,
            build: (low >> 16) as u16,
            revision: low as u16,
        })
    }

    /// Where its symbols are; `None` if it has no such record.
    ///
    /// # Errors
    /// If the file ends before or within the record.
    pub fn code_view(&self) -> Result<Option<CodeView<'data>>, Issue> {
        let location = &self.raw.CvRecord;
        if location.DataSize.get() == 0 {
            return Ok(None);
        }
        let bytes = self.file.location(location, "a CodeView record")?;
        CodeView::parse(bytes, FileOffset(location.Rva.get().into())).map(Some)
    }

    /// The miscellaneous debug record, if there is one: obsolete, and never interpreted.
    ///
    /// # Errors
    /// If the file ends before or within it.
    pub fn misc_record(&self) -> Result<Option<&'data [u8]>, Issue> {
        let location: &MINIDUMP_LOCATION_DESCRIPTOR = &self.raw.MiscRecord;
        if location.DataSize.get() == 0 {
            return Ok(None);
        }
        self.file.location(location, "a debug record").map(Some)
    }
}

impl std::fmt::Debug for Module<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.name().map(|name| name.to_string());
        f.debug_struct("Module").field("base", &self.base()).field("name", &name).finish()
    }
}

/// A record of where the symbols of an image are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeView<'data> {
    /// `RSDS`: PDB 7.0.
    Pdb70 {
        /// Identity of the PDB, as it lies in the file.
        guid: [u8; 16],
        /// How often the PDB was written.
        age: u32,
        /// Path of the PDB, UTF-8 as a rule.
        path: &'data [u8],
    },
    /// `NB10`: PDB 2.0.
    Pdb20 {
        /// When the PDB was made, in seconds since 1970.
        timestamp: u32,
        /// How often the PDB was written.
        age: u32,
        /// Path of the PDB.
        path: &'data [u8],
    },
    /// Any other record, whole.
    Unknown(&'data [u8]),
}

impl<'data> CodeView<'data> {
    /// Reads a record that lies at `offset` of the file.
    fn parse(bytes: &'data [u8], offset: FileOffset) -> Result<CodeView<'data>, Issue> {
        let short = || truncated(offset.0, "a CodeView record ends early");
        let Some((signature, rest)) = bytes.split_first_chunk::<4>() else { return Err(short()) };
        match signature {
            b"RSDS" => {
                let (guid, rest) = rest.split_first_chunk().ok_or_else(short)?;
                let (age, path) = U32::read_from_prefix(rest).map_err(|_| short())?;
                Ok(CodeView::Pdb70 { guid: *guid, age: age.get(), path: c_string(path, offset)? })
            }
            b"NB10" => {
                let (fields, path) = <[U32; 3]>::read_from_prefix(rest).map_err(|_| short())?;
                Ok(CodeView::Pdb20 {
                    timestamp: fields[1].get(),
                    age: fields[2].get(),
                    path: c_string(path, offset)?,
                })
            }
            _ => Ok(CodeView::Unknown(bytes)),
        }
    }
}

/// The bytes before the first zero; all, if a writer left the zero out.
fn c_string(bytes: &[u8], offset: FileOffset) -> Result<&[u8], Issue> {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    if end > limits::MAX_NAME {
        return Err(bad_value(offset.0, format!("a CodeView record has a path of {end} bytes")));
    }
    Ok(&bytes[..end])
}

impl<'data> Minidump<'data> {
    /// The images that were loaded in the process.
    pub fn modules(&self) -> Parsed<List<'data, Module<'data>>> {
        self.counted_list(StreamType::MODULE_LIST, "the module list")
    }
}

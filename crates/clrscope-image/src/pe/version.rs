//! The version resource.
//!
//! A tree of blocks, each with its length, the length of its value, whether the value is text, a key
//! in UTF-16, padding to four bytes, the value, padding, and blocks within it. Source: "VS_VERSIONINFO
//! structure", <https://learn.microsoft.com/windows/win32/menurc/vs-versioninfo>.

use std::borrow::Cow;

use clrscope_memory::FileVersion;
use zerocopy::FromBytes;

use super::image::PeImage;
use super::raw;
use super::resource::ResourceName;

/// What an image says about its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionInfo {
    /// Version of the file.
    pub file_version: FileVersion,
    /// Version of the product that the file is part of.
    pub product_version: FileVersion,
    /// `VS_FF_*` flags, those that the mask says are valid.
    pub flags: u32,
    /// Names and values (`ProductVersion`, `FileDescription`, ...), of all languages.
    pub strings: Vec<(String, String)>,
}

impl VersionInfo {
    /// The value of a name.
    pub fn string(&self, name: &str) -> Option<&str> {
        self.strings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Reads the contents of a version resource.
    pub fn parse(bytes: &[u8]) -> Option<VersionInfo> {
        let (root, _) = Block::parse(bytes, 0)?;
        let (fixed, _) = raw::FixedFileInfo::read_from_prefix(root.value).ok()?;
        if root.key != "VS_VERSION_INFO" || fixed.signature.get() != 0xfeef_04bd {
            return None;
        }
        let mut strings = Vec::new();
        for info in root.children().filter(|block| block.key == "StringFileInfo") {
            for string in info.children().flat_map(Block::children) {
                strings.push((string.key.clone(), string.text()));
            }
        }
        Some(VersionInfo {
            file_version: version(fixed.file_version_ms.get(), fixed.file_version_ls.get()),
            product_version: version(
                fixed.product_version_ms.get(),
                fixed.product_version_ls.get(),
            ),
            flags: fixed.file_flags.get() & fixed.file_flags_mask.get(),
            strings,
        })
    }
}

impl PeImage<'_> {
    /// What the image says about its version; `None` if it has no version resource or it is absent.
    pub fn version_info(&self) -> Option<VersionInfo> {
        let bytes: Cow<'_, [u8]> =
            self.resource_bytes(ResourceName::VERSION, ResourceName::Id(1))?;
        VersionInfo::parse(&bytes)
    }
}

fn version(high: u32, low: u32) -> FileVersion {
    FileVersion {
        major: (high >> 16) as u16,
        minor: high as u16,
        build: (low >> 16) as u16,
        revision: low as u16,
    }
}

struct Block<'a> {
    key: String,
    value: &'a [u8],
    /// What follows the value.
    rest: &'a [u8],
    /// Offset of `rest` from the start of the resource, which alignment is relative to.
    rest_at: usize,
}

impl<'a> Block<'a> {
    /// The block at the start of `bytes`, which is at offset `at` of the resource, and its length.
    fn parse(bytes: &'a [u8], at: usize) -> Option<(Block<'a>, usize)> {
        let number = |offset: usize| {
            let bytes = bytes.get(offset..offset + 2)?;
            Some(u16::from_le_bytes([bytes[0], bytes[1]]))
        };
        let length = usize::from(number(0)?);
        let value_length = usize::from(number(2)?);
        let is_text = number(4)? == 1;
        let whole = bytes.get(..length)?;
        let units: Vec<u16> = whole
            .get(6..)?
            .chunks_exact(2)
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
            .take_while(|&unit| unit != 0)
            .collect();
        let value_at = (at + 6 + (units.len() + 1) * 2).next_multiple_of(4) - at;
        // The length of text is in characters, of all else in bytes.
        let value_length = if is_text { value_length * 2 } else { value_length };
        let value = whole.get(value_at..).unwrap_or(&[]);
        let value = value.get(..value_length).unwrap_or(value);
        let rest_at = (at + value_at + value.len()).next_multiple_of(4);
        let rest = whole.get(rest_at - at..).unwrap_or(&[]);
        Some((Block { key: String::from_utf16_lossy(&units), value, rest, rest_at }, length))
    }

    fn children(self) -> impl Iterator<Item = Block<'a>> {
        let (mut rest, mut at) = (self.rest, self.rest_at);
        std::iter::from_fn(move || {
            let (block, length) = Block::parse(rest, at)?;
            // A block is at least as long as its header, so that this comes to an end.
            let next = (at + length.max(6)).next_multiple_of(4);
            rest = rest.get(next - at..).unwrap_or(&[]);
            at = next;
            Some(block)
        })
    }

    fn text(&self) -> String {
        let units: Vec<u16> = self
            .value
            .chunks_exact(2)
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
            .take_while(|&unit| unit != 0)
            .collect();
        String::from_utf16_lossy(&units)
    }
}

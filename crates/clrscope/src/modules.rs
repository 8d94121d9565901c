//! Images that a dump lacks, from directories that the user names.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use clrscope_image::{Headers, PeImage};
use clrscope_memory::{ModuleRecord, Range, Snapshot, VirtAddr};

use crate::Error;

/// How deep directories are searched: a symbol store has `name/identity/name`.
const MAX_DEPTH: usize = 3;
/// Directories and files that are looked at, all in all.
const MAX_ENTRIES: usize = 100_000;

/// The bytes of an image file, and where they belong in the process.
///
/// The file is as its linker made it: base relocations are not applied, so addresses in it are those of
/// the preferred base. Metadata, names and code offsets, which is what dumps lack, have none.
#[derive(Debug)]
pub(crate) struct Fill {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ranges: Vec<Range>,
}

/// Finds the files that are images of `snapshot` with holes in the dump.
pub(crate) fn find(directories: &[PathBuf], snapshot: &Snapshot<'_>) -> Result<Vec<Fill>, Error> {
    let mut wanted: HashMap<String, Vec<&ModuleRecord>> = HashMap::new();
    for module in &snapshot.modules {
        if snapshot.space.captured_bytes(module.base, module.size) < module.size {
            wanted.entry(module.file_name().to_ascii_lowercase()).or_default().push(module);
        }
    }
    let mut fills = Vec::new();
    for file in list(directories)? {
        let name = file.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let Some(modules) = wanted.get_mut(&name) else { continue };
        // A file that went away or cannot be read is like one that is not there.
        let Ok(bytes) = fs::read(&file) else { continue };
        let Ok(image) = PeImage::from_file(&bytes) else { continue };
        let headers = image.headers().clone();
        modules.retain(|module| {
            let is_same = headers.timestamp == module.timestamp
                && u64::from(headers.size_of_image) == module.size;
            if is_same {
                let ranges = ranges(&headers, module.base, bytes.len() as u64);
                fills.push(Fill { bytes: bytes.clone(), ranges });
            }
            !is_same
        });
    }
    Ok(fills)
}

/// All files beneath the directories, in a fixed order.
fn list(directories: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    let mut pending: Vec<(PathBuf, usize)> =
        directories.iter().rev().map(|directory| (directory.clone(), 0)).collect();
    while let Some((directory, depth)) = pending.pop() {
        let entries = match sorted_entries(&directory) {
            Ok(entries) => entries,
            Err(_) if depth > 0 => continue,
            Err(source) => return Err(Error::Modules { path: directory, source }),
        };
        for path in entries {
            if files.len() + pending.len() >= MAX_ENTRIES {
                return Ok(files);
            }
            if !path.is_dir() {
                files.push(path);
            } else if depth < MAX_DEPTH {
                pending.push((path, depth + 1));
            }
        }
    }
    Ok(files)
}

fn sorted_entries(directory: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut entries = fs::read_dir(directory)?
        .take(MAX_ENTRIES)
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    entries.sort();
    Ok(entries)
}

/// Where headers and sections of a file are in an image that is loaded at `base`.
fn ranges(headers: &Headers, base: VirtAddr, length: u64) -> Vec<Range> {
    let header = Range::new(base, u64::from(headers.size_of_headers).min(length), 0);
    let sections = headers.sections.iter().map(|section| {
        let bytes = section.file_size.min(section.loaded_size());
        Range::new(base.at_rva(section.rva), bytes.into(), section.file_offset.into())
    });
    std::iter::once(header).chain(sections).collect()
}

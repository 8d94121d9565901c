//! Finding files by name, as modules of a dump are named.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders within folders that are looked into: a symbol store has two.
const MAX_DEPTH: usize = 8;
/// Files that are looked at.
const MAX_FILES: usize = 1_000_000;

/// The files of a folder and of the folders within it, by name. Nothing is opened.
#[derive(Debug, Clone, Default)]
pub struct ImageDirectory {
    by_name: BTreeMap<String, Vec<PathBuf>>,
}

impl ImageDirectory {
    /// Lists the files of `root`. Links to folders are not followed; folders within it that cannot be
    /// listed are passed over.
    ///
    /// # Errors
    /// If `root` itself cannot be listed.
    pub fn open(root: &Path) -> io::Result<ImageDirectory> {
        let mut directory = ImageDirectory::default();
        let mut files = 0;
        let mut waiting = vec![(fs::read_dir(root)?, 0)];
        while let Some((entries, depth)) = waiting.pop() {
            for entry in entries.flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    if depth < MAX_DEPTH
                        && let Ok(within) = fs::read_dir(entry.path())
                    {
                        waiting.push((within, depth + 1));
                    }
                } else if files < MAX_FILES {
                    files += 1;
                    let name = entry.file_name().to_string_lossy().to_lowercase();
                    directory.by_name.entry(name).or_default().push(entry.path());
                }
            }
        }
        // The order of a listing is the file system's own.
        directory.by_name.values_mut().for_each(|paths| paths.sort());
        Ok(directory)
    }

    /// The files with a name, upper or lower case, in the order of their paths. There can be several,
    /// of which [`crate::ImageFile::check`] says which is the one.
    pub fn candidates(&self, file_name: &str) -> &[PathBuf] {
        self.by_name.get(&file_name.to_lowercase()).map_or(&[], Vec::as_slice)
    }
}

//! Dumps are unpacked once, however many processes ask at the same time.
//!
//! What comes from one packed file lies in one folder, named after the file and its size. The folder is
//! filled under another name and renamed when it is complete, so a folder that exists is complete.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::folders;

/// Real dumps need windows of 128 MiB and more.
const WINDOW_LOG: u32 = 31;

/// The unpacked form of a dump that is compressed by itself.
pub(super) fn unpacked_dump(packed: &Path, name: &str) -> io::Result<PathBuf> {
    let file = format!("{name}.dmp");
    let folder = once(packed, |file_to_read, folder| {
        let mut decoder = decoder(file_to_read)?;
        io::copy(&mut decoder, &mut File::create(folder.join(&file))?).map(drop)
    })?;
    Ok(folder.join(file))
}

/// The folder that holds the contents of a compressed archive.
pub(super) fn unpacked_archive(packed: &Path) -> io::Result<PathBuf> {
    once(packed, |file_to_read, folder| tar::Archive::new(decoder(file_to_read)?).unpack(folder))
}

fn decoder(file: File) -> io::Result<impl io::Read> {
    let mut decoder = zstd::Decoder::new(file)?;
    decoder.window_log_max(WINDOW_LOG)?;
    Ok(decoder)
}

fn once(packed: &Path, unpack: impl FnOnce(File, &Path) -> io::Result<()>) -> io::Result<PathBuf> {
    let file = File::open(packed)?;
    let cache = folders::unpacked();
    let stem = packed.file_name().unwrap_or_default().to_string_lossy();
    let stem = stem.split('.').next().unwrap_or_default();
    let folder = cache.join(format!("{stem}-{:x}", file.metadata()?.len()));
    if folder.is_dir() {
        return Ok(folder);
    }
    fs::create_dir_all(&cache)?;
    let lock = File::create(cache.join(format!("{stem}.lock")))?;
    lock.lock()?;
    // Another process may have done it while this one waited.
    if !folder.is_dir() {
        let unfinished = tempfile::Builder::new().prefix("unfinished-").tempdir_in(&cache)?;
        unpack(file, unfinished.path())?;
        fs::rename(unfinished.keep(), &folder)?;
    }
    Ok(folder)
}

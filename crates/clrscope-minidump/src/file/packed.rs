//! Packed dumps, unpacked while they are opened.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;

use super::{HEAD, OpenError, OpenOptions, Storage, check_start, mmap};
use crate::raw::MINIDUMP_SIGNATURE;

/// How a dump file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Zstandard.
    Zstd,
    /// gzip.
    Gzip,
    /// An archive of `.zip` form.
    Zip,
}

impl Packing {
    /// Tells by the first bytes of a file.
    pub fn of(bytes: &[u8]) -> Option<Packing> {
        match bytes {
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Packing::Zstd),
            // Parallel packers begin with a frame that is to be skipped.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Packing::Zstd),
            [0x1f, 0x8b, ..] => Some(Packing::Gzip),
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Some(Packing::Zip),
            _ => None,
        }
    }
}

impl fmt::Display for Packing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Packing::Zstd => ".zst",
            Packing::Gzip => ".gz",
            Packing::Zip => ".zip",
        })
    }
}

/// Dumps are often packed with `--long=31`: windows of up to 2 GiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 31;
/// Files of an archive that are looked at.
const MAX_ARCHIVE_FILES: usize = 4096;

/// Unpacks a file, which is at its start.
pub(super) fn unpack(
    file: File,
    packing: Packing,
    path: &Path,
    options: &OpenOptions,
) -> Result<Storage, OpenError> {
    match packing {
        Packing::Zip => unpack_zip(file, path, options),
        Packing::Zstd | Packing::Gzip => unpack_pipe(file, packing, path, options),
    }
}

/// Unpacks what can only be read from start to end.
pub(super) fn unpack_pipe(
    packed: impl Read,
    packing: Packing,
    path: &Path,
    options: &OpenOptions,
) -> Result<Storage, OpenError> {
    match packing {
        Packing::Zstd => {
            let damaged = |error: io::Error| unpack_error(path, packing, error);
            let mut decoder = zstd::Decoder::new(packed).map_err(damaged)?;
            decoder.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(damaged)?;
            store(decoder, Some(packing), path, options)
        }
        Packing::Gzip => {
            let decoder = flate2::bufread::MultiGzDecoder::new(BufReader::new(packed));
            store(decoder, Some(packing), path, options)
        }
        Packing::Zip => Err(OpenError::UnsupportedArchive {
            path: path.to_owned(),
            detail: "it comes through a pipe".to_owned(),
        }),
    }
}

fn unpack_zip(file: File, path: &Path, options: &OpenOptions) -> Result<Storage, OpenError> {
    let mut archive =
        zip::ZipArchive::new(BufReader::new(file)).map_err(|error| zip_error(path, error))?;
    let files = archive.len();
    let mut dumps = Vec::new();
    for index in 0..files.min(MAX_ARCHIVE_FILES) {
        let mut entry = archive.by_index(index).map_err(|error| zip_error(path, error))?;
        let mut magic = [0; 4];
        if entry.is_file() && entry.read_exact(&mut magic).is_ok() && is_minidump(magic) {
            dumps.push((index, entry.name().to_owned()));
        }
    }
    match dumps.as_slice() {
        [(index, _)] => {
            let entry = archive.by_index(*index).map_err(|error| zip_error(path, error))?;
            store(entry, Some(Packing::Zip), path, options)
        }
        [] => Err(OpenError::NoDump { path: path.to_owned(), files }),
        _ => {
            let names = dumps.into_iter().map(|(_, name)| name).collect();
            Err(OpenError::SeveralDumps { path: path.to_owned(), names })
        }
    }
}

fn is_minidump(magic: [u8; 4]) -> bool {
    u32::from_le_bytes(magic) == MINIDUMP_SIGNATURE
}

/// Keeps all that `source` gives: in memory as far as the budget goes, else in a temporary file. Its
/// first bytes are checked before the rest is read.
pub(super) fn store(
    source: impl Read,
    packing: Option<Packing>,
    path: &Path,
    options: &OpenOptions,
) -> Result<Storage, OpenError> {
    let failed = |error: io::Error| match packing {
        Some(packing) => unpack_error(path, packing, error),
        None => OpenError::io(path, error),
    };
    let too_large = || OpenError::TooLarge { path: path.to_owned(), limit: options.max_unpacked };
    let mut source = source.take(options.max_unpacked.saturating_add(1));

    let mut bytes = Vec::new();
    source.by_ref().take(HEAD).read_to_end(&mut bytes).map_err(failed)?;
    check_start(&bytes, path)?;
    // One more than the budget, to see whether there is more.
    let budget = options.memory_budget.max(HEAD);
    source
        .by_ref()
        .take((budget - HEAD).saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > options.max_unpacked {
        return Err(too_large());
    }
    if bytes.len() as u64 <= budget {
        bytes.shrink_to_fit();
        return Ok(Storage::Memory(bytes));
    }

    let no_room = |source: io::Error| OpenError::Temporary { path: path.to_owned(), source };
    let mut file = match &options.temporary_folder {
        Some(folder) => tempfile::tempfile_in(folder),
        None => tempfile::tempfile(),
    }
    .map_err(no_room)?;
    file.write_all(&bytes).map_err(no_room)?;
    let mut length = bytes.len() as u64;
    let mut chunk = bytes;
    chunk.clear();
    chunk.shrink_to(CHUNK);
    loop {
        chunk.clear();
        source.by_ref().take(CHUNK as u64).read_to_end(&mut chunk).map_err(failed)?;
        if chunk.is_empty() {
            break;
        }
        length += chunk.len() as u64;
        if length > options.max_unpacked {
            return Err(too_large());
        }
        file.write_all(&chunk).map_err(no_room)?;
    }
    mmap::map_temporary(file).map(Storage::Temporary).map_err(no_room)
}

/// Bytes that are copied at once.
const CHUNK: usize = 1 << 20;

fn unpack_error(path: &Path, packing: Packing, error: io::Error) -> OpenError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::UnexpectedEof => OpenError::Truncated { path, packing },
        _ => OpenError::Damaged { path, packing, detail: error.to_string() },
    }
}

fn zip_error(path: &Path, error: zip::result::ZipError) -> OpenError {
    use zip::result::ZipError;
    let owned = path.to_owned();
    match error {
        ZipError::UnsupportedArchive(detail) => {
            OpenError::UnsupportedArchive { path: owned, detail: detail.to_owned() }
        }
        ZipError::Io(error) => unpack_error(path, Packing::Zip, error),
        // The directory of an archive is at its end: without it, the file was cut.
        other => {
            OpenError::Damaged { path: owned, packing: Packing::Zip, detail: other.to_string() }
        }
    }
}

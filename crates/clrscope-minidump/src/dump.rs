//! The container: header, directory, and streams by kind.

use std::fmt;

use clrscope_memory::{FileOffset, Issue, IssueKind, Issues, limits};

use crate::bytes::{File, Overlay, bad_value, truncated};
use crate::list::{List, Record};
use crate::raw::{MINIDUMP_DIRECTORY, MINIDUMP_HEADER, MINIDUMP_SIGNATURE, MINIDUMP_VERSION};
use crate::{Error, Lookalike, StreamType};

/// A minidump, borrowed from its bytes. Parsing reads the header and the directory; each stream is read
/// when it is asked for, and is cheap to ask for again.
#[derive(Clone)]
pub struct Minidump<'data> {
    file: File<'data>,
    header: &'data MINIDUMP_HEADER,
    directory: List<'data, DirectoryEntry<'data>>,
    issues: Issues,
}

impl<'data> Minidump<'data> {
    /// Reads the header and the directory of a minidump, which is all of `data`.
    ///
    /// # Errors
    /// Only if the bytes are no minidump at all. Damage is in [`Minidump::issues`].
    pub fn parse(data: &'data [u8]) -> Result<Minidump<'data>, Error> {
        let file = File(data);
        match data.first_chunk() {
            Some(start) if u32::from_le_bytes(*start) == MINIDUMP_SIGNATURE => {}
            _ if data.is_empty() => return Err(Error::Empty),
            _ => return Err(Error::NotAMinidump(Lookalike::of(data))),
        }
        let header: &MINIDUMP_HEADER = file
            .record(0, "the header")
            .map_err(|_| Error::HeaderCutOff { length: data.len() as u64 })?;

        let mut issues = Issues::new();
        if header.Version.get() as u16 != MINIDUMP_VERSION {
            issues.push(Issue::in_file(
                IssueKind::Unsupported,
                FileOffset(4),
                format!("the header has version {:#x}", header.Version.get() as u16),
            ));
        }
        let offset = u64::from(header.StreamDirectoryRva.get());
        let directory = List::new(
            file,
            file.tail(offset),
            offset,
            size_of::<MINIDUMP_DIRECTORY>() as u64,
            header.NumberOfStreams.get().into(),
            "the directory",
        )
        .take(&mut issues)
        .capped(limits::MAX_STREAMS, &mut issues, "the directory");
        check_directory(directory, header.NumberOfStreams.get(), &mut issues);
        Ok(Minidump { file, header, directory, issues })
    }

    /// The header.
    pub fn header(&self) -> Header<'data> {
        Header { raw: self.header }
    }

    /// The streams that the file says it has, in its order.
    pub fn directory(&self) -> List<'data, DirectoryEntry<'data>> {
        self.directory
    }

    /// What is wrong with the header and the directory.
    pub fn issues(&self) -> &Issues {
        &self.issues
    }

    /// All bytes of the file.
    pub fn data(&self) -> &'data [u8] {
        self.file.0
    }

    /// The bytes of the first stream of a kind, as far as the file has them.
    pub fn stream(&self, kind: StreamType) -> Option<&'data [u8]> {
        self.entry(kind).map(|entry| entry.bytes())
    }

    /// The first directory entry of a kind.
    pub fn entry(&self, kind: StreamType) -> Option<DirectoryEntry<'data>> {
        self.directory.iter().find(|entry| entry.kind() == kind)
    }

    pub(crate) fn file(&self) -> File<'data> {
        self.file
    }

    pub(crate) fn stream_at(&self, kind: StreamType) -> Option<Stream<'data>> {
        self.entry(kind).map(|entry| Stream {
            file: self.file,
            offset: entry.offset().0,
            bytes: entry.bytes(),
        })
    }
}

fn check_directory(directory: List<'_, DirectoryEntry<'_>>, count: u32, issues: &mut Issues) {
    let mut seen = std::collections::BTreeSet::new();
    for entry in directory {
        let kind = entry.kind();
        if kind == StreamType::UNUSED {
            continue;
        }
        if (entry.bytes().len() as u64) < entry.length() {
            issues.push(truncated(
                entry.offset().0,
                format!("the file ends before or within {kind}"),
            ));
        }
        if !seen.insert(kind) {
            issues.push(bad_value(
                entry.offset().0,
                format!("a second {kind}, of which only the first is read"),
            ));
        }
    }
    if seen.is_empty() {
        let message = match count {
            0 => "the directory is empty",
            _ => "the directory has no stream: its entries are zero",
        };
        issues.push(Issue::general(IssueKind::MissingStructure, message));
    }
}

impl fmt::Debug for Minidump<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minidump")
            .field("bytes", &self.file.0.len())
            .field("streams", &self.directory.len())
            .field("issues", &self.issues.count())
            .finish()
    }
}

/// The header of a minidump.
#[derive(Debug, Clone, Copy)]
pub struct Header<'data> {
    raw: &'data MINIDUMP_HEADER,
}

impl<'data> Header<'data> {
    /// The structure.
    pub fn raw(&self) -> &'data MINIDUMP_HEADER {
        self.raw
    }

    /// When the dump was taken, in seconds since 1970.
    pub fn timestamp(&self) -> u32 {
        self.raw.TimeDateStamp.get()
    }

    /// What the writer was asked for, as `MINIDUMP_TYPE` flags.
    pub fn flags(&self) -> u64 {
        self.raw.Flags.get()
    }

    /// Whether the writer was asked for all memory of the process.
    pub fn with_full_memory(&self) -> bool {
        self.flags() & 0x2 != 0
    }

    /// The check sum, which writers leave zero.
    pub fn checksum(&self) -> u32 {
        self.raw.CheckSum.get()
    }
}

/// An entry of the directory.
#[derive(Clone, Copy)]
pub struct DirectoryEntry<'data> {
    raw: &'data MINIDUMP_DIRECTORY,
    file: File<'data>,
}

impl<'data> Record<'data> for DirectoryEntry<'data> {
    type Raw = MINIDUMP_DIRECTORY;

    fn view(raw: &'data MINIDUMP_DIRECTORY, file: File<'data>) -> Self {
        DirectoryEntry { raw, file }
    }
}

impl<'data> DirectoryEntry<'data> {
    /// The kind of the stream.
    pub fn kind(&self) -> StreamType {
        StreamType(self.raw.StreamType.get())
    }

    /// Where the stream begins.
    pub fn offset(&self) -> FileOffset {
        FileOffset(self.raw.Location.Rva.get().into())
    }

    /// How long it says it is.
    pub fn length(&self) -> u64 {
        self.raw.Location.DataSize.get().into()
    }

    /// Its bytes, as far as the file has them.
    pub fn bytes(&self) -> &'data [u8] {
        self.file.clipped(self.offset().0, self.length())
    }
}

impl fmt::Debug for DirectoryEntry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryEntry")
            .field("kind", &self.kind())
            .field("offset", &self.offset())
            .field("length", &self.length())
            .finish()
    }
}

/// The bytes of a stream and their place.
#[derive(Clone, Copy)]
pub(crate) struct Stream<'data> {
    pub(crate) file: File<'data>,
    pub(crate) offset: u64,
    pub(crate) bytes: &'data [u8],
}

impl<'data> Stream<'data> {
    /// The structure `at` bytes into the stream.
    pub(crate) fn record<T: Overlay>(&self, at: usize, what: &str) -> Result<&'data T, Issue> {
        T::ref_from_prefix(self.bytes.get(at..).unwrap_or(&[])).map(|(record, _)| record).map_err(
            |_| {
                truncated(
                    self.offset.saturating_add(at as u64),
                    format!("{what} ends before or within a structure"),
                )
            },
        )
    }

    /// The bytes from `at` bytes into the stream on.
    pub(crate) fn tail(&self, at: u64) -> &'data [u8] {
        usize::try_from(at).ok().and_then(|at| self.bytes.get(at..)).unwrap_or(&[])
    }
}

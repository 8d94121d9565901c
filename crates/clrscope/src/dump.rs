//! The front door: a dump that is open.

use std::path::{Path, PathBuf};

use clrscope_clr::{LayoutMode, Runtime, Runtimes, find_runtimes};
use clrscope_memory::{Parsed, Snapshot};
use clrscope_minidump::{DumpFile, MapChoice, Minidump, OpenOptions};

use crate::Error;
use crate::modules::{self, Fill};

/// An open dump: the bytes of its file, mapped or in memory, from which everything else is borrowed.
///
/// Views are made anew whenever they are asked for; that takes time in proportion to the lists of the
/// dump, not to its memory. Keep what is used often.
#[derive(Debug)]
pub struct Dump {
    file: DumpFile,
    path: PathBuf,
    layout: LayoutMode,
    fills: Vec<Fill>,
}

impl Dump {
    /// Opens the dump at `path`, which may be compressed: a `.dmp`, `.dmp.zst`, `.dmp.gz`, or a `.zip`
    /// that holds one.
    ///
    /// # Errors
    /// If the file cannot be read, or is no minidump. Damage is no error: see [`Dump::snapshot`].
    pub fn open(path: impl AsRef<Path>) -> Result<Dump, Error> {
        Dump::options().open(path)
    }

    /// Options for opening a dump.
    pub fn options() -> DumpOptions {
        DumpOptions::default()
    }

    /// The path that this was opened from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The file.
    pub fn file(&self) -> &DumpFile {
        &self.file
    }

    /// The container, with a view of every stream.
    ///
    /// # Errors
    /// Never for a dump that could be opened.
    pub fn minidump(&self) -> Result<Minidump<'_>, Error> {
        Ok(self.file.minidump()?)
    }

    /// The process: its memory, modules, threads and regions. Holes in its images are filled from the
    /// directories that were named with [`DumpOptions::modules`].
    ///
    /// # Errors
    /// Never for a dump that could be opened.
    pub fn snapshot(&self) -> Result<Parsed<Snapshot<'_>>, Error> {
        let mut snapshot = self.minidump()?.snapshot();
        for fill in &self.fills {
            snapshot.value.space = snapshot.value.space.with_fill(&fill.bytes, &fill.ranges);
        }
        Ok(snapshot)
    }

    /// Every runtime in the process, and those that were recognised but cannot be read.
    ///
    /// # Errors
    /// Never for a dump that could be opened.
    pub fn runtimes(&self) -> Result<Runtimes<'_>, Error> {
        Ok(find_runtimes(&self.snapshot()?.value, self.layout))
    }

    /// The first runtime in the process: most have one.
    ///
    /// # Errors
    /// If there is none that can be read; the error says what there is instead.
    pub fn runtime(&self) -> Result<Runtime<'_>, Error> {
        Ok(self.runtimes()?.first()?.clone())
    }

    /// How the layout of runtimes is found.
    pub fn layout_mode(&self) -> LayoutMode {
        self.layout
    }
}

/// How to open a dump.
#[derive(Debug, Clone, Default)]
pub struct DumpOptions {
    file: OpenOptions,
    modules: Vec<PathBuf>,
    layout: LayoutMode,
}

impl DumpOptions {
    /// Adds a directory with images that the dump lacks. Those that match by time stamp and size fill
    /// the holes; what the dump holds stays. By default, there is none.
    #[must_use]
    pub fn modules(mut self, directory: impl Into<PathBuf>) -> Self {
        self.modules.push(directory.into());
        self
    }

    /// Sets how many bytes a compressed dump may take in memory; a larger one goes to a temporary file.
    /// By default, as [`OpenOptions::memory_budget`].
    #[must_use]
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.file = self.file.memory_budget(bytes);
        self
    }

    /// Reads the file instead of mapping it: for files that others write to. By default, large files
    /// are mapped.
    #[must_use]
    pub fn copy(mut self) -> Self {
        self.file = self.file.map(MapChoice::Never);
        self
    }

    /// Sets how the layout of runtimes is found. By default, by the best source for each structure.
    #[must_use]
    pub fn layout(mut self, mode: LayoutMode) -> Self {
        self.layout = mode;
        self
    }

    /// Opens the dump at `path`.
    ///
    /// # Errors
    /// As [`Dump::open`], and if a directory of images cannot be read.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Dump, Error> {
        let file = DumpFile::open(path.as_ref(), &self.file)?;
        let fills = if self.modules.is_empty() {
            Vec::new()
        } else {
            modules::find(&self.modules, &file.minidump()?.snapshot().value)?
        };
        Ok(Dump { file, path: path.as_ref().to_owned(), layout: self.layout, fills })
    }
}

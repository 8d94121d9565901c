use std::path::PathBuf;

/// Whether a dump file may be mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MapChoice {
    /// Files are mapped where that pays, and read where it does not or cannot be done. Choose this only
    /// if nobody changes or cuts the dump while it is open: the bytes that were borrowed would change,
    /// and reading behind the new end ends the process with `SIGBUS`. A finished dump is such a file;
    /// one that is still being written or downloaded is not.
    #[default]
    Auto,
    /// Files are read into memory, as large as they are. What others do to the file then does not
    /// matter.
    Never,
}

/// How a dump file is opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenOptions {
    pub(super) map: MapChoice,
    pub(super) memory_budget: u64,
    pub(super) max_unpacked: u64,
    pub(super) temporary_folder: Option<PathBuf>,
}

impl OpenOptions {
    /// The options that suit most.
    pub fn new() -> OpenOptions {
        OpenOptions {
            map: MapChoice::Auto,
            memory_budget: 256 << 20,
            max_unpacked: 64 << 30,
            temporary_folder: None,
        }
    }

    /// Sets whether dump files may be mapped. By default, [`MapChoice::Auto`].
    #[must_use]
    pub fn map(mut self, choice: MapChoice) -> Self {
        self.map = choice;
        self
    }

    /// Sets how many bytes a packed dump may take in memory when it is unpacked; one that takes more goes
    /// to a temporary file without a name, which is mapped. By default, 256 MiB.
    #[must_use]
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.memory_budget = bytes;
        self
    }

    /// Sets how many bytes a packed dump may unpack to: a small file can unpack to a huge one. By
    /// default, 64 GiB.
    #[must_use]
    pub fn max_unpacked(mut self, bytes: u64) -> Self {
        self.max_unpacked = bytes;
        self
    }

    /// Sets where temporary files are made. By default, where the operating system likes them.
    #[must_use]
    pub fn temporary_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.temporary_folder = Some(folder.into());
        self
    }
}

impl Default for OpenOptions {
    fn default() -> Self {
        OpenOptions::new()
    }
}

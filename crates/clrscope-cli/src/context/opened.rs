//! An open dump, and what several commands share of it.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use clrscope::analyze::Session;
use clrscope::clr::{Runtimes, find_runtimes};
use clrscope::memory::{Issues, Snapshot};
use clrscope::minidump::Minidump;
use clrscope::{Dump, Error};

use super::DUMP;
use crate::exit::Failure;
use crate::globals::Globals;

/// Opens the dump that `matches` names.
pub(crate) fn open(matches: &ArgMatches, globals: &Globals) -> Result<Dump, Failure> {
    let Some(path) = matches.get_one::<PathBuf>(DUMP) else {
        return Err(Failure::Usage("no dump was named".to_owned()));
    };
    if let Some(output) = &globals.output {
        refuse_overwriting(path, output)?;
    }
    open_at(path, globals)
}

/// Opens the dump at a path.
pub(super) fn open_at(path: &Path, globals: &Globals) -> Result<Dump, Failure> {
    let mut options = Dump::options().layout(globals.layout.into());
    if let Some(bytes) = globals.memory {
        options = options.memory_budget(bytes);
    }
    for directory in &globals.modules {
        options = options.modules(directory);
    }
    Ok(options.open(path)?)
}

/// Fails if `output` is the dump at `path`.
pub(crate) fn refuse_overwriting(path: &Path, output: &Path) -> Result<(), Failure> {
    match (output.canonicalize(), path.canonicalize()) {
        (Ok(output), Ok(path)) if output == path => {
            Err(Failure::Usage("the answer would overwrite the dump".to_owned()))
        }
        _ => Ok(()),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::NoSuchRuntime { .. } => Failure::NotThere(error.to_string()),
            _ => Failure::Unreadable(error.to_string()),
        }
    }
}

/// An open dump with what verbs ask of it, each made once: several commands can share it.
pub(crate) struct Opened<'d> {
    pub(super) dump: &'d Dump,
    pub(super) minidump: Minidump<'d>,
    pub(super) snapshot: Snapshot<'d>,
    /// What was wrong with the container.
    pub(super) issues: Issues,
    runtimes: OnceCell<Runtimes<'d>>,
    /// One for each runtime.
    sessions: OnceCell<Vec<Session<'d>>>,
}

impl<'d> Opened<'d> {
    pub(crate) fn new(dump: &'d Dump) -> Result<Opened<'d>, Failure> {
        let minidump = dump.minidump()?;
        let parsed = dump.snapshot()?;
        Ok(Opened {
            dump,
            minidump,
            snapshot: parsed.value,
            issues: parsed.issues,
            runtimes: OnceCell::new(),
            sessions: OnceCell::new(),
        })
    }

    pub(super) fn runtimes(&self) -> &Runtimes<'d> {
        self.runtimes.get_or_init(|| find_runtimes(&self.snapshot, self.dump.layout_mode()))
    }

    pub(super) fn sessions(&self) -> &[Session<'d>] {
        self.sessions.get_or_init(|| {
            self.runtimes().runtimes.iter().map(|runtime| Session::new(runtime.clone())).collect()
        })
    }
}

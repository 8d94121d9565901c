//! The lines that a person types into the shell, and the file that keeps them from one shell to the next.

use std::path::{Path, PathBuf};

use rustyline::Editor;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Helper};

/// Takes lines, and keeps them.
pub(crate) struct Lines<H: Helper> {
    editor: Editor<H, FileHistory>,
    file: Option<PathBuf>,
}

impl<H: Helper> Lines<H> {
    /// Goes on where the last shell with this `file` ended; keeps nothing without one.
    pub(crate) fn new(helper: H, file: Option<PathBuf>) -> rustyline::Result<Lines<H>> {
        let config = Config::builder().completion_type(CompletionType::List);
        let config = config.history_ignore_space(true).build();
        let mut editor = Editor::with_config(config)?;
        editor.set_helper(Some(helper));
        if let Some(file) = &file {
            // There is none at first.
            let _ = editor.load_history(file);
        }
        Ok(Lines { editor, file })
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> rustyline::Result<Option<String>> {
        loop {
            match self.editor.readline("clrscope> ") {
                Ok(line) => {
                    self.keep(&line);
                    return Ok(Some(line));
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    /// Keeps a line, unless it begins with a blank or is that before it again.
    fn keep(&mut self, line: &str) {
        // Fails for lines that are not to be kept.
        let _ = self.editor.add_history_entry(line);
    }

    /// Writes what was kept. The file that cannot be written, and why, if so.
    pub(crate) fn save(mut self) -> Result<(), (PathBuf, ReadlineError)> {
        match self.file {
            Some(file) => self.editor.save_history(&file).map_err(|error| (file, error)),
            None => Ok(()),
        }
    }
}

/// The file that keeps lines if nobody names another: in the home directory.
pub(crate) fn usual_file(home: Option<&Path>) -> Option<PathBuf> {
    Some(home?.join(".clrscope_history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &Lines<()>) -> Vec<String> {
        lines.editor.history().iter().cloned().collect()
    }

    #[test]
    fn lines_are_kept_from_shell_to_shell() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("history");
        let mut first = Lines::new((), Some(file.clone())).expect("an editor");
        for line in ["dumpheap -stat", "dumpheap -stat", " gcroot 1e3c28", "threads | grep 'é'"] {
            first.keep(line);
        }
        first.save().expect("it is written");
        let mut second = Lines::new((), Some(file.clone())).expect("an editor");
        assert_eq!(kept(&second), ["dumpheap -stat", "threads | grep 'é'"]);
        second.keep("info");
        second.save().expect("it is written");
        let third = Lines::new((), Some(file)).expect("an editor");
        assert_eq!(kept(&third), ["dumpheap -stat", "threads | grep 'é'", "info"]);
    }

    #[test]
    fn without_a_file_nothing_is_kept() {
        let mut lines = Lines::new((), None).expect("an editor");
        lines.keep("info");
        assert!(lines.save().is_ok());
        assert_eq!(usual_file(None), None);
        assert_eq!(usual_file(Some(Path::new("h"))), Some(Path::new("h/.clrscope_history").into()));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("no such folder").join("history");
        let mut lines = Lines::new((), Some(file.clone())).expect("an editor");
        lines.keep("info");
        assert_eq!(lines.save().map_err(|(file, _)| file), Err(file));
    }
}

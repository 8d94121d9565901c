//! What a rule says.

use std::fmt;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing need be wrong.
    Note,
    /// Likely a fault, or the cause of one.
    Warning,
    /// A fault.
    Error,
}

impl Severity {
    /// The name that output uses.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// The command that shows more: a verb of the command line and what follows the dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The verb.
    pub verb: &'static str,
    /// Its options, each behind a blank; may be empty.
    pub options: String,
}

impl Command {
    /// A verb with options.
    pub fn new(verb: &'static str, options: impl Into<String>) -> Command {
        Command { verb, options: options.into() }
    }

    /// The whole line for a dump, to be pasted.
    pub fn line(&self, dump: &str) -> impl fmt::Display {
        let quote = if dump.contains(char::is_whitespace) { "\"" } else { "" };
        let blank = if self.options.is_empty() { "" } else { " " };
        format!("clrscope {} {quote}{dump}{quote}{blank}{}", self.verb, self.options)
    }
}

/// Something that a rule found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, which stays the same from version to version.
    pub id: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// Its weight among findings of the same severity: bytes that it explains. What takes other things
    /// than memory counts as the bytes that it is worth, by [`crate::Finding::THING`].
    pub weight: u64,
    /// What is wrong, in one line without a full stop.
    pub title: String,
    /// Whose it is: a static field, a method, a type, an assembly.
    pub owner: Option<String>,
    /// Figures, a line each.
    pub evidence: Vec<String>,
    /// What shows more.
    pub next: Command,
}

impl Finding {
    /// Bytes that a handle, an assembly, a waiting object or another scarce thing counts as.
    pub const THING: u64 = 16 * 1024;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted() {
        let plain = Command::new("handles", "");
        assert_eq!(plain.line("app.dmp").to_string(), "clrscope handles app.dmp");
        let options = Command::new("retained", "--by static");
        let line = options.line("C:\\my dumps\\app.dmp").to_string();
        assert_eq!(line, "clrscope retained \"C:\\my dumps\\app.dmp\" --by static");
    }

    #[test]
    fn an_error_is_graver_than_a_note() {
        assert!(Severity::Error > Severity::Warning && Severity::Warning > Severity::Note);
    }
}

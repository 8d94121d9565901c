//! Names what is wrong with a .NET process, from its dump.
//!
//! A rule is a small piece with a file of its own in `rules/`: it looks at the results of analyses and
//! says what it finds in figures, with an owner by name and the command that shows more. [`diagnose`]
//! asks all of them. Rules know nothing of each other; the gravest finding comes first.
//!
//! A rule stays silent on what is normal: thresholds are constants at the top of its file, with the
//! reason for each.

mod diagnosis;
mod finding;
mod rules;
mod text;

pub use crate::diagnosis::{Diagnosis, Skipped, diagnose, rule_ids};
pub use crate::finding::{Command, Finding, Severity};

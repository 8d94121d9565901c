//! Presentation of clrscope's analyses.
//!
//! Each verb of the command line has one file here, with one type that says the same thing in every
//! format: its serde form is `data` of the JSON [`Envelope`], and [`Report`] gives it as text for
//! people and as rows for TSV and CSV. Nothing is analysed here.
//!
//! The text of a dump is hostile: names and strings pass through [`Escaped`] before they reach a
//! terminal, and through [`Rows`] before they reach a spreadsheet.
//!
//! ```
//! use clrscope_report::{Address, Escaped, Grouped};
//!
//! assert_eq!(Grouped(88_999_656).to_string(), "88,999,656");
//! assert_eq!(Escaped("a\u{1b}[2Jb").to_string(), r"a\u{1b}[2Jb");
//! assert_eq!(serde_json::to_string(&Address(0x1000)).unwrap(), r#""0x1000""#);
//! ```

mod assembly_entry;
mod columns;
mod envelope;
mod escape;
mod exception_entry;
mod identity;
mod issue_lines;
mod number;
mod object_entry;
mod page;
mod path_entry;
mod report;
mod rows;
mod svg;
mod task_entry;
pub mod verbs;
mod wait_entry;

pub use crate::assembly_entry::{AssemblyBytes, AssemblyModule};
pub use crate::columns::{Align, Columns};
pub use crate::envelope::{
    DumpIdentity, Envelope, IssueEntry, LayoutSources, RuntimeIdentity, SCHEMA_VERSION, Tool,
};
pub use crate::escape::Escaped;
pub use crate::exception_entry::{ExceptionEntry, ThrownRow};
pub use crate::issue_lines::IssueLines;
pub use crate::number::Address;
pub use crate::object_entry::{Namer, ObjectEntry};
pub use crate::page::{Page, Style};
pub use crate::path_entry::{RootEntry, StepEntry};
pub use crate::report::{Format, Report, write_json, write_rows, write_text};
pub use crate::rows::{Cell, Rows};
pub use crate::task_entry::TaskEntry;
pub use crate::wait_entry::WaitEntry;
pub use clrscope_analyze::Grouped;

//! What every verb's answer can do.

use std::io::{self, Write};

use serde::Serialize;

use crate::envelope::Envelope;
use crate::page::{Page, Style};
use crate::rows::Rows;

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// For people only: it may change at any time.
    #[default]
    Text,
    /// One JSON document, whose schema has a version.
    Json,
    /// The main table, separated by tabs.
    Tsv,
    /// The main table, separated by commas.
    Csv,
}

/// An answer in every format. Its serde form is `data` of the JSON envelope.
pub trait Report: Serialize {
    /// Writes text for people.
    fn text(&self, page: &mut Page<'_>) -> io::Result<()>;

    /// Writes the main table: a header, then rows.
    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()>;

    /// Whether the text is made for a pipe, so that nothing may be added to it.
    fn is_bare(&self) -> bool {
        false
    }
}

/// Writes an answer as one JSON document and a line end.
pub fn write_json<R: Report>(envelope: &Envelope<'_, R>, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, envelope).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes an answer as text. If it is `partial`, the text ends by saying so, and why
/// ([`IssueLines::partial`](crate::IssueLines::partial)).
pub fn write_text<R: Report>(
    report: &R,
    style: Style,
    partial: Option<&str>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(out, style);
    report.text(&mut page)?;
    match partial {
        Some(reason) if !report.is_bare() => page.warning(format_args!("{reason}")),
        _ => Ok(()),
    }
}

/// Writes the main table of an answer, separated by commas or tabs.
pub fn write_rows<R: Report>(report: &R, format: Format, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = match format {
        Format::Csv => Rows::csv(out),
        _ => Rows::tsv(out),
    };
    report.rows(&mut rows)?;
    rows.finish()
}

//! `dumphttp`: HTTP requests of `HttpClient`.

use std::io;

use clrscope_analyze::{HttpGroup, HttpRequest, http_groups};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpRow {
    /// The `HttpRequestMessage`.
    pub address: Address,
    /// Its method table.
    pub mt: Address,
    /// `GET`, `POST`...
    pub method: Option<String>,
    /// The status of the response, if there is one.
    pub status: Option<i64>,
    /// Where it went.
    pub uri: Option<String>,
}

/// Requests of one method to one host with one status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HttpGroupRow {
    /// How many.
    pub count: u64,
    /// `GET`, `POST`...
    pub method: Option<String>,
    /// The status of the response, if there is one.
    pub status: Option<i64>,
    /// The host with its port.
    pub host: Option<String>,
}

/// The answer of `dumphttp`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DumpHttp {
    /// How many requests.
    pub count: u64,
    /// The requests by method, status and host.
    pub groups: Vec<HttpGroupRow>,
    /// The requests, those without a response first.
    pub requests: Vec<HttpRow>,
    /// Whether text shows groups only.
    #[serde(skip)]
    pub stats: bool,
}

impl DumpHttp {
    /// Says what requests there are.
    pub fn new(requests: &[HttpRequest], stats: bool) -> DumpHttp {
        let row = |request: &HttpRequest| HttpRow {
            address: request.address.into(),
            mt: request.method_table.into(),
            method: request.method.clone(),
            status: request.status,
            uri: request.uri.clone(),
        };
        let group = |group: HttpGroup| HttpGroupRow {
            count: group.count,
            method: group.method,
            status: group.status,
            host: group.host,
        };
        let mut rows: Vec<HttpRow> = requests.iter().map(row).collect();
        rows.sort_by_key(|row| row.status.is_some());
        DumpHttp {
            count: requests.len() as u64,
            groups: http_groups(requests).into_iter().map(group).collect(),
            requests: rows,
            stats,
        }
    }
}

/// A status in words for a table.
fn status_text(status: Option<i64>) -> String {
    status.map_or_else(|| "-".to_owned(), |status| status.to_string())
}

impl Report for DumpHttp {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let unknown = "-";
        if !self.stats {
            let mut table = Columns::new(&[
                ("Address", Align::Left),
                ("MT", Align::Left),
                ("Method", Align::Left),
                ("Status", Align::Right),
                ("Uri", Align::Left),
            ]);
            let style = page.style();
            for row in &self.requests {
                table.row([
                    &style.address(row.address.into()) as &dyn std::fmt::Display,
                    &style.address(row.mt.into()),
                    &Escaped(row.method.as_deref().unwrap_or(unknown)),
                    &status_text(row.status),
                    &Escaped(row.uri.as_deref().unwrap_or(unknown)),
                ]);
            }
            table.write(page)?;
            writeln!(page)?;
        }
        let mut table = Columns::new(&[
            ("Count", Align::Right),
            ("Method", Align::Left),
            ("Status", Align::Right),
            ("Host", Align::Left),
        ]);
        for group in &self.groups {
            table.row([
                &Grouped(group.count) as &dyn std::fmt::Display,
                &Escaped(group.method.as_deref().unwrap_or(unknown)),
                &status_text(group.status),
                &Escaped(group.host.as_deref().unwrap_or(unknown)),
            ]);
        }
        table.write(page)?;
        let pending = self.requests.iter().filter(|row| row.status.is_none()).count();
        writeln!(page, "Total {} requests, {pending} without a response", Grouped(self.count))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "mt", "method", "status", "uri"])?;
        self.requests.iter().try_for_each(|row| {
            rows.row(&[
                row.address.into(),
                row.mt.into(),
                Cell::optional(row.method.as_deref()),
                row.status.map_or(Cell::Empty, Cell::Integer),
                Cell::optional(row.uri.as_deref()),
            ])
        })
    }
}

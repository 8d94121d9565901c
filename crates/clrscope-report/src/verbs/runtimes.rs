//! `runtimes`: the runtimes of the process, with their versions and their collectors.

use std::fmt::Display;
use std::io;

use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::envelope::RuntimeIdentity;
use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// The answer of `runtimes`.
#[derive(Debug, Clone, Serialize)]
pub struct RuntimeList {
    /// The runtimes, in the order of their numbers.
    pub runtimes: Vec<RuntimeIdentity>,
}

impl RuntimeIdentity {
    /// `workstation`, `server`, or nothing if the heap cannot be read.
    fn collector(&self) -> &'static str {
        match self.server_gc {
            Some(true) => "server",
            Some(false) => "workstation",
            None => "",
        }
    }
}

impl Report for RuntimeList {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let mut table = Columns::new(&[
            ("#", Align::Right),
            ("Runtime", Align::Left),
            ("Version", Align::Left),
            ("File version", Align::Left),
            ("GC", Align::Left),
            ("Heaps", Align::Right),
            ("Base", Align::Left),
            ("Module", Align::Left),
        ]);
        for runtime in &self.runtimes {
            let heaps = runtime.heaps.map(|heaps| heaps.to_string()).unwrap_or_default();
            let base = page.style().address(runtime.base.into());
            table.row([
                &runtime.index as &dyn Display,
                &runtime.flavor,
                &Escaped(&runtime.version),
                &Escaped(&runtime.file_version),
                &runtime.collector(),
                &heaps,
                &base,
                &Escaped(&runtime.module),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "index",
            "flavor",
            "version",
            "file_version",
            "gc",
            "heaps",
            "base",
            "module",
        ])?;
        self.runtimes.iter().try_for_each(|runtime| {
            rows.row(&[
                Cell::Number(runtime.index as u64),
                Cell::Text(&runtime.flavor),
                Cell::Text(&runtime.version),
                Cell::Text(&runtime.file_version),
                Cell::Text(runtime.collector()),
                Cell::optional_number(runtime.heaps),
                runtime.base.into(),
                Cell::Text(&runtime.module),
            ])
        })
    }
}

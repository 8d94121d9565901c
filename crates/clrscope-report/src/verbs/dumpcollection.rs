//! `dumpconcurrentdictionary` and `dumpconcurrentqueue`: a collection with all of its elements.

use std::io;

use clrscope_clr::{Collection, NameStyle, ObjectRef};
use serde::Serialize;

use super::dumpobj::CollectionRow;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// The answer of `dumpconcurrentdictionary` and `dumpconcurrentqueue`.
#[derive(Debug, Clone, Serialize)]
pub struct DumpCollection {
    /// Where it is.
    pub address: Address,
    /// Its method table.
    pub mt: Address,
    /// Name of its type.
    pub name: String,
    /// Bytes that the object itself takes, without its elements.
    pub bytes: u64,
    /// What is wrong with the object or its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
    /// What it holds.
    pub collection: CollectionRow,
}

impl DumpCollection {
    /// Says what `object`, which is `collection`, holds.
    pub fn new(
        object: &ObjectRef<'_, '_>,
        collection: &Collection<'_, '_>,
        verdict: Option<String>,
        style: NameStyle,
    ) -> DumpCollection {
        DumpCollection {
            address: object.address().into(),
            mt: object.ty().method_table().into(),
            name: object.ty().name_in(style),
            bytes: object.size(),
            verdict,
            collection: CollectionRow::new(collection),
        }
    }
}

impl Report for DumpCollection {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if let Some(verdict) = &self.verdict {
            page.warning(Escaped(verdict))?;
        }
        page.heading(&Escaped(&self.name).to_string())?;
        let shown = &self.collection.elements;
        for (index, element) in shown.iter().enumerate() {
            writeln!(page, "{:>6} - {}", index + 1, Escaped(&element.text))?;
        }
        match self.collection.count {
            Some(count) if count > shown.len() as u64 => {
                writeln!(page, "{} of {} items shown", Grouped(shown.len() as u64), Grouped(count))
            }
            Some(count) => writeln!(page, "Total {} items", Grouped(count)),
            None => writeln!(page, "It does not say how many items it has."),
        }
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["index", "key", "value", "text"])?;
        for (index, element) in self.collection.elements.iter().enumerate() {
            let plain = |value: &serde_json::Value| match value {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            let key = element.key.as_ref().map(plain);
            rows.row(&[
                Cell::Number(index as u64),
                Cell::optional(key.as_deref()),
                Cell::Text(&plain(&element.value)),
                Cell::Text(&element.text),
            ])?;
        }
        Ok(())
    }
}

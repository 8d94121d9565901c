//! `statics`: static and thread-static fields with their values.

use std::collections::BTreeMap;
use std::io;

use clrscope_analyze::StaticValue;
use clrscope_clr::NameStyle;
use clrscope_memory::VirtAddr;
use serde::Serialize;

use super::dumpobj::NOT_INITIALIZED;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A static field with its value.
#[derive(Debug, Clone, Serialize)]
pub struct StaticRow {
    /// Name of the type that declares it.
    #[serde(rename = "type")]
    pub ty: String,
    /// Its name.
    pub name: String,
    /// `static` or `threadstatic`.
    pub kind: &'static str,
    /// Of a thread static, the thread by the operating system's number; zero if it has ended.
    pub thread: Option<u32>,
    /// Where its value is; `None` if it was never made.
    pub address: Option<Address>,
    /// The object that it refers to.
    pub object: Option<Address>,
    /// Its value as people read it.
    pub value: Option<String>,
    /// Bytes that it alone keeps alive, if that was asked for.
    pub retained: Option<u64>,
    #[serde(skip)]
    slot: Option<VirtAddr>,
}

impl StaticRow {
    /// Says what a field holds.
    pub fn new(found: &StaticValue<'_, '_, '_>, style: NameStyle) -> StaticRow {
        let value = found.value;
        let object = value.and_then(|value| value.reference()).filter(|object| !object.is_null());
        StaticRow {
            ty: found.ty.name_in(style),
            name: found.field.name().to_owned(),
            kind: if found.thread.is_some() { "threadstatic" } else { "static" },
            thread: found.thread.map(|thread| thread.os_id),
            address: value.map(|value| value.address().into()),
            object: object.map(Address::from),
            value: found.text(style),
            retained: None,
            slot: found.slot,
        }
    }
}

/// The answer of `statics`.
#[derive(Debug, Clone, Serialize)]
pub struct Statics {
    /// The fields by module and type; thread statics once for each thread that uses them.
    pub fields: Vec<StaticRow>,
    #[serde(skip)]
    by_retained: bool,
}

impl Statics {
    /// The fields in their order.
    pub fn new(fields: Vec<StaticRow>) -> Statics {
        Statics { fields, by_retained: false }
    }

    /// The fields with what the slot of each alone keeps alive, most first.
    pub fn by_retained(mut fields: Vec<StaticRow>, retained: &BTreeMap<VirtAddr, u64>) -> Statics {
        for field in &mut fields {
            let held = field.slot.and_then(|slot| retained.get(&slot));
            field.retained = Some(held.copied().unwrap_or(0));
        }
        fields.sort_by_key(|field| std::cmp::Reverse(field.retained));
        Statics { fields, by_retained: true }
    }
}

impl Report for Statics {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let width = style.address_width();
        let retained = if self.by_retained { "       Retained " } else { "" };
        page.heading(&format!("{:width$} {:width$} {retained}Field = Value", "Address", "Object"))?;
        let shown = |address: Option<Address>| match address {
            Some(address) => style.address(address.into()).to_string(),
            None => format!("{:width$}", "-"),
        };
        for field in &self.fields {
            write!(page, "{} {} ", shown(field.address), shown(field.object))?;
            if let Some(bytes) = field.retained {
                write!(page, "{:>15} ", Grouped(bytes).to_string())?;
            }
            let value = field.value.as_deref().unwrap_or(NOT_INITIALIZED);
            let name = Escaped(&field.name);
            write!(page, "{}.{name} = {}", Escaped(&field.ty), Escaped(value))?;
            match field.thread {
                Some(0) => writeln!(page, " (a thread that has ended)")?,
                Some(thread) => writeln!(page, " (thread {thread:x})")?,
                None => writeln!(page)?,
            }
        }
        writeln!(page, "Total {} fields", self.fields.len())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        let mut header =
            vec!["type", "name", "kind", "thread", "address", "object", "value", "retained"];
        header.truncate(if self.by_retained { header.len() } else { header.len() - 1 });
        rows.header(&header)?;
        for field in &self.fields {
            let cell = |address: Option<Address>| address.map_or(Cell::Empty, Cell::from);
            let mut cells = vec![
                Cell::Text(&field.ty),
                Cell::Text(&field.name),
                Cell::Text(field.kind),
                Cell::optional_number(field.thread.map(u64::from)),
                cell(field.address),
                cell(field.object),
                Cell::optional(field.value.as_deref()),
            ];
            cells.extend(field.retained.map(Cell::Number));
            rows.row(&cells)?;
        }
        Ok(())
    }
}

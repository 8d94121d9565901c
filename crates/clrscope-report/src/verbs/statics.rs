//! `statics`: static and thread-static fields with their values.

use std::io;

use clrscope_clr::{Field, NameStyle, TextLimits, Type, Value};
use clrscope_memory::VirtAddr;
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

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
    /// Of a thread static, the runtime's structure of the thread.
    pub thread: Option<Address>,
    /// Where its value is; `None` if the statics of the type were never made.
    pub address: Option<Address>,
    /// The object that it refers to.
    pub object: Option<Address>,
    /// Its value as people read it.
    pub value: Option<String>,
}

impl StaticRow {
    /// Says what a field of `ty` holds, in one thread if that is given.
    pub fn new(
        ty: &Type<'_, '_>,
        field: &Field,
        value: Option<Value<'_, '_>>,
        thread: Option<VirtAddr>,
        style: NameStyle,
    ) -> StaticRow {
        let object = value.and_then(|value| value.reference()).filter(|object| !object.is_null());
        StaticRow {
            ty: ty.name_in(style),
            name: field.name().to_owned(),
            kind: if thread.is_some() { "threadstatic" } else { "static" },
            thread: thread.map(Address::from),
            address: value.map(|value| value.address().into()),
            object: object.map(Address::from),
            value: value.map(|value| value.text(TextLimits::default())),
        }
    }
}

/// The answer of `statics`.
#[derive(Debug, Clone, Serialize)]
pub struct Statics {
    /// The fields by module and type; thread statics once for each thread that uses them.
    pub fields: Vec<StaticRow>,
}

impl Report for Statics {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let width = style.address_width();
        page.heading(&format!("{:width$} {:width$} Field = Value", "Address", "Object"))?;
        let shown = |address: Option<Address>| match address {
            Some(address) => style.address(address.into()).to_string(),
            None => format!("{:width$}", "-"),
        };
        for field in &self.fields {
            let value = field.value.as_deref().unwrap_or("<never made>");
            write!(
                page,
                "{} {} {}.{} = {}",
                shown(field.address),
                shown(field.object),
                Escaped(&field.ty),
                Escaped(&field.name),
                Escaped(value)
            )?;
            match field.thread {
                Some(thread) => writeln!(page, " (thread {})", style.address(thread.into()))?,
                None => writeln!(page)?,
            }
        }
        writeln!(page, "Total {} fields", self.fields.len())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["type", "name", "kind", "thread", "address", "object", "value"])?;
        for field in &self.fields {
            let cell = |address: Option<Address>| address.map_or(Cell::Empty, Cell::from);
            rows.row(&[
                Cell::Text(&field.ty),
                Cell::Text(&field.name),
                Cell::Text(field.kind),
                cell(field.thread),
                cell(field.address),
                cell(field.object),
                Cell::optional(field.value.as_deref()),
            ])?;
        }
        Ok(())
    }
}

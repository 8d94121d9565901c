//! `dumpruntimetypes`, `findappdomain`: `System.RuntimeType` objects; the domain of an object.

use std::io;

use clrscope_clr::{NameStyle, Types};
use clrscope_memory::VirtAddr;
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// A `System.RuntimeType` object.
#[derive(Debug, Clone, Serialize)]
pub struct RuntimeTypeRow {
    /// Its address.
    pub address: Address,
    /// The type that it stands for: a method table, or what the runtime has of pointers and parameters.
    pub mt: Option<Address>,
    /// The name of that type.
    pub name: String,
}

impl RuntimeTypeRow {
    /// Says which type an object stands for.
    pub fn new(address: VirtAddr, types: &Types<'_>, style: NameStyle) -> RuntimeTypeRow {
        let object = types.object(address).ok();
        let handle = object.and_then(|object| object.field("m_handle")?.as_pointer());
        let handle = handle.filter(|handle| !handle.is_null());
        RuntimeTypeRow {
            address: address.into(),
            mt: handle.map(Address::from),
            name: match handle {
                Some(handle) => types.handle_name(handle).to_string_in(style),
                None => "-".to_owned(),
            },
        }
    }
}

/// The answer of `dumpruntimetypes`.
#[derive(Debug, Clone, Serialize)]
pub struct RuntimeTypes {
    /// The objects, in order of address.
    pub types: Vec<RuntimeTypeRow>,
}

impl Report for RuntimeTypes {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let width = style.address_width();
        writeln!(page, "{:>width$} {:>width$} Type Name", "Address", "MT")?;
        for row in &self.types {
            let table = match row.mt {
                Some(table) => style.address(table.into()).to_string(),
                None => format!("{:>width$}", "-"),
            };
            let address = style.address(row.address.into());
            writeln!(page, "{address} {table} {}", Escaped(&row.name))?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["address", "mt", "name"])?;
        for row in &self.types {
            let table = row.mt.map_or(Cell::Empty, Cell::from);
            rows.row(&[row.address.into(), table, Cell::Text(&row.name)])?;
        }
        Ok(())
    }
}

/// The answer of `findappdomain`.
#[derive(Debug, Clone, Serialize)]
pub struct ObjectDomain {
    /// The object.
    pub object: Address,
    /// Address of the runtime's record of the domain.
    pub domain: Address,
    /// Its name.
    pub name: Option<String>,
    /// Its number.
    pub id: u64,
}

impl Report for ObjectDomain {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        writeln!(page, "AppDomain: {}", page.style().address(self.domain.into()))?;
        writeln!(page, "Name:      {}", Escaped(self.name.as_deref().unwrap_or("-")))?;
        writeln!(page, "ID:        {}", self.id)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["object", "domain", "id", "name"])?;
        rows.row(&[
            self.object.into(),
            self.domain.into(),
            Cell::Number(self.id),
            Cell::optional(self.name.as_deref()),
        ])
    }
}

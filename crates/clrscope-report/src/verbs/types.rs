//! `dumpmt`, `dumpclass`, `name2ee`, `token2ee`: types.

mod row;

use std::fmt::Display;
use std::io;

use serde::Serialize;

pub use self::row::{EnumMemberRow, EnumRow, TypeRow};
use super::dumpobj::write_fields;
use super::methods::{MethodEntry, MethodList};
use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::{Page, Style};
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// The answer of these verbs.
#[derive(Debug, Clone, Serialize)]
pub struct TypeList {
    /// The types.
    pub types: Vec<TypeRow>,
    /// The methods, where the name or the token was that of a method.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<MethodEntry>,
}

impl Report for TypeList {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        for (index, ty) in self.types.iter().enumerate() {
            if index > 0 {
                writeln!(page, "--------------------------------------")?;
            }
            let address = |address: Option<Address>| match address {
                Some(address) => style.address(address.into()).to_string(),
                None => "-".to_owned(),
            };
            writeln!(page, "EEClass:         {}", address(ty.class))?;
            writeln!(page, "Module:          {}", address(ty.module))?;
            writeln!(page, "Name:            {}", Escaped(&ty.name))?;
            match ty.token {
                Some(token) => writeln!(page, "mdToken:         {:08x}", token.0)?,
                None => writeln!(page, "mdToken:         -")?,
            }
            writeln!(page, "File:            {}", Escaped(ty.file.as_deref().unwrap_or("-")))?;
            writeln!(page, "MethodTable:     {}", address(Some(ty.mt)))?;
            writeln!(page, "Parent:          {}", address(ty.parent))?;
            writeln!(page, "BaseSize:        {:#x}", ty.base_size)?;
            writeln!(page, "ComponentSize:   {:#x}", ty.component_size)?;
            writeln!(page, "Number of IFaces in IFaceMap: {}", ty.interfaces)?;
            writeln!(page, "NumInstanceFields: {}", ty.instance_fields)?;
            writeln!(page, "NumStaticFields: {}", ty.static_fields)?;
            write_nature(ty, page)?;
            if let Some(fields) = &ty.fields {
                write_fields(fields, style.target.pointer_bytes(), page)?;
            }
            if !ty.methods.is_empty() {
                writeln!(page, "MethodDesc Table")?;
                method_table(&ty.methods, &style).write(page)?;
            }
        }
        for (index, method) in self.methods.iter().enumerate() {
            if index > 0 || !self.types.is_empty() {
                writeln!(page, "--------------------------------------")?;
            }
            method.text(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        let of_types = self.types.iter().flat_map(|ty| &ty.methods);
        let methods: Vec<MethodEntry> = of_types.chain(&self.methods).cloned().collect();
        if !methods.is_empty() {
            return MethodList { methods }.rows(rows);
        }
        rows.header(&["mt", "class", "module", "token", "file", "base_size", "name"])?;
        for ty in &self.types {
            let cell = |address: Option<Address>| address.map_or(Cell::Empty, Cell::from);
            rows.row(&[
                ty.mt.into(),
                cell(ty.class),
                cell(ty.module),
                cell(ty.token),
                Cell::optional(ty.file.as_deref()),
                Cell::Number(ty.base_size.into()),
                Cell::Text(&ty.name),
            ])?;
        }
        Ok(())
    }
}

/// What SOS does not print.
fn write_nature(ty: &TypeRow, page: &mut Page<'_>) -> io::Result<()> {
    let words = [ty.visibility.unwrap_or_default(), ty.modifier.unwrap_or_default(), ty.kind];
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
    writeln!(page, "Declared as:     {}", words.join(" "))?;
    let mut line = |title: &str, names: &[String]| match names {
        [] => Ok(()),
        names => writeln!(page, "{title:16} {}", Escaped(&names.join(", "))),
    };
    line("Base:", ty.base.as_slice())?;
    line("Implements:", &ty.interface_names)?;
    line("Arguments:", &ty.generic_arguments)?;
    line("Elements:", ty.element.as_slice())?;
    if let Some(context) = ty.alc {
        writeln!(page, "Load context:    {}", page.style().address(context.into()))?;
    }
    let Some(info) = &ty.enumeration else { return Ok(()) };
    let flags = if info.flags { ", a set of flags" } else { "" };
    writeln!(page, "Made of:         {}{flags}", info.underlying)?;
    for member in &info.members {
        writeln!(page, "  {} = {}", Escaped(&member.name), member.value)?;
    }
    Ok(())
}

/// The methods of a type, one a line.
fn method_table(methods: &[MethodEntry], style: &Style) -> Columns {
    let mut table = Columns::new(&[
        ("Code", Align::Left),
        ("MethodDesc", Align::Left),
        ("JIT", Align::Left),
        ("Slot", Align::Right),
        ("mdToken", Align::Left),
        ("Name", Align::Left),
    ]);
    for method in methods {
        let address = |address: Option<Address>| match address {
            Some(address) => style.address(address.into()).to_string(),
            None => "-".to_owned(),
        };
        let token = method.token.map_or_else(|| "-".to_owned(), |token| format!("{:08x}", token.0));
        table.row([
            &address(method.code.last().map(|code| code.address)) as &dyn Display,
            &address(method.md),
            &method.state,
            &method.slot.map_or_else(String::new, |slot| slot.to_string()),
            &token,
            &Escaped(&method.name),
        ]);
    }
    table
}

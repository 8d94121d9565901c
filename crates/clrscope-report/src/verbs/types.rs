//! `dumpmt`, `dumpclass`, `name2ee`, `token2ee`: types.

mod row;

use std::io;

use serde::Serialize;

pub use self::row::{EnumMemberRow, EnumRow, MethodRow, TypeParts, TypeRow};
use super::dumpobj::write_fields;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// The answer of these verbs.
#[derive(Debug, Clone, Serialize)]
pub struct TypeList {
    /// The types.
    pub types: Vec<TypeRow>,
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
                writeln!(page, "Methods:")?;
                writeln!(page, " mdToken      RVA Name")?;
            }
            for method in &ty.methods {
                let name = Escaped(&method.name);
                writeln!(page, "{:08x} {:08x} {name}", method.token.0, method.rva.0)?;
            }
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
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

//! `dumpmt`, `dumpclass`, `name2ee`, `token2ee`: types.

use std::io;

use clrscope_clr::{NameStyle, Type};
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// A method that a type declares.
#[derive(Debug, Clone, Serialize)]
pub struct MethodRow {
    /// Its token.
    pub token: Address,
    /// RVA of its IL; zero if it has none.
    pub rva: Address,
    /// Name and parameters.
    pub name: String,
}

/// A type.
#[derive(Debug, Clone, Serialize)]
pub struct TypeRow {
    /// Its method table.
    pub mt: Address,
    /// Its `EEClass`.
    pub class: Option<Address>,
    /// Method table of the type that it derives from.
    pub parent: Option<Address>,
    /// The runtime's structure of the module that declares it.
    pub module: Option<Address>,
    /// Its token; arrays have none.
    pub token: Option<Address>,
    /// Its name.
    pub name: String,
    /// File name of the module.
    pub file: Option<String>,
    /// Bytes of an instance without components.
    pub base_size: u32,
    /// Bytes of a component.
    pub component_size: u32,
    /// Number of interfaces that it implements.
    pub interfaces: u64,
    /// Number of instance fields, those of base types included.
    pub instance_fields: u64,
    /// Number of static fields.
    pub static_fields: u64,
    /// `TypeAttributes`.
    pub attributes: Option<Address>,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// Whether instances have a finalizer.
    pub finalizer: bool,
    /// Its methods, if they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub methods: Vec<MethodRow>,
}

impl TypeRow {
    /// Says what `ty` is.
    pub fn new(ty: &Type<'_, '_>, style: NameStyle, with_methods: bool) -> TypeRow {
        let module = ty.module();
        let methods = if with_methods { ty.methods() } else { Vec::new() };
        TypeRow {
            mt: ty.method_table().into(),
            class: ty.class().map(Address::from),
            parent: ty.base().map(|base| base.method_table().into()),
            module: module.as_ref().map(|module| module.address().into()),
            token: ty.token().map(|token| Address(token.0.into())),
            name: ty.name_in(style),
            file: module.map(|module| module.file_name().to_owned()),
            base_size: ty.base_size(),
            component_size: ty.component_size(),
            interfaces: ty.interfaces().len() as u64,
            instance_fields: ty.fields().len() as u64,
            static_fields: ty.statics().count() as u64,
            attributes: ty.attributes().map(|attributes| Address(attributes.into())),
            collectible: ty.is_collectible(),
            finalizer: ty.has_finalizer(),
            methods: methods
                .iter()
                .map(|method| MethodRow {
                    token: Address(method.token.0.into()),
                    rva: Address(method.rva.into()),
                    name: method.signature(),
                })
                .collect(),
        }
    }
}

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

//! `modules`, `dumpmodule`: modules with their images and metadata.

use std::fmt::Display;
use std::io;

use clrscope_analyze::{DynamicOrigin, Grouped};
use clrscope_clr::{LoadContext, Module, NameStyle, Runtime};
use clrscope_image::{ImageLayout, TableId, Token};
use clrscope_memory::Snapshot;
use serde::Serialize;

use crate::assembly_entry::{context_name, module_name};
use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// A type that a module declares.
#[derive(Debug, Clone, Serialize)]
pub struct ModuleTypeRow {
    /// Its method table; absent if the program has not loaded it.
    pub mt: Option<Address>,
    /// Its token.
    pub token: Address,
    /// Its name.
    pub name: String,
}

/// A module.
#[derive(Debug, Clone, Serialize)]
pub struct ModuleRow {
    /// Address of the runtime's record of it.
    pub address: Address,
    /// Path of its file; of an emitted one, what its assembly is called.
    pub name: String,
    /// Address of the runtime's record of its assembly.
    pub assembly: Option<Address>,
    /// The first byte of its image.
    pub base: Option<Address>,
    /// Bytes of its image.
    pub size: u64,
    /// `loaded` or `flat`, if it has an image whose headers are in the dump.
    pub layout: Option<&'static str>,
    /// The first byte of its metadata.
    pub metadata: Option<Address>,
    /// Bytes of its metadata.
    pub metadata_bytes: u64,
    /// Whether it was made at run time.
    pub dynamic: bool,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// Address of what owns the memory that was allocated for it.
    pub loader_allocator: Option<Address>,
    /// Its load context, if that is known.
    pub alc: Option<String>,
    /// How many types it declares.
    pub types: u64,
    /// Those, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub declares: Option<Vec<ModuleTypeRow>>,
}

/// The answer of `modules` and `dumpmodule`.
#[derive(Debug, Clone, Serialize)]
pub struct ModuleList {
    /// The modules, in the order in which they were loaded.
    pub modules: Vec<ModuleRow>,
    #[serde(skip)]
    is_list: bool,
}

impl ModuleRow {
    /// Says what is known of a module.
    pub fn new(
        module: &Module<'_>,
        snapshot: &Snapshot<'_>,
        contexts: &[LoadContext],
    ) -> ModuleRow {
        let image = module.image().filter(|image| !image.base.is_null());
        let types = module.metadata().map_or(0, |data| data.row_count(TableId::TypeDef));
        ModuleRow {
            address: module.address().into(),
            name: module_name(module),
            assembly: module.assembly().map(Address::from),
            base: image.map(|image| image.base.into()),
            size: image.map_or(0, |image| image.size),
            layout: image.and_then(|image| image.layout).map(|layout| match layout {
                ImageLayout::Loaded => "loaded",
                ImageLayout::Flat => "flat",
            }),
            metadata: module.metadata_address().map(Address::from),
            metadata_bytes: module.metadata_bytes().map_or(0, |bytes| bytes.len() as u64),
            dynamic: DynamicOrigin::of(module, snapshot).is_some(),
            collectible: module.is_collectible(),
            loader_allocator: module.loader_allocator().map(Address::from),
            alc: context_name(module, contexts),
            types: u64::from(types.saturating_sub(1)),
            declares: None,
        }
    }

    /// Adds the types that the module declares.
    #[must_use]
    pub fn with_types<'data>(
        mut self,
        module: &Module<'data>,
        runtime: &Runtime<'data>,
    ) -> ModuleRow {
        let Some(metadata) = module.metadata() else { return self };
        let rows = 1..=metadata.row_count(TableId::TypeDef);
        let row = |rid| {
            let token = Token::new(TableId::TypeDef, rid);
            let table = runtime.modules().type_def(module, rid);
            let ty = table.and_then(|table| runtime.types().ok()?.get(table));
            let name = ty.map(|ty| ty.name_in(NameStyle::CSharp)).or(metadata.full_name(token));
            ModuleTypeRow {
                mt: table.map(Address::from),
                token: Address(token.0.into()),
                name: name.unwrap_or_default(),
            }
        };
        self.declares = Some(rows.map(row).collect());
        self
    }

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let address = |address: Option<Address>| match address {
            Some(address) => style.address(address.into()).to_string(),
            None => "-".to_owned(),
        };
        let yes = |flag: bool| if flag { "yes" } else { "no" };
        writeln!(page, "Name:                    {}", Escaped(&self.name))?;
        writeln!(page, "Module:                  {}", address(Some(self.address)))?;
        writeln!(page, "Assembly:                {}", address(self.assembly))?;
        writeln!(page, "BaseAddress:             {}", address(self.base))?;
        let layout = self.layout.unwrap_or("no image");
        writeln!(page, "Size:                    {:#x} ({layout})", self.size)?;
        writeln!(page, "LoaderAllocator:         {}", address(self.loader_allocator))?;
        writeln!(page, "Load context:            {}", Escaped(self.alc.as_deref().unwrap_or("-")))?;
        writeln!(page, "Dynamic:                 {}", yes(self.dynamic))?;
        writeln!(page, "Collectible:             {}", yes(self.collectible))?;
        writeln!(
            page,
            "MetaData start address:  {} ({} bytes)",
            address(self.metadata),
            Grouped(self.metadata_bytes)
        )?;
        let Some(types) = &self.declares else { return Ok(()) };
        writeln!(page)?;
        writeln!(page, "Types defined in this module")?;
        writeln!(page)?;
        let width = style.address_width();
        writeln!(page, "{:>width$}      TypeDef Name", "MT")?;
        writeln!(page, "{}", "-".repeat(78))?;
        for ty in types {
            let table = match ty.mt {
                Some(table) => style.address(table.into()).to_string(),
                None => format!("{:>width$}", "not loaded"),
            };
            writeln!(page, "{table} {:#010x} {}", ty.token.0, Escaped(&ty.name))?;
        }
        Ok(())
    }
}

impl ModuleList {
    /// A list of modules, one a line.
    pub fn list(modules: Vec<ModuleRow>) -> ModuleList {
        ModuleList { modules, is_list: true }
    }

    /// One module in full.
    pub fn one(module: ModuleRow) -> ModuleList {
        ModuleList { modules: vec![module], is_list: false }
    }
}

impl Report for ModuleList {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if !self.is_list {
            return self.modules.iter().try_for_each(|module| module.text(page));
        }
        let style = page.style();
        let mut table = Columns::new(&[
            ("Module", Align::Left),
            ("Base", Align::Left),
            ("Size", Align::Right),
            ("Metadata", Align::Right),
            ("Types", Align::Right),
            ("Unloads", Align::Left),
            ("Context", Align::Left),
            ("Name", Align::Left),
        ]);
        for row in &self.modules {
            let base = match row.base {
                Some(base) => style.address(base.into()).to_string(),
                None if row.dynamic => "dynamic".to_owned(),
                None => "-".to_owned(),
            };
            table.row([
                &style.address(row.address.into()) as &dyn Display,
                &base,
                &Grouped(row.size),
                &Grouped(row.metadata_bytes),
                &Grouped(row.types),
                &(if row.collectible { "yes" } else { "no" }),
                &Escaped(row.alc.as_deref().unwrap_or("-")),
                &Escaped(&row.name),
            ]);
        }
        table.write(page)?;
        writeln!(page, "{} modules", Grouped(self.modules.len() as u64))
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        if let [module] = self.modules.as_slice()
            && let Some(types) = &module.declares
        {
            rows.header(&["mt", "token", "name"])?;
            for ty in types {
                let table = ty.mt.map_or(Cell::Empty, Cell::from);
                rows.row(&[table, ty.token.into(), Cell::Text(&ty.name)])?;
            }
            return Ok(());
        }
        rows.header(&[
            "module",
            "assembly",
            "base",
            "size",
            "metadata",
            "metadata_bytes",
            "types",
            "dynamic",
            "collectible",
            "alc",
            "name",
        ])?;
        for row in &self.modules {
            let cell = |address: Option<Address>| address.map_or(Cell::Empty, Cell::from);
            rows.row(&[
                row.address.into(),
                cell(row.assembly),
                cell(row.base),
                Cell::Number(row.size),
                cell(row.metadata),
                Cell::Number(row.metadata_bytes),
                Cell::Number(row.types),
                Cell::Flag(row.dynamic),
                Cell::Flag(row.collectible),
                Cell::optional(row.alc.as_deref()),
                Cell::Text(&row.name),
            ])?;
        }
        Ok(())
    }
}

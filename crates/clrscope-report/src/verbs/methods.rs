//! `dumpmd`, `ip2md`, and the methods of `name2ee`, `token2ee` and `dumpmt -md`.

use std::io;

use clrscope_clr::code::{CodeMap, Compilation, MethodDesc, MethodKind, MethodNamer};
use clrscope_clr::{Module, NameStyle};
use clrscope_image::{TableId, Token};
use clrscope_memory::VirtAddr;
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Code of a method.
#[derive(Debug, Clone, Serialize)]
pub struct CodeRow {
    /// Where it begins.
    pub address: Address,
    /// `jit`, `ready to run` or `native image`.
    pub compilation: &'static str,
}

/// A method.
#[derive(Debug, Clone, Serialize)]
pub struct MethodEntry {
    /// The runtime's record of it; absent if the program has not loaded its type.
    pub md: Option<Address>,
    /// Its name with the types of its parameters.
    pub name: String,
    /// `EEClass` of its type.
    pub class: Option<Address>,
    /// Method table of its type.
    pub mt: Option<Address>,
    /// Its token; methods that were generated, and those of arrays, have none.
    pub token: Option<Address>,
    /// The runtime's record of the module.
    pub module: Option<Address>,
    /// File name of the module.
    pub file: Option<String>,
    /// What sort of method it is, as the runtime sorts them.
    pub kind: Option<&'static str>,
    /// Its place in the virtual table, or behind it.
    pub slot: Option<u16>,
    /// `JIT`, `PreJIT` or `NONE`: whether it has code, and how that came to be; `unknown` if the dump lacks
    /// the runtime's map of code.
    pub state: &'static str,
    /// Its code: what was compiled ahead of time first.
    pub code: Vec<CodeRow>,
    /// Where its IL begins, if it has any and the dump holds it.
    pub il: Option<Address>,
    /// How far behind the start of its code the address is that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u32>,
}

/// The answer of `dumpmd` and `ip2md`.
#[derive(Debug, Clone, Serialize)]
pub struct MethodList {
    /// The methods.
    pub methods: Vec<MethodEntry>,
}

/// Makes entries.
#[derive(Debug)]
pub struct MethodEntries<'a, 'data> {
    code: &'a CodeMap<'data>,
    namer: &'a MethodNamer<'data>,
    style: NameStyle,
}

const fn kind_name(kind: MethodKind) -> &'static str {
    match kind {
        MethodKind::Il => "IL",
        MethodKind::FCall => "FCall",
        MethodKind::PInvoke => "PInvoke",
        MethodKind::EEImpl => "EEImpl",
        MethodKind::Array => "Array",
        MethodKind::Instantiated => "Instantiated",
        MethodKind::ComInterop => "ComInterop",
        MethodKind::Dynamic => "Dynamic",
    }
}

/// How code came to be, in words.
pub(crate) const fn compilation_name(compilation: Compilation) -> &'static str {
    match compilation {
        Compilation::Jit => "jit",
        Compilation::ReadyToRun => "ready to run",
        Compilation::NativeImage => "native image",
    }
}

impl<'a, 'data> MethodEntries<'a, 'data> {
    /// Entries of methods with the code that `code` knows and the names that `namer` gives.
    pub fn new(
        code: &'a CodeMap<'data>,
        namer: &'a MethodNamer<'data>,
        style: NameStyle,
    ) -> MethodEntries<'a, 'data> {
        MethodEntries { code, namer, style }
    }

    /// The entry of a method with a record.
    pub fn of_record(&self, method: &MethodDesc) -> MethodEntry {
        let runtime = self.code.runtime();
        let types = runtime.types().ok();
        let ty = types.and_then(|types| types.get(method.method_table));
        let module = types.and_then(|types| types.module_of(method.method_table));
        let name = self.namer.of_method_desc(method.address);
        let code = self.code.native_code(method.address);
        let is_prepared = code.iter().any(|code| code.compilation != Compilation::Jit);
        let token = Token::new(TableId::MethodDef, method.row);
        let il = module.as_ref().filter(|_| method.row != 0);
        let il = il.and_then(|module| runtime.method_il(module.address(), method.row).ok());
        MethodEntry {
            md: Some(method.address.into()),
            name: name.map_or_else(String::new, |name| name.to_string_in(self.style)),
            class: ty.and_then(|ty| ty.class()).map(Address::from),
            mt: Some(method.method_table.into()),
            token: (method.row != 0).then_some(Address(token.0.into())),
            module: module.as_ref().map(|module| module.address().into()),
            file: module.map(|module| module.file_name().to_owned()),
            kind: Some(kind_name(method.kind)),
            slot: Some(method.slot),
            state: match code {
                [] => self.without_code(),
                _ if is_prepared => "PreJIT",
                _ => "JIT",
            },
            code: code
                .iter()
                .map(|code| CodeRow {
                    address: code.start.into(),
                    compilation: compilation_name(code.compilation),
                })
                .collect(),
            il: il.and_then(|il| il.address).map(Address::from),
            offset: None,
        }
    }

    /// The state of a method of which no code is known.
    fn without_code(&self) -> &'static str {
        if self.code.sections().is_empty() { "unknown" } else { "NONE" }
    }

    /// The entry of a method by its row of a module's metadata.
    pub fn of_row(&self, module: &Module<'data>, row: u32) -> Option<MethodEntry> {
        if let Some(record) = self.code.method_of(module, row) {
            return Some(self.of_record(&record));
        }
        let name = self.namer.of_definition(module.address(), row)?;
        let il = self.code.runtime().method_il(module.address(), row).ok();
        Some(MethodEntry {
            md: None,
            name: name.to_string_in(self.style),
            class: None,
            mt: None,
            token: Some(Address(Token::new(TableId::MethodDef, row).0.into())),
            module: Some(module.address().into()),
            file: Some(module.file_name().to_owned()),
            kind: None,
            slot: None,
            state: self.without_code(),
            code: Vec::new(),
            il: il.and_then(|il| il.address).map(Address::from),
            offset: None,
        })
    }

    /// The entry of the method whose code an address is in, or to which the stub there leads.
    pub fn at_code(&self, address: VirtAddr) -> Option<MethodEntry> {
        let code = self.code.method_at(address);
        let record = match &code {
            Some(code) => code.method_desc,
            None => self.code.method_desc_at(address),
        };
        let mut entry = match record.and_then(|record| self.code.method_desc(record)) {
            Some(record) => self.of_record(&record),
            None => {
                let (module, row) = code.as_ref()?.definition?;
                let types = self.code.runtime().types().ok()?;
                self.of_row(&*types.modules().at(module)?, row)?
            }
        };
        let Some(code) = code else { return Some(entry) };
        entry.offset = Some(code.offset);
        // Code that the image has and the runtime has not prepared is still where the address is.
        if !entry.code.iter().any(|row| row.address == code.start.into()) {
            let compilation = compilation_name(code.compilation);
            entry.code.push(CodeRow { address: code.start.into(), compilation });
            if entry.state == "NONE" {
                entry.state = if code.compilation == Compilation::Jit { "JIT" } else { "PreJIT" };
            }
        }
        Some(entry)
    }
}

impl MethodEntry {
    pub(crate) fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let address = |address: Option<Address>| match address {
            Some(address) => style.address(address.into()).to_string(),
            None => "-".to_owned(),
        };
        match self.md {
            Some(md) => writeln!(page, "MethodDesc:      {}", style.address(md.into()))?,
            None => writeln!(page, "MethodDesc:      <not loaded yet>")?,
        }
        writeln!(page, "Method Name:     {}", Escaped(&self.name))?;
        writeln!(page, "Class:           {}", address(self.class))?;
        writeln!(page, "MethodTable:     {}", address(self.mt))?;
        match self.token {
            Some(token) => writeln!(page, "mdToken:         {:08x}", token.0)?,
            None => writeln!(page, "mdToken:         -")?,
        }
        writeln!(page, "Module:          {}", address(self.module))?;
        writeln!(page, "File:            {}", Escaped(self.file.as_deref().unwrap_or("-")))?;
        if let (Some(kind), Some(slot)) = (self.kind, self.slot) {
            writeln!(page, "Kind:            {kind}, slot {slot}")?;
        }
        writeln!(page, "IL:              {}", address(self.il))?;
        writeln!(page, "Code:            {}", self.state)?;
        for code in &self.code {
            let at = style.address(code.address.into());
            writeln!(page, "CodeAddr:        {at} ({})", code.compilation)?;
        }
        if let Some(offset) = self.offset {
            writeln!(page, "Offset:          {offset:#x}")?;
        }
        Ok(())
    }
}

impl Report for MethodList {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for (index, method) in self.methods.iter().enumerate() {
            if index > 0 {
                writeln!(page, "--------------------------------------")?;
            }
            method.text(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "md", "mt", "module", "token", "kind", "slot", "state", "code", "il", "name",
        ])?;
        for method in &self.methods {
            let cell = |address: Option<Address>| address.map_or(Cell::Empty, Cell::from);
            rows.row(&[
                cell(method.md),
                cell(method.mt),
                cell(method.module),
                cell(method.token),
                Cell::optional(method.kind),
                method.slot.map_or(Cell::Empty, |slot| Cell::Number(slot.into())),
                Cell::Text(method.state),
                cell(method.code.last().map(|code| code.address)),
                cell(method.il),
                Cell::Text(&method.name),
            ])?;
        }
        Ok(())
    }
}

//! `dumpil`: the IL of a method.

use std::io;

use clrscope_clr::NameStyle;
use clrscope_clr::il::{MethodIl, TokenName};
use clrscope_image::{HandlerKind, Operand};
use serde::Serialize;

use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// An instruction.
#[derive(Debug, Clone, Serialize)]
pub struct IlRow {
    /// From the start of the code, in bytes.
    pub offset: u32,
    /// What it does.
    pub opcode: &'static str,
    /// What it works on: a number, the name of what a token stands for, a string in quotes, where it
    /// goes; empty if it works on nothing.
    pub operand: String,
}

/// A part of the code that is protected, or that handles.
#[derive(Debug, Clone, Serialize)]
pub struct IlBlock {
    /// `.try`, `.catch`, `.filter`, `.finally` or `.fault`.
    pub kind: &'static str,
    /// The type of exceptions that are caught.
    pub type_name: Option<String>,
    /// Offset of its first instruction.
    pub start: u32,
    /// Offset behind its last.
    pub end: u32,
}

/// The answer of `dumpil`.
#[derive(Debug, Clone, Serialize)]
pub struct Il {
    /// The method.
    pub name: String,
    /// Where its body begins.
    pub address: Option<Address>,
    /// Bytes of its code.
    pub bytes: u64,
    /// Most values on the evaluation stack.
    pub max_stack: u16,
    /// Whether local variables are set to zero first.
    pub init_locals: bool,
    /// The types of its local variables.
    pub locals: Vec<String>,
    /// Protected parts and their handlers: those around others first.
    pub blocks: Vec<IlBlock>,
    /// Its instructions.
    pub instructions: Vec<IlRow>,
    /// Bytes at the end that are no instructions.
    pub unread: u64,
}

impl Il {
    /// The IL of the method called `name`.
    pub fn new(name: String, il: &MethodIl<'_, '_>, style: NameStyle) -> Il {
        let body = &il.body;
        let mut instructions = body.instructions();
        let rows = instructions.by_ref().map(|instruction| IlRow {
            offset: instruction.offset,
            opcode: instruction.opcode.name,
            operand: operand(il, &instruction.operand, style),
        });
        let rows = rows.collect();
        let locals = il.locals();
        Il {
            name,
            address: il.address.map(Address::from),
            bytes: body.code.len() as u64,
            max_stack: body.max_stack,
            init_locals: body.init_locals,
            locals: locals.iter().map(|local| local.to_string_in(style)).collect(),
            blocks: blocks(il, style),
            instructions: rows,
            unread: instructions.rest().len() as u64,
        }
    }
}

fn label(offset: u32) -> String {
    format!("IL_{offset:04x}")
}

fn operand(il: &MethodIl<'_, '_>, operand: &Operand<'_>, style: NameStyle) -> String {
    match operand {
        Operand::None => String::new(),
        Operand::Index(index) => index.to_string(),
        Operand::Integer(number) => number.to_string(),
        Operand::Float(number) => format!("{number:?}"),
        Operand::Target(target) => label(*target),
        Operand::Targets(targets) => {
            let labels: Vec<String> = targets.iter().map(label).collect();
            format!("({})", labels.join(", "))
        }
        Operand::Token(token) => match il.token_name(*token) {
            Some(TokenName::Text(text)) => {
                format!("\"{}\"", Escaped(&text).to_string().replace('"', "\\\""))
            }
            Some(name) => name.to_string_in(style),
            None => format!("<token {token}>"),
        },
    }
}

/// Protected parts and handlers, the outer ones first; a part that several handlers protect once.
fn blocks(il: &MethodIl<'_, '_>, style: NameStyle) -> Vec<IlBlock> {
    let mut blocks: Vec<IlBlock> = Vec::new();
    for clause in &il.body.clauses {
        let block = |kind, start: u32, length: u32| IlBlock {
            kind,
            type_name: None,
            start,
            end: start.saturating_add(length),
        };
        let protected = block(".try", clause.try_offset, clause.try_length);
        let is_known = blocks.iter().any(|known| {
            known.kind == ".try" && (known.start, known.end) == (protected.start, protected.end)
        });
        if !is_known {
            blocks.push(protected);
        }
        let (kind, caught) = match clause.kind {
            HandlerKind::Catch(token) => (".catch", Some(token)),
            HandlerKind::Filter(start) => {
                let length = clause.handler_offset.saturating_sub(start);
                blocks.push(block(".filter", start, length));
                (".catch", None)
            }
            HandlerKind::Finally => (".finally", None),
            HandlerKind::Fault => (".fault", None),
        };
        let name = caught.and_then(|token| il.token_name(token));
        let type_name = name.map(|name| name.to_string_in(style));
        let handler = block(kind, clause.handler_offset, clause.handler_length);
        blocks.push(IlBlock { type_name, ..handler });
    }
    blocks.sort_by_key(|block| (block.start, std::cmp::Reverse(block.end)));
    blocks
}

impl Report for Il {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        writeln!(page, "{}", Escaped(&self.name))?;
        if let Some(address) = self.address {
            writeln!(page, "ilAddr = {}", style.address(address.into()))?;
        }
        writeln!(page, ".maxstack {}", self.max_stack)?;
        if !self.locals.is_empty() {
            let init = if self.init_locals { " init" } else { "" };
            writeln!(page, ".locals{init} (")?;
            for (index, local) in self.locals.iter().enumerate() {
                let comma = if index + 1 < self.locals.len() { "," } else { ")" };
                writeln!(page, "  [{index}] {}{comma}", Escaped(local))?;
            }
        }
        let mut blocks = self.blocks.iter().peekable();
        let mut open: Vec<u32> = Vec::new();
        for row in &self.instructions {
            while open.last().is_some_and(|&end| end <= row.offset) {
                open.pop();
                writeln!(page, "{:1$}}}", "", 2 * open.len())?;
            }
            while let Some(block) = blocks.next_if(|block| block.start <= row.offset) {
                let indent = 2 * open.len();
                let name = block.type_name.as_deref().unwrap_or_default();
                let space = if name.is_empty() { "" } else { " " };
                writeln!(page, "{:indent$}{}{space}{} {{", "", block.kind, Escaped(name))?;
                open.push(block.end);
            }
            let indent = 2 * open.len();
            let text = format!("{:11}{}", row.opcode, Escaped(&row.operand));
            writeln!(page, "{:indent$}{}: {}", "", label(row.offset), text.trim_end())?;
        }
        while open.pop().is_some() {
            writeln!(page, "{:1$}}}", "", 2 * open.len())?;
        }
        if self.unread > 0 {
            writeln!(page, "{} bytes more are no instructions.", self.unread)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["offset", "opcode", "operand"])?;
        for row in &self.instructions {
            rows.row(&[
                Cell::Number(row.offset.into()),
                Cell::Text(row.opcode),
                Cell::Text(&row.operand),
            ])?;
        }
        Ok(())
    }
}

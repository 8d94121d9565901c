//! `dso`: the objects that stacks and registers refer to.

use std::io;

use clrscope_analyze::{StackPlace, StackReference, ThreadStack};
use clrscope_clr::stack::RootLocation;
use serde::Serialize;

use super::threads::ThreadLabel;
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::{Page, Style};
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// The width that most places fit into.
const PLACE: usize = 13;

/// A slot of a stack, or a register, that refers to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotRow {
    /// Index of the frame that it belongs to, or whose memory it lies in.
    pub frame: Option<usize>,
    /// The word of the stack; `None` of what is in a register still.
    pub slot: Option<Address>,
    /// The register whose value in the frame this is.
    pub register: Option<&'static str>,
    /// What a word of the stack is relative to: a register, or `caller.sp` for the stack pointer that the
    /// frame's caller has after the call.
    pub base: Option<&'static str>,
    /// How many bytes it is from there.
    pub base_offset: Option<i64>,
    /// The register, or the word by its base, as text.
    #[serde(skip)]
    place: StackPlace,
    /// The object that it points at or into.
    pub object: Address,
    /// How far it points into the object.
    pub offset: u64,
    /// The name of the object's type; `None`, if no object is there.
    pub name: Option<String>,
    /// What the object says of itself in a few words, as strings do.
    pub text: Option<String>,
    /// Whether it keeps its object from being moved.
    pub pinned: bool,
    /// Whether the runtime itself would report it; all others only look like references.
    pub exact: bool,
}

impl SlotRow {
    pub(super) fn new(reference: &StackReference) -> SlotRow {
        let StackReference { location, place, .. } = *reference;
        let (register, base) = match location {
            RootLocation::Register { .. } => (place.register, None),
            RootLocation::Stack { .. } => (None, place.register),
        };
        SlotRow {
            frame: reference.frame,
            slot: location.address().map(Address::from),
            register,
            base,
            base_offset: place.offset,
            place,
            object: reference.object.into(),
            offset: reference.value.0.saturating_sub(reference.object.0),
            name: reference.name.clone(),
            text: reference.text.clone(),
            pinned: reference.exact && reference.pinned,
            exact: reference.exact,
        }
    }

    /// Where it is, what is there, and what is said of it.
    pub(super) fn line(&self, style: &Style) -> String {
        let width = style.address_width();
        let slot = self.slot.map(|slot| style.address(slot.into()).to_string());
        let (place, slot) = (self.place, slot.unwrap_or_default());
        let name = Escaped(self.name.as_deref().unwrap_or("<no object>"));
        let mut line =
            format!("{place:<PLACE$} {slot:<width$} {} {name}", style.address(self.object.into()));
        if let Some(text) = self.text.as_deref().filter(|text| Some(*text) != self.name.as_deref())
        {
            line.push_str(&format!(" {}", Escaped(text)));
        }
        if self.offset > 0 {
            line.push_str(&format!(" (+{:#x})", self.offset));
        }
        if self.pinned {
            line.push_str(" (pinned)");
        }
        line
    }
}

/// The objects of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadObjects {
    /// Which thread it is.
    #[serde(flatten)]
    pub label: ThreadLabel,
    /// What it refers to: registers first, then by address on the stack, innermost frame first.
    pub objects: Vec<SlotRow>,
}

/// The answer of `dso`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackObjects {
    /// The threads in the order of the runtime's list.
    pub threads: Vec<ThreadObjects>,
}

impl StackObjects {
    /// Says what the stacks refer to.
    pub fn new(stacks: &[ThreadStack]) -> StackObjects {
        let objects = |stack: &ThreadStack| {
            let mut objects: Vec<_> = stack.references.iter().map(SlotRow::new).collect();
            objects.sort_by_key(|row| (row.slot, row.register, !row.exact));
            ThreadObjects { label: ThreadLabel::new(&stack.entry), objects }
        };
        StackObjects { threads: stacks.iter().map(objects).collect() }
    }
}

impl Report for StackObjects {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let width = style.address_width();
        if self.threads.is_empty() {
            return writeln!(page, "No threads of the runtime were found.");
        }
        for (index, thread) in self.threads.iter().enumerate() {
            if index > 0 {
                writeln!(page)?;
            }
            page.heading(&thread.label.heading())?;
            let (kind, place) = ("Kind", "SP/REG");
            writeln!(
                page,
                "{kind:<12} {place:<PLACE$} {:<width$} {:<width$} Name",
                "Slot", "Object"
            )?;
            for row in &thread.objects {
                let kind = if row.exact { "exact" } else { "conservative" };
                writeln!(page, "{kind:<12} {}", row.line(&style))?;
            }
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "os_id",
            "managed_id",
            "frame",
            "slot",
            "register",
            "place",
            "object",
            "offset",
            "exact",
            "pinned",
            "name",
            "text",
        ])?;
        for thread in &self.threads {
            for row in &thread.objects {
                rows.row(&[
                    Cell::Number(thread.label.os_id.into()),
                    Cell::Number(thread.label.managed_id.into()),
                    Cell::optional_number(row.frame.map(|frame| frame as u64)),
                    row.slot.map_or(Cell::Empty, Cell::from),
                    Cell::optional(row.register),
                    Cell::Text(&row.place.to_string()),
                    row.object.into(),
                    Cell::Number(row.offset),
                    Cell::Flag(row.exact),
                    Cell::Flag(row.pinned),
                    Cell::optional(row.name.as_deref()),
                    Cell::optional(row.text.as_deref()),
                ])?;
            }
        }
        Ok(())
    }
}

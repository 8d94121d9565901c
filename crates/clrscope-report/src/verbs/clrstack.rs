//! `clrstack`: the frames of threads.

use std::io;

use clrscope_analyze::{Frame, NativeCode, RegisterValue, StackReference, ThreadStack, Wait};
use serde::{Serialize, Serializer};

use super::dso::SlotRow;
use super::threads::{ExceptionLabel, ThreadLabel};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use crate::wait_entry::WaitEntry;

/// A frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameRow {
    /// `managed`; `explicit` for a record that the runtime keeps where a thread leaves managed code;
    /// `native`.
    pub kind: &'static str,
    /// Where it is executing; of an explicit frame where managed code goes on, or null.
    pub ip: Address,
    /// Its stack pointer; of an explicit frame its address.
    pub sp: Address,
    /// The method that it is of or stands for, with its parameters.
    pub method: Option<String>,
    /// The simple name of the assembly of that method's type; of native code the file name of its image.
    pub module: Option<String>,
    /// How far into the method's code it is; of native code, how far behind the start of its image.
    pub offset: Option<u64>,
    /// The class of an explicit frame, if it is known.
    pub explicit: Option<String>,
    /// How it was found: `context`, `cfi`, `frame-pointer`, `explicit-frame` or `scan`.
    pub how: &'static str,
    /// What its registers held, as far as that is known, by name; empty if that was not asked for.
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "by_name")]
    pub registers: Vec<RegisterValue>,
}

fn by_name<S: Serializer>(registers: &[RegisterValue], serializer: S) -> Result<S::Ok, S::Error> {
    let named = registers.iter().map(|register| (register.name, Address::from(register.value)));
    serializer.collect_map(named)
}

/// What is shown of frames beside where and what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Shown {
    /// What they refer to.
    pub locals: bool,
    /// How far into their methods they are, as is said of native ones.
    pub offsets: bool,
}

/// The stack of a thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackRow {
    /// Which thread it is.
    #[serde(flatten)]
    pub label: ThreadLabel,
    /// Its frames, innermost first, native ones among them if they were asked for.
    pub frames: Vec<FrameRow>,
    /// What its frames refer to, where that was asked for: arguments and local variables that are still
    /// of use.
    pub locals: Option<Vec<SlotRow>>,
    /// The exception that it threw last and that is still kept.
    pub exception: Option<ExceptionLabel>,
    /// What it waits for, if that is known.
    pub waits_for: Option<WaitEntry>,
    #[serde(skip)]
    offsets: bool,
}

/// The answer of `clrstack`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClrStack {
    /// The threads in the order of the runtime's list.
    pub threads: Vec<StackRow>,
}

impl ClrStack {
    /// Says what the stacks are, and what their threads wait for.
    pub fn new(stacks: &[ThreadStack], waits: &[Option<Wait>], shown: Shown) -> ClrStack {
        let row = |(stack, wait): (&ThreadStack, &Option<Wait>)| StackRow {
            label: ThreadLabel::new(&stack.entry),
            frames: all_frames(stack),
            locals: shown.locals.then(|| locals(stack)),
            exception: ExceptionLabel::new(&stack.entry),
            waits_for: wait.as_ref().map(|wait| WaitEntry::new(stack, wait)),
            offsets: shown.offsets,
        };
        ClrStack { threads: stacks.iter().zip(waits).map(row).collect() }
    }
}

/// The frames of a stack with the native ones between them.
fn all_frames(stack: &ThreadStack) -> Vec<FrameRow> {
    let mut native = stack.native.iter().peekable();
    let mut rows = Vec::with_capacity(stack.frames.len() + stack.native.len());
    for (index, frame) in stack.frames.iter().enumerate() {
        while let Some(before) = native.next_if(|native| native.before <= index) {
            rows.push(FrameRow::native(before));
        }
        rows.push(FrameRow::new(frame));
    }
    rows.extend(native.map(FrameRow::native));
    rows
}

/// What the frames of a stack refer to; frames are counted with the native ones.
fn locals(stack: &ThreadStack) -> Vec<SlotRow> {
    let exact = stack.references.iter().filter(|reference: &&StackReference| reference.exact);
    let row = |reference: &StackReference| {
        let mut row = SlotRow::new(reference);
        row.frame = row.frame.map(|frame| {
            frame + stack.native.iter().filter(|native| native.before <= frame).count()
        });
        row
    };
    exact.map(row).collect()
}

const REGISTERS_IN_A_LINE: usize = 4;

impl FrameRow {
    pub(super) fn new(frame: &Frame) -> FrameRow {
        FrameRow {
            kind: if frame.explicit.is_some() { "explicit" } else { "managed" },
            ip: frame.ip.into(),
            sp: frame.sp.into(),
            method: frame.method.clone(),
            module: frame.module.clone(),
            explicit: frame.explicit.clone().filter(|class| !class.is_empty()),
            offset: frame.offset.map(u64::from),
            how: frame.found_by.name(),
            registers: frame.registers.clone(),
        }
    }

    fn native(frame: &NativeCode) -> FrameRow {
        FrameRow {
            kind: "native",
            ip: frame.ip.into(),
            sp: frame.sp.into(),
            method: frame.is_stub.then(|| "<stub>".to_owned()),
            module: frame.module.clone(),
            explicit: None,
            offset: frame.offset,
            how: frame.found_by.name(),
            registers: frame.registers.clone(),
        }
    }

    /// What is called: with `offsets`, how far into its code the frame is.
    fn call_site(&self, offsets: bool) -> String {
        let offset = self.offset.filter(|_| offsets);
        let offset = offset.map(|offset| format!("+{offset:#x}")).unwrap_or_default();
        if self.kind == "native" {
            let code = self.module.as_deref().or(self.method.as_deref());
            return format!("{}{offset}", Escaped(code.unwrap_or("<unknown code>")));
        }
        let class = (self.kind == "explicit")
            .then(|| format!("[{}]", Escaped(self.explicit.as_deref().unwrap_or("Frame"))));
        let method = match (&self.method, self.kind) {
            (Some(method), _) => Some(format!("{}{offset}", Escaped(method))),
            (None, "managed") => Some(format!("<unknown method>{offset}")),
            (None, _) => None,
        };
        let module = self.module.as_deref().map(|module| format!("[{}]", Escaped(module)));
        class.into_iter().chain(method).chain(module).collect::<Vec<_>>().join(" ")
    }
}

impl StackRow {
    pub(super) fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let width = style.address_width();
        page.heading(&self.label.heading())?;
        if let Some(exception) = &self.exception {
            let name = exception.name.as_deref().unwrap_or("<no object>");
            let message = exception.message.as_deref().unwrap_or_default();
            let colon = if message.is_empty() { "" } else { ": " };
            let at = style.address(exception.address.into());
            writeln!(page, "Last thrown: {at} {}{colon}{}", Escaped(name), Escaped(message))?;
        }
        if let Some(wait) = &self.waits_for {
            writeln!(page, "Waits for: {}", wait.text(&style))?;
        }
        if self.frames.is_empty() {
            return writeln!(page, "No managed frames.");
        }
        writeln!(page, "{:<width$} {:<width$} {:<14} Call Site", "Child SP", "IP", "Found by")?;
        for (index, frame) in self.frames.iter().enumerate() {
            let (sp, ip) = (style.address(frame.sp.into()), style.address(frame.ip.into()));
            writeln!(page, "{sp} {ip} {:<14} {}", frame.how, frame.call_site(self.offsets))?;
            for line in frame.registers.chunks(REGISTERS_IN_A_LINE) {
                let registers = line.iter().map(|register| {
                    format!(" {:>3}={}", register.name, style.address(register.value))
                });
                writeln!(page, "   {}", registers.collect::<String>())?;
            }
            for slot in self.locals.iter().flatten().filter(|slot| slot.frame == Some(index)) {
                writeln!(page, "    {}", slot.line(&style))?;
            }
        }
        Ok(())
    }
}

impl Report for ClrStack {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        if self.threads.is_empty() {
            return writeln!(page, "No threads of the runtime were found.");
        }
        for (index, thread) in self.threads.iter().enumerate() {
            if index > 0 {
                writeln!(page)?;
            }
            thread.text(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "os_id",
            "managed_id",
            "name",
            "kind",
            "sp",
            "ip",
            "how",
            "explicit",
            "module",
            "method",
            "offset",
            "registers",
        ])?;
        for thread in &self.threads {
            for frame in &thread.frames {
                let register =
                    |register: &RegisterValue| format!("{}={:#x}", register.name, register.value);
                let registers: Vec<String> = frame.registers.iter().map(register).collect();
                rows.row(&[
                    Cell::Number(thread.label.os_id.into()),
                    Cell::Number(thread.label.managed_id.into()),
                    Cell::optional(thread.label.name.as_deref()),
                    Cell::Text(frame.kind),
                    frame.sp.into(),
                    frame.ip.into(),
                    Cell::Text(frame.how),
                    Cell::optional(frame.explicit.as_deref()),
                    Cell::optional(frame.module.as_deref()),
                    Cell::optional(frame.method.as_deref()),
                    Cell::optional_number(frame.offset),
                    Cell::Text(&registers.join(" ")),
                ])?;
            }
        }
        Ok(())
    }
}

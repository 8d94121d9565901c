//! `eeheap -loader`: the heaps of the runtime's loader, jitted code, and what the GC keeps beside objects.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use clrscope_clr::{
    AllocatorKind, GcMemory, LoaderAllocator, LoaderHeap, LoaderHeaps as Found, Modules,
};
use serde::Serialize;

use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A block of a heap.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BlockRow {
    /// Its first byte.
    pub start: Address,
    /// Behind its last byte.
    pub end: Address,
    /// Bytes of it that are backed by memory.
    pub committed: u64,
    /// Whether it is the one that is being filled.
    pub current: bool,
}

/// A heap of the loader.
#[derive(Debug, Clone, Serialize)]
pub struct HeapRow {
    /// What it holds, by SOS's names: `LowFrequencyHeap`.
    pub kind: &'static str,
    /// Address of the runtime's record of it.
    pub address: Address,
    /// Whose it is: `global`, `app domain` or `collectible`.
    pub allocator: Option<&'static str>,
    /// Address of the runtime's record of the owner.
    pub allocator_address: Option<Address>,
    /// Of an owner that can be unloaded, the assembly that was loaded with it.
    pub module: Option<String>,
    /// Bytes that are backed by memory.
    pub bytes: u64,
    /// Bytes that are set aside.
    pub reserved: u64,
    /// Bytes that are backed by memory and free, in the block that is being filled.
    pub free: u64,
    /// Bytes of blocks that are full which were set aside and never backed by memory.
    pub wasted: u64,
    /// Its blocks.
    pub blocks: Vec<BlockRow>,
}

/// All heaps of one kind.
#[derive(Debug, Clone, Serialize)]
pub struct KindRow {
    /// The kind.
    pub kind: &'static str,
    /// How many heaps.
    pub heaps: u64,
    /// Bytes that are backed by memory.
    pub bytes: u64,
    /// Bytes that are set aside.
    pub reserved: u64,
    /// See [`HeapRow::wasted`].
    pub wasted: u64,
}

/// What the GC keeps beside its objects.
#[derive(Debug, Clone, Serialize)]
pub struct GcMemoryRow {
    /// `HandleTable`, `GCBookkeeping` or `GCFreeRegion`.
    pub kind: &'static str,
    /// Its first byte.
    pub start: Address,
    /// Behind its last byte.
    pub end: Address,
    /// Bytes that are backed by memory.
    pub bytes: u64,
    /// Bytes that are set aside.
    pub reserved: u64,
    /// The heap that has it, if it is one's.
    pub heap: Option<u32>,
}

/// The answer of `eeheap -loader`.
#[derive(Debug, Clone, Serialize)]
pub struct LoaderHeaps {
    /// The heaps, those of one owner together, jitted code at the end.
    pub loader_heaps: Vec<HeapRow>,
    /// The same by kind, the largest first.
    pub loader_kinds: Vec<KindRow>,
    /// Bytes of all heaps that are backed by memory.
    pub loader_bytes: u64,
    /// Bytes of all heaps that are set aside.
    pub loader_reserved: u64,
    /// What the GC keeps beside its objects.
    pub gc_memory: Vec<GcMemoryRow>,
}

impl HeapRow {
    fn new(heap: &LoaderHeap, owner: Option<&LoaderAllocator>, modules: &Modules<'_>) -> HeapRow {
        let collectible = owner.filter(|owner| owner.kind == AllocatorKind::Collectible);
        let module = collectible.and_then(|owner| modules.at(*owner.modules.first()?));
        HeapRow {
            kind: heap.kind.name(),
            address: heap.address.into(),
            allocator: owner.map(|owner| owner.kind.name()),
            allocator_address: owner.map(|owner| owner.address.into()),
            module: module.map(|module| module.file_name().to_owned()),
            bytes: heap.committed(),
            reserved: heap.reserved(),
            free: heap.free,
            wasted: heap.wasted(),
            blocks: heap
                .blocks
                .iter()
                .map(|block| BlockRow {
                    start: block.range.start.into(),
                    end: block.range.end.into(),
                    committed: block.committed,
                    current: block.is_current,
                })
                .collect(),
        }
    }
}

impl LoaderHeaps {
    /// Says what was found; heaps without blocks are left out.
    pub fn new(found: &Found, gc: &[GcMemory], modules: &Modules<'_>) -> LoaderHeaps {
        let heaps: Vec<HeapRow> = found
            .heaps
            .iter()
            .filter(|heap| !heap.blocks.is_empty())
            .map(|heap| HeapRow::new(heap, found.owner(heap), modules))
            .collect();
        let mut kinds: BTreeMap<&'static str, KindRow> = BTreeMap::new();
        for heap in &heaps {
            let row = kinds.entry(heap.kind).or_insert(KindRow {
                kind: heap.kind,
                heaps: 0,
                bytes: 0,
                reserved: 0,
                wasted: 0,
            });
            row.heaps += 1;
            row.bytes = row.bytes.saturating_add(heap.bytes);
            row.reserved = row.reserved.saturating_add(heap.reserved);
            row.wasted = row.wasted.saturating_add(heap.wasted);
        }
        let mut kinds: Vec<KindRow> = kinds.into_values().collect();
        kinds.sort_by_key(|row| std::cmp::Reverse(row.bytes));
        LoaderHeaps {
            loader_bytes: heaps.iter().map(|heap| heap.bytes).fold(0, u64::saturating_add),
            loader_reserved: heaps.iter().map(|heap| heap.reserved).fold(0, u64::saturating_add),
            loader_heaps: heaps,
            loader_kinds: kinds,
            gc_memory: gc
                .iter()
                .map(|memory| GcMemoryRow {
                    kind: memory.kind.name(),
                    start: memory.range.start.into(),
                    end: memory.range.end.into(),
                    bytes: memory.committed,
                    reserved: memory.range.len(),
                    heap: memory.heap,
                })
                .collect(),
        }
    }
}

const DIVIDER: &str = "------------------------------";

fn owner_title(heap: &HeapRow) -> String {
    match heap.allocator {
        Some("global") => "Loader heap of what is never unloaded".to_owned(),
        Some("app domain") => "Loader heap of the application domain".to_owned(),
        Some(_) => "Loader heap of what can be unloaded".to_owned(),
        None => "Loader heap of an unknown owner".to_owned(),
    }
}

impl Report for LoaderHeaps {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let mut owner = None;
        for heap in &self.loader_heaps {
            let of = (heap.allocator, heap.allocator_address.map(|address| address.0));
            if owner != Some(of) {
                writeln!(page, "{DIVIDER}")?;
                page.heading(&owner_title(heap))?;
                if let Some(address) = heap.allocator_address {
                    write!(page, "LoaderAllocator: {}", style.address(address.into()))?;
                    match &heap.module {
                        Some(module) => writeln!(page, "  {}", Escaped(module))?,
                        None => writeln!(page)?,
                    }
                }
                owner = Some(of);
            }
            writeln!(
                page,
                "{:<20} {:>14} bytes, {:>14} set aside, {:>11} wasted, {} blocks from {}",
                heap.kind,
                Grouped(heap.bytes).to_string(),
                Grouped(heap.reserved).to_string(),
                Grouped(heap.wasted).to_string(),
                heap.blocks.len(),
                match heap.blocks.first() {
                    Some(block) => style.address(block.start.into()).to_string(),
                    None => String::new(),
                }
            )?;
        }
        writeln!(page, "{DIVIDER}")?;
        let mut table = Columns::new(&[
            ("Kind", Align::Left),
            ("Heaps", Align::Right),
            ("Bytes", Align::Right),
            ("Set aside", Align::Right),
            ("Wasted", Align::Right),
        ]);
        for kind in &self.loader_kinds {
            table.row([
                &kind.kind as &dyn Display,
                &Grouped(kind.heaps),
                &Grouped(kind.bytes),
                &Grouped(kind.reserved),
                &Grouped(kind.wasted),
            ]);
        }
        table.write(page)?;
        writeln!(
            page,
            "Total LoaderHeap size:   Size: {:#x} ({}) bytes; {:#x} ({}) set aside.",
            self.loader_bytes,
            Grouped(self.loader_bytes),
            self.loader_reserved,
            Grouped(self.loader_reserved)
        )?;
        if self.gc_memory.is_empty() {
            return Ok(());
        }
        writeln!(page, "{DIVIDER}")?;
        page.heading("What the GC keeps beside its objects")?;
        let mut table = Columns::new(&[
            ("Kind", Align::Left),
            ("Start", Align::Left),
            ("Bytes", Align::Right),
            ("Set aside", Align::Right),
        ]);
        for memory in &self.gc_memory {
            table.row([
                &memory.kind as &dyn Display,
                &style.address(memory.start.into()),
                &Grouped(memory.bytes),
                &Grouped(memory.reserved),
            ]);
        }
        table.write(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "kind",
            "allocator",
            "allocator_address",
            "module",
            "address",
            "bytes",
            "reserved",
            "wasted",
        ])?;
        for heap in &self.loader_heaps {
            rows.row(&[
                Cell::Text(heap.kind),
                Cell::optional(heap.allocator),
                heap.allocator_address.map_or(Cell::Empty, Cell::from),
                Cell::optional(heap.module.as_deref()),
                heap.address.into(),
                Cell::Number(heap.bytes),
                Cell::Number(heap.reserved),
                Cell::Number(heap.wasted),
            ])?;
        }
        Ok(())
    }
}

/// The answer of `eeheap -gc -loader`.
#[derive(Debug, Clone, Serialize)]
pub struct AllHeaps {
    /// Those of the GC.
    #[serde(flatten)]
    pub gc: super::eeheap::EeHeap,
    /// Those of the loader.
    #[serde(flatten)]
    pub loader: LoaderHeaps,
}

impl Report for AllHeaps {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.loader.text(page)?;
        writeln!(page)?;
        self.gc.text(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        self.gc.rows(rows)
    }
}

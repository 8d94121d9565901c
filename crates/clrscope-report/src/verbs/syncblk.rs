//! `syncblk`: the sync blocks, who holds their locks, and who waits.

use std::fmt::Display;
use std::io;

use clrscope_analyze::Waiting;
use clrscope_clr::{NameStyle, SyncBlock, Types};
use clrscope_memory::VirtAddr;
use serde::Serialize;

use super::threads::ThreadLabel;
use crate::columns::{Align, Columns};
use crate::escape::Escaped;
use crate::number::Address;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A sync block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncBlockRow {
    /// Its number.
    pub index: u32,
    /// Where it is.
    pub address: Address,
    /// Its object.
    pub object: Address,
    /// The name of the object's type; `None`, if no object is there.
    pub name: Option<String>,
    /// What SOS shows: one if a thread holds the lock, and two for each that waits for it.
    pub monitor_held: u32,
    /// How often the owner has taken the lock.
    pub recursion: u32,
    /// How many threads wait for the lock.
    pub waiters: u32,
    /// The thread that holds it.
    pub owner: Option<ThreadLabel>,
    /// The runtime's record of that thread.
    pub owner_address: Option<Address>,
    /// The threads that gave up the lock to wait for a pulse, by the operating system's number.
    pub pulse_waiters: Vec<u32>,
    /// The object's hash code.
    pub hash_code: Option<u32>,
    /// The object's wrapper for COM, where the runtime says where it is (.NET 10 and later).
    pub com_callable: Option<Address>,
    /// The COM object that it wraps, likewise.
    pub runtime_callable: Option<Address>,
}

/// The answer of `syncblk`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SyncBlk {
    /// The blocks: those whose locks are held or waited for, or all, or one.
    pub blocks: Vec<SyncBlockRow>,
    /// How many are in use.
    pub total: usize,
    /// How many of those are of objects that were handed to COM.
    pub com_callable: usize,
    /// How many are of objects that came from COM.
    pub runtime_callable: usize,
    /// Numbers that were given out and are free again.
    pub free: u64,
}

/// Which blocks are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListedBlocks {
    /// Those whose locks are held, or whose objects threads wait for.
    Busy,
    /// All.
    All,
    /// That of a number.
    One(u32),
}

impl SyncBlk {
    /// Says what the sync blocks are.
    pub fn new(
        waiting: &Waiting,
        types: &Types<'_>,
        style: NameStyle,
        listed: ListedBlocks,
    ) -> SyncBlk {
        let blocks = &waiting.blocks.blocks;
        let is_listed = |block: &&SyncBlock| match listed {
            ListedBlocks::All => true,
            ListedBlocks::One(index) => block.index == index,
            ListedBlocks::Busy => block.monitor.held_count() > 0 || !block.pulse_waiters.is_empty(),
        };
        let row = |block: &SyncBlock| SyncBlockRow::new(block, waiting, types, style);
        SyncBlk {
            blocks: blocks.iter().filter(is_listed).map(row).collect(),
            total: blocks.len(),
            com_callable: blocks.iter().filter(|block| block.com_callable.is_some()).count(),
            runtime_callable: blocks.iter().filter(|b| b.runtime_callable.is_some()).count(),
            free: waiting.blocks.free,
        }
    }
}

impl SyncBlockRow {
    fn new(
        block: &SyncBlock,
        waiting: &Waiting,
        types: &Types<'_>,
        style: NameStyle,
    ) -> SyncBlockRow {
        let stack_of = |record: VirtAddr| waiting.stacks.get(waiting.thread(record)?);
        let os_ids = block.pulse_waiters.iter().filter_map(|&at| stack_of(at));
        SyncBlockRow {
            index: block.index,
            address: block.address.into(),
            object: block.object.into(),
            name: types.object(block.object).ok().map(|object| object.ty().name_in(style)),
            monitor_held: block.monitor.held_count(),
            recursion: block.monitor.recursion,
            waiters: block.monitor.waiters,
            owner: block
                .monitor
                .owner
                .and_then(stack_of)
                .map(|stack| ThreadLabel::new(&stack.entry)),
            owner_address: block.monitor.owner.map(Address::from),
            pulse_waiters: os_ids.map(|stack| stack.entry.thread.os_id).collect(),
            hash_code: block.hash_code,
            com_callable: block.com_callable.map(Address::from),
            runtime_callable: block.runtime_callable.map(Address::from),
        }
    }
}

impl Report for SyncBlk {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        let mut table = Columns::new(&[
            ("Index", Align::Right),
            ("SyncBlock", Align::Left),
            ("MonitorHeld", Align::Right),
            ("Recursion", Align::Right),
            ("Owning Thread Info", Align::Left),
            ("SyncBlock Owner", Align::Left),
        ]);
        for row in &self.blocks {
            let address = |address: Address| style.address(address.into()).to_string();
            let owner = match (&row.owner, row.owner_address) {
                (Some(owner), Some(at)) => {
                    let name = owner.name.as_deref().map(|name| format!(" \"{}\"", Escaped(name)));
                    let name = name.unwrap_or_default();
                    format!("{} {:x} {}{name}", address(at), owner.os_id, owner.managed_id)
                }
                _ if !row.pulse_waiters.is_empty() => {
                    let ids = row.pulse_waiters.iter().map(|id| format!("{id:x}"));
                    format!("none; for a pulse wait {}", ids.collect::<Vec<_>>().join(", "))
                }
                _ => "none".to_owned(),
            };
            let name = row.name.as_deref().unwrap_or("<no object>");
            table.row([
                &row.index as &dyn Display,
                &address(row.address),
                &row.monitor_held,
                &row.recursion,
                &owner,
                &format!("{} {}", address(row.object), Escaped(name)),
            ]);
        }
        table.write(page)?;
        writeln!(page, "-----------------------------")?;
        for (what, count) in [
            ("Total", self.total as u64),
            ("CCW", self.com_callable as u64),
            ("RCW", self.runtime_callable as u64),
            ("Free", self.free),
        ] {
            writeln!(page, "{what:<15} {}", Grouped(count))?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&[
            "index",
            "address",
            "object",
            "name",
            "monitor_held",
            "recursion",
            "waiters",
            "owner_os_id",
            "owner_managed_id",
            "owner_name",
        ])?;
        for row in &self.blocks {
            let owner = row.owner.as_ref();
            rows.row(&[
                Cell::Number(row.index.into()),
                row.address.into(),
                row.object.into(),
                Cell::optional(row.name.as_deref()),
                Cell::Number(row.monitor_held.into()),
                Cell::Number(row.recursion.into()),
                Cell::Number(row.waiters.into()),
                Cell::optional_number(owner.map(|owner| owner.os_id.into())),
                Cell::optional_number(owner.map(|owner| owner.managed_id.into())),
                Cell::optional(owner.and_then(|owner| owner.name.as_deref())),
            ])?;
        }
        Ok(())
    }
}

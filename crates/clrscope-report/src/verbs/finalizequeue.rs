//! `finalizequeue`: what is registered for finalization, and what waits for it.

mod thread;

use std::io;
use std::ops::Range;

use clrscope_analyze::{Finalization, FinalizerThread, KeptByQueue, QueueCounts};
use clrscope_clr::SyncBlocks;
use clrscope_memory::VirtAddr;
use serde::Serialize;

pub use self::thread::FinalizerRow;
use super::dumpheap::{Statistics, TypeRow};
use crate::number::Address;
use crate::object_entry::{Namer, ObjectEntry};
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use clrscope_analyze::Grouped;

/// A part of a queue.
#[derive(Debug, Clone, Serialize)]
pub struct QueuePart {
    /// Where it is: the first entry, and behind the last.
    pub range: [Address; 2],
    /// How many entries.
    pub count: u64,
}

/// The queue of a heap.
#[derive(Debug, Clone, Serialize)]
pub struct HeapQueue {
    /// Number of the heap.
    pub heap: u32,
    /// Registered objects by generation, the youngest first; after generation 2 come large objects,
    /// then pinned ones.
    pub generations: Vec<QueuePart>,
    /// Ready objects with a critical finalizer.
    pub critical: QueuePart,
    /// The other ready objects.
    pub ready: QueuePart,
}

/// An object whose finalizer is to run.
#[derive(Debug, Clone, Serialize)]
pub struct ReadyRow {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectEntry,
    /// Whether its finalizer is critical.
    pub critical: bool,
}

/// What the list and the statistics are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Listed {
    /// Registered and ready objects.
    All,
    /// Ready objects, and registered ones that are dead.
    AllReady,
}

/// How the answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Queues and statistics.
    Normal,
    /// Every object, too.
    Detailed,
    /// Statistics alone.
    Statistics,
    /// Addresses alone.
    Short,
}

/// References that do not keep their object: each has a finalizer, and there can be very many, but they
/// cost little and are never the cause of anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WeakReferences {
    /// How many are registered.
    pub registered: u64,
    /// How many are ready.
    pub ready: u64,
}

/// What the finalizer thread has to do beside finalizers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CleanUp {
    /// Sync blocks of dead objects; `None`, if it is not known how many.
    pub sync_blocks: Option<u64>,
    /// COM objects to release; `None`, if there are some, or if it is not known.
    pub com_interfaces: Option<u64>,
}

/// What ready objects keep alive that nothing else does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptEntry {
    /// How many objects, those of the queue among them.
    pub objects: u64,
    /// Bytes that they take.
    pub bytes: u64,
}

/// The answer of `finalizequeue`.
#[derive(Debug, Clone, Serialize)]
pub struct FinalizeQueue {
    /// The finalizer thread.
    pub thread: FinalizerRow,
    /// What it has to do beside finalizers.
    pub clean_up: CleanUp,
    /// The queues by heap.
    pub heaps: Vec<HeapQueue>,
    /// Objects whose finalizer is to run, in the order of the queues.
    pub ready: Vec<ReadyRow>,
    /// Those by type.
    pub ready_types: Vec<TypeRow>,
    /// Bytes that those take themselves.
    pub ready_bytes: u64,
    /// What those keep alive, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_keeps: Option<KeptEntry>,
    /// How many objects are registered.
    pub registered: u64,
    /// Those by type.
    pub registered_types: Vec<TypeRow>,
    /// Bytes that those take themselves.
    pub registered_bytes: u64,
    /// Weak references among both.
    pub weak_references: WeakReferences,
    /// How many of those have asked that their finalizer does not run.
    pub suppressed: u64,
    /// What `listed` is of.
    pub of: Listed,
    /// The objects, in the order of the queues, if they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<ObjectEntry>,
    #[serde(skip)]
    statistics: Statistics,
    #[serde(skip)]
    detail: Detail,
}

/// The tables of a [`FinalizeQueue`].
#[derive(Debug, Clone)]
pub struct FinalizeTables {
    /// Ready objects by type.
    pub ready: Statistics,
    /// Registered objects by type.
    pub registered: Statistics,
    /// Listed objects by type.
    pub listed: Statistics,
}

impl FinalizeQueue {
    /// Says what `found` holds, and lists `listed`.
    pub fn new(
        found: &Finalization,
        of: Listed,
        listed: &[clrscope_clr::Object],
        tables: FinalizeTables,
        (thread, blocks): (Option<&FinalizerThread>, &SyncBlocks),
        namer: Namer<'_>,
        detail: Detail,
    ) -> FinalizeQueue {
        let ready = found
            .ready
            .iter()
            .map(|ready| ReadyRow { object: namer.entry(&ready.object), critical: ready.critical });
        let is_listed = matches!(detail, Detail::Detailed | Detail::Short);
        let listed = if is_listed { listed } else { &[] };
        FinalizeQueue {
            thread: FinalizerRow::new(thread),
            clean_up: CleanUp {
                sync_blocks: blocks.to_clean_up,
                com_interfaces: blocks.interfaces_to_release,
            },
            weak_references: WeakReferences {
                registered: weak_references(&tables.registered.types),
                ready: weak_references(&tables.ready.types),
            },
            ready_bytes: tables.ready.bytes,
            ready_keeps: None,
            registered_bytes: tables.registered.bytes,
            heaps: found.queues.iter().map(HeapQueue::new).collect(),
            ready: ready.collect(),
            ready_types: tables.ready.types,
            registered: found.registered.len() as u64,
            registered_types: tables.registered.types,
            suppressed: found.suppressed,
            of,
            listed: listed.iter().map(|object| namer.entry(object)).collect(),
            statistics: tables.listed,
            detail,
        }
    }

    /// The same with what ready objects keep alive.
    #[must_use]
    pub fn keeping(mut self, kept: KeptByQueue) -> FinalizeQueue {
        self.ready_keeps = Some(KeptEntry { objects: kept.objects, bytes: kept.bytes });
        self
    }

    /// The finalizer thread, how long its queue is, and what is most in it.
    fn verdict(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.thread.text(page)?;
        let ready = self.ready.len() as u64;
        writeln!(
            page,
            "Ready: {} objects, {} bytes; registered: {} objects, {} bytes",
            Grouped(ready),
            Grouped(self.ready_bytes),
            Grouped(self.registered),
            Grouped(self.registered_bytes),
        )?;
        if let Some(kept) = &self.ready_keeps {
            writeln!(
                page,
                "Only the ready queue keeps alive {} objects, {} bytes",
                Grouped(kept.objects),
                Grouped(kept.bytes)
            )?;
        }
        let mut types: Vec<&TypeRow> =
            self.ready_types.iter().filter(|row| !is_weak_reference(&row.name)).collect();
        types.sort_by_key(|row| std::cmp::Reverse(row.count));
        for row in types.iter().take(TOP_TYPES) {
            writeln!(
                page,
                "  ready {:>9} {}",
                Grouped(row.count),
                crate::escape::Escaped(&row.name)
            )?;
        }
        let weak = &self.weak_references;
        if weak.ready + weak.registered > 0 {
            writeln!(
                page,
                "Weak references, which cost little: {} ready, {} registered",
                Grouped(weak.ready),
                Grouped(weak.registered)
            )?;
        }
        writeln!(page)
    }

    fn clean_up(&self, page: &mut Page<'_>) -> io::Result<()> {
        let count = |count: Option<u64>, otherwise: &str| {
            count.map_or_else(|| otherwise.to_owned(), |count| Grouped(count).to_string())
        };
        let blocks = count(self.clean_up.sync_blocks, "unknown");
        writeln!(page, "SyncBlocks to be cleaned up: {blocks}")?;
        let interfaces = count(self.clean_up.com_interfaces, "unknown");
        for apartment in ["Free-Threaded", "MTA", "STA"] {
            writeln!(page, "{apartment} Interfaces to be released: {interfaces}")?;
        }
        writeln!(page, "----------------------------------")
    }

    fn queues(&self, page: &mut Page<'_>) -> io::Result<()> {
        self.clean_up(page)?;
        for heap in &self.heaps {
            page.heading(&format!("Heap {}", heap.heap))?;
            for (generation, part) in heap.generations.iter().enumerate() {
                let name = match generation {
                    3 => "large object heap".to_owned(),
                    4 => "pinned object heap".to_owned(),
                    number => format!("generation {number}"),
                };
                let what = if part.count == 1 { "object" } else { "objects" };
                part.write(
                    page,
                    &format!("{name} has {} finalizable {what}", Grouped(part.count)),
                )?;
            }
            let ready = heap.ready.count.saturating_add(heap.critical.count);
            let range = [heap.critical.range[0], heap.ready.range[1]];
            let whole = QueuePart { range, count: ready };
            whole.write(page, &format!("Ready for finalization {} objects", Grouped(ready)))?;
            if heap.critical.count > 0 {
                writeln!(page, "  of which critical: {}", Grouped(heap.critical.count))?;
            }
        }
        writeln!(page, "Finalizers suppressed: {}", Grouped(self.suppressed))
    }
}

/// Types of ready objects that are named at the top.
const TOP_TYPES: usize = 5;

fn is_weak_reference(name: &str) -> bool {
    name.strip_prefix("System.WeakReference")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['<', '`']))
}

fn weak_references(types: &[TypeRow]) -> u64 {
    types.iter().filter(|row| is_weak_reference(&row.name)).map(|row| row.count).sum()
}

impl HeapQueue {
    fn new(counts: &QueueCounts) -> HeapQueue {
        HeapQueue {
            heap: counts.heap,
            generations: counts.generations.iter().map(QueuePart::new).collect(),
            critical: QueuePart::new(&counts.critical),
            ready: QueuePart::new(&counts.ready),
        }
    }
}

impl QueuePart {
    fn new((range, count): &(Range<VirtAddr>, u64)) -> QueuePart {
        QueuePart { range: [range.start.into(), range.end.into()], count: *count }
    }

    fn write(&self, page: &mut Page<'_>, what: &str) -> io::Result<()> {
        let style = page.style();
        let [start, end] = self.range.map(|address| style.address(address.into()));
        writeln!(page, "{what} ({start}->{end})")
    }
}

impl Report for FinalizeQueue {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        if self.detail == Detail::Short {
            return self
                .listed
                .iter()
                .try_for_each(|object| writeln!(page, "{}", style.address(object.address.into())));
        }
        if self.detail != Detail::Statistics {
            self.verdict(page)?;
            self.queues(page)?;
            writeln!(page)?;
        }
        if !self.listed.is_empty() {
            for object in &self.listed {
                let name = crate::escape::Escaped(&object.name);
                let address = style.address(object.address.into());
                writeln!(page, "{address} {:>14} {name}", Grouped(object.bytes))?;
            }
            writeln!(page)?;
        }
        page.heading(match self.of {
            Listed::All => {
                "Statistics for all finalizable objects (including all objects ready for finalization):"
            }
            Listed::AllReady => "Statistics for all finalizable objects that are no longer rooted:",
        })?;
        self.statistics.text(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["mt", "count", "bytes", "name", "ready"])?;
        let groups = [(&self.ready_types, true), (&self.registered_types, false)];
        for (row, ready) in
            groups.into_iter().flat_map(|(t, ready)| t.iter().map(move |r| (r, ready)))
        {
            rows.row(&[
                row.mt.into(),
                Cell::Number(row.count),
                Cell::Number(row.bytes),
                Cell::Text(&row.name),
                Cell::Flag(ready),
            ])?;
        }
        Ok(())
    }

    fn is_bare(&self) -> bool {
        self.detail == Detail::Short
    }
}

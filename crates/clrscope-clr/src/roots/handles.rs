//! GC handles, read from the handle tables of the GC.
//!
//! The shape of a table has not changed since .NET 1.0: a `HandleTableMap` lists buckets, a bucket has one
//! `HandleTable` for each slot (one, or one for each processor with server GC), a table owns a chain of 64 KB
//! segments (`gc/handletablepriv.h`, `TableSegment`). What changed is where a table keeps the head of
//! its chain and how many handle types there are; both are found by the shape of the segment: it is
//! aligned to its own size and points back to its table.

use rustc_hash::FxHashSet;

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, Parsed, VirtAddr, limits};

use super::table_shape::{HANDLES_PER_BLOCK, HEADER_BYTES, SEGMENT_BYTES, TableShape};
use crate::range::AddressRange;

/// The block type and the user-data index that mean "none" (`TYPE_INVALID`, `BLOCK_INVALID`).
const INVALID: u8 = 0xff;
/// Buckets of one map (`INITIAL_HANDLE_TABLE_ARRAY_SIZE`).
const BUCKETS: u64 = 10;

/// What a handle does to its object. Numbered as in `gc/gcinterface.h` (`HandleType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HandleKind {
    /// Forgets its object when the object is no longer reachable, before finalization.
    WeakShort,
    /// Forgets its object when the object is gone, after finalization.
    WeakLong,
    /// Keeps its object alive.
    Strong,
    /// Keeps its object alive and in place.
    Pinned,
    /// Strong or weak as its user data says; unused by the runtime.
    Variable,
    /// Keeps its object alive while a COM wrapper is referenced.
    RefCounted,
    /// Keeps a second object alive while the first is.
    Dependent,
    /// Pins the buffers of an overlapped operation.
    AsyncPinned,
    /// Strong, and the GC measures what it holds.
    SizedRef,
    /// Weak, for COM objects of native code.
    WeakNativeCom,
    /// Weak, and follows an interior pointer.
    WeakInteriorPointer,
    /// Bridges to another garbage collector.
    CrossReference,
    /// A type that this library does not know.
    Other(u8),
}

impl HandleKind {
    fn from_number(number: u8) -> HandleKind {
        match number {
            0 => HandleKind::WeakShort,
            1 => HandleKind::WeakLong,
            2 => HandleKind::Strong,
            3 => HandleKind::Pinned,
            4 => HandleKind::Variable,
            5 => HandleKind::RefCounted,
            6 => HandleKind::Dependent,
            7 => HandleKind::AsyncPinned,
            8 => HandleKind::SizedRef,
            9 => HandleKind::WeakNativeCom,
            10 => HandleKind::WeakInteriorPointer,
            11 => HandleKind::CrossReference,
            other => HandleKind::Other(other),
        }
    }

    /// The name, in one word.
    pub const fn name(self) -> &'static str {
        match self {
            HandleKind::WeakShort => "WeakShort",
            HandleKind::WeakLong => "WeakLong",
            HandleKind::Strong => "Strong",
            HandleKind::Pinned => "Pinned",
            HandleKind::Variable => "Variable",
            HandleKind::RefCounted => "RefCounted",
            HandleKind::Dependent => "Dependent",
            HandleKind::AsyncPinned => "AsyncPinned",
            HandleKind::SizedRef => "SizedRef",
            HandleKind::WeakNativeCom => "WeakNativeCom",
            HandleKind::WeakInteriorPointer => "WeakInteriorPointer",
            HandleKind::CrossReference => "CrossReference",
            HandleKind::Other(_) => "Other",
        }
    }

    /// Whether such a handle, by itself, keeps its object alive. Reference-counted ones are taken to:
    /// whether their count is zero is known to COM only. Dependent ones keep their second object alive
    /// while their first is, which is an edge and no root.
    pub const fn is_root(self) -> bool {
        matches!(
            self,
            HandleKind::Strong
                | HandleKind::Pinned
                | HandleKind::RefCounted
                | HandleKind::AsyncPinned
                | HandleKind::SizedRef
        )
    }
}

/// One handle that is in use and refers to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Handle {
    /// Address of the handle itself, which is what managed code holds as `GCHandle`.
    pub address: VirtAddr,
    /// What it does to its object.
    pub kind: HandleKind,
    /// Its object. Never null.
    pub object: VirtAddr,
    /// The object that a dependent handle keeps alive as long as `object` lives, if it is not null.
    pub dependent: Option<VirtAddr>,
    /// Which slot of its bucket the table is in: with server GC, the heap whose threads made it.
    pub slot: u32,
}

/// Reads all handles behind a `HandleTableMap` at `map` (the value of the GC's variable, not its
/// address). Handles that are free or null are left out. In order of table, segment and index.
pub(super) fn read(space: &AddressSpace<'_>, map: VirtAddr) -> Parsed<Vec<Handle>> {
    let mut reader = Reader::new(space);
    reader.read_maps(map);
    Parsed { value: reader.handles, issues: reader.issues }
}

/// The segments of all tables behind a `HandleTableMap`.
pub(super) fn segments(space: &AddressSpace<'_>, map: VirtAddr) -> Parsed<Vec<AddressRange>> {
    let mut reader = Reader::new(space);
    reader.read_maps(map);
    Parsed { value: reader.segments, issues: reader.issues }
}

struct Reader<'a, 'data> {
    space: &'a AddressSpace<'data>,
    handles: Vec<Handle>,
    segments: Vec<AddressRange>,
    /// Maps, lists of tables, tables and segments that were read: each belongs to one owner.
    seen: FxHashSet<VirtAddr>,
    issues: Issues,
}

impl<'a, 'data> Reader<'a, 'data> {
    fn new(space: &'a AddressSpace<'data>) -> Reader<'a, 'data> {
        Reader {
            space,
            handles: Vec::new(),
            segments: Vec::new(),
            seen: FxHashSet::default(),
            issues: Issues::new(),
        }
    }

    fn pointer(&self, address: VirtAddr, index: u64) -> Option<VirtAddr> {
        let width = self.space.target().pointer_bytes();
        self.space.read_pointer(address.wrapping_add(index.wrapping_mul(width)))
    }

    /// `HandleTableMap { HandleTableBucket** pBuckets; HandleTableMap* pNext; uint32_t dwMaxIndex }`
    fn read_maps(&mut self, first: VirtAddr) {
        let mut map = first;
        while !map.is_null() {
            if !self.is_new(map, "the maps of handle tables come back to one that was there before")
            {
                return;
            }
            let (Some(buckets), Some(next)) = (self.pointer(map, 0), self.pointer(map, 1)) else {
                self.missing(map, "a map of handle tables is not in the dump");
                return;
            };
            for index in 0..BUCKETS {
                match self.pointer(buckets, index) {
                    Some(bucket) if !bucket.is_null() => self.read_bucket(bucket),
                    Some(_) => {}
                    None => self.missing(buckets, "the list of handle tables is not in the dump"),
                }
            }
            map = next;
        }
    }

    /// `HandleTableBucket { HHANDLETABLE* pTable; uint32_t HandleTableIndex }`. With server GC there are
    /// as many tables as processors, whatever the number of heaps is now; the array does not say its
    /// length, so it is read while what it holds are tables.
    fn read_bucket(&mut self, bucket: VirtAddr) {
        let Some(tables) = self.pointer(bucket, 0) else {
            self.missing(bucket, "a bucket of handle tables is not in the dump");
            return;
        };
        if !self.is_new(tables, "two buckets have the same handle tables") {
            return;
        }
        for slot in 0..limits::MAX_HEAPS as u64 {
            let shape = self
                .pointer(tables, slot)
                .filter(|table| !table.is_null() && self.seen.insert(*table))
                .and_then(|table| Some((table, TableShape::find(self.space, table)?)));
            match shape {
                Some((table, (shape, head))) => self.read_table(table, &shape, head, slot as u32),
                None if slot == 0 => {
                    self.missing(bucket, "no segment of a handle table was found");
                    return;
                }
                None => return,
            }
        }
    }

    fn read_table(&mut self, table: VirtAddr, shape: &TableShape, head: VirtAddr, slot: u32) {
        let mut segment = head;
        while !segment.is_null() {
            // Else they could overlap.
            if !segment.is_aligned(SEGMENT_BYTES as u64) {
                self.missing(segment, "no segment of a handle table can be here");
                return;
            }
            if !self.is_new(segment, "the segments of a handle table come back to the first") {
                return;
            }
            // Behind the header only those pages are committed that handles were made in.
            let Some(header) = self.space.bytes(segment, HEADER_BYTES) else {
                self.missing(segment, "a segment of a handle table is not in the dump");
                return;
            };
            if shape.table.read(&header) != Some(table) {
                self.issues.push(Issue::in_memory(
                    IssueKind::BadValue,
                    segment,
                    "a segment of a handle table belongs to another table",
                ));
                return;
            }
            let end = segment.wrapping_add(SEGMENT_BYTES as u64);
            self.segments.push(AddressRange::new(segment, end));
            self.read_segment(segment, &header, shape, slot);
            segment = shape.next.read(&header).unwrap_or(VirtAddr::NULL);
        }
    }

    fn read_segment(&mut self, segment: VirtAddr, header: &[u8], shape: &TableShape, slot: u32) {
        for block in 0..shape.blocks {
            let Some(&kind) = header.get(shape.block_type + block) else { continue };
            if kind == INVALID {
                continue;
            }
            let kind = HandleKind::from_number(kind);
            let user_data = header.get(shape.user_data + block).copied().unwrap_or(INVALID);
            for index in block * HANDLES_PER_BLOCK..(block + 1) * HANDLES_PER_BLOCK {
                // One bit for each handle, set while it is free.
                let mask = header.get(shape.free_mask + index / 8).copied().unwrap_or(u8::MAX);
                if mask >> (index % 8) & 1 == 1 {
                    continue;
                }
                let address = shape.handle(segment, index);
                let Some(object) = self.space.read_pointer(address) else {
                    self.missing(address, "a block of handles is not in the dump");
                    break;
                };
                if object.is_null() {
                    continue;
                }
                let second = usize::from(user_data) * HANDLES_PER_BLOCK + index % HANDLES_PER_BLOCK;
                let dependent = (kind == HandleKind::Dependent && user_data != INVALID)
                    .then(|| self.space.read_pointer(shape.handle(segment, second)))
                    .flatten()
                    .filter(|object| !object.is_null());
                self.handles.push(Handle { address, kind, object, dependent, slot });
            }
        }
    }

    /// Whether a structure was not read before, or too many were; says so if not.
    fn is_new(&mut self, at: VirtAddr, message: &str) -> bool {
        let is_new = self.seen.len() < limits::MAX_LIST && self.seen.insert(at);
        if !is_new {
            self.issues.push(Issue::in_memory(IssueKind::Cycle, at, message));
        }
        is_new
    }

    fn missing(&mut self, at: VirtAddr, message: &str) {
        self.issues.push(Issue::in_memory(IssueKind::MissingMemory, at, message));
    }
}

#[cfg(test)]
mod tests;

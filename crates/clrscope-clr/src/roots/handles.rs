//! GC handles, read from the handle tables of the GC.
//!
//! The shape of a table has not changed since .NET 1.0: a `HandleTableMap` lists buckets, a bucket has one
//! `HandleTable` for each slot (one, or one for each processor with server GC), a table owns a chain of 64 KB
//! segments (`gc/handletablepriv.h`, `TableSegment`). What changed is where a table keeps the head of
//! its chain and how many handle types there are; both are found by the shape of the segment: it is
//! aligned to its own size and points back to its table.

use rustc_hash::FxHashSet;

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, Parsed, VirtAddr, limits};

/// Bytes of a segment, which is aligned to this size (`HANDLE_SEGMENT_SIZE`).
const SEGMENT_BYTES: usize = 0x1_0000;
/// Where in a segment the handles begin (`HANDLE_HEADER_SIZE`).
const HEADER_BYTES: usize = 0x1000;
/// Handles of one block, which are all of one type (`HANDLE_HANDLES_PER_BLOCK`).
const HANDLES_PER_BLOCK: usize = 64;
/// The block type and the user-data index that mean "none" (`TYPE_INVALID`, `BLOCK_INVALID`).
const INVALID: u8 = 0xff;
/// Buckets of one map (`INITIAL_HANDLE_TABLE_ARRAY_SIZE`).
const BUCKETS: u64 = 10;
/// How far into a `HandleTable` the head of its chain may lie (0x30 in .NET 8, 0x70 in .NET Core 2.1).
const TABLE_SEARCH_BYTES: u64 = 0x400;
/// How many handle types a build may have (`HANDLE_MAX_INTERNAL_TYPES`): 12, and 13 since .NET 10.
const TYPE_COUNTS: [usize; 5] = [12, 13, 14, 11, 10];

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
pub(crate) fn read(space: &AddressSpace<'_>, map: VirtAddr) -> Parsed<Vec<Handle>> {
    let mut reader = Reader { space, handles: Vec::new(), issues: Issues::new() };
    reader.read_maps(map);
    Parsed { value: reader.handles, issues: reader.issues }
}

struct Reader<'a, 'data> {
    space: &'a AddressSpace<'data>,
    handles: Vec<Handle>,
    issues: Issues,
}

impl Reader<'_, '_> {
    fn pointer(&self, address: VirtAddr, index: u64) -> Option<VirtAddr> {
        let width = self.space.target().pointer_bytes();
        self.space.read_pointer(address.wrapping_add(index.wrapping_mul(width)))
    }

    /// `HandleTableMap { HandleTableBucket** pBuckets; HandleTableMap* pNext; uint32_t dwMaxIndex }`
    fn read_maps(&mut self, first: VirtAddr) {
        let mut map = first;
        let mut seen = FxHashSet::default();
        while !map.is_null() {
            if !seen.insert(map) {
                self.cycle(map, "the maps of handle tables come back to the first");
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
        for slot in 0..limits::MAX_HEAPS as u64 {
            let shape = self
                .pointer(tables, slot)
                .filter(|table| !table.is_null())
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
        let mut seen = FxHashSet::default();
        while !segment.is_null() {
            if !seen.insert(segment) {
                self.cycle(segment, "the segments of a handle table come back to the first");
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

    fn cycle(&mut self, at: VirtAddr, message: &str) {
        self.issues.push(Issue::in_memory(IssueKind::Cycle, at, message));
    }

    fn missing(&mut self, at: VirtAddr, message: &str) {
        self.issues.push(Issue::in_memory(IssueKind::MissingMemory, at, message));
    }
}

/// Where a pointer lies in a segment; it may be unaligned.
#[derive(Debug, Clone, Copy)]
struct Word {
    offset: usize,
    width: usize,
}

impl Word {
    fn read(self, bytes: &[u8]) -> Option<VirtAddr> {
        let bytes = bytes.get(self.offset..)?;
        Some(VirtAddr(match self.width {
            4 => u32::from_le_bytes(*bytes.first_chunk()?).into(),
            _ => u64::from_le_bytes(*bytes.first_chunk()?),
        }))
    }
}

/// Where the parts of a segment's header are: byte offsets from the segment's start. The header is packed
/// (`_TableSegmentHeader` in `gc/handletablepriv.h`).
#[derive(Debug, Clone, Copy)]
struct TableShape {
    blocks: usize,
    free_mask: usize,
    block_type: usize,
    user_data: usize,
    next: Word,
    table: Word,
}

impl TableShape {
    fn new(width: usize, types: usize) -> TableShape {
        let handles = (SEGMENT_BYTES - HEADER_BYTES) / width;
        let blocks = handles / HANDLES_PER_BLOCK;
        // rgGeneration takes four bytes a block, rgAllocation one.
        let free_mask = 5 * blocks;
        let block_type = free_mask + handles / 8;
        let user_data = block_type + blocks;
        // rgUserData, rgLocks; then rgTail and rgHint with a byte, rgFreeCount with four bytes a type.
        let next = user_data + 2 * blocks + 6 * types;
        TableShape {
            blocks,
            free_mask,
            block_type,
            user_data,
            next: Word { offset: next, width },
            table: Word { offset: next + width, width },
        }
    }

    /// Address of the handle with this index in a segment.
    fn handle(&self, segment: VirtAddr, index: usize) -> VirtAddr {
        segment.wrapping_add((HEADER_BYTES + index * self.next.width) as u64)
    }

    /// The shape of a table's segments, and the first of them.
    fn find(space: &AddressSpace<'_>, table: VirtAddr) -> Option<(TableShape, VirtAddr)> {
        let width = space.target().pointer_bytes();
        for types in TYPE_COUNTS {
            let shape = TableShape::new(width as usize, types);
            for offset in (0..TABLE_SEARCH_BYTES).step_by(width as usize) {
                let Some(head) = space.read_pointer(table.wrapping_add(offset)) else { break };
                if head.is_null() || !head.is_aligned(SEGMENT_BYTES as u64) {
                    continue;
                }
                let back = head.wrapping_add(shape.table.offset as u64);
                if space.read_pointer(back) == Some(table) {
                    return Some((shape, head));
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{Range, Target};

    use super::*;

    const MAP: u64 = 0x1000;
    const BUCKETS_AT: u64 = 0x1100;
    const BUCKET: u64 = 0x1200;
    const TABLES: u64 = 0x1300;
    const TABLE: u64 = 0x2000;
    const SEGMENT: u64 = 0x1_0000;

    /// A process with one map, one bucket, one table and one segment.
    struct Process {
        bytes: Vec<u8>,
        target: Target,
        shape: TableShape,
    }

    impl Process {
        fn new(target: Target, types: usize) -> Process {
            let shape = TableShape::new(target.pointer_bytes() as usize, types);
            let mut process = Process { bytes: vec![0; 0x2_0000], target, shape };
            process.word(MAP, BUCKETS_AT);
            process.word(BUCKETS_AT, BUCKET);
            process.word(BUCKET, TABLES);
            process.word(TABLES, TABLE);
            process.word(TABLE + 0x38, SEGMENT);
            process.word(SEGMENT + shape.table.offset as u64, TABLE);
            let types = SEGMENT as usize + shape.block_type;
            process.bytes[types..types + shape.blocks].fill(INVALID);
            let mask = SEGMENT as usize + shape.free_mask;
            process.bytes[mask..SEGMENT as usize + shape.block_type].fill(0xff);
            process
        }

        fn word(&mut self, address: u64, value: u64) {
            let width = self.target.pointer_bytes() as usize;
            let at = address as usize;
            self.bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        }

        fn handle(&mut self, block: usize, index: usize, kind: u8, object: u64) -> VirtAddr {
            let base = SEGMENT as usize;
            let number = block * HANDLES_PER_BLOCK + index;
            self.bytes[base + self.shape.block_type + block] = kind;
            self.bytes[base + self.shape.user_data + block] = INVALID;
            self.bytes[base + self.shape.free_mask + number / 8] &= !(1 << (number % 8));
            let width = self.target.pointer_bytes();
            let address = SEGMENT + HEADER_BYTES as u64 + number as u64 * width;
            self.word(address, object);
            VirtAddr(address)
        }

        fn read(&self) -> Parsed<Vec<Handle>> {
            let ranges = [Range::new(VirtAddr(0), self.bytes.len() as u64, 0)];
            let space = AddressSpace::from_ranges(&self.bytes, &ranges, self.target).value;
            read(&space, VirtAddr(MAP))
        }
    }

    #[test]
    fn handles_of_both_widths_and_any_number_of_types_are_read() {
        for target in [Target::X64_WINDOWS, Target::X86_WINDOWS] {
            for types in TYPE_COUNTS {
                let mut process = Process::new(target, types);
                let strong = process.handle(0, 3, 2, 0x5000);
                let pinned = process.handle(1, 63, 3, 0x6000);
                process.handle(1, 62, 3, 0);
                let parsed = process.read();
                assert!(parsed.is_complete(), "{:?}", parsed.issues);
                let found: Vec<_> =
                    parsed.value.iter().map(|h| (h.address, h.kind, h.object.0)).collect();
                let expected =
                    [(strong, HandleKind::Strong, 0x5000), (pinned, HandleKind::Pinned, 0x6000)];
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn a_dependent_handle_has_its_second_object_in_the_block_of_its_user_data() {
        let mut process = Process::new(Target::X64_WINDOWS, 12);
        process.handle(0, 5, 6, 0x5000);
        let user_data = SEGMENT as usize + process.shape.user_data;
        process.bytes[user_data] = 2;
        let value = SEGMENT + HEADER_BYTES as u64 + (2 * HANDLES_PER_BLOCK as u64 + 5) * 8;
        process.word(value, 0x7000);
        assert_eq!(process.read().value[0].dependent, Some(VirtAddr(0x7000)));
    }

    #[test]
    fn a_chain_of_segments_that_comes_back_to_itself_ends() {
        let mut process = Process::new(Target::X64_WINDOWS, 12);
        process.handle(0, 0, 2, 0x5000);
        process.word(SEGMENT + process.shape.next.offset as u64, SEGMENT);
        let parsed = process.read();
        assert_eq!(parsed.value.len(), 1);
        assert_eq!(parsed.issues.iter().next().map(|i| i.kind), Some(IssueKind::Cycle));
    }

    #[test]
    fn a_map_that_points_nowhere_is_an_issue() {
        let mut process = Process::new(Target::X64_WINDOWS, 12);
        process.word(MAP, 0xdead_0000);
        let parsed = process.read();
        assert!(parsed.value.is_empty());
        assert!(!parsed.is_complete());
    }
}

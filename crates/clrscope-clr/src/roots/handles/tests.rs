use clrscope_memory::{Range, Target};

use super::super::table_shape::{HANDLES_PER_BLOCK, HEADER_BYTES, TYPE_COUNTS, TableShape};
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

//! The shape of a handle table's segments: where the parts of their packed header are.

use clrscope_memory::{AddressSpace, VirtAddr};

/// Bytes of a segment, which is aligned to this size (`HANDLE_SEGMENT_SIZE`).
pub(super) const SEGMENT_BYTES: usize = 0x1_0000;
/// Where in a segment the handles begin (`HANDLE_HEADER_SIZE`).
pub(super) const HEADER_BYTES: usize = 0x1000;
/// Handles of one block, which are all of one type (`HANDLE_HANDLES_PER_BLOCK`).
pub(super) const HANDLES_PER_BLOCK: usize = 64;
/// How far into a `HandleTable` the head of its chain may lie (0x30 in .NET 8, 0x70 in .NET Core 2.1).
const TABLE_SEARCH_BYTES: u64 = 0x400;
/// How many handle types a build may have (`HANDLE_MAX_INTERNAL_TYPES`): 12, and 13 since .NET 10.
pub(super) const TYPE_COUNTS: [usize; 5] = [12, 13, 14, 11, 10];

/// Where a pointer lies in a segment; it may be unaligned.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) offset: usize,
    pub(super) width: usize,
}

impl Word {
    pub(super) fn read(self, bytes: &[u8]) -> Option<VirtAddr> {
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
pub(super) struct TableShape {
    pub(super) blocks: usize,
    pub(super) free_mask: usize,
    pub(super) block_type: usize,
    pub(super) user_data: usize,
    pub(super) next: Word,
    pub(super) table: Word,
}

impl TableShape {
    pub(super) fn new(width: usize, types: usize) -> TableShape {
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
    pub(super) fn handle(&self, segment: VirtAddr, index: usize) -> VirtAddr {
        segment.wrapping_add((HEADER_BYTES + index * self.next.width) as u64)
    }

    /// The shape of a table's segments, and the first of them.
    pub(super) fn find(
        space: &AddressSpace<'_>,
        table: VirtAddr,
    ) -> Option<(TableShape, VirtAddr)> {
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

//! Handles and the finalization queue.

use super::arena::Arena;

/// The kind of a handle, as the runtime numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum HandleKind {
    /// Does not keep its object, and lets go of it before its finalizer runs.
    WeakShort = 0,
    /// Does not keep its object, and lets go of it after its finalizer ran.
    WeakLong = 1,
    /// Keeps its object.
    Strong = 2,
    /// Keeps its object where it is.
    Pinned = 3,
    /// Keeps a second object as long as the first lives.
    Dependent = 6,
}

/// Handles and the finalization queue of a process.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    /// Handles: kind, object, second object.
    pub handles: Vec<(HandleKind, u64, u64)>,
    /// Objects registered for finalization.
    pub registered: Vec<u64>,
    /// Objects whose finalizer is to be run.
    pub ready: Vec<u64>,
}

const SEGMENT: usize = 0x10000;
const VALUES: usize = 0x1000;
/// Handles in a block.
const BLOCK: usize = 64;
/// Kinds of handles that the runtime knows.
const KINDS: usize = 13;
/// The kind of a block that holds second objects.
const DATA_BLOCK: u8 = 12;

impl Roots {
    /// Objects that these keep alive by themselves: those of strong and pinned handles, and those that
    /// are ready for finalization.
    pub fn targets(&self) -> Vec<u64> {
        let strong = self
            .handles
            .iter()
            .filter(|handle| matches!(handle.0, HandleKind::Strong | HandleKind::Pinned));
        strong.map(|handle| handle.1).chain(self.ready.iter().copied()).collect()
    }

    /// Writes the table of handles to a new arena at `base`, a multiple of 64 KiB, and the structures
    /// that lead to it. `map` is the runtime's variable. (dotnet/runtime,
    /// src/coreclr/gc/handletablepriv.h.)
    pub(super) fn write_handles(
        &self,
        native: &mut Arena,
        data: &mut Arena,
        map: u64,
        base: u64,
        pointer: usize,
    ) -> Arena {
        let mut segment = Arena::new(base, pointer);
        segment.zeroes(SEGMENT, 1);
        let handles = (SEGMENT - VALUES) / pointer;
        let blocks = handles / BLOCK;
        let free_mask = 5 * blocks;
        let block_type = free_mask + 4 * (handles / 32);
        let user_data = block_type + blocks;
        let next = user_data + 2 * blocks + 2 * KINDS + 4 * KINDS;
        segment.put(base + free_mask as u64, &vec![0xff; 4 * (handles / 32)]);
        segment.put(base + block_type as u64, &vec![0xff; 2 * blocks]);

        let mut kinds: Vec<HandleKind> = self.handles.iter().map(|handle| handle.0).collect();
        kinds.sort();
        kinds.dedup();
        let mut block = 0;
        for kind in kinds {
            let of_kind: Vec<_> = self.handles.iter().filter(|handle| handle.0 == kind).collect();
            for part in of_kind.chunks(BLOCK) {
                assert!(block + 2 <= blocks, "more handles than a segment takes");
                segment.put(base + (block_type + block) as u64, &[kind as u8]);
                if kind == HandleKind::Dependent {
                    segment.put(base + (block_type + block + 1) as u64, &[DATA_BLOCK]);
                    segment.put(base + (user_data + block) as u64, &[block as u8 + 1]);
                }
                let mut mask = u64::MAX;
                for (index, (_, object, second)) in part.iter().enumerate() {
                    mask &= !(1 << index);
                    let value = base + (VALUES + (block * BLOCK + index) * pointer) as u64;
                    segment.put_pointer(value, *object);
                    if kind == HandleKind::Dependent {
                        segment.put_pointer(value + (BLOCK * pointer) as u64, *second);
                    }
                }
                segment.put(base + (free_mask + 8 * block) as u64, &mask.to_le_bytes());
                block += if kind == HandleKind::Dependent { 2 } else { 1 };
            }
        }

        // HandleTable: flags of the kinds, then among others the list of segments.
        let table = native.zeroes(0x100, 16);
        native.put_pointer(table + 0x38, base);
        segment.put_pointers(base + next as u64, &[0, table]);
        let tables = native.variable(table);
        let bucket = native.zeroes(2 * pointer, 16);
        native.put_pointer(bucket, tables);
        let buckets = native.zeroes(10 * pointer, 16);
        native.put_pointer(buckets, bucket);
        data.put_pointers(map, &[buckets, 0, 10]);
        segment
    }

    /// Writes the finalization queue of a heap with `generations` generations: `CFinalize` of
    /// dotnet/runtime, src/coreclr/gc/gcpriv.h.
    pub(super) fn write_queue(
        &self,
        native: &mut Arena,
        generations: usize,
        pointer: usize,
    ) -> u64 {
        let objects = [self.registered.as_slice(), self.ready.as_slice()].concat();
        let array = native.zeroes((objects.len() + 1) * pointer, 16);
        native.put_pointers(array, &objects);
        let end = |count: usize| array + (count * pointer) as u64;
        // Parts: generations from the oldest to the youngest, critical ready ones, ready ones.
        let mut words = vec![array; generations - 1];
        words.push(end(self.registered.len()));
        words.push(end(self.registered.len()));
        words.push(end(objects.len()));
        words.extend([array, end(objects.len() + 1)]);
        let queue = native.zeroes(words.len() * pointer, 16);
        native.put_pointers(queue, &words);
        queue
    }
}

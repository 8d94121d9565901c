//! Streams objects into a dump, and writes what depends on them at the end.

use std::collections::VecDeque;
use std::io::{self, Seek, Write};

use super::arena::Arena;
use super::runtime::HEAP_SIZE;
use super::segment::{SegmentKind, write_generations, write_records};
use super::truth::{ObjectTruth, SegmentTruth, Truth, TypeTruth};
use super::{Process, Roots, Slot, TypeIndex, TypeShape};
use crate::minidump::MemoryWriter;

/// Payloads from this many bytes on become holes of the file.
const HOLE: usize = 1 << 16;

/// Writes the heap of a process.
#[derive(Debug)]
pub struct HeapWriter<W> {
    process: Process,
    memory: MemoryWriter<W>,
    images: Vec<(u64, Vec<u8>)>,
    truth: Truth,
    keep_all: bool,
    /// Starts of generations 0 and 1 of each heap, where the heap has segments.
    starts: Vec<[u64; 2]>,
    contexts: Vec<(u64, u64)>,
    /// Numbers of the next object.
    numbers: VecDeque<u64>,
    buffer: Vec<u8>,
}

impl<W: Write + Seek> HeapWriter<W> {
    pub(super) fn new(
        process: Process,
        memory: MemoryWriter<W>,
        images: Vec<(u64, Vec<u8>)>,
    ) -> Self {
        let types = process.types.iter().map(|kind| TypeTruth {
            name: kind.name.clone(),
            method_table: kind.method_table,
            count: 0,
            bytes: 0,
        });
        let truth = Truth {
            types: types.collect(),
            address_hash: crate::naive::address_hash([]),
            ..Truth::default()
        };
        let starts = vec![[0; 2]; process.options.heaps];
        HeapWriter {
            process,
            memory,
            images,
            truth,
            keep_all: false,
            starts,
            contexts: Vec::new(),
            numbers: VecDeque::new(),
            buffer: Vec::new(),
        }
    }

    /// Keeps every object in [`Truth::all`]. By default, none is kept.
    pub fn keep_all(&mut self) -> &mut Self {
        self.keep_all = true;
        self
    }

    /// Begins a segment or region of `reserved` bytes at `base`, behind all others.
    ///
    /// # Panics
    /// If it is not behind them.
    pub fn segment(
        &mut self,
        heap: u32,
        kind: SegmentKind,
        base: u64,
        reserved: u64,
    ) -> io::Result<()> {
        self.close_segment()?;
        let options = &self.process.options;
        let pointer = options.pointer() as u64;
        let header = if options.regions { 5 * pointer } else { options.segment_header };
        let start = base + header;
        assert!(self.truth.segments.last().is_none_or(|last| last.reserved_end <= base));
        let record = if options.regions { self.process.native.zeroes(96, 16) } else { base };
        self.truth.segments.push(SegmentTruth {
            heap,
            kind,
            record,
            start,
            end: start,
            committed_end: start,
            reserved_end: base + reserved,
        });
        // The range begins with the header of the first object.
        self.memory.range(start - pointer);
        self.memory.write_all(&[0; 8][..pointer as usize])
    }

    /// Where the next object will be.
    pub fn next_address(&self) -> u64 {
        self.memory.address()
    }

    /// Bytes that are left in the segment.
    pub fn left(&self) -> u64 {
        let end = self.truth.segments.last().map_or(0, |segment| segment.reserved_end);
        end.saturating_sub(self.next_address())
    }

    /// The next object is the first of generation 0 or 1 of the heap's segment.
    pub fn begin_generation(&mut self, generation: usize) {
        if let Some(segment) = self.truth.segments.last() {
            self.starts[segment.heap as usize][generation] = self.memory.address();
        }
    }

    /// Gives the numbers in the next object, in order. Those that are not given are made up.
    pub fn numbers(&mut self, numbers: &[u64]) -> &mut Self {
        self.numbers.extend(numbers);
        self
    }

    /// Writes an object with `length` components. `references` fill its references in order; the
    /// rest of them is null. Numbers within it are made up, but those of [`HeapWriter::numbers`].
    pub fn object(
        &mut self,
        type_index: TypeIndex,
        length: u64,
        references: &[u64],
    ) -> io::Result<u64> {
        self.write(type_index, length, references, &[])
    }

    /// Writes a string.
    pub fn string(&mut self, text: &str) -> io::Result<u64> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        self.write(Process::STRING, units.len() as u64 / 2, &[], &units)
    }

    /// Writes a string of these Latin letters.
    pub fn latin(&mut self, text: &[u8]) -> io::Result<u64> {
        let units: Vec<u8> = text.iter().flat_map(|&letter| [letter, 0]).collect();
        self.write(Process::STRING, text.len() as u64, &[], &units)
    }

    /// Writes free space of `bytes` bytes, at least three pointers.
    pub fn free(&mut self, bytes: u64) -> io::Result<u64> {
        let base = self.process.types[Process::FREE.0].base_size;
        self.write(Process::FREE, bytes - base, &[], &[])
    }

    /// Leaves the space that the next thread has set aside for its next objects.
    pub fn allocation_context(&mut self, bytes: u64) -> io::Result<()> {
        let pointer = self.process.options.pointer() as u64;
        let start = self.memory.address();
        let limit = start + bytes.next_multiple_of(8);
        self.contexts.push((start, limit));
        self.memory.skip(limit + 3 * pointer - start)
    }

    fn write(
        &mut self,
        type_index: TypeIndex,
        length: u64,
        references: &[u64],
        payload: &[u8],
    ) -> io::Result<u64> {
        let pointer = self.process.options.pointer();
        let kind = &self.process.types[type_index.0];
        let aligned_to_eight = self.truth.segments.last().is_some_and(|segment| {
            matches!(segment.kind, SegmentKind::Large | SegmentKind::Pinned)
        });
        let alignment = if aligned_to_eight { 8 } else { pointer as u64 };
        // No object is smaller than a free one.
        let raw = kind.size(length).max(3 * pointer as u64);
        let size = raw.next_multiple_of(alignment);
        let address = self.memory.address();

        let buffer = &mut self.buffer;
        buffer.clear();
        let word = |buffer: &mut Vec<u8>, value: u64| {
            buffer.extend_from_slice(&value.to_le_bytes()[..pointer]);
        };
        word(buffer, kind.method_table);
        let mut given = references.iter();
        let made_up = self.truth.objects & 0xffff_ffff;
        let mut numbers = std::mem::take(&mut self.numbers).into_iter();
        let mut slots = |buffer: &mut Vec<u8>, slots: &[Slot]| {
            for slot in slots {
                word(
                    buffer,
                    match slot {
                        Slot::Reference => given.next().copied().unwrap_or(0),
                        Slot::Number => numbers.next().unwrap_or(made_up),
                    },
                );
            }
        };
        match &kind.shape {
            TypeShape::Class { slots: own, .. } => slots(buffer, own),
            TypeShape::String => {
                buffer.extend_from_slice(&(length as u32).to_le_bytes());
                buffer.extend_from_slice(payload);
            }
            TypeShape::References { rank, .. } => {
                word(buffer, length);
                // Bounds, then lower bounds: all elements are in the first dimension.
                for dimension in 0..*rank {
                    let bound = if dimension == 0 { length as u32 } else { 1 };
                    buffer.extend_from_slice(&bound.to_le_bytes());
                }
                buffer.resize(buffer.len() + 4 * *rank as usize, 0);
                for _ in 0..length {
                    slots(buffer, &[Slot::Reference]);
                }
            }
            TypeShape::Structures { slots: own, .. } => {
                word(buffer, length);
                for _ in 0..length {
                    slots(buffer, own);
                }
            }
            TypeShape::Numbers { .. } | TypeShape::Free => {
                word(buffer, length);
                buffer.extend_from_slice(payload);
            }
        }
        // What is left, and the header of the next object.
        let rest = size as usize - buffer.len();
        if rest < HOLE {
            buffer.resize(size as usize, 0);
            self.memory.write_all(buffer)?;
        } else {
            self.memory.write_all(buffer)?;
            self.memory.skip(rest as u64)?;
        }

        let truth = &mut self.truth;
        truth.objects += 1;
        truth.bytes += size;
        truth.address_hash = (truth.address_hash ^ address).wrapping_mul(1099511628211);
        let kind = &mut truth.types[type_index.0];
        kind.count += 1;
        kind.bytes += raw;
        let held = references.iter().copied().filter(|&target| target != 0);
        for target in held.clone() {
            truth.references += 1;
            truth.reference_hash =
                truth.reference_hash.wrapping_add(address.wrapping_mul(31) ^ target);
        }
        if self.keep_all {
            let references = held.collect();
            truth.all.push(ObjectTruth { address, type_index, size, references });
        }
        Ok(address)
    }

    /// Completes the dump.
    pub fn finish(mut self, roots: &Roots) -> io::Result<(W, Truth)> {
        self.close_segment()?;
        self.truth.roots = roots.clone();
        let options = self.process.options.clone();
        let pointer = options.pointer();
        let Process { mut native, mut runtime, types, .. } = self.process;
        for (name, index) in [
            ("ObjectMethodTable", Process::OBJECT),
            ("StringMethodTable", Process::STRING),
            ("FreeObjectMethodTable", Process::FREE),
        ] {
            runtime.set_global(name, types[index.0].method_table);
        }
        runtime.fill_threads(&mut native, &options.threads, &self.contexts);

        let heaps = options.place(0x7ff6_0000_0000, 0x0480_0000);
        let mut arenas = Vec::new();
        let mut addresses = Vec::new();
        for heap in 0..options.heaps {
            let queue = if heap == 0 { roots.clone() } else { Roots::default() };
            let queue = queue.write_queue(&mut native, options.generations(), pointer);
            let of_heap: Vec<&SegmentTruth> =
                self.truth.segments.iter().filter(|segment| segment.heap == heap as u32).collect();
            let ephemeral = of_heap.iter().rev().find(|segment| {
                matches!(segment.kind, SegmentKind::Generation0 | SegmentKind::Ephemeral)
            });
            let (record, allocated) =
                ephemeral.map_or((0, 0), |segment| (segment.record, segment.end));
            let starts = self.starts[heap];
            let fields = options.heap_fields();
            if options.server {
                let given = options.heap_addresses.get(heap).copied();
                let address = given.unwrap_or(heaps + heap as u64 * 0x4000);
                let mut arena = Arena::new(address, pointer);
                arena.zeroes(HEAP_SIZE, 1);
                let values = [allocated, record, queue];
                for (field, value) in fields.into_iter().zip(values) {
                    arena.put_pointer(address + field, value);
                }
                let table = address + fields[3];
                write_generations(&mut arena, table, &options, &of_heap, starts);
                arenas.push(arena);
                addresses.push(address);
            } else {
                let variables = runtime.variables.clone();
                let data = &mut runtime.gc;
                data.put_pointer(variables.ephemeral_segment, record);
                data.put_pointer(variables.alloc_allocated, allocated);
                data.put_pointer(variables.finalize_queue, queue);
                let table = variables.generation_table;
                write_generations(data, table, &options, &of_heap, starts);
            }
        }
        if options.server {
            let array = native.zeroes(addresses.len() * pointer, 16);
            native.put_pointers(array, &addresses);
            runtime.gc.put_u32(runtime.variables.heap_count, addresses.len() as u32);
            runtime.gc.put_pointer(runtime.variables.heaps, array);
        }
        let handles = options.place(0x7ff5_0000_0000, 0x0470_0000);
        let map = runtime.variables.handle_table_map;
        arenas.push(roots.write_handles(&mut native, &mut runtime.gc, map, handles, pointer));
        write_records(&mut native, &mut arenas, &options, &self.truth.segments);
        arenas.push(native);

        let mut memory = self.memory;
        let loose = arenas.into_iter().map(|arena| (arena.base, arena.bytes));
        for (address, bytes) in loose.chain(self.images).chain(runtime.to_memory()) {
            memory.range(address);
            memory.write_all(&bytes)?;
        }
        Ok((memory.finish()?, self.truth))
    }

    fn close_segment(&mut self) -> io::Result<()> {
        let end = self.memory.address();
        if let Some(segment) = self.truth.segments.last_mut() {
            segment.end = end;
            segment.committed_end = end.next_multiple_of(0x1000).min(segment.reserved_end);
            assert!(end <= segment.reserved_end, "a segment holds more than it has room for");
            let rest = segment.committed_end - end;
            return self.memory.skip(rest);
        }
        Ok(())
    }
}

//! A real process in which words of the runtime's structures, and of the container's records of the process,
//! are overwritten.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use clrscope_analyze::native_heaps;
use clrscope_clr::{LayoutMode, LoaderHeaps, find_runtimes, thread_addresses};
use clrscope_memory::{Control, Issues};
use clrscope_minidump::{Minidump, StreamType};

/// Streams that say what the process had.
const RECORDS: [StreamType; 8] = [
    StreamType::THREAD_LIST,
    StreamType::MODULE_LIST,
    StreamType::MEMORY_LIST,
    StreamType::EXCEPTION,
    StreamType::MEMORY64_LIST,
    StreamType::HANDLE_DATA,
    StreamType::MEMORY_INFO_LIST,
    StreamType::THREAD_INFO_LIST,
];

/// A dump whose structures can be overwritten.
pub(crate) struct Process {
    dump: Vec<u8>,
    /// Where in the file the structures are.
    places: Vec<Range<usize>>,
}

impl Process {
    /// The process of an intact dump.
    pub(crate) fn new(dump: Vec<u8>) -> Process {
        let places = places(&dump);
        Process { dump, places }
    }

    /// Overwrites what `edits` say, eight bytes each: where, how, with what. Gives the bytes to `read`, and
    /// then puts back what was there.
    pub(crate) fn overwritten<T>(&mut self, edits: &[u8], read: impl FnOnce(&[u8]) -> T) -> T {
        let mut before = Vec::new();
        for edit in edits.chunks_exact(8).take(32) {
            let [place, a, b, c, kind, value @ ..] = edit else { continue };
            let place = usize::from(*place) | usize::from(*kind & 0xf0) << 4;
            let at = self.at(place, number([*a, *b, *c]));
            let value: [u8; 3] = value.try_into().unwrap_or_default();
            let word = (number(value) as i32) << 8 >> 8;
            let old = self.word(at);
            let new = match kind & 7 {
                0 => word as u64,
                1 => old.wrapping_add(word as u64),
                2 => old ^ u64::from(word as u32),
                3 => (old & !0xffff_ffff) | u64::from(word as u32),
                // A word of the same place: lists that meet themselves or each other.
                4 => self.word(self.at(place, number(value))),
                // A word of any place.
                5 => {
                    let from = usize::from(value[0]) | usize::from(value[1]) << 8;
                    self.word(self.at(from, usize::from(value[2]) * 8))
                }
                // Numbers that are too large in one way or another.
                6 => u64::MAX >> (value[0] & 63),
                _ => old << (value[0] & 63),
            };
            before.push((at, old));
            self.dump[at..at + 8].copy_from_slice(&new.to_le_bytes());
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| read(&self.dump)));
        // What was written last is put back first, also before the next try of what failed.
        for (at, old) in before.into_iter().rev() {
            self.dump[at..at + 8].copy_from_slice(&old.to_le_bytes());
        }
        outcome.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Where in the file the word is that two numbers choose.
    fn at(&self, place: usize, offset: usize) -> usize {
        let place = &self.places[place % self.places.len()];
        place.start + ((offset % (place.len() - 7)) & !3)
    }

    fn word(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.dump[at..at + 8].try_into().expect("eight bytes"))
    }
}

fn number([a, b, c]: [u8; 3]) -> usize {
    usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16
}

/// Where the structures are that an input may overwrite.
fn places(dump: &[u8]) -> Vec<Range<usize>> {
    let minidump = Minidump::parse(dump).expect("a minidump");
    let snapshot = minidump.snapshot().value;
    let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
    let runtime = runtimes.first().expect("a runtime");
    let heap = runtime.heap().expect("a heap");
    let loader = LoaderHeaps::read(runtime).value;
    let module = runtime.module();
    let mut ranges = vec![(module.base, module.size)];
    let blocks = loader.heaps.iter().flat_map(|heap| &heap.blocks);
    ranges.extend(blocks.map(|block| (block.range.start, block.committed)));
    ranges.extend(loader.allocators.iter().map(|allocator| (allocator.address, 0x1000)));
    ranges.extend(loader.heaps.iter().map(|heap| (heap.address, 0x100)));
    let memory = heap.gc_memory().value;
    ranges.extend(memory.iter().map(|memory| (memory.range.start, memory.committed)));
    ranges.extend(heap.segments().iter().map(|s| (s.objects.start, s.objects.len())));
    ranges.extend(snapshot.threads.iter().map(|t| (t.stack_start, t.stack_bytes)));
    ranges.extend(snapshot.threads.iter().map(|t| (t.teb, 0x2000)));
    let native = native_heaps(&snapshot, &mut Issues::new(), &Control::new()).expect("no limit");
    ranges.extend(native.iter().map(|heap| (heap.address, 0x10000)));
    let threads = thread_addresses(runtime).expect("a layout").value;
    ranges.extend(threads.iter().map(|&thread| (thread, 0x800)));
    let structures = ranges
        .into_iter()
        .flat_map(|(start, bytes)| snapshot.space.iter_within(start, start.wrapping_add(bytes)))
        .map(|(_, bytes)| {
            let start = bytes.as_ptr() as usize - dump.as_ptr() as usize;
            start..start + bytes.len()
        });
    let streams = minidump.directory().iter().filter(|entry| RECORDS.contains(&entry.kind()));
    let streams = streams.map(|entry| {
        let start = entry.offset().0 as usize;
        start..start + entry.bytes().len()
    });
    streams.chain(structures).filter(|range| range.len() >= 8).collect()
}

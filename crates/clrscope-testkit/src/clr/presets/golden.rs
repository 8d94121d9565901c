//! The heap of a published investigation: four server heaps of a 32-bit process, 88,999,656 bytes.

use std::fmt::Write as _;
use std::io::{self, Seek, Write};

use crate::clr::{Process, ProcessOptions, Roots, SegmentKind, Truth};

/// The first heap is the published one: where generations 0 and 1 begin and the small objects end.
const PUBLISHED: [u64; 3] = [0x1124_b1c0, 0x111c_3684, 0x1165_033c];
/// Bytes of the four heaps, and of the large objects among them.
const SIZES: [(u64, u64); 4] = [
    (24_013_548, 3_565_536),
    (22_471_520, 2_000_000),
    (22_705_180, 1_048_576),
    (19_809_408, 655_360),
];
/// Where the heaps keep their variables.
const ADDRESSES: [u64; 4] = [0x000d_faf0, 0x000e_7010, 0x000e_e528, 0x000f_5a40];
const HEADER: u64 = 0x30;
const SMALL: u64 = 0x102d_0000;
const LARGE: u64 = 0x202d_0000;
/// Room between the segments of two heaps.
const SMALL_STEP: u64 = 0x0400_0000;
const LARGE_STEP: u64 = 0x0100_0000;
/// Arrays that fill a segment have this many bytes, but for the last.
const FILLER: u64 = 0x4000;

/// What `eeheap -gc` must say of [`golden_eeheap`].
#[derive(Debug, Clone)]
pub struct Golden {
    /// What is in the heap.
    pub truth: Truth,
    /// The classic printout, as SOS for .NET Framework has it.
    pub text: String,
}

/// Writes a dump of a 32-bit process with four server heaps. The first has the addresses and sizes
/// that were published, the others sum up to the published total; the objects are invented.
pub fn golden_eeheap<W: Write + Seek>(out: W) -> io::Result<(W, Golden)> {
    let process = Process::new(ProcessOptions {
        server: true,
        heaps: SIZES.len(),
        pinned_generation: false,
        heap_addresses: ADDRESSES.to_vec(),
        segment_header: HEADER,
        segment_capacity: 16,
        ..ProcessOptions::x86()
    });
    let mut heap = process.start(out)?;
    let mut text = format!("Number of GC Heaps: {}\n", SIZES.len());
    let mut printed = Vec::new();
    for (index, (total, large)) in SIZES.into_iter().enumerate() {
        let base = SMALL + index as u64 * SMALL_STEP;
        let start = base + HEADER;
        let end = start + total - large;
        let [start0, start1] = match index {
            0 => [PUBLISHED[0], PUBLISHED[1]],
            // Some part of the segment, at a multiple of the alignment.
            _ => [end - 0x0040_0000, end - 0x0048_0000].map(|address| address & !3),
        };
        assert!(index != 0 || end == PUBLISHED[2]);
        heap.segment(index as u32, SegmentKind::Ephemeral, base, SMALL_STEP)?;
        for (until, generation) in [(start1, Some(1)), (start0, Some(0)), (end, None)] {
            fill(&mut heap, until)?;
            if let Some(generation) = generation {
                heap.begin_generation(generation);
            }
        }
        let large_base = LARGE + index as u64 * LARGE_STEP;
        printed.push(HeapText {
            index,
            generations: [start0, start1, start],
            small: [base, start, end],
            large: [large_base, large_base + HEADER, large_base + HEADER + large],
        });
    }
    for (index, (_, large)) in SIZES.into_iter().enumerate() {
        let base = LARGE + index as u64 * LARGE_STEP;
        heap.segment(index as u32, SegmentKind::Large, base, LARGE_STEP)?;
        fill(&mut heap, base + HEADER + large)?;
    }
    for heap in &printed {
        heap.print(&mut text);
    }
    let total: u64 = SIZES.iter().map(|size| size.0).sum();
    let _ = writeln!(text, "------------------------------");
    let _ = writeln!(text, "GC Heap Size  {total:#x}({})", grouped(total));
    let (out, truth) = heap.finish(&Roots::default())?;
    Ok((out, Golden { truth, text }))
}

/// Fills a segment with arrays of bytes up to `end`.
fn fill<W: Write + Seek>(heap: &mut crate::clr::HeapWriter<W>, end: u64) -> io::Result<()> {
    while heap.next_address() < end {
        let left = end - heap.next_address();
        let size = if left < 2 * FILLER { left } else { FILLER };
        // Method table, length and header take twelve bytes.
        heap.object(Process::BYTES, size - 12, &[])?;
    }
    Ok(())
}

struct HeapText {
    index: usize,
    generations: [u64; 3],
    /// Segment, begin, allocated.
    small: [u64; 3],
    large: [u64; 3],
}

impl HeapText {
    fn print(&self, text: &mut String) {
        let _ = writeln!(text, "------------------------------");
        let _ = writeln!(text, "Heap {} ({:#010x})", self.index, ADDRESSES[self.index]);
        for (generation, start) in self.generations.iter().enumerate() {
            let _ = writeln!(text, "generation {generation} starts at {start:#010x}");
        }
        text.push_str("ephemeral segment allocation context: none\n");
        text.push_str("segment    begin       allocated     size\n");
        let [segment, begin, allocated] = self.small;
        let small = allocated - begin;
        let _ = writeln!(
            text,
            "{segment:#010x} {begin:#010x}  {allocated:#010x} {small:#x}({})",
            grouped(small)
        );
        let [segment, begin, allocated] = self.large;
        let large = allocated - begin;
        let _ = writeln!(text, "Large object heap starts at {begin:#010x}");
        text.push_str("segment    begin       allocated     size\n");
        let _ = writeln!(
            text,
            "{segment:#010x} {begin:#010x}  {allocated:#010x} {large:#010x}({})",
            grouped(large)
        );
        let all = small + large;
        let _ = writeln!(text, "Heap Size  {all:#x}({})", grouped(all));
    }
}

/// A number with commas between its thousands.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

//! Heaps of tens of millions of objects, streamed.

use std::io::{self, Seek, Write};

use crate::clr::{HandleKind, HeapWriter, Process, ProcessOptions, Roots, SegmentKind, Slot};
use crate::clr::{Truth, TypeIndex, TypeShape};
use crate::random::Random;

/// Types are drawn from a table of this many entries.
const TABLE: usize = 4096;
/// References go to one of the last objects, or to one of a sample of all.
const RECENT: usize = 1 << 16;
const SAMPLE: usize = 1 << 18;
/// Bytes of a region, and of a segment.
const REGION: u64 = 4 << 20;
const SEGMENT: u64 = 256 << 20;
/// Room that is left at the end of a segment; no object is larger.
const MARGIN: u64 = 16 << 10;

/// What the next object can be.
#[derive(Clone, Copy)]
enum Draw {
    Object { kind: TypeIndex, references: u32 },
    References { kind: TypeIndex },
    Structures { kind: TypeIndex, references: u32 },
    Numbers { kind: TypeIndex },
    Text,
}

/// Writes a dump with `objects` objects, and a few more, of some 500 types: a quarter strings, arrays of references, of
/// structures and of numbers, and classes of all sizes, about two references each, half of
/// them to objects nearby. Most are reachable from a handle. Memory use does not grow with the number
/// of objects.
pub fn large<W: Write + Seek>(
    options: ProcessOptions,
    objects: u64,
    seed: u64,
    out: W,
) -> io::Result<(W, Truth)> {
    let mut random = Random::new(seed);
    let mut process = Process::new(options);
    let table = draws(&mut process, &mut random);
    let options = process.options().clone();
    let mut heap = process.start(out)?;
    let mut place =
        Place { base: if options.wide { 0x1_0000_0000 } else { 0x1000_0000 }, count: 0 };
    let mut recent = vec![0u64; RECENT];
    let mut sample = vec![0u64; SAMPLE];
    let mut targets = Vec::new();
    let letters = b"the quick brown fox jumps over the lazy dog; pack my box with five dozen jugs";
    for number in 0..objects {
        if heap.left() < MARGIN {
            place.next(&mut heap, &options, false)?;
        }
        let draw = table[random.below(TABLE as u64) as usize];
        let (kind, length, references) = match draw {
            Draw::Object { kind, references } => (kind, 0, references),
            Draw::References { kind } => {
                let length = length(&mut random, 24);
                (kind, length, length as u32)
            }
            Draw::Structures { kind, references } => {
                let length = length(&mut random, 16);
                (kind, length, length as u32 * references)
            }
            Draw::Numbers { kind } => (kind, length(&mut random, 256), 0),
            Draw::Text => (Process::STRING, length(&mut random, 32), 0),
        };
        targets.clear();
        let (recently, sampled) = (number.clamp(1, RECENT as u64), number.clamp(1, SAMPLE as u64));
        for _ in 0..references {
            let bits = random.next();
            targets.push(match bits & 15 {
                0..=2 => 0,
                3..=10 => recent[((bits >> 32) % recently) as usize],
                _ => sample[((bits >> 32) % sampled) as usize],
            });
        }
        let address = match draw {
            Draw::Text => {
                let length = (length as usize).min(letters.len());
                let start = random.below((letters.len() - length) as u64 + 1) as usize;
                heap.latin(&letters[start..start + length])?
            }
            _ => heap.object(kind, length, &targets)?,
        };
        recent[number as usize % RECENT] = address;
        if number < SAMPLE as u64 {
            sample[number as usize] = address;
        } else if random.chance(1, 64) {
            sample[random.below(SAMPLE as u64) as usize] = address;
        }
    }
    // The youngest objects of each heap, and what its threads have set aside.
    for index in 0..options.heaps {
        place.next(&mut heap, &options, true)?;
        for generation in [1, 0] {
            heap.begin_generation(generation);
            heap.object(Process::OBJECT, 0, &[])?;
        }
        if index < options.threads.len() {
            heap.allocation_context(8 << 10)?;
        }
    }
    let mut roots = Roots::default();
    let held = sample.iter().copied().filter(|&address| address != 0).take(1000);
    roots.handles.extend(held.map(|address| (HandleKind::Strong, address, 0)));
    heap.finish(&roots)
}

/// Where the next segment goes.
struct Place {
    base: u64,
    count: u32,
}

impl Place {
    fn next<W: Write + Seek>(
        &mut self,
        heap: &mut HeapWriter<W>,
        options: &ProcessOptions,
        youngest: bool,
    ) -> io::Result<()> {
        let index = self.count % options.heaps as u32;
        self.count += 1;
        let kind = match (youngest, options.regions) {
            (false, _) => SegmentKind::Generation2,
            (true, true) => SegmentKind::Generation0,
            (true, false) => SegmentKind::Ephemeral,
        };
        let size = if options.regions { REGION } else { SEGMENT };
        heap.segment(index, kind, self.base, size)?;
        self.base += size;
        Ok(())
    }
}

/// A length below `limit`, short ones more often.
fn length(random: &mut Random, limit: u64) -> u64 {
    let bits = random.next();
    (bits & 0xffff_ffff) % limit * ((bits >> 32) % limit) / limit
}

fn draws(process: &mut Process, random: &mut Random) -> Vec<Draw> {
    let mut classes = Vec::new();
    for class in 0..335 {
        let slots: Vec<Slot> = (0..1 + length(random, 18))
            .map(|_| if random.chance(3, 5) { Slot::Reference } else { Slot::Number })
            .collect();
        let namespace = format!("Contoso.Area{}", class % 17);
        let name = format!("Entity{class}");
        classes.push((process.add(TypeShape::class(&namespace, &name, &slots)), slots));
    }
    let references =
        |slots: &[Slot]| slots.iter().filter(|slot| **slot == Slot::Reference).count() as u32;
    let mut objects: Vec<Draw> = classes
        .iter()
        .map(|(kind, slots)| Draw::Object { kind: *kind, references: references(slots) })
        .collect();
    for (kind, _) in classes.iter().take(60) {
        let list = process.add(TypeShape::Class {
            namespace: "Contoso.Collections".to_owned(),
            name: "List`1".to_owned(),
            enclosing: None,
            arguments: vec![*kind],
            slots: vec![Slot::Reference, Slot::Number],
            finalizer: false,
        });
        objects.push(Draw::Object { kind: list, references: 1 });
    }
    let mut arrays = Vec::new();
    for (kind, _) in classes.iter().take(80) {
        let kind = process.add(TypeShape::References { element: *kind, rank: 0 });
        arrays.push(Draw::References { kind });
    }
    for (kind, slots) in classes.iter().skip(80).take(15) {
        let array = TypeShape::Structures { element: *kind, slots: slots.clone() };
        arrays.push(Draw::Structures { kind: process.add(array), references: references(slots) });
    }
    let mut numbers = vec![Draw::Numbers { kind: Process::BYTES }];
    for (name, bytes) in [("Char", 2), ("Int32", 4), ("Int64", 8), ("Double", 8)] {
        let element = process.add(TypeShape::class("System", name, &[]));
        let kind = process.add(TypeShape::Numbers { element, bytes });
        numbers.push(Draw::Numbers { kind });
    }
    // Each type is there, and few classes have most of the objects.
    let mut table: Vec<Draw> = [&objects[..], &arrays, &numbers].concat();
    table.resize_with(TABLE, || match random.below(100) {
        0..28 => Draw::Text,
        28..32 => numbers[random.below(numbers.len() as u64) as usize],
        32..38 => arrays[random.below(arrays.len() as u64) as usize],
        _ => objects[length(random, objects.len() as u64) as usize],
    });
    table
}

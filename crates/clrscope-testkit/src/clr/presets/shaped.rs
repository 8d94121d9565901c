//! Small heaps of every shape: all objects are known, references go anywhere.

use std::io::Cursor;

use crate::clr::{HandleKind, Process, ProcessOptions, Roots, SegmentKind, Slot, Truth};
use crate::clr::{TypeIndex, TypeShape};
use crate::random::Random;

/// How a small heap is made. The same shape gives the same heap.
#[derive(Debug, Clone)]
pub struct Shape {
    /// How the process is made.
    pub options: ProcessOptions,
    /// What all that is left open depends on.
    pub seed: u64,
    /// Classes beside the other types.
    pub classes: usize,
    /// The most objects of a segment.
    pub objects: usize,
}

/// Something in a segment.
enum Item {
    Object(TypeIndex, u64),
    Context(u64),
    Generation(usize),
}

struct Plan {
    heap: u32,
    kind: SegmentKind,
    base: u64,
    items: Vec<Item>,
}

const RESERVED: u64 = 0x40_0000;

/// A dump of a small heap, and what is in it: every object is kept.
///
/// # Panics
/// Never: memory takes all that is written to it.
pub fn shaped(shape: &Shape) -> (Vec<u8>, Truth) {
    let mut random = Random::new(shape.seed);
    let mut process = Process::new(shape.options.clone());
    let types = types(&mut process, shape, &mut random);
    let plans = plan(shape, &types, &mut random);
    let addresses = addresses(&process, &plans);
    let pick = |random: &mut Random| match addresses.len() as u64 {
        0 => 0,
        count if random.chance(3, 4) => addresses[random.below(count) as usize],
        _ => 0,
    };

    let mut written = || -> std::io::Result<_> {
        let counts: Vec<u64> = types.iter().map(|kind| references(&process, *kind)).collect();
        let mut heap = process.clone().start(Cursor::new(Vec::new()))?;
        heap.keep_all();
        for plan in &plans {
            heap.segment(plan.heap, plan.kind, plan.base, RESERVED)?;
            for item in &plan.items {
                match *item {
                    Item::Object(kind, length) => {
                        let place = types.iter().position(|known| *known == kind);
                        let each = place.map_or(0, |place| counts[place]);
                        let count = if is_array(&process, kind) { each * length } else { each };
                        let targets: Vec<u64> = (0..count).map(|_| pick(&mut random)).collect();
                        heap.object(kind, length, &targets)?;
                    }
                    Item::Context(bytes) => heap.allocation_context(bytes)?,
                    Item::Generation(generation) => heap.begin_generation(generation),
                }
            }
        }
        let mut roots = Roots::default();
        for _ in 0..random.below(100) {
            use HandleKind::{Dependent, Pinned, Strong, WeakLong, WeakShort};
            let kind = [WeakShort, WeakLong, Strong, Pinned, Dependent][random.below(5) as usize];
            let (object, second) = (pick(&mut random), pick(&mut random));
            if object != 0 {
                let second = if kind == Dependent { second } else { 0 };
                roots.handles.push((kind, object, second));
            }
        }
        for _ in 0..random.below(4) {
            roots.registered.extend(Some(pick(&mut random)).filter(|&object| object != 0));
            roots.ready.extend(Some(pick(&mut random)).filter(|&object| object != 0));
        }
        heap.finish(&roots)
    };
    let (dump, truth) = written().unwrap_or_else(|error| panic!("{error}"));
    (dump.into_inner(), truth)
}

fn types(process: &mut Process, shape: &Shape, random: &mut Random) -> Vec<TypeIndex> {
    let mut types =
        vec![Process::OBJECT, Process::STRING, Process::FREE, Process::BYTES, Process::OBJECTS];
    for class in 0..shape.classes {
        let slots: Vec<Slot> = (0..1 + random.below(9))
            .map(|_| if random.chance(1, 2) { Slot::Reference } else { Slot::Number })
            .collect();
        let namespace = format!("Shapes.N{}", class % 3);
        let name = format!("Class{class}");
        let plain = match TypeShape::class(&namespace, &name, &slots) {
            TypeShape::Class { namespace, name, enclosing, arguments, slots, .. } => {
                let finalizer = random.chance(1, 8);
                TypeShape::Class { namespace, name, enclosing, arguments, slots, finalizer }
            }
            other => other,
        };
        let plain = process.add(plain);
        types.push(plain);
        let nested = |name: String, arguments: Vec<TypeIndex>, outer| TypeShape::Class {
            namespace: if arguments.is_empty() { String::new() } else { namespace.clone() },
            name,
            enclosing: outer,
            arguments,
            slots: slots.clone(),
            finalizer: false,
        };
        match class % 5 {
            0 => types.push(process.add(TypeShape::References { element: plain, rank: 0 })),
            1 => types.push(process.add(TypeShape::References { element: plain, rank: 2 })),
            2 => types
                .push(process.add(TypeShape::Structures { element: plain, slots: slots.clone() })),
            3 => types.push(process.add(nested(format!("Inner{class}"), Vec::new(), Some(plain)))),
            _ => types.push(process.add(nested(
                format!("Of{class}`2"),
                vec![plain, Process::STRING],
                None,
            ))),
        }
    }
    types
}

/// References of an instance, or of an element of an array.
fn references(process: &Process, kind: TypeIndex) -> u64 {
    match &process.types[kind.0].shape {
        TypeShape::Class { slots, .. } | TypeShape::Structures { slots, .. } => {
            slots.iter().filter(|slot| **slot == Slot::Reference).count() as u64
        }
        TypeShape::References { .. } => 1,
        _ => 0,
    }
}

fn is_array(process: &Process, kind: TypeIndex) -> bool {
    process.types[kind.0].component != 0
}

fn plan(shape: &Shape, types: &[TypeIndex], random: &mut Random) -> Vec<Plan> {
    use SegmentKind::{Ephemeral, Frozen, Generation0, Generation1, Generation2, Large, Pinned};
    let mut base = if shape.options.wide { 0x1_0000_0000 } else { 0x1000_0000 };
    let mut contexts = shape.options.threads.len();
    let mut plans = Vec::new();
    for heap in 0..shape.options.heaps as u32 {
        let mut kinds = if shape.options.regions {
            vec![Frozen, Generation2, Generation1, Generation0, Generation0, Large]
        } else {
            vec![Generation2, Ephemeral, Large]
        };
        if shape.options.pinned_generation {
            kinds.push(Pinned);
        }
        for kind in kinds {
            let count = random.below(shape.objects as u64 + 1) as usize;
            let mut items: Vec<Item> = (0..count)
                .map(|_| {
                    let kind = types[random.below(types.len() as u64) as usize];
                    Item::Object(kind, random.below(9))
                })
                .collect();
            if kind == Ephemeral {
                let first = random.below(items.len() as u64 + 1) as usize;
                items.insert(first, Item::Generation(1));
                let second = first + 1 + random.below((items.len() - first) as u64) as usize;
                items.insert(second, Item::Generation(0));
            }
            // What is set aside lies before the last object, or at the end.
            if matches!(kind, Ephemeral | Generation0) && 0 < contexts && 1 < items.len() {
                contexts -= 1;
                let last = items.len() - usize::from(random.chance(1, 2));
                if !matches!(items.get(last), Some(Item::Generation(_))) {
                    items.insert(last, Item::Context(8 * (1 + random.below(64))));
                }
            }
            plans.push(Plan { heap, kind, base, items });
            base += RESERVED;
        }
    }
    plans
}

/// Addresses of all objects but free ones, as the writer will place them.
fn addresses(process: &Process, plans: &[Plan]) -> Vec<u64> {
    let options = process.options();
    let pointer = options.pointer() as u64;
    let mut addresses = Vec::new();
    for plan in plans {
        let large = matches!(plan.kind, SegmentKind::Large | SegmentKind::Pinned);
        let alignment = if large { 8 } else { pointer };
        let header = if options.regions { 5 * pointer } else { options.segment_header };
        let mut address = plan.base + header;
        for item in &plan.items {
            match *item {
                Item::Object(kind, length) => {
                    if kind != Process::FREE {
                        addresses.push(address);
                    }
                    let size = process.size(kind, length).max(3 * pointer);
                    address += size.next_multiple_of(alignment);
                }
                Item::Context(bytes) => {
                    address = (address + bytes.next_multiple_of(8)) + 3 * pointer;
                }
                Item::Generation(_) => {}
            }
        }
    }
    addresses
}

//! Every field of every object of real dumps, through the API of values: seconds, and allocations. What a
//! type is like is read when its first object comes; afterwards reading fields allocates nothing, and only the
//! walk from object to object does, a few times in all. Then every object is asked whether it is a collection
//! or of another kind that is known.
//!
//! `cargo bench -p clrscope-benches --bench fields`; dumps of the wider corpus are skipped by name when
//! absent.

use std::time::Instant;

use clrscope::clr::{ElementType, HeapObjects, LayoutMode, Types, Value, find_runtimes};
use clrscope::memory::Control;
use clrscope::minidump::Minidump;
use clrscope_testkit::corpus;

/// A dump of the project and the largest of the wider corpus.
const DUMPS: [&str; 2] = ["net8-x64-case005", "net8-x64-case001"];
/// Elements of a collection that are looked at.
const ELEMENTS: usize = 16;
/// Structs in structs.
const MAX_DEPTH: usize = 8;

/// What was read.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sums {
    objects: u64,
    fields: u64,
    references: u64,
    sum: u64,
}

impl Sums {
    fn add(&mut self, value: &Value<'_, '_>, depth: usize) {
        self.fields += 1;
        let number = match value.element_type() {
            ElementType::Struct => {
                let Some(ty) = value.structure().filter(|_| depth < MAX_DEPTH) else { return };
                for inner in ty.fields().iter().filter_map(|field| value.value_of(field)) {
                    self.add(&inner, depth + 1);
                }
                return;
            }
            ElementType::Boolean => value.as_bool().map(u64::from),
            ElementType::Float | ElementType::Double => value.as_f64().map(f64::to_bits),
            element if element.is_reference() => {
                self.references += 1;
                value.reference().map(|target| target.0)
            }
            _ => value.as_integer().map(|number| number as u64),
        };
        self.sum = self.sum.wrapping_mul(31).wrapping_add(number.unwrap_or(0));
    }
}

fn read_all(objects: &HeapObjects<'_>, types: &Types<'_>) -> Sums {
    let mut sums = Sums::default();
    for found in objects.iter() {
        let Ok(object) = types.object(found.address) else { continue };
        sums.objects += 1;
        for (_, value) in object.fields() {
            sums.add(&value, 0);
        }
    }
    sums
}

/// How many objects are collections, and how many something else that is known.
fn see_all(objects: &HeapObjects<'_>, types: &Types<'_>) -> (u64, u64) {
    let (mut collections, mut views) = (0, 0);
    for found in objects.iter() {
        let Ok(object) = types.object(found.address) else { continue };
        collections += u64::from(object.as_collection(ELEMENTS).is_some());
        views += u64::from(object.as_view(ELEMENTS).is_some());
    }
    (collections, views)
}

fn main() {
    for name in DUMPS {
        let Some(dump) = corpus::dump(name) else { continue };
        let bytes = dump.bytes();
        let minidump = Minidump::parse(&bytes).unwrap_or_else(|error| panic!("{error}"));
        let snapshot = minidump.snapshot().value;
        let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
        let runtime = runtimes.first().unwrap_or_else(|error| panic!("{error}"));
        let heap = runtime.heap().unwrap_or_else(|error| panic!("{error}"));
        let objects = heap.objects(&Control::new()).unwrap_or_else(|error| panic!("{error}"));
        let types = runtime.types().unwrap_or_else(|error| panic!("{error}"));
        println!("{name}:");
        for pass in ["first", "second"] {
            let begin = Instant::now();
            let mut sums = Sums::default();
            let counted = allocation_counter::measure(|| sums = read_all(&objects, types));
            println!(
                "  {pass} pass: {} objects, {} fields of which {} references, {:.3} s, {} allocations",
                sums.objects,
                sums.fields,
                sums.references,
                begin.elapsed().as_secs_f64(),
                counted.count_total
            );
        }
        let begin = Instant::now();
        let (collections, views) = see_all(&objects, types);
        println!(
            "  seen as what they are: {collections} collections, {views} others, {:.3} s",
            begin.elapsed().as_secs_f64()
        );
    }
}

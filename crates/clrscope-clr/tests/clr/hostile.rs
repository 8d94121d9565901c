//! Structures that are damaged so that reading them takes no end, or more memory than there is: what is read
//! is bounded by what is captured.

use clrscope_clr::{GraphOptions, Layout, Runtime, SegmentKind};
use clrscope_memory::{Control, VirtAddr};
use clrscope_minidump::Minidump;
use clrscope_testkit::clr::{ProcessOptions, Shape, shaped};
use clrscope_testkit::corpus;

use crate::support::find_runtime;

/// A dump whose memory is overwritten.
struct Damaged {
    bytes: Vec<u8>,
}

impl Damaged {
    fn real(name: &str) -> Damaged {
        Damaged { bytes: corpus::dump(name).expect("it is in testdata").bytes() }
    }

    fn read<T>(&self, read: impl FnOnce(&Runtime<'_>) -> T) -> T {
        read(&find_runtime(&self.bytes).expect("a runtime"))
    }

    fn write(&mut self, address: VirtAddr, value: u64) {
        let snapshot = Minidump::parse(&self.bytes).expect("a minidump").snapshot().value;
        let place = snapshot.space.file_offset(address).expect("it is captured").0 as usize;
        self.bytes[place..place + 8].copy_from_slice(&value.to_le_bytes());
    }
}

fn offset(layout: &Layout, structure: &str, field: &str) -> u64 {
    layout.offset(structure, field).expect("it is known")
}

#[test]
fn waiters_whose_links_make_a_ring_are_read_once() {
    let mut dump = Damaged::real("net8-x64-case005");
    // The list of a sync block, and the far end of a stack, where there is room for two links.
    let (list, room) = dump.read(|runtime| {
        let blocks = runtime.sync_blocks().expect("a layout").value.blocks;
        let link = offset(runtime.layout(), "SyncBlock", "Link");
        let block = blocks.first().expect("a sync block").address;
        let thread = runtime.snapshot().threads.first().expect("a thread");
        (block.wrapping_add(link), thread.stack_start.wrapping_add(thread.stack_bytes - 0x400))
    });
    let other = room.wrapping_add(0x100);
    dump.write(list, room.0);
    dump.write(room, other.0);
    dump.write(other, room.0);
    let blocks = dump.read(|runtime| runtime.sync_blocks().expect("a layout").value.blocks);
    assert!(!blocks.is_empty());
}

#[test]
fn an_array_and_a_segment_of_terabytes_are_read_where_they_are_captured() {
    let shape = Shape { options: ProcessOptions::x64(), seed: 11, classes: 6, objects: 400 };
    let (bytes, _) = shaped(&shape);
    let mut dump = Damaged { bytes };
    let (record, start, fields, array) = dump.read(|runtime| {
        let heap = runtime.heap().expect("a heap");
        let objects = heap.objects(&Control::new()).expect("nothing interrupts");
        let types = runtime.types().expect("a layout");
        let is_references = |address| {
            let object = types.object(address).ok();
            let array = object.as_ref().and_then(|object| object.as_array());
            array.is_some_and(|array| array.element_type().is_reference())
        };
        // A region that the runtime's own variables say nothing of.
        let segments = heap.segments().iter().enumerate();
        let mut old = segments.filter(|(_, s)| s.kind != SegmentKind::Generation0);
        let found = old.find_map(|(index, segment)| {
            let mut objects = objects.iter_segment(index).map(|object| object.address);
            Some((segment, objects.find(|&address| is_references(address))?))
        });
        let (segment, array) = found.expect("an array of references");
        let layout = runtime.layout();
        let fields = ["Allocated", "Committed", "Reserved"];
        let fields = fields.map(|field| offset(layout, "HeapSegment", field));
        (segment.address, segment.objects.start, fields, array)
    });
    for field in fields {
        dump.write(record.wrapping_add(field), start.0 + (1 << 46));
    }
    dump.write(array.wrapping_add(8), u32::MAX.into());
    dump.read(|runtime| {
        let heap = runtime.heap().expect("a heap");
        let objects = heap.objects(&Control::new()).expect("nothing interrupts");
        let largest = objects.iter().map(|object| object.size).max();
        assert!(largest >= Some(8 * u64::from(u32::MAX)), "{largest:?}");
        objects.verify(&Control::new()).expect("nothing interrupts");
        let graph = objects.graph(&GraphOptions::default(), &Control::new());
        graph.expect("nothing interrupts");
    });
}

#[test]
fn buckets_of_thousands_of_millions_are_read_where_they_are_captured() {
    let mut dump = Damaged::real("net10-x64-wks-all");
    let (dictionary, buckets) = dump.read(|runtime| {
        let heap = runtime.heap().expect("a heap");
        let objects = heap.objects(&Control::new()).expect("nothing interrupts");
        let types = runtime.types().expect("a layout");
        let name = "System.Collections.Concurrent.ConcurrentDictionary`2";
        let is_dictionary =
            |object: &_| types.get(*object).is_some_and(|ty| ty.type_name().is(name));
        let found = objects.iter().find(|object| {
            objects.types().get(object.ty).is_some_and(|info| is_dictionary(&info.address))
        });
        let dictionary = found.expect("a dictionary").address;
        let tables = types.object(dictionary).expect("it is one").field("_tables");
        let tables = tables.and_then(|tables| tables.as_object()).expect("it has them");
        let buckets = tables.field("_buckets").and_then(|buckets| buckets.as_object());
        (dictionary, buckets.expect("it has them").address())
    });
    let elements = |dump: &Damaged| {
        dump.read(|runtime| {
            let types = runtime.types().expect("a layout");
            let object = types.object(dictionary).expect("it is one");
            object.as_collection(usize::MAX).expect("it is one").elements.len()
        })
    };
    let before = elements(&dump);
    assert!(before > 0);
    // The length of the array, and nothing behind it.
    dump.write(buckets.wrapping_add(8), u32::MAX.into());
    assert!(elements(&dump) >= before);
}

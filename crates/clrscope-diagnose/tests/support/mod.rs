//! A real process in which words of the runtime's structures were overwritten, and everything that reads such
//! structures.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use clrscope_analyze::{
    Facts, References, Session, StaticValue, for_each_static, native_heaps, thread_list,
    thread_stacks, waiting,
};
use clrscope_clr::code::{CodeMap, MethodNamer};
use clrscope_clr::{
    LayoutMode, LoaderHeaps, NameStyle, ObjectRef, Runtime, TextLimits, find_runtimes,
    thread_addresses,
};
use clrscope_diagnose::diagnose;
use clrscope_memory::{Control, Issues, Snapshot};
use clrscope_minidump::Minidump;

const CONTROL: Control<'static> = Control::new();
/// Objects whose values are read, at equal distances.
const OBJECTS: usize = 200;

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

    /// Overwrites what `edits` say, eight bytes each: where, how, with what. Then reads the process in one of
    /// eight ways, and puts back what was there.
    pub(crate) fn read_overwritten(&mut self, what: u8, edits: &[u8]) {
        let Process { dump, places } = self;
        let mut before = Vec::new();
        for edit in edits.chunks_exact(8).take(32) {
            let [place, a, b, c, kind, value @ ..] = edit else { continue };
            let place = usize::from(*place) | usize::from(*kind & 0xf0) << 4;
            let place = &places[place % places.len()];
            let at = usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16;
            let at = place.start + ((at % (place.len() - 7)) & !3);
            let value: [u8; 3] = value.try_into().unwrap_or_default();
            let word = i32::from_le_bytes([value[0], value[1], value[2], 0]) << 8 >> 8;
            let bytes = &mut dump[at..at + 8];
            let old: [u8; 8] = (&*bytes).try_into().unwrap_or_default();
            before.push((at, old));
            let old = u64::from_le_bytes(old);
            let new = match kind & 3 {
                0 => word as u64,
                1 => old.wrapping_add(word as u64),
                2 => old ^ u64::from(word as u32),
                _ => (old & !0xffff_ffff) | u64::from(word as u32),
            };
            bytes.copy_from_slice(&new.to_le_bytes());
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| read(dump, what)));
        // What was written last is put back first, also before the next try of what failed.
        for (at, old) in before.into_iter().rev() {
            dump[at..at + 8].copy_from_slice(&old);
        }
        if let Err(panic) = outcome {
            resume_unwind(panic);
        }
    }
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
    let native = native_heaps(&snapshot, &mut Issues::new(), &CONTROL).expect("no limit");
    ranges.extend(native.iter().map(|heap| (heap.address, 0x10000)));
    let threads = thread_addresses(runtime).expect("a layout").value;
    ranges.extend(threads.iter().map(|&thread| (thread, 0x800)));
    ranges
        .into_iter()
        .flat_map(|(start, bytes)| snapshot.space.iter_within(start, start.wrapping_add(bytes)))
        .map(|(_, bytes)| {
            let start = bytes.as_ptr() as usize - dump.as_ptr() as usize;
            start..start + bytes.len()
        })
        .filter(|range| range.len() >= 8)
        .collect()
}

fn read(dump: &[u8], what: u8) {
    let Ok(minidump) = Minidump::parse(dump) else { return };
    let snapshot = minidump.snapshot();
    let found = find_runtimes(&snapshot.value, LayoutMode::Auto);
    let runtime = found.first().map_err(|error| error.to_string());
    if let Ok(runtime) = runtime {
        match what % 8 {
            0 => read_threads(runtime),
            1 => read_loader(runtime),
            2 => read_statics(runtime),
            3 => read_objects(runtime),
            4 => read_native(&snapshot.value),
            _ => {}
        }
    }
    if what % 8 > 4 {
        let session = found.first().map(|runtime| Session::new(runtime.clone()));
        let session = session.map_err(|error| error.to_string());
        let session = session.as_ref().map_err(Clone::clone);
        let facts = Facts::new(minidump, &snapshot.value, snapshot.issues, session);
        diagnose(&facts, &CONTROL);
    }
}

fn read_threads(runtime: &Runtime<'_>) {
    let mut issues = Issues::new();
    let heap = runtime.heap().ok();
    waiting(runtime, heap.as_ref(), NameStyle::CSharp, &mut issues);
    let objects = heap.and_then(|heap| heap.objects(&CONTROL).ok());
    if let Some(objects) = objects {
        let threads = thread_list(runtime, Some(objects.heap()), NameStyle::Sos, &mut issues);
        let all = References::All(&objects);
        thread_stacks(runtime, threads, all, NameStyle::Sos, &mut issues);
    }
}

fn read_loader(runtime: &Runtime<'_>) {
    let loader = LoaderHeaps::read(runtime).value;
    loader.shares(runtime);
    let Ok(heap) = runtime.heap() else { return };
    heap.gc_memory();
    heap.handles();
    heap.finalizer_queues();
    let (Ok(code), Ok(namer)) = (CodeMap::new(runtime), MethodNamer::new(runtime)) else { return };
    for method in code.jitted().into_iter().take(500) {
        if let Some(found) = code.method_at(method.start) {
            namer.of_code(&found).map(|name| name.to_string_in(NameStyle::CSharp));
        }
    }
}

fn read_statics(runtime: &Runtime<'_>) {
    let limits = TextLimits::default();
    let mut left = 2_000u32;
    let wants = |_: &str| {
        left = left.saturating_sub(1);
        left > 0
    };
    let visit = |field: StaticValue<'_, '_, '_>| {
        if let Some(value) = field.value {
            value.text(limits);
            if let Some(object) = value.as_object() {
                read_object(&object);
            }
        }
    };
    let _ = for_each_static(runtime, wants, visit, &mut Issues::new(), &CONTROL);
}

fn read_objects(runtime: &Runtime<'_>) {
    let Ok(heap) = runtime.heap() else { return };
    let (Ok(objects), Ok(types)) = (heap.objects(&CONTROL), runtime.types()) else { return };
    let step = (objects.total().count as usize / OBJECTS).max(1);
    for object in objects.iter().step_by(step).take(OBJECTS) {
        if let Ok(object) = types.object(object.address) {
            read_object(&object);
        }
    }
}

/// Everything that an object can be taken for.
fn read_object(object: &ObjectRef<'_, '_>) {
    let limits = TextLimits::default();
    object.fields().take(100).for_each(|(_, value)| drop(value.text(limits)));
    if let Some(array) = object.as_array() {
        array.iter().take(20).for_each(|value| drop(value.text(limits)));
    }
    if let Some(collection) = object.as_collection(50) {
        drop(collection);
    }
    if let Some(exception) = object.as_exception() {
        for exception in exception.chain() {
            exception.stack();
            exception.inner_exceptions();
        }
    }
    if let Some(task) = object.as_task() {
        task.exceptions();
        task.continuations(50);
        task.state_machine();
    }
    if let Some(delegate) = object.as_delegate() {
        delegate.parts(50);
    }
}

fn read_native(snapshot: &Snapshot<'_>) {
    let _ = native_heaps(snapshot, &mut Issues::new(), &CONTROL);
}

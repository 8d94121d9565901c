//! A real process in which words of the runtime's structures were overwritten, and everything that reads such
//! structures.

mod overwrite;

pub(crate) use overwrite::Process;

use clrscope_analyze::{
    AsyncObjects, AsyncReader, AsyncSelection, Crossing, ExceptionReader, Facts, Profile,
    References, RetainedBy, Selection, Selector, Session, StackOptions, StaticValue, TypeLabels,
    Wanted, address_map, address_summary, cross_references, for_each_static, http_requests,
    retained_by, rooted, thin_locks, thread_list, thread_stacks, timers, waiting, work_items,
};
use clrscope_clr::code::{CodeMap, MethodFinder, MethodNamer};
use clrscope_clr::{
    GraphOptions, LayoutMode, LoaderHeaps, NameStyle, ObjectRef, Runtime, TextLimits, find_runtimes,
};
use clrscope_diagnose::diagnose;
use clrscope_graph::ObjectId;
use clrscope_memory::{Control, Issues, Snapshot};
use clrscope_minidump::Minidump;

const CONTROL: Control<'static> = Control::new();
/// Objects whose values are read, at equal distances.
const OBJECTS: usize = 200;

/// Ways to read a process.
pub(crate) const WAYS: u8 = 12;

/// Reads a process in one of them.
pub(crate) fn read(dump: &[u8], what: u8) {
    let Ok(minidump) = Minidump::parse(dump) else { return };
    let snapshot = minidump.snapshot();
    let found = find_runtimes(&snapshot.value, LayoutMode::Auto);
    let runtime = found.first().map_err(|error| error.to_string());
    if let Ok(runtime) = runtime {
        match what % WAYS {
            0 => read_threads(runtime),
            1 => read_loader(runtime),
            2 => read_statics(runtime),
            3 => read_objects(runtime),
            4 => read_memory(&snapshot.value, runtime),
            5 => read_tasks(runtime),
            6 => read_graph(runtime),
            _ => {}
        }
    }
    if what % WAYS > 6 {
        let session = found.first().map(|runtime| Session::new(runtime.clone()));
        let session = session.map_err(|error| error.to_string());
        let session = session.as_ref().map_err(Clone::clone);
        let facts = Facts::new(minidump, &snapshot.value, snapshot.issues, session);
        if what % WAYS > 7 {
            diagnose(&facts, &CONTROL);
        } else {
            let _ = Profile::of(&facts, &CONTROL);
        }
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
        thread_stacks(runtime, threads, &StackOptions::new(all, NameStyle::Sos), &mut issues);
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

fn read_memory(snapshot: &Snapshot<'_>, runtime: &Runtime<'_>) {
    let heap = runtime.heap().ok();
    let objects = heap.and_then(|heap| heap.objects(&CONTROL).ok());
    let map = address_map(snapshot, objects.as_ref(), &mut Issues::new(), &CONTROL);
    address_summary(&map.expect("nothing interrupts"));
}

/// What is asynchronous: tasks, timers, what is queued.
fn read_tasks(runtime: &Runtime<'_>) {
    let methods = MethodFinder::new(runtime).ok();
    let (Ok(heap), Ok(types)) = (runtime.heap(), runtime.types()) else { return };
    timers(types, methods.as_ref(), NameStyle::CSharp);
    work_items(types, methods.as_ref(), NameStyle::CSharp);
    let Ok(objects) = heap.objects(&CONTROL) else { return };
    let _ = http_requests(&objects, types, &CONTROL);
    let Ok(found) = AsyncObjects::new(&objects, types, true, &CONTROL) else { return };
    let reader = AsyncReader::new(&found, types, NameStyle::CSharp);
    let selection = AsyncSelection { tasks: true, ..AsyncSelection::default() };
    for mut stack in reader.stacks(&selection).into_iter().take(50) {
        reader.describe(&mut stack, methods.as_ref(), true);
    }
}

/// What needs the graph, and what goes over all references or exceptions.
fn read_graph(runtime: &Runtime<'_>) {
    let objects = runtime.heap().ok().and_then(|heap| heap.objects(&CONTROL).ok());
    let Some(objects) = objects else { return };
    let mut issues = Issues::new();
    let Ok(labels) = TypeLabels::new(&objects, NameStyle::CSharp, &mut issues) else { return };
    let selection = Selection::default();
    let selector = Selector::new(&objects, &labels, &selection);
    let _ = thin_locks(&objects, &selector, &CONTROL);
    let _ = cross_references(&objects, Crossing::OldToYoung, &CONTROL);
    if let Ok(exceptions) = ExceptionReader::new(runtime, NameStyle::CSharp) {
        let threads = thread_list(runtime, Some(objects.heap()), NameStyle::CSharp, &mut issues);
        let _ = exceptions.groups(&objects, &selector, &threads, &CONTROL);
    }
    let Ok(graph) = objects.graph(&GraphOptions::default(), &CONTROL) else { return };
    let last = ObjectId(graph.graph().nodes().saturating_sub(1));
    let _ = rooted(&graph, last, Wanted::Unique, 10, &CONTROL);
    let _ = retained_by(&graph, &labels, RetainedBy::Module, 1, &CONTROL);
}

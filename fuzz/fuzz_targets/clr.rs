//! A synthetic process of which some bytes were overwritten: its runtimes, heap, objects, references, names,
//! handles, finalizer queues, threads and graph.
//!
//! The input says which of a few processes it is, and then, seven bytes each, what is written where. What
//! begins like a minidump is read as one.

#![no_main]

use std::sync::LazyLock;

use clrscope_clr::{GraphOptions, LayoutMode, NameStyle, Runtime, find_runtimes, thread_addresses};
use clrscope_memory::Control;
use clrscope_minidump::Minidump;
use clrscope_testkit::clr::{ProcessOptions, RuntimeKind, Shape, shaped};
use libfuzzer_sys::fuzz_target;

/// The processes, each with where its memory that is no object begins in the file.
static PROCESSES: LazyLock<Vec<(Vec<u8>, usize)>> = LazyLock::new(|| {
    let x64 = ProcessOptions::x64;
    let server = ProcessOptions { server: true, heaps: 2, ..x64() };
    let single_file = ProcessOptions { runtime: RuntimeKind::SingleFile, ..x64() };
    let standalone_gc = ProcessOptions { standalone_gc: true, regions: false, ..x64() };
    [x64(), ProcessOptions::x86(), ProcessOptions::core31(), server, single_file, standalone_gc]
        .into_iter()
        .map(|options| {
            let (dump, truth) = shaped(&Shape { options, seed: 11, classes: 6, objects: 24 });
            let objects: u64 = truth.segments.iter().map(|s| s.committed_end - s.start).sum();
            (dump, objects as usize)
        })
        .collect()
});

fuzz_target!(|data: &[u8]| {
    if data.starts_with(b"MDMP") {
        read(data);
        return;
    }
    let Some((choice, edits)) = data.split_first() else { return };
    let (dump, structures) = &PROCESSES[usize::from(*choice) % PROCESSES.len()];
    let mut dump = dump.clone();
    for edit in edits.chunks_exact(7).take(64) {
        // Three bytes for the place, and one for whether it is anywhere or in the runtime's structures.
        let [a, b, c, kind, value @ ..] = edit else { continue };
        let at = usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16;
        let at = if kind & 1 == 0 { at } else { at + structures };
        let last = dump.len() - 8;
        let at = (at % last) & !3;
        let value: [u8; 3] = value.try_into().unwrap_or_default();
        let word = i32::from_le_bytes([value[0], value[1], value[2], 0]) << 8 >> 8;
        let place = &mut dump[at..at + 8];
        let old = u64::from_le_bytes(place.try_into().unwrap_or_default());
        let new = match kind >> 1 & 3 {
            0 => word as u64,
            1 => old.wrapping_add(word as u64),
            2 => old ^ (word as u32 as u64),
            _ => (old & !0xffff_ffff) | u64::from(word as u32),
        };
        place.copy_from_slice(&new.to_le_bytes());
    }
    read(&dump);
});

fn read(dump: &[u8]) {
    let Ok(minidump) = Minidump::parse(dump) else { return };
    let snapshot = minidump.snapshot().value;
    let found = find_runtimes(&snapshot, LayoutMode::Auto);
    let _ = found.first().map_err(|error| error.to_string());
    for runtime in found.runtimes.iter().take(4) {
        read_runtime(runtime, dump.len() as u64);
    }
}

fn read_runtime(runtime: &Runtime<'_>, bytes: u64) {
    let _ = thread_addresses(runtime);
    runtime.modules();
    let Ok(heap) = runtime.heap() else { return };
    heap.handles();
    for queue in heap.finalizer_queues().value {
        queue.ready_objects(heap.space()).take(10_000).count();
        queue.registered_objects(heap.space()).take(10_000).count();
    }
    let control = Control::new();
    let Ok(objects) = heap.objects(&control) else { return };
    // Objects lie in the capture, and no two share a word.
    assert!(objects.total().count <= bytes / 4);
    let damaged: u64 = objects.damage().iter().map(|damage| damage.range.len()).sum();
    let room: u64 = heap.segments().iter().map(|segment| segment.objects.len()).sum();
    assert!(damaged <= room);
    if let Ok(types) = runtime.types() {
        for (_, info) in objects.types().iter().take(500) {
            types.name(info.address).to_string_in(NameStyle::CSharp);
            if let Some(ty) = types.get(info.address) {
                ty.fields().into_iter().take(100).count();
            }
        }
    }
    let Ok(_) = objects.verify(&control) else { return };
    let Ok(graph) = objects.graph(&GraphOptions::default(), &control) else { return };
    let Ok(search) = graph.search(&control) else { return };
    assert!(search.stop().is_none());
    let Ok(_) = graph.dominators(&control) else { return };
}

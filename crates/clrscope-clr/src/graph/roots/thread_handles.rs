//! Handles that belong to a thread: of the exceptions that it threw, and of the object that stands for
//! it.
//!
//! A `Thread` holds the handle of the exception thrown last and, while a handler runs, that of the
//! exception in flight: itself on x86, elsewhere in a record that it points to (`ExInfo`,
//! `ExceptionTracker`: `src/coreclr/vm/exinfo.h`, `exceptionhandling.h` of dotnet/runtime). Where in those
//! the handles stand differs from build to build; the handle of an exception is known by its address,
//! which nothing else has.

use clrscope_memory::{AddressSpace, VirtAddr};
use rustc_hash::FxHashMap;

use super::Heap;
use crate::graph::ThreadHandle;
use crate::roots::{Handle, HandleKind};
use crate::thread::RuntimeThread;

/// Bytes of a `Thread` that are looked at. The exception state is in the first 700 in all builds that
/// were measured, and the next record does not begin before.
const THREAD_BYTES: u64 = 0x400;
/// Bytes of an exception's record that are looked at: the handle follows a few words.
const RECORD_BYTES: u64 = 0x60;

/// Whose a handle is, by its address.
pub(super) type Owners = FxHashMap<VirtAddr, (u32, ThreadHandle)>;

/// Says of the handles that threads own whose they are.
pub(super) fn find(heap: &Heap<'_, '_>, threads: &[RuntimeThread], handles: &[Handle]) -> Owners {
    let runtime = heap.objects.heap().runtime();
    let known = kinds(heap, handles);
    let mut owners = Owners::default();
    if known.is_empty() {
        return owners;
    }
    let space = &runtime.snapshot().space;
    let mut own = |thread: &RuntimeThread, handle: VirtAddr, is_last: bool| {
        if let Some(&kind) = known.get(&handle) {
            let last = is_last && kind == ThreadHandle::Exception;
            let holds = if last { ThreadHandle::LastThrown } else { kind };
            owners.entry(handle).or_insert((thread.os_id, holds));
        }
    };
    if let Some(offset) = runtime.layout().offset("Thread", "LastThrownObject") {
        for thread in threads {
            if let Some(handle) = space.read_pointer(thread.address.wrapping_add(offset)) {
                own(thread, handle, true);
            }
        }
    }
    let mut starts: Vec<_> = threads.iter().map(|thread| thread.address).collect();
    starts.sort_unstable();
    // What a thread holds itself, before what its words lead to.
    let records: Vec<_> = threads
        .iter()
        .map(|thread| {
            let next = starts.get(starts.partition_point(|start| *start <= thread.address));
            let room = next.map_or(THREAD_BYTES, |next| next.0 - thread.address.0);
            (thread, words(space, thread.address, room.min(THREAD_BYTES)))
        })
        .collect();
    for (thread, words) in &records {
        words.iter().for_each(|&word| own(thread, word, false));
    }
    let in_record = |address: VirtAddr| {
        let before = starts.partition_point(|start| *start <= address).checked_sub(1);
        before.and_then(|index| starts.get(index)).is_some_and(|s| address.0 - s.0 < THREAD_BYTES)
    };
    for (thread, record) in &records {
        for &record in record.iter().filter(|&&word| !in_record(word)) {
            words(space, record, RECORD_BYTES).iter().for_each(|&word| own(thread, word, false));
        }
    }
    owners
}

/// The words from `start` on.
fn words(space: &AddressSpace<'_>, start: VirtAddr, bytes: u64) -> Vec<VirtAddr> {
    let size = space.target().pointer_bytes();
    (0..bytes / size)
        .map_while(|index| space.read_pointer(start.wrapping_add(index * size)))
        .collect()
}

/// The handles that a thread can own: those that keep an exception alive, or the object of a thread.
fn kinds(heap: &Heap<'_, '_>, handles: &[Handle]) -> FxHashMap<VirtAddr, ThreadHandle> {
    let runtime = heap.objects.heap().runtime();
    let Ok(types) = runtime.types() else { return FxHashMap::default() };
    let mut of_type = FxHashMap::default();
    let strong = handles.iter().filter(|handle| handle.kind == HandleKind::Strong);
    let kinds = strong.filter_map(|handle| {
        let table = runtime.snapshot().space.read_pointer(handle.object)?;
        let kind = of_type.entry(table).or_insert_with(|| {
            let ty = types.get(table)?;
            match ty.name() {
                "System.Threading.Thread" => Some(ThreadHandle::Object),
                _ => ty.is_exception().then_some(ThreadHandle::Exception),
            }
        });
        Some((handle.address, (*kind)?))
    });
    kinds.collect()
}

//! The handles that the runtime keeps of its own threads.

use clrscope_clr::Runtime;
use clrscope_clr::stack::{LifeCycle, ManagedThread};
use clrscope_memory::{AddressSpace, VirtAddr};

use crate::OsHandles;

/// Bytes of a thread's record that are searched; the handle is in its first half in every version.
const SEARCHED: u64 = 0x1000;
/// What the type of a thread's handle is called.
const THREAD: &str = "Thread";

/// The handles of threads that the runtime's records of its threads keep, each with the managed object that
/// stands for the thread. Where the handle is in a record (`Thread::m_ThreadHandle`: dotnet/runtime,
/// src/coreclr/vm/threads.h) no descriptor says: it is the place at which the records of living threads
/// have the handle of a thread, each another one. One thread alone proves nothing.
pub(crate) fn thread_handles(handles: &OsHandles, runtime: &Runtime<'_>) -> Vec<(u64, VirtAddr)> {
    let threads = runtime.threads().map(|threads| threads.value).unwrap_or_default();
    let living: Vec<&ManagedThread> =
        threads.iter().filter(|thread| thread.life_cycle == LifeCycle::Alive).collect();
    let space = &runtime.snapshot().space;
    let records: Vec<VirtAddr> = living.iter().map(|thread| thread.address).collect();
    let is_thread = |value: u64| {
        let ty = handles.type_of(value).and_then(|place| handles.types.get(place));
        ty.is_some_and(|ty| ty.name == THREAD)
    };
    let values = in_most(space, &records, is_thread);
    let of_object =
        |(value, thread): (Option<u64>, &&ManagedThread)| Some((value?, thread.object?));
    values.into_iter().zip(&living).filter_map(of_object).collect()
}

/// The words at the first place where most records have one that fits, each another; of a record that
/// was overwritten, `None`. Empty if there is no such place.
fn in_most(
    space: &AddressSpace<'_>,
    records: &[VirtAddr],
    fits: impl Fn(u64) -> bool,
) -> Vec<Option<u64>> {
    let width = space.target().pointer_bytes();
    let enough = (records.len() * 3).div_ceil(4).max(2);
    let at = |offset: u64| {
        let words = records.iter().map(|record| {
            let word = space.read_pointer(record.wrapping_add(offset))?.0;
            fits(word).then_some(word)
        });
        let words: Vec<Option<u64>> = words.collect();
        let mut found: Vec<u64> = words.iter().flatten().copied().collect();
        let count = found.len();
        found.sort_unstable();
        found.dedup();
        (found.len() == count && enough <= count).then_some(words)
    };
    (0..SEARCHED / width).find_map(|place| at(place * width)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use clrscope_memory::{Range, Target};

    use super::*;

    #[test]
    fn a_place_counts_if_every_record_has_another_handle_there() {
        // Two records of four words: the second word fits in both but is the same, the third differs.
        let words = [1u64, 0x10, 0x14, 0, 2, 0x10, 0x18, 0];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let range = Range::new(VirtAddr(0x1000), 64, 0);
        let space = AddressSpace::from_ranges(&bytes, &[range], Target::X64_WINDOWS).value;
        let records = [VirtAddr(0x1000), VirtAddr(0x1020)];
        let is_handle = |value: u64| (0x10..0x20).contains(&value);
        assert_eq!(in_most(&space, &records, is_handle), [Some(0x14), Some(0x18)]);
        assert_eq!(in_most(&space, &records[..1], is_handle), []);
        assert_eq!(in_most(&space, &records, |value| value == 0x14), []);
    }
}

//! The filters of a method: the code behind `when`, in the tables of what the method does with exceptions.
//!
//! Facts, all of dotnet/runtime: of the JIT `EE_ILEXCEPTION_CLAUSE` and `EEJitManager::InitializeEHEnumeration`
//! (`src/coreclr/vm/codeman.h`, `codeman.cpp`); of ReadyToRun `CORCOMPILE_EXCEPTION_LOOKUP_TABLE_ENTRY` and
//! `CORCOMPILE_EXCEPTION_CLAUSE` (`src/coreclr/inc/corcompile.h`); of both `CorExceptionFlag`
//! (`src/coreclr/inc/corhdr.h`).

use clrscope_image::DataDirectory;
use clrscope_memory::{AddressSpace, Rva, VirtAddr};

/// `COR_ILEXCEPTION_CLAUSE_FILTER`.
const FILTER: u32 = 0x1;
/// What a clause begins with: flags, where the guarded part begins and ends, where the handler does.
const FIXED: u64 = 20;
/// Clauses that one method can have: far more than any compiler makes.
const MAX_CLAUSES: u64 = 1 << 12;

/// Where filters begin in a method that the JIT compiled, from the start of its code; `first` is what the
/// method's record refers to, which is null for methods without clauses. They follow a header, and their
/// number is in the word before it.
pub(super) fn jitted(space: &AddressSpace<'_>, first: VirtAddr) -> Option<Vec<u32>> {
    if first.is_null() {
        return Some(Vec::new());
    }
    let word = space.target().pointer_bytes();
    let count = space.read_pointer(first.wrapping_sub(word))?.0;
    // Behind the rest stands a pointer, or the place of the filter.
    let last = FIXED.next_multiple_of(word);
    read(space, first.wrapping_add(word), count, (last, last + word))
}

/// The same of the method of an image whose code begins at `method`. `table` has the methods with clauses, in
/// order, and where those of each begin; a last entry ends those of the one before.
pub(super) fn compiled(
    space: &AddressSpace<'_>,
    base: VirtAddr,
    table: DataDirectory,
    method: Rva,
) -> Option<Vec<u32>> {
    const ENTRY: u32 = 8;
    const CLAUSE: u64 = FIXED + 4;
    let field = |index: u32, offset: u64| {
        let at = base.at_rva(table.rva).wrapping_add(u64::from(index) * u64::from(ENTRY) + offset);
        space.read_u32(at)
    };
    // The first entry that does not lie before the method.
    let (mut low, mut high) = (0, (table.size / ENTRY).checked_sub(1)?);
    while low < high {
        let middle = low + (high - low) / 2;
        if field(middle, 0)? < method.0 { low = middle + 1 } else { high = middle }
    }
    if field(low, 0)? != method.0 {
        return Some(Vec::new());
    }
    let (begin, end) = (field(low, 4)?, field(low + 1, 4)?);
    let count = u64::from(end.checked_sub(begin)?) / CLAUSE;
    read(space, base.at_rva(Rva(begin)), count, (FIXED, CLAUSE))
}

/// The filters of `count` clauses from `first`, each of `size` bytes and with the filter at `filter`.
fn read(
    space: &AddressSpace<'_>,
    first: VirtAddr,
    count: u64,
    (filter, size): (u64, u64),
) -> Option<Vec<u32>> {
    let mut found = Vec::new();
    for index in 0..Some(count).filter(|&count| count <= MAX_CLAUSES)? {
        let at = first.wrapping_add(index * size);
        if space.read_u32(at)? & FILTER != 0 {
            found.push(space.read_u32(at.wrapping_add(filter))?);
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use clrscope_minidump::Minidump;
    use clrscope_testkit::corpus;

    use super::*;
    use crate::code::{CodeMap, Compilation, SectionKind};
    use crate::{LayoutMode, find_runtimes};

    /// Every filter is a part of its own of its method, and the method itself is none. Counts methods and
    /// filters.
    fn check(
        code: &CodeMap<'_>,
        place: &str,
        start: VirtAddr,
        (methods, filters): &mut (u32, u32),
    ) {
        // What the JIT is still writing is found by no address yet.
        let Some(method) = code.method_at(start) else { return };
        let found = code.filters(&method).unwrap_or_else(|| panic!("{place}: {start}"));
        for filter in found {
            let at = start.wrapping_add(filter.into());
            let part = code.method_at(at).unwrap_or_else(|| panic!("{place}: {start} {filter:#x}"));
            assert_eq!(
                (part.start, part.is_funclet),
                (start, true),
                "{place}: {start} {filter:#x}"
            );
            let begin = part.function.map(|function| part.base.at_rva(function.begin));
            assert_eq!(begin, Some(at), "{place}: {start} {filter:#x}");
            assert_eq!(code.is_filter(&part), Some(true), "{place}: {start} {filter:#x}");
            *filters += 1;
        }
        assert_eq!(code.is_filter(&method), Some(false), "{place}: {start}");
        *methods += 1;
    }

    #[test]
    fn filters_of_real_code_are_parts_of_their_methods() {
        let (mut jitted, mut compiled) = ((0, 0), (0, 0));
        for dump in corpus::dumps().iter().filter(|dump| dump.name().contains("x64")) {
            let bytes = dump.bytes();
            let snapshot = Minidump::parse(&bytes).unwrap().snapshot().value;
            let runtimes = find_runtimes(&snapshot, LayoutMode::Auto);
            let Ok(runtime) = runtimes.first() else { continue };
            let code = CodeMap::new(runtime).unwrap();
            for method in code.jitted().iter().filter(|method| method.method_desc.is_some()) {
                check(&code, dump.name(), method.start, &mut jitted);
            }
            for (section, image) in code.sections.iter().zip(&code.images) {
                let SectionKind::Image { module } = section.kind else { continue };
                let Some(image) = image.get(runtime, section, module) else { continue };
                let used = image.prepared().map(|(_, code)| code);
                for used in used.filter(|code| code.compilation == Compilation::ReadyToRun) {
                    check(&code, dump.name(), used.start, &mut compiled);
                }
            }
        }
        eprintln!("jitted {jitted:?}, compiled {compiled:?}: methods, filters");
        assert!(jitted.0 > 1_000 && compiled.0 > 1_000 && compiled.1 > 2);
    }
}

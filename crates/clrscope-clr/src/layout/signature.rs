//! The search for `GcDacVars` by its shape, for when no table leads to it.

use clrscope_memory::{AddressSpace, VirtAddr};

use super::{GcDacVars, GcVar};

/// Finds the one place in `sections` that can be the GC's table of variables, which are in
/// `variables`: both are the writable parts of an image, the same but if the GC has an image of its
/// own. `None` if there is none or more than one.
pub(crate) fn find_gc_dac_vars(
    space: &AddressSpace<'_>,
    sections: &[(VirtAddr, u64)],
    variables: &[(VirtAddr, u64)],
) -> Option<GcDacVars> {
    let pointer = space.target().pointer_bytes();
    let mut found = None;
    // By a damaged header, any number of sections can be the same memory.
    let mut sections = sections.to_vec();
    sections.sort_unstable();
    let mut searched = VirtAddr::NULL;
    for (start, length) in sections {
        let end = VirtAddr(start.0.saturating_add(length));
        let start = start.max(searched);
        searched = searched.max(end);
        for (piece, bytes) in space.iter_within(start, end) {
            let skip = (piece.0.wrapping_neg() & (pointer - 1)) as usize;
            let bytes = bytes.get(skip..).unwrap_or_default();
            for (index, word) in bytes.chunks_exact(pointer as usize).enumerate() {
                // Major version, minor version, padding of zeroes.
                if !(1..=16).contains(&word[0]) || word[1] > 32 || word[2..].iter().any(|&b| b != 0)
                {
                    continue;
                }
                let address = piece.wrapping_add(skip as u64 + index as u64 * pointer);
                if let Some(vars) = GcDacVars::read(space, address)
                    && is_plausible(space, &vars, variables)
                    && found.replace(vars).is_some()
                {
                    return None;
                }
            }
        }
    }
    found
}

fn is_plausible(space: &AddressSpace<'_>, vars: &GcDacVars, sections: &[(VirtAddr, u64)]) -> bool {
    let inside = |address: VirtAddr| {
        sections
            .iter()
            .any(|&(start, length)| address.offset_from(start).is_some_and(|at| at < length))
    };
    let has = |variable| vars.variable(variable).is_some_and(inside);
    let workstation = has(GcVar::GenerationTable) && has(GcVar::FinalizeQueue);
    let server = has(GcVar::NumHeaps) && has(GcVar::Heaps);
    let oldest = vars.variable(GcVar::MaxGeneration).and_then(|at| space.read_u32(at));
    (workstation || server)
        && has(GcVar::StructureInvalidCount)
        && has(GcVar::HandleTableMap)
        && oldest.is_some_and(|oldest| (2..=4).contains(&oldest))
}

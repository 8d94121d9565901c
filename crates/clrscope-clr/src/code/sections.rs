//! The stretches of memory that the runtime has code in: up to .NET 7 a list, then a tree.

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, Parsed, PointerWidth, VirtAddr};
use rustc_hash::FxHashSet;

use crate::layout::MissingField;
use crate::runtime::Runtime;

/// What a stretch of code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SectionKind {
    /// A heap of the JIT, and the address of its record.
    Jit {
        /// The code heap's list node.
        heap: VirtAddr,
    },
    /// An image that was compiled ahead of time, and the runtime's record of its module.
    Image {
        /// The module.
        module: VirtAddr,
    },
    /// Stubs only.
    Stubs,
}

/// A stretch of memory that the runtime has code in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeSection {
    /// Its first byte.
    pub begin: VirtAddr,
    /// Behind its last byte.
    pub end: VirtAddr,
    /// What it is.
    pub kind: SectionKind,
    /// Whether its code goes away with a collectible assembly, or is a dynamic method.
    pub is_collectible: bool,
}

/// More sections than any process has.
const MAX_SECTIONS: usize = 1 << 20;

const COLLECTIBLE: u32 = 1;
const CODE_HEAP: u32 = 2;
/// In a list: compiled ahead of time as ReadyToRun. In a tree: stubs.
const THIRD: u32 = 4;

/// Where the fields of a section are.
struct Offsets {
    begin: u64,
    end: u64,
    flags: u64,
    module: u64,
    heap: u64,
}

/// Reads all sections, in order of address and without overlaps.
pub(crate) fn read(runtime: &Runtime<'_>) -> Result<Parsed<Vec<CodeSection>>, MissingField> {
    let layout = runtime.layout();
    let offsets = Offsets {
        begin: layout.require("RangeSection", "RangeBegin")?,
        end: layout.require("RangeSection", "RangeEndOpen")?,
        flags: layout.require("RangeSection", "Flags")?,
        module: layout.require("RangeSection", "R2RModule")?,
        heap: layout.require("RangeSection", "HeapList")?,
    };
    let space = &runtime.snapshot().space;
    let mut issues = Issues::new();
    let map = runtime.globals().address("ExecutionManagerCodeRangeMapAddress");
    let first = runtime.global_pointer("ExecutionManagerCodeRangeList");
    let addresses = match map {
        None if first.is_none() => {
            let message = "the runtime's map of its code was not found";
            issues.push(Issue::general(IssueKind::MissingStructure, message));
            Vec::new()
        }
        Some(map) => {
            let fragment = layout.require("RangeSectionFragment", "RangeSection")?;
            let next = layout.require("RangeSectionFragment", "Next")?;
            tree(space, map, fragment, next, &mut issues)
        }
        None => {
            let next = layout.require("RangeSection", "Next")?;
            list(space, first, next, &mut issues)
        }
    };
    let mut sections: Vec<CodeSection> = addresses
        .into_iter()
        .filter_map(|at| section(space, at, &offsets, map.is_some(), &mut issues))
        .collect();
    sections.sort_by_key(|section| (section.begin, section.end));
    sections.dedup_by(|later, earlier| {
        let overlaps = later.begin < earlier.end;
        if overlaps {
            issues.push(Issue::in_memory(
                IssueKind::Overlap,
                later.begin,
                "a section of code overlaps an earlier one, which is kept",
            ));
        }
        overlaps
    });
    Ok(Parsed { value: sections, issues })
}

fn section(
    space: &AddressSpace<'_>,
    at: VirtAddr,
    offsets: &Offsets,
    in_tree: bool,
    issues: &mut Issues,
) -> Option<CodeSection> {
    let pointer = |offset| space.read_pointer(at.wrapping_add(offset));
    let read = || {
        let flags = space.read_u32(at.wrapping_add(offsets.flags))?;
        Some((pointer(offsets.begin)?, pointer(offsets.end)?, flags))
    };
    let Some((begin, end, flags)) = read() else {
        issues.push(Issue::in_memory(
            IssueKind::MissingMemory,
            at,
            "a section of code is not in the capture",
        ));
        return None;
    };
    let kind = if flags & CODE_HEAP != 0 {
        SectionKind::Jit { heap: pointer(offsets.heap)? }
    } else if in_tree && flags & THIRD != 0 {
        SectionKind::Stubs
    } else {
        SectionKind::Image { module: pointer(offsets.module)? }
    };
    (begin < end).then_some(CodeSection {
        begin,
        end,
        kind,
        is_collectible: flags & COLLECTIBLE != 0,
    })
}

fn list(
    space: &AddressSpace<'_>,
    first: Option<VirtAddr>,
    next: u64,
    issues: &mut Issues,
) -> Vec<VirtAddr> {
    let mut addresses = Vec::new();
    let mut seen = FxHashSet::default();
    let mut at = first.unwrap_or_default();
    while !at.is_null() {
        if addresses.len() >= MAX_SECTIONS || !seen.insert(at) {
            issues.push(Issue::in_memory(
                IssueKind::LimitReached,
                at,
                "the list of code sections is too long or comes back to itself",
            ));
            break;
        }
        addresses.push(at);
        match space.read_pointer(at.wrapping_add(next)) {
            Some(following) => at = following,
            None => {
                issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    at,
                    "the list of code sections leads out of the capture",
                ));
                break;
            }
        }
    }
    addresses
}

/// The tree has five levels of 256 entries (two with pointers of four bytes), indexed by address bits;
/// its leaves are lists of fragments, of which several can belong to one section. The lowest bit of a
/// pointer says that what it points at is collectible.
fn tree(
    space: &AddressSpace<'_>,
    top: VirtAddr,
    section: u64,
    next: u64,
    issues: &mut Issues,
) -> Vec<VirtAddr> {
    const ENTRIES: u64 = 256;
    let (levels, pointer) = match space.target().pointer {
        PointerWidth::Four => (2, 4),
        PointerWidth::Eight => (5, 8),
    };
    let target = |at: VirtAddr| {
        space.read_pointer(at).map(|value| VirtAddr(value.0 & !1)).filter(|to| !to.is_null())
    };
    let mut nodes = vec![top];
    for _ in 0..levels {
        let mut below = FxHashSet::default();
        for node in nodes {
            below.extend(
                (0..ENTRIES).filter_map(|index| target(node.wrapping_add(index * pointer))),
            );
            if below.len() > MAX_SECTIONS {
                issues.push(Issue::in_memory(
                    IssueKind::LimitReached,
                    top,
                    "the tree of code sections is too large",
                ));
                return Vec::new();
            }
        }
        nodes = below.into_iter().collect();
    }
    let mut seen = FxHashSet::default();
    let mut addresses = FxHashSet::default();
    for leaf in nodes {
        let mut fragment = Some(leaf);
        while let Some(at) = fragment.filter(|&at| seen.len() < MAX_SECTIONS && seen.insert(at)) {
            addresses.extend(target(at.wrapping_add(section)));
            fragment = target(at.wrapping_add(next));
        }
    }
    let mut addresses: Vec<_> = addresses.into_iter().collect();
    addresses.sort();
    addresses
}

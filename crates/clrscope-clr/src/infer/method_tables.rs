//! Where a method table has what walking a heap needs.

use std::collections::BTreeSet;

use clrscope_memory::{AddressSpace, Issues, VirtAddr, limits};

use super::generations::SegmentSpan;
use super::{RuntimeTraits, Votes};
use crate::layout::{GlobalValue, Globals, Layout, Source};
use crate::method_table::MethodTableHeader;
use crate::pointer_form::PointerForm;

/// Objects that are looked at.
const MAX_OBJECTS: usize = 1 << 18;
/// Method tables that vote.
const MAX_TABLES: usize = 1 << 12;
/// Instances without components are not larger.
const MAX_BASE_SIZE: u64 = 64 * 1024 * 1024;
/// The words of a method table, and of an `EEClass`, that are candidates, behind the sizes and tokens.
const TABLE_WORDS: std::ops::RangeInclusive<u64> = 2..=8;
const CLASS_WORDS: std::ops::RangeInclusive<u64> = 0..=8;
/// `enum_flag_HasIndirectParent`, up to .NET Core 3.1.
const HAS_INDIRECT_PARENT: u32 = 0x0080_0000;

/// The method tables of the first objects of each segment: sizes are where they were in every CLR.
pub(super) fn sample(space: &AddressSpace<'_>, segments: &[SegmentSpan]) -> BTreeSet<VirtAddr> {
    let pointer = space.target().pointer_bytes();
    let share = MAX_OBJECTS / segments.len().max(1);
    let mut tables = BTreeSet::new();
    for segment in segments {
        let mut at = segment.start;
        for _ in 0..share.max(1) {
            if at >= segment.end || tables.len() >= MAX_TABLES {
                break;
            }
            // While it marks, the GC uses the low bits.
            let Some(word) = space.read_pointer(at) else { break };
            let table = VirtAddr(word.0 & !(pointer - 1));
            let Some(header) = header(space, table) else { break };
            let components = match header.component_size() {
                0 => 0,
                size => match space.read_u32(at.wrapping_add(pointer)) {
                    Some(count) => u64::from(size) * u64::from(count),
                    None => break,
                },
            };
            tables.insert(table);
            let size = (u64::from(header.base_size) + components).max(3 * pointer);
            at = at.wrapping_add(size.next_multiple_of(pointer));
        }
    }
    tables
}

/// The sizes of a method table, if they are possible.
fn header(space: &AddressSpace<'_>, table: VirtAddr) -> Option<MethodTableHeader> {
    let (flags, base_size) = (space.read_u32(table)?, space.read_u32(table.checked_add(4)?)?);
    let is_possible =
        (2 * space.target().pointer_bytes()..=MAX_BASE_SIZE).contains(&base_size.into());
    is_possible.then_some(MethodTableHeader { flags, base_size })
}

/// What the words of method tables turned out to be.
struct Words<'a, 'data> {
    space: &'a AddressSpace<'data>,
    class: u64,
    class_table: u64,
    /// How a class points back.
    form: PointerForm,
}

impl Words<'_, '_> {
    fn word(&self, at: VirtAddr, offset: u64) -> Option<VirtAddr> {
        self.space.follow(at.checked_add(offset)?)
    }

    /// Whether a class points back to a method table.
    fn knows(&self, class: VirtAddr, table: VirtAddr) -> bool {
        let at = class.wrapping_add(self.class_table);
        self.form.follow(self.space, at) == Some(table)
    }

    /// Whether a class knows this method table, or the one that shares its code.
    fn is_table(&self, table: VirtAddr) -> bool {
        let Some(class) = self.word(table, self.class).filter(|_| table.is_aligned(4)) else {
            return false;
        };
        match class.0 & 3 {
            0 => self.knows(class, table),
            tag @ 1..=2 => self.is_canonical(VirtAddr(class.0 - tag)),
            _ => self.word(VirtAddr(class.0 - 3), 0).is_some_and(|table| self.is_canonical(table)),
        }
    }

    fn is_canonical(&self, table: VirtAddr) -> bool {
        self.word(table, self.class)
            .is_some_and(|class| class.0 & 3 == 0 && self.knows(class, table))
    }

    /// Whether the parents of a method table, if they are in a word, end in one without fields.
    fn ends_in_object(&self, table: VirtAddr, parent: u64) -> bool {
        let mut table = table;
        for steps in 0..limits::MAX_DEPTH {
            let Some(header) = header(self.space, table) else { return false };
            let Some(next) = self.word(table, parent) else {
                let least = 3 * self.space.target().pointer_bytes();
                return steps > 0 && u64::from(header.base_size) == least;
            };
            let is_indirect = header.flags & HAS_INDIRECT_PARENT != 0 && !self.is_table(next);
            let next = if is_indirect { self.word(next, 0) } else { Some(next) };
            let Some(next) = next.filter(|&next| self.is_table(next)) else { return false };
            table = next;
        }
        false
    }
}

/// Adds what the method tables `tables` agree on. `None` if they do not agree on what makes them such.
pub(super) fn infer(
    space: &AddressSpace<'_>,
    tables: &BTreeSet<VirtAddr>,
    runtime: &RuntimeTraits,
    layout: &mut Layout,
    globals: &mut Globals,
    issues: &mut Issues,
) -> Option<()> {
    let pointer = space.target().pointer_bytes();
    let words = || TABLE_WORDS.map(|word| word * pointer);
    let mut votes = Votes::new();
    for (&table, class_at) in tables.iter().flat_map(|t| words().map(move |word| (t, word))) {
        let class = space.follow(table.wrapping_add(class_at));
        let Some(class) = class.filter(|class| class.0 & 3 == 0) else { continue };
        for place in CLASS_WORDS.map(|word| word * pointer) {
            for form in [PointerForm::Plain, PointerForm::Relative] {
                if form.follow(space, class.wrapping_add(place)) == Some(table) {
                    votes.add((class_at, place, form));
                }
            }
        }
    }
    let ((class, class_table, form), source) = votes.winner()?;
    layout.add("MethodTable", "EEClassOrCanonMT", class, source, issues);
    layout.add("EEClass", "MethodTable", class_table, source, issues);
    if form == PointerForm::Relative {
        globals.add("RelativePointers", GlobalValue::Number(1), source);
    }

    let known = Words { space, class, class_table, form };
    let valid: Vec<VirtAddr> =
        tables.iter().copied().filter(|&table| known.is_table(table)).collect();
    let others = |taken: &[u64]| {
        let taken = taken.to_vec();
        words().filter(move |word| !taken.contains(word))
    };
    let mut taken = vec![class];
    let mut add = |field, offset, source: Source, taken: &mut Vec<u64>| {
        taken.push(offset);
        layout.add("MethodTable", field, offset, source, issues);
    };

    let mut votes = Votes::new();
    for (&table, word) in valid.iter().flat_map(|t| others(&taken).map(move |word| (t, word))) {
        if known.ends_in_object(table, word) {
            votes.add(word);
        }
    }
    let (parent, source) = votes.winner()?;
    add("ParentMethodTable", parent, source, &mut taken);

    let mut votes = Votes::new();
    let is_array = |table: &&VirtAddr| header(space, **table).is_some_and(|h| h.is_array());
    let arrays = valid.iter().filter(is_array);
    for (&table, word) in arrays.flat_map(|t| others(&taken).map(move |word| (t, word))) {
        if known.word(table, word).is_some_and(|element| known.is_table(element)) {
            votes.add(word);
        }
    }
    let (elements, source) = votes.winner()?;
    add("PerInstInfo", elements, source, &mut taken);

    // A module has virtual functions: it begins with the address of their table, which is in the runtime.
    let mut votes = Votes::new();
    for (&table, word) in valid.iter().flat_map(|t| others(&taken).map(move |word| (t, word))) {
        let module = form.follow(space, table.wrapping_add(word));
        let functions = module.and_then(|module| space.read_pointer(module));
        if functions.is_some_and(|functions| runtime.image.contains(&functions)) {
            votes.add(word);
        }
    }
    let (module, source) = votes.winner()?;
    let field = if runtime.own_modules { "Module" } else { "LoaderModule" };
    add(field, module, source, &mut taken);
    Some(())
}

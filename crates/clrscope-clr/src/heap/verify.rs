//! Checks of a heap: what a garbage collector would stumble over.

use std::collections::{BTreeMap, HashSet};

use clrscope_graph::{GraphError, ObjectMap};
use clrscope_memory::{Control, VirtAddr, limits};

use super::objects::HeapObjects;
use super::walk::{DamageKind, Object};

/// What is wrong with a heap, or with an object of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FaultKind {
    /// The first word of what ought to be an object is no method table.
    NoMethodTable,
    /// An object would end behind its segment.
    TooLarge,
    /// The capture does not hold this part of the heap.
    Absent,
    /// A field refers to a place within the heap where no object begins, or a Free one.
    NotAnObject {
        /// Where the field is.
        field: VirtAddr,
        /// What it holds.
        target: VirtAddr,
    },
    /// A field refers to a place outside the heap.
    OutsideHeap {
        /// Where the field is.
        field: VirtAddr,
        /// What it holds.
        target: VirtAddr,
    },
    /// A field refers to a part of the heap that the capture does not hold, or holds without the types.
    /// Whether that is wrong, nobody can tell.
    AbsentTarget {
        /// Where the field is.
        field: VirtAddr,
        /// What it holds.
        target: VirtAddr,
    },
    /// The header names a sync block that is not this object's.
    SyncBlock {
        /// The number in the header.
        index: u32,
    },
}

const ABSENT: &str = "absent";
const ABSENT_TARGET: &str = "absent-target";

impl FaultKind {
    /// Names of those that say what the capture lacks, and nothing of the process.
    pub const ABSENCES: [&str; 2] = [ABSENT, ABSENT_TARGET];

    /// Whether it says what the capture lacks, and nothing of the process.
    pub fn is_absence(self) -> bool {
        FaultKind::ABSENCES.contains(&self.name())
    }

    /// The name that machine-readable output uses.
    pub const fn name(self) -> &'static str {
        match self {
            FaultKind::NoMethodTable => "no-method-table",
            FaultKind::TooLarge => "too-large",
            FaultKind::Absent => ABSENT,
            FaultKind::NotAnObject { .. } => "not-an-object",
            FaultKind::OutsideHeap { .. } => "outside-heap",
            FaultKind::AbsentTarget { .. } => ABSENT_TARGET,
            FaultKind::SyncBlock { .. } => "sync-block",
        }
    }
}

/// Something wrong with a heap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The object, or where one ought to begin.
    pub object: VirtAddr,
    /// What is wrong with it.
    pub kind: FaultKind,
}

/// What a check of a heap found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verification {
    /// The first [`limits::MAX_ISSUES`] faults, in order of address; absent targets are only counted.
    pub faults: Vec<Fault>,
    /// How many there are.
    pub count: u64,
    /// How many there are of each kind, by [`FaultKind::name`].
    pub kinds: BTreeMap<&'static str, u64>,
    /// How many objects were looked at, Free ones among them.
    pub objects: u64,
    /// How many references were looked at.
    pub references: u64,
}

impl Verification {
    /// How many of the faults say what the capture lacks, and nothing of the process.
    pub fn absences(&self) -> u64 {
        FaultKind::ABSENCES.iter().filter_map(|kind| self.kinds.get(kind)).sum()
    }
}

/// The faults of a part of a heap.
#[derive(Default)]
struct Part {
    faults: Vec<Fault>,
    kinds: BTreeMap<&'static str, u64>,
    objects: u64,
    references: u64,
}

impl Part {
    fn add(&mut self, object: VirtAddr, kind: FaultKind) {
        *self.kinds.entry(kind.name()).or_default() += 1;
        // The stretch that is absent is kept; all that refers to it would leave no room for what is wrong.
        let is_kept = !matches!(kind, FaultKind::AbsentTarget { .. });
        if is_kept && self.faults.len() < limits::MAX_ISSUES {
            self.faults.push(Fault { object, kind });
        }
    }
}

impl<'data> HeapObjects<'data> {
    /// Checks that objects follow one another to the end of each segment, that every reference leads
    /// to an object, and that every sync block number in a header is of a sync block that knows the
    /// object.
    ///
    /// # Errors
    /// If there are more objects than ids, or `control` stops it.
    pub fn verify(&self, control: &Control<'_>) -> Result<Verification, GraphError> {
        self.verify_where(control, |_, _| true)
    }

    /// Checks a part of the heap: the objects that begin where `is_selected` says yes, given a segment's
    /// place in [`Heap::segments`](super::Heap::segments) and an address in it. References may lead to
    /// any object.
    ///
    /// # Errors
    /// As [`HeapObjects::verify`].
    pub fn verify_where(
        &self,
        control: &Control<'_>,
        is_selected: impl Fn(usize, VirtAddr) -> bool + Sync,
    ) -> Result<Verification, GraphError> {
        let checker = Checker::new(self, control)?;
        let parts = self.fold(
            control,
            |stretch| (stretch.segment, Part::default()),
            |(segment, part), object, bytes| {
                if !is_selected(*segment, object.address) {
                    return;
                }
                part.objects += 1;
                if self.types().get(object.ty).is_some_and(|info| !info.is_free) {
                    let references =
                        checker.check(object, bytes, |kind| part.add(object.address, kind));
                    part.references += references;
                }
            },
        )?;
        let mut all = Part::default();
        let segments = self.heap().segments();
        for damage in self.damage() {
            let start = damage.range.start;
            let segment = segments.partition_point(|segment| segment.objects.end <= start);
            if !is_selected(segment, start) {
                continue;
            }
            let kind = match damage.kind {
                DamageKind::NoMethodTable => FaultKind::NoMethodTable,
                DamageKind::TooLarge => FaultKind::TooLarge,
                DamageKind::Absent | DamageKind::AbsentMethodTable => FaultKind::Absent,
            };
            all.add(damage.range.start, kind);
        }
        for (_, part) in parts {
            all.faults.extend(part.faults);
            for (kind, count) in part.kinds {
                *all.kinds.entry(kind).or_default() += count;
            }
            all.objects += part.objects;
            all.references += part.references;
        }
        all.faults.sort();
        all.faults.truncate(limits::MAX_ISSUES);
        let Part { faults, kinds, objects, references } = all;
        let count = kinds.values().sum();
        Ok(Verification { faults, count, kinds, objects, references })
    }

    /// Those of `objects` that are not sound: whose references lead elsewhere than to objects, or that are
    /// no objects of the heap themselves.
    ///
    /// # Errors
    /// As [`HeapObjects::verify`].
    pub fn unsound(
        &self,
        objects: &HashSet<VirtAddr>,
        control: &Control<'_>,
    ) -> Result<HashSet<VirtAddr>, GraphError> {
        let checker = Checker::new(self, control)?;
        let is_sound = |address: &VirtAddr| {
            let begins = checker.map.id(address.0).is_some();
            let Some(object) = self.object_at(*address).filter(|_| begins) else { return false };
            let length = usize::try_from(object.aligned_size).unwrap_or(0);
            let bytes = self.heap().space().slice(*address, length).unwrap_or(&[]);
            let mut is_sound = true;
            checker.check(&object, bytes, |kind| is_sound &= kind.is_absence());
            is_sound
        };
        Ok(objects.iter().filter(|address| !is_sound(address)).copied().collect())
    }
}

/// Checks single objects.
struct Checker<'a, 'data> {
    objects: &'a HeapObjects<'data>,
    map: ObjectMap,
    sync: Option<SyncTable<'a, 'data>>,
}

impl<'a, 'data> Checker<'a, 'data> {
    fn new(
        objects: &'a HeapObjects<'data>,
        control: &Control<'_>,
    ) -> Result<Checker<'a, 'data>, GraphError> {
        Ok(Checker { objects, map: objects.numbers(control)?, sync: SyncTable::new(objects) })
    }

    /// Whether an address of the heap is in a stretch that was not walked because the capture lacks
    /// something.
    fn is_absent(&self, address: VirtAddr) -> bool {
        let damage = self.objects.damage();
        let after = damage.partition_point(|damage| damage.range.start <= address);
        let last = after.checked_sub(1).and_then(|index| damage.get(index));
        last.is_some_and(|damage| {
            matches!(damage.kind, DamageKind::Absent | DamageKind::AbsentMethodTable)
                && damage.range.contains(address)
        })
    }

    /// Calls `found` with each fault of an object, and gives how many references it has.
    fn check(&self, object: &Object, bytes: &'data [u8], mut found: impl FnMut(FaultKind)) -> u64 {
        let mut references = 0;
        self.objects.references_of(object, bytes, |field, target| {
            references += 1;
            if self.map.id(target.0).is_some() {
                return;
            }
            let field = field.unwrap_or(object.address);
            found(if self.objects.heap().segment_at(target).is_none() {
                FaultKind::OutsideHeap { field, target }
            } else if self.is_absent(target) {
                FaultKind::AbsentTarget { field, target }
            } else {
                FaultKind::NotAnObject { field, target }
            });
        });
        if let Some(index) = self.sync.as_ref().and_then(|sync| sync.wrong_index(object)) {
            found(FaultKind::SyncBlock { index });
        }
        references
    }
}

/// The table of sync blocks: for each number the block and its object.
/// dotnet/runtime, src/coreclr/vm/syncblk.h.
struct SyncTable<'a, 'data> {
    objects: &'a HeapObjects<'data>,
    table: VirtAddr,
}

impl<'a, 'data> SyncTable<'a, 'data> {
    fn new(objects: &'a HeapObjects<'data>) -> Option<SyncTable<'a, 'data>> {
        let table = objects.heap().runtime().global_pointer("SyncTableEntries")?;
        Some(SyncTable { objects, table })
    }

    /// The number in an object's header, if its sync block is another object's. An entry that is
    /// absent, empty or in the list of free ones (its low bit is set) is not held against it: the object can be
    /// dead, or have been given the number while the capture was taken (as in net8-x64-case005).
    fn wrong_index(&self, object: &Object) -> Option<u32> {
        /// The low bits are a hash code or the number of a sync block; which, says the next bit.
        const HASH_OR_INDEX: u32 = 0x0800_0000;
        const IS_HASH: u32 = 0x0400_0000;
        let space = self.objects.heap().space();
        let header = space.read_u32(object.address.wrapping_sub(4))?;
        if header & (HASH_OR_INDEX | IS_HASH) != HASH_OR_INDEX {
            return None;
        }
        let index = header & (IS_HASH - 1);
        let pointer = space.target().pointer_bytes();
        let entry = self.table.wrapping_add(u64::from(index) * 2 * pointer);
        let owner = space.read_pointer(entry.wrapping_add(pointer))?;
        let is_used = !owner.is_null() && owner.0 & 1 == 0;
        (is_used && owner != object.address).then_some(index)
    }
}

//! The account of a process: every byte of its address space in exactly one class.

mod claims;
mod class;
mod content;
mod map;
mod partition;
mod regions;
mod summary;
mod wine;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use clrscope_clr::{HeapObjects, TypeId};
use clrscope_memory::{Control, Interrupted, Issues, RegionState, RegionType, Snapshot};

pub use self::class::MemoryClass;
pub use self::map::{AddressMap, MapPiece, address_map};
pub use self::summary::{AddressSummary, MapSum, address_summary};
pub use self::wine::WineBytes;
use crate::{GenerationFilter, OsHandles};

/// Memory of one class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLine {
    /// The class.
    pub class: MemoryClass,
    /// Which within the class: a generation of a heap, an image, what native memory looks like.
    pub detail: String,
    /// Bytes that are backed.
    pub committed: u64,
    /// Bytes that are only set aside.
    pub reserved: u64,
    /// How many pieces of the address space that is.
    pub pieces: u64,
}

/// What a process's resources went to, in the main.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountVerdict {
    /// To the managed heap.
    Managed,
    /// To native memory: heaps of the operating system, and what nobody explains.
    Native,
    /// To code, and to what the runtime keeps of code and types.
    Code,
    /// To handles of the operating system.
    Handles,
}

/// Handles of the operating system, beside the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandleFigures {
    /// How many there are.
    pub count: u64,
    /// The type that most are of, and how many are of it; `None`, if there are no handles.
    pub top: Option<(String, u64)>,
}

/// What the performance counters of the runtime would have shown (`.NET CLR Memory`, `System.Runtime`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HeapCounters {
    /// Bytes in all heaps: objects and the gaps between them, of all generations that are collected.
    pub all_heaps: u64,
    /// Of that, by generation: 0, 1, 2, large objects, pinned objects.
    pub generations: [u64; 5],
    /// Committed bytes of the GC's segments and regions.
    pub committed: u64,
}

/// The account of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The lines, by class, the largest first.
    pub lines: Vec<AccountLine>,
    /// Committed bytes of all lines: of all regions.
    pub committed: u64,
    /// Reserved bytes of all lines: of all regions.
    pub reserved: u64,
    /// Committed bytes that are private to the process.
    pub private: u64,
    /// Committed bytes of images that the process has written to: copies that are private to it.
    pub copied: u64,
    /// Whether the dump described the regions of the address space. If not, what it holds stands for
    /// what is committed.
    pub has_regions: bool,
    /// Where most went that a program can be blamed for: images, stacks and views of files are left
    /// out.
    ///
    /// `None`, if managed memory could not be told from native.
    pub verdict: Option<AccountVerdict>,
    /// Committed bytes of the managed heap.
    pub managed: u64,
    /// Committed bytes of native memory: of native heaps, and what nobody explains, without what
    /// counts as code.
    pub native: u64,
    /// Committed bytes of code and loader heaps, and of the runtime's own objects in native heaps: what it
    /// keeps of assemblies and modules.
    pub code: u64,
    /// Committed bytes that nobody explains.
    pub unexplained: u64,
    /// On Wine, what it counts as private bytes beside those; `None` on Windows.
    pub wine: Option<WineBytes>,
    /// Handles of the operating system; `None`, if nobody said.
    pub handles: Option<HandleFigures>,
    /// What performance counters would have shown; `None` without a managed heap.
    pub counters: Option<HeapCounters>,
}

/// Handles from which on a process may be said to leak them: others have some hundreds.
const MANY_HANDLES: u64 = 2_000;
/// What many handles explain in memory: a kernel object with what a program keeps for it takes some hundred
/// bytes to some kilobytes.
const BYTES_FOR_A_HANDLE: u64 = 4 << 10;
/// Managed, native memory or code, of which a process with less than this has nothing to explain.
const LITTLE_MEMORY: u64 = 32 << 20;

/// Draws up the account of the process whose heap `objects` walks over; without objects, all private
/// memory counts as native. What was wrong is added to `issues`.
///
/// # Errors
/// If `control` stops it.
pub fn account(
    snapshot: &Snapshot<'_>,
    objects: Option<&HeapObjects<'_>>,
    issues: &mut Issues,
    control: &Control<'_>,
) -> Result<Account, Interrupted> {
    let map = address_map(snapshot, objects, issues, control)?;
    let mut sums = Sums::new(&map);
    for (detail, parts) in &map.parts_of_heaps {
        for (part, bytes) in parts {
            let to = (MemoryClass::NativeHeaps, part.clone());
            sums.take_out((MemoryClass::NativeHeaps, detail.clone()), to, *bytes);
        }
    }
    if let Some(objects) = objects {
        for (detail, bytes) in free_bytes(objects, control)? {
            let to = (MemoryClass::GcFree, detail.clone());
            sums.take_out((MemoryClass::GcObjects, detail), to, bytes);
        }
    }
    let mut account = sums.into_account(&map);
    let bytes = account.committed.saturating_add(account.reserved);
    account.wine = map.is_wine.then(|| WineBytes::new(snapshot, bytes));
    match objects {
        Some(objects) => {
            account.count_objects_of(objects.heap().runtime().module().file_name());
            account.verdict = Some(account.weigh());
        }
        None => account.counters = None,
    }
    Ok(account)
}

impl Account {
    /// The account with what is known of the process's handles, which may be the verdict.
    #[must_use]
    pub fn with_handles(mut self, handles: &OsHandles) -> Account {
        let count: u64 = handles.types.iter().map(|ty| ty.count).sum();
        let top = handles.types.iter().max_by_key(|ty| (ty.count, Reverse(&ty.name)));
        let explained = count.saturating_mul(BYTES_FOR_A_HANDLE).max(LITTLE_MEMORY);
        let most = self.managed.max(self.native).max(self.code);
        if self.verdict.is_some() && count >= MANY_HANDLES && most < explained {
            self.verdict = Some(AccountVerdict::Handles);
        }
        let top = top.map(|ty| (ty.name.clone(), ty.count));
        self.handles = Some(HandleFigures { count, top });
        self
    }

    /// Counts objects of the runtime's image as code.
    fn count_objects_of(&mut self, runtime: &str) {
        let own = objects_of(runtime);
        let lines = self
            .lines
            .iter()
            .filter(|line| line.class == MemoryClass::NativeHeaps && line.detail.ends_with(&own));
        let bytes: u64 = lines.map(|line| line.committed).sum();
        self.native = self.native.saturating_sub(bytes);
        self.code = self.code.saturating_add(bytes);
    }

    fn weigh(&self) -> AccountVerdict {
        match self.managed.max(self.native).max(self.code) {
            most if most == self.managed => AccountVerdict::Managed,
            most if most == self.native => AccountVerdict::Native,
            _ => AccountVerdict::Code,
        }
    }

    /// Committed bytes of some classes.
    pub fn committed_of(&self, classes: &[MemoryClass]) -> u64 {
        let lines = self.lines.iter().filter(|line| classes.contains(&line.class));
        lines.map(|line| line.committed).sum()
    }
}

/// What the pieces of an address space add up to.
#[derive(Debug, Default)]
struct Sum {
    committed: u64,
    reserved: u64,
    pieces: u64,
}

/// A class, and which within it.
type Key = (MemoryClass, String);

/// Sums by class and detail.
struct Sums {
    by_detail: BTreeMap<Key, Sum>,
    private: u64,
    copied: u64,
}

/// `PAGE_READWRITE` and `PAGE_EXECUTE_READWRITE`: what a page of an image becomes when it is written to.
const WRITTEN: u32 = 0x44;

impl Sums {
    fn new(map: &AddressMap) -> Sums {
        let mut sums = Sums { by_detail: BTreeMap::new(), private: 0, copied: 0 };
        for piece in &map.pieces {
            let Some(region) = map.regions.get(piece.region) else { continue };
            let sum = sums.by_detail.entry((piece.class, piece.detail.clone())).or_default();
            sum.pieces += 1;
            if region.state != RegionState::Commit {
                sum.reserved += piece.range.len();
                continue;
            }
            sum.committed += piece.range.len();
            match region.kind {
                RegionType::Private => sums.private += piece.range.len(),
                RegionType::Image if region.protection & WRITTEN != 0 => {
                    sums.copied += piece.range.len();
                }
                _ => {}
            }
        }
        sums
    }

    /// Moves bytes from one line to another.
    fn take_out(&mut self, from: Key, to: Key, bytes: u64) {
        let Some(from) = self.by_detail.get_mut(&from) else { return };
        let bytes = bytes.min(from.committed);
        from.committed -= bytes;
        let to = self.by_detail.entry(to).or_default();
        to.committed += bytes;
        to.pieces += 1;
    }

    fn into_account(self, map: &AddressMap) -> Account {
        let lines = self.by_detail.into_iter();
        let mut lines: Vec<AccountLine> = lines
            .filter(|(_, sum)| sum.committed > 0 || sum.reserved > 0)
            .map(|((class, detail), sum)| AccountLine {
                class,
                detail,
                committed: sum.committed,
                reserved: sum.reserved,
                pieces: sum.pieces,
            })
            .collect();
        lines.sort_by_key(|line| (line.class, Reverse((line.committed, line.reserved))));
        let mut account = Account {
            committed: lines.iter().map(|line| line.committed).sum(),
            reserved: lines.iter().map(|line| line.reserved).sum(),
            private: self.private,
            copied: self.copied,
            has_regions: map.has_regions,
            verdict: None,
            managed: 0,
            native: 0,
            code: 0,
            unexplained: 0,
            wine: None,
            handles: None,
            counters: None,
            lines,
        };
        let of_gc = [MemoryClass::GcObjects, MemoryClass::GcFree, MemoryClass::GcUnused];
        account.managed = account.committed_of(&of_gc);
        account.native = account.committed_of(&[MemoryClass::NativeHeaps, MemoryClass::Native]);
        account.code = account.committed_of(&[MemoryClass::Code, MemoryClass::LoaderHeaps]);
        account.unexplained = account.committed_of(&[MemoryClass::Native]);
        account.counters = Some(heap_counters(&account));
        account
    }
}

fn heap_counters(account: &Account) -> HeapCounters {
    let mut counters = HeapCounters { committed: account.managed, ..HeapCounters::default() };
    let of_heap = [MemoryClass::GcObjects, MemoryClass::GcFree];
    for line in account.lines.iter().filter(|line| of_heap.contains(&line.class)) {
        let generation = ["gen0", "gen1", "gen2", "loh", "poh"]
            .iter()
            .position(|name| line.detail.ends_with(name));
        if let Some(sum) = generation.and_then(|index| counters.generations.get_mut(index)) {
            *sum += line.committed;
            counters.all_heaps += line.committed;
        }
    }
    counters
}

/// How the objects of an image in a native heap are called, behind the name of the heap.
fn objects_of(image: &str) -> String {
    format!(", objects of {image}")
}

/// What the objects of a generation of a heap are called.
fn gc_detail(heap: u32, generation: GenerationFilter) -> String {
    format!("heap {heap} {}", generation.name())
}

/// Bytes of gaps between objects, by heap and generation.
fn free_bytes(
    objects: &HeapObjects<'_>,
    control: &Control<'_>,
) -> Result<BTreeMap<String, u64>, Interrupted> {
    let types = objects.heap().runtime().types().ok();
    let is_free = |(id, info): (TypeId, &clrscope_clr::MethodTableInfo)| {
        types?.get(info.address)?.is_free().then_some(id)
    };
    let free: Option<TypeId> = objects.types().iter().find_map(is_free);
    let segments = objects.heap().segments();
    let stretches = objects.fold(
        control,
        |stretch| (stretch.segment, BTreeMap::<&'static str, (GenerationFilter, u64)>::new()),
        |(segment, sums), object, _| {
            if Some(object.ty) == free
                && let Some(segment) = segments.get(*segment)
            {
                let generation = GenerationFilter::of(segment, object.address);
                sums.entry(generation.name()).or_insert((generation, 0)).1 += object.aligned_size;
            }
        },
    )?;
    let mut sums = BTreeMap::new();
    for (segment, found) in stretches {
        let Some(segment) = segments.get(segment) else { continue };
        for (generation, bytes) in found.into_values() {
            *sums.entry(gc_detail(segment.heap, generation)).or_default() += bytes;
        }
    }
    Ok(sums)
}

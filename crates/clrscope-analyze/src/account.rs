//! The account of a process: every byte of its address space in exactly one class.

use std::collections::BTreeMap;

use clrscope_clr::{AddressRange, HeapObjects, TypeId};
use clrscope_memory::{
    Control, Interrupted, Issues, RegionRecord, RegionState, RegionType, Snapshot, VirtAddr,
};

use crate::GenerationFilter;
use crate::account_claims::{Claim, claims};
use crate::content::{Content, guess};
use crate::partition::partition;

/// What memory is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MemoryClass {
    /// Managed objects.
    GcObjects,
    /// Gaps between managed objects.
    GcFree,
    /// Memory of the GC's segments and regions that holds no objects yet, or no more.
    GcUnused,
    /// Tables of handles of the GC.
    HandleTables,
    /// Heaps of the runtime's loader: method tables, descriptions of methods, stubs.
    LoaderHeaps,
    /// Private memory that can be executed: compiled code and stubs.
    Code,
    /// Images, by name.
    Image,
    /// Stacks of threads.
    Stacks,
    /// Environment blocks of the process and of its threads.
    Environment,
    /// Views of files and sections.
    Mapped,
    /// What nobody explains: memory of native code, by what it looks like.
    Native,
}

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

/// What a process's memory went to, in the main.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountVerdict {
    /// To the managed heap.
    Managed,
    /// To native memory.
    Native,
    /// To code, and to what the runtime keeps of code and types.
    Code,
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
    /// Whether the dump described the regions of the address space. If not, what it holds stands for
    /// what is committed.
    pub has_regions: bool,
    /// Where most of the memory went that a program can be blamed for: images, stacks and views of files
    /// are left out.
    ///
    /// `None`, if managed memory could not be told from native.
    pub verdict: Option<AccountVerdict>,
    /// Committed bytes of the managed heap, of native memory, of code and loader heaps.
    pub managed: u64,
    /// See [`Account::managed`].
    pub native: u64,
    /// See [`Account::managed`].
    pub code: u64,
}

/// `PAGE_EXECUTE` and its kin.
const EXECUTABLE: u32 = 0xf0;

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
    let has_regions = !snapshot.regions.is_empty();
    let regions = regions(snapshot);
    let ranges: Vec<AddressRange> = regions.iter().map(range_of).collect();
    let claims = claims(snapshot, &regions, objects, issues);
    let claimed: Vec<AddressRange> = claims.iter().map(|claim| claim.range).collect();

    let mut sums: BTreeMap<(MemoryClass, String), (u64, u64, u64)> = BTreeMap::new();
    let mut private = 0u64;
    for piece in partition(&ranges, &claimed) {
        control.check()?;
        let region = &regions[piece.region];
        let claim = piece.claim.and_then(|claim| claims.get(claim));
        let key = match claim {
            Some(Claim { class, detail, .. }) => (*class, detail.clone()),
            None => unclaimed(region, piece.range, snapshot),
        };
        let sum = sums.entry(key).or_default();
        sum.2 += 1;
        if region.state == RegionState::Commit {
            sum.0 += piece.range.len();
            private += if region.kind == RegionType::Private { piece.range.len() } else { 0 };
        } else {
            sum.1 += piece.range.len();
        }
    }
    if let Some(objects) = objects {
        take_out_gaps(&mut sums, &free_bytes(objects, control)?);
    }
    let mut lines: Vec<AccountLine> = sums
        .into_iter()
        .filter(|&(_, (committed, reserved, _))| committed > 0 || reserved > 0)
        .map(|((class, detail), (committed, reserved, pieces))| AccountLine {
            class,
            detail,
            committed,
            reserved,
            pieces,
        })
        .collect();
    lines.sort_by_key(|line| (line.class, std::cmp::Reverse((line.committed, line.reserved))));
    let mut account = Account::new(lines, private, has_regions);
    account.verdict = account.verdict.filter(|_| objects.is_some());
    Ok(account)
}

impl Account {
    fn new(lines: Vec<AccountLine>, private: u64, has_regions: bool) -> Account {
        let of = |classes: &[MemoryClass]| {
            let lines = lines.iter().filter(|line| classes.contains(&line.class));
            lines.map(|line| line.committed).sum::<u64>()
        };
        let managed = of(&[MemoryClass::GcObjects, MemoryClass::GcFree, MemoryClass::GcUnused]);
        let native = of(&[MemoryClass::Native]);
        let code = of(&[MemoryClass::Code, MemoryClass::LoaderHeaps]);
        let verdict = match managed.max(native).max(code) {
            most if most == managed => Some(AccountVerdict::Managed),
            most if most == native => Some(AccountVerdict::Native),
            _ => Some(AccountVerdict::Code),
        };
        Account {
            committed: lines.iter().map(|line| line.committed).sum(),
            reserved: lines.iter().map(|line| line.reserved).sum(),
            private,
            has_regions,
            verdict,
            managed,
            native,
            code,
            lines,
        }
    }
}

/// The regions in use; where the dump does not describe them, the ranges that it holds.
fn regions(snapshot: &Snapshot<'_>) -> Vec<RegionRecord> {
    if !snapshot.regions.is_empty() {
        let used = snapshot.regions.iter().filter(|region| region.state != RegionState::Free);
        return used.copied().collect();
    }
    let held = snapshot.space.iter().map(|(base, bytes)| RegionRecord {
        base,
        allocation_base: base,
        size: bytes.len() as u64,
        state: RegionState::Commit,
        kind: RegionType::Unknown,
        protection: 0,
    });
    held.collect()
}

/// The addresses of a region.
pub(crate) fn range_of(region: &RegionRecord) -> AddressRange {
    AddressRange::new(region.base, VirtAddr(region.base.0.saturating_add(region.size)))
}

/// The class of memory that nobody claims.
fn unclaimed(
    region: &RegionRecord,
    range: AddressRange,
    snapshot: &Snapshot<'_>,
) -> (MemoryClass, String) {
    match region.kind {
        _ if region.state == RegionState::Reserve => (MemoryClass::Native, RESERVED.to_owned()),
        RegionType::Image => (MemoryClass::Image, "not in the list of modules".to_owned()),
        _ if region.protection & EXECUTABLE != 0 => (MemoryClass::Code, String::new()),
        RegionType::Mapped => (MemoryClass::Mapped, String::new()),
        _ => {
            let content: Content = guess(range, snapshot);
            (MemoryClass::Native, content.to_string())
        }
    }
}

/// What native memory that is only set aside is called.
const RESERVED: &str = "set aside";

/// What the objects of a generation of a heap are called.
pub(crate) fn gc_detail(heap: u32, generation: GenerationFilter) -> String {
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

/// Moves gaps from the line of the objects that they lie between to a line of their own.
fn take_out_gaps(
    sums: &mut BTreeMap<(MemoryClass, String), (u64, u64, u64)>,
    gaps: &BTreeMap<String, u64>,
) {
    for (detail, &bytes) in gaps {
        let Some(used) = sums.get_mut(&(MemoryClass::GcObjects, detail.clone())) else { continue };
        let bytes = bytes.min(used.0);
        used.0 -= bytes;
        let pieces = used.2;
        sums.insert((MemoryClass::GcFree, detail.clone()), (bytes, 0, pieces));
    }
}

//! What the operating system keeps for the process and its threads.
//!
//! Offsets are those of winternl.h, of the public symbols of ntdll, and of Wine's include/winternl.h.

use std::collections::BTreeSet;

use clrscope_clr::AddressRange;
use clrscope_memory::{Arch, RegionType, Snapshot, VirtAddr};

use super::Claims;
use crate::account::class::MemoryClass;
use crate::account::regions::range_of;
use crate::native_heap::process_blocks;

const PAGE: u64 = 0x1000;

/// Offsets within `TEB`, `PEB` and `RTL_USER_PROCESS_PARAMETERS`.
struct Offsets {
    teb_bytes: u64,
    itself: u64,
    peb: u64,
    thread_id: u64,
    stack_base: u64,
    deallocation_stack: u64,
    /// `GdiTebBatch`, in which Wine keeps what it needs of a thread.
    batch: std::ops::Range<u64>,
    parameters: u64,
    environment: u64,
    environment_size: u64,
    gdi_table: u64,
    /// Fields of the `PEB` that point to memory of their own, and what that is.
    views: [(u64, &'static str); 5],
}

const NARROW: Offsets = Offsets {
    teb_bytes: PAGE,
    itself: 0x18,
    peb: 0x30,
    thread_id: 0x24,
    stack_base: 0x4,
    deallocation_stack: 0xe0c,
    batch: 0x1d4..0x6b4,
    parameters: 0x10,
    environment: 0x48,
    environment_size: 0x290,
    gdi_table: 0x94,
    views: [
        (0x38, "API sets"),
        (0x58, "code pages"),
        (0x5c, "code pages"),
        (0x60, "case tables"),
        (0x4c, "shared with the subsystem"),
    ],
};

const WIDE: Offsets = Offsets {
    teb_bytes: 2 * PAGE,
    itself: 0x30,
    peb: 0x60,
    thread_id: 0x48,
    stack_base: 0x8,
    deallocation_stack: 0x1478,
    batch: 0x2f0..0x7d8,
    parameters: 0x20,
    environment: 0x80,
    environment_size: 0x3f0,
    gdi_table: 0xf8,
    views: [
        (0x68, "API sets"),
        (0xa0, "code pages"),
        (0xa8, "code pages"),
        (0xb0, "case tables"),
        (0x88, "shared with the subsystem"),
    ],
};

/// Where every process sees the system's time and version (`KUSER_SHARED_DATA`).
const SHARED_DATA: VirtAddr = VirtAddr(0x7ffe_0000);
/// Of a 32-bit thread on a 64-bit system, its 64-bit block, whose address is in `GdiBatchCount`.
const WOW64_TEB: u64 = 0xf70;
/// `GDI_HANDLE_TABLE`: 65,536 entries of 24 bytes.
const GDI_TABLE: u64 = 0x18_0000;
/// Wine's stack for system calls, right behind that of the thread (`kernel_stack_size` in
/// dlls/ntdll/unix/unix_private.h).
const SYSTEM_CALL_STACK: u64 = 0x10_0000;
/// Blocks before and behind that of a thread among which others are looked for.
const MAX_TEBS: u64 = 512;
/// Bytes of a stack at most, of a thread that is not listed.
const MAX_STACK: u64 = 1 << 28;
/// Bytes of an environment at most: what a process can be given is far less.
const MAX_ENVIRONMENT: u64 = 1 << 24;

fn offsets(snapshot: &Snapshot<'_>) -> &'static Offsets {
    if snapshot.target.pointer_bytes() == 8 { &WIDE } else { &NARROW }
}

/// The environment blocks of threads and of the process, its parameters and its environment.
pub(super) fn blocks(claims: &mut Claims<'_>, snapshot: &Snapshot<'_>) {
    let at = offsets(snapshot);
    let space = &snapshot.space;
    for thread in snapshot.threads.iter().filter(|thread| !thread.teb.is_null()) {
        claims.add_bytes(thread.teb, at.teb_bytes, MemoryClass::Environment, "threads");
        if let Some(wide) = wow64_teb(snapshot, thread.teb) {
            claims.add_bytes(wide, WIDE.teb_bytes, MemoryClass::Environment, "threads");
        }
    }
    for peb in process_blocks(snapshot) {
        claims.add_bytes(peb, PAGE, MemoryClass::Environment, "process");
        let Some(parameters) = space.read_pointer(peb.wrapping_add(at.parameters)) else {
            continue;
        };
        if let Some(bytes) = space.read_u32(parameters) {
            let bytes = u64::from(bytes).min(MAX_ENVIRONMENT);
            claims.add_bytes(parameters, bytes, MemoryClass::Environment, "parameters");
        }
        let start = space.read_pointer(parameters.wrapping_add(at.environment));
        let bytes = space.read_pointer(parameters.wrapping_add(at.environment_size));
        if let (Some(start), Some(bytes)) = (start, bytes)
            && bytes.0 <= MAX_ENVIRONMENT
        {
            claims.add_bytes(start, bytes.0, MemoryClass::Environment, "variables");
        }
    }
}

fn wow64_teb(snapshot: &Snapshot<'_>, teb: VirtAddr) -> Option<VirtAddr> {
    if snapshot.target.arch != Arch::X86 {
        return None;
    }
    let space = &snapshot.space;
    let wide = VirtAddr(space.read_u32(teb.wrapping_add(WOW64_TEB))?.into());
    let itself = space.read_u64(wide.wrapping_add(WIDE.itself))?;
    (!wide.is_null() && itself == wide.0).then_some(wide)
}

/// Stacks. Each is an allocation of its own: a part that is only set aside, a guard, and what was used.
pub(super) fn stacks(claims: &mut Claims<'_>, snapshot: &Snapshot<'_>) {
    let at = offsets(snapshot);
    let space = &snapshot.space;
    for thread in &snapshot.threads {
        let detail = format!("thread {:x}", thread.os_id);
        claims.add_bytes(thread.stack_start, thread.stack_bytes, MemoryClass::Stacks, &detail);
        if thread.stack_bytes > 0 {
            claims.add_allocation(thread.stack_start, MemoryClass::Stacks, &detail);
        }
        let teb = thread.teb;
        let (base, bottom) = (
            space.read_pointer(teb.wrapping_add(at.stack_base)),
            space.read_pointer(teb.wrapping_add(at.deallocation_stack)),
        );
        if let (Some(base), Some(bottom)) = (base, bottom)
            && bottom < base
            && bottom <= thread.stack_start
            && thread.stack_start < base
        {
            claims.add(AddressRange::new(bottom, base), MemoryClass::Stacks, &*detail);
        }
        let wide = wow64_teb(snapshot, teb);
        if let Some(wide) = wide
            && let Some(bottom) = space.read_u64(wide.wrapping_add(WIDE.deallocation_stack))
        {
            let detail = format!("thread {:x}, of the 64-bit system", thread.os_id);
            claims.add_allocation(VirtAddr(bottom), MemoryClass::Stacks, &detail);
        }
    }
}

/// Environment blocks of threads that the dump does not list: those that came, or went, while it was written,
/// and those that the system keeps to use again. They lie among the others, point to themselves and to the
/// same block of the process.
fn unlisted(claims: &Claims<'_>, snapshot: &Snapshot<'_>) -> BTreeSet<VirtAddr> {
    let at = offsets(snapshot);
    let space = &snapshot.space;
    let pebs = process_blocks(snapshot);
    let listed: BTreeSet<VirtAddr> = snapshot.threads.iter().map(|thread| thread.teb).collect();
    let mut pages: BTreeSet<VirtAddr> = BTreeSet::new();
    for &teb in listed.iter().filter(|teb| !teb.is_null()) {
        let Some(region) = claims.region_at(teb).map(range_of) else { continue };
        let start = region.start.0.max(teb.0.saturating_sub(MAX_TEBS * at.teb_bytes));
        let end = region.end.0.min(teb.0.saturating_add(MAX_TEBS * at.teb_bytes));
        pages.extend((start..end).step_by(PAGE as usize).map(VirtAddr));
    }
    let is_teb = |teb: &VirtAddr| {
        let peb = space.read_pointer(teb.wrapping_add(at.peb));
        space.read_pointer(teb.wrapping_add(at.itself)) == Some(*teb)
            && peb.is_some_and(|peb| pebs.contains(&peb))
    };
    pages.difference(&listed).copied().filter(is_teb).collect()
}

/// What is left of threads that are not listed. Their stacks may long be used for something else, so
/// everybody else comes first.
pub(super) fn remains(claims: &mut Claims<'_>, snapshot: &Snapshot<'_>) {
    let at = offsets(snapshot);
    for teb in unlisted(claims, snapshot) {
        let word = |offset| snapshot.space.read_pointer(teb.wrapping_add(offset));
        claims.add_bytes(teb, at.teb_bytes, MemoryClass::Environment, "threads");
        let Some(id) = word(at.thread_id) else { continue };
        let detail = format!("thread {:x}, not listed", id.0);
        if let (Some(base), Some(bottom)) = (word(at.stack_base), word(at.deallocation_stack))
            && bottom < base
            && base.0 - bottom.0 <= MAX_STACK
        {
            claims.add(AddressRange::new(bottom, base), MemoryClass::Stacks, &*detail);
            let mut kept = at.batch.clone().step_by(snapshot.target.pointer_bytes() as usize);
            if kept.any(|offset| word(offset) == Some(base)) {
                claims.add_bytes(base, SYSTEM_CALL_STACK, MemoryClass::Stacks, &detail);
            }
        }
        let extent = claims.extent_of(teb).unwrap_or_default();
        claims.add(extent, MemoryClass::Environment, "threads");
    }
    for thread in snapshot.threads.iter().filter(|thread| !thread.teb.is_null()) {
        let extent = claims.extent_of(thread.teb).unwrap_or_default();
        claims.add(extent, MemoryClass::Environment, "threads");
    }
    for peb in process_blocks(snapshot) {
        let extent = claims.extent_of(peb).unwrap_or_default();
        claims.add(extent, MemoryClass::Environment, "process");
    }
}

/// What these blocks refer to: views of tables, and on Wine the stacks of system calls.
pub(super) fn surroundings(claims: &mut Claims<'_>, snapshot: &Snapshot<'_>) {
    let at = offsets(snapshot);
    let space = &snapshot.space;
    claims.add_bytes(SHARED_DATA, PAGE, MemoryClass::Mapped, "shared by the system");
    let width = snapshot.target.pointer_bytes();
    for thread in snapshot.threads.iter().filter(|thread| !thread.teb.is_null()) {
        let word = |offset| space.read_pointer(thread.teb.wrapping_add(offset));
        let Some(base) = word(at.stack_base).filter(|base| claims.region_at(*base).is_some())
        else {
            continue;
        };
        let mut kept = at.batch.clone().step_by(width as usize);
        if kept.any(|offset| word(offset) == Some(base)) {
            let detail = format!("thread {:x}, of system calls", thread.os_id);
            claims.add_bytes(base, SYSTEM_CALL_STACK, MemoryClass::Stacks, &detail);
        }
    }
    for peb in process_blocks(snapshot) {
        for (field, detail) in at.views {
            let Some(start) = space.read_pointer(peb.wrapping_add(field)) else { continue };
            let Some(region) = claims.region_at(start) else { continue };
            match region.kind {
                RegionType::Private => {
                    claims.add_allocation(start, MemoryClass::Environment, detail);
                }
                RegionType::Unknown => {
                    let extent = claims.extent_of(start).unwrap_or_default();
                    claims.add(extent, MemoryClass::Mapped, detail);
                }
                _ => claims.add_allocation(start, MemoryClass::Mapped, detail),
            }
        }
        if let Some(table) = space.read_pointer(peb.wrapping_add(at.gdi_table))
            && !table.is_null()
        {
            claims.add_bytes(table, GDI_TABLE, MemoryClass::Environment, "GDI handle table");
        }
        claims.add_allocation(peb, MemoryClass::Environment, "process");
        if let Some(parameters) = space.read_pointer(peb.wrapping_add(at.parameters)) {
            let extent = claims.extent_of(parameters);
            claims.add(extent.unwrap_or_default(), MemoryClass::Environment, "parameters");
        }
    }
}

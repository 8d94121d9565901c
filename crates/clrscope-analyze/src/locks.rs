//! Who holds which lock: sync blocks, headers of objects, and the locks that are objects themselves.

use clrscope_clr::stack::ManagedThread;
use clrscope_clr::{HeaderFormat, ObjectHeader, Runtime, SyncBlock, SyncBlocks, Types};
use clrscope_memory::{Issue, IssueKind, Issues, VirtAddr};

/// The class whose instances are locks themselves, from .NET 9 on.
pub(crate) const LOCK_CLASS: &str = "System.Threading.Lock";

/// Where the state of a lock is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockKind {
    /// In the sync block of this number.
    SyncBlock(u32),
    /// In the header of the object.
    Thin,
    /// In the object, which is a `System.Threading.Lock`.
    Object,
}

/// A lock that a thread holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldLock {
    /// The object that is locked.
    pub object: VirtAddr,
    /// Where the state of the lock is kept.
    pub kind: LockKind,
    /// The record of the thread that holds it; `None` if that thread is gone.
    pub owner: Option<VirtAddr>,
    /// The operating system's number of that thread.
    pub owner_os_id: Option<u32>,
    /// How often that thread has taken it.
    pub times: u32,
    /// Threads that wait until they can take it.
    pub waiters: u32,
}

/// The locks of a process.
#[derive(Debug)]
pub struct Locks<'a, 'data> {
    /// The sync blocks.
    pub blocks: SyncBlocks,
    runtime: &'a Runtime<'data>,
    types: Option<&'a Types<'data>>,
    format: HeaderFormat,
    threads: Vec<Owner>,
}

/// A thread that can hold locks.
#[derive(Debug, Clone, Copy)]
struct Owner {
    address: VirtAddr,
    managed_id: u32,
    os_id: u32,
}

/// Bit of `Lock._state`: a thread holds it; and from which bit on those who wait are counted
/// (dotnet/runtime, src/libraries/System.Private.CoreLib/src/System/Threading/Lock.cs).
const IS_LOCKED: u32 = 1;
const WAITER_SHIFT: u32 = 6;

impl<'a, 'data> Locks<'a, 'data> {
    /// The locks of a runtime. What could not be read is added to `issues`.
    pub fn new(runtime: &'a Runtime<'data>, issues: &mut Issues) -> Locks<'a, 'data> {
        let blocks = match runtime.sync_blocks() {
            Ok(blocks) => blocks.take(issues),
            Err(missing) => {
                issues.push(Issue::general(
                    IssueKind::MissingStructure,
                    format!("sync blocks cannot be read: {missing}"),
                ));
                SyncBlocks::default()
            }
        };
        let threads = runtime.threads().map(|threads| threads.value).unwrap_or_default();
        let owner = |thread: &ManagedThread| Owner {
            address: thread.address,
            managed_id: thread.managed_id,
            os_id: thread.os_id,
        };
        Locks {
            blocks,
            runtime,
            types: runtime.types().ok(),
            format: HeaderFormat::of(runtime),
            threads: threads.iter().map(owner).collect(),
        }
    }

    /// The runtime whose locks they are.
    pub fn runtime(&self) -> &'a Runtime<'data> {
        self.runtime
    }

    /// The lock of an object, if a thread holds it.
    pub fn held(&self, object: VirtAddr) -> Option<HeldLock> {
        let header = self.runtime.snapshot().space.read_u32(object.wrapping_sub(4))?;
        match self.format.decode(header) {
            ObjectHeader::SyncBlock(index) => {
                let block = self.blocks.get(index).filter(|block| block.object == object);
                block.and_then(|block| self.held_block(block))
            }
            ObjectHeader::ThinLock { managed_thread, recursion } => {
                let owner = self.numbered(managed_thread);
                Some(HeldLock {
                    object,
                    kind: LockKind::Thin,
                    owner: owner.map(|owner| owner.address),
                    owner_os_id: owner.map(|owner| owner.os_id),
                    times: recursion.saturating_add(1),
                    waiters: 0,
                })
            }
            _ => self.held_lock_object(object),
        }
    }

    /// The locks that sync blocks say are held, in order of their numbers.
    pub fn held_blocks(&self) -> impl Iterator<Item = HeldLock> {
        self.blocks.blocks.iter().filter_map(|block| self.held_block(block))
    }

    /// The object whose pulse a thread waits for, having given up its lock.
    pub fn pulse_object(&self, thread: VirtAddr) -> Option<VirtAddr> {
        let waits = |block: &&SyncBlock| block.pulse_waiters.contains(&thread);
        self.blocks.blocks.iter().find(waits).map(|block| block.object)
    }

    fn numbered(&self, managed_id: u32) -> Option<Owner> {
        self.threads.iter().find(|owner| owner.managed_id == managed_id).copied()
    }

    fn held_block(&self, block: &SyncBlock) -> Option<HeldLock> {
        let monitor = &block.monitor;
        let owner = self.threads.iter().find(|owner| Some(owner.address) == monitor.owner);
        monitor.held.then_some(HeldLock {
            object: block.object,
            kind: LockKind::SyncBlock(block.index),
            owner: monitor.owner,
            owner_os_id: owner.map(|owner| owner.os_id),
            times: monitor.recursion,
            waiters: monitor.waiters,
        })
    }

    fn held_lock_object(&self, object: VirtAddr) -> Option<HeldLock> {
        let object = self.types?.object(object).ok().filter(|o| o.ty().name() == LOCK_CLASS)?;
        let number = |name: &str| {
            let number = object.field(name)?.as_integer()?;
            u32::try_from(number).ok()
        };
        let state = number("_state")?;
        let owner = number("_owningThreadId").and_then(|id| self.numbered(id));
        (state & IS_LOCKED != 0).then(|| HeldLock {
            object: object.address(),
            kind: LockKind::Object,
            owner: owner.map(|owner| owner.address),
            owner_os_id: owner.map(|owner| owner.os_id),
            times: number("_recursionCount").unwrap_or(0).saturating_add(1),
            waiters: state >> WAITER_SHIFT,
        })
    }
}

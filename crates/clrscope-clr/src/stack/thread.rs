//! The runtime's threads. `src/coreclr/vm/threads.h` of dotnet/runtime.

use clrscope_memory::{Issue, IssueKind, Parsed, ThreadTimes, VirtAddr};

use super::{StackBounds, bounds};
use crate::layout::MissingField;
use crate::runtime::Runtime;
use crate::thread::thread_addresses;

/// Where a thread is between its making and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LifeCycle {
    /// It has a record but was not started.
    Unstarted,
    /// It runs.
    Alive,
    /// It has ended; its record stays as long as its object does.
    Dead,
}

/// Whether a collection must wait for a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GcMode {
    /// It runs managed code, and must be stopped.
    Cooperative,
    /// It runs native code or waits, and need not.
    Preemptive,
}

/// The COM apartment of a thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Apartment {
    /// Single-threaded.
    Sta,
    /// Multi-threaded.
    Mta,
    /// None was entered, or it is not known.
    Unknown,
}

/// The flags of a thread (`ThreadState`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ThreadState(pub u32);

impl ThreadState {
    const UNSTARTED: u32 = 0x400;
    const DEAD: u32 = 0x800;
    const IN_STA: u32 = 0x4000;
    const IN_MTA: u32 = 0x8000;

    /// Flags whose meaning has stayed the same, and a word for each.
    const WORDS: [(u32, &'static str); 18] = [
        (0x1, "abort requested"),
        (0x2, "gc suspend pending"),
        (0x8, "debugger suspend pending"),
        (0x200, "background"),
        (Self::UNSTARTED, "unstarted"),
        (Self::DEAD, "dead"),
        (0x1000, "made by the runtime"),
        (0x2000, "com initialized"),
        (Self::IN_STA, "in sta"),
        (Self::IN_MTA, "in mta"),
        (0x1_0000, "reported dead"),
        (0x2_0000, "fully initialized"),
        (0x100_0000, "thread pool worker"),
        (0x200_0000, "interruptible"),
        (0x400_0000, "interrupted"),
        (0x1000_0000, "abort initiated"),
        (0x4000_0000, "failed to start"),
        (0x8000_0000, "detached"),
    ];

    /// A word for each flag that is set and whose meaning is known.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Self::WORDS.into_iter().filter(move |(flag, _)| self.0 & flag != 0).map(|(_, word)| word)
    }

    /// Where the thread with the operating system's number `os_id` is between its making and its end.
    pub(crate) const fn life_cycle(self, os_id: u32) -> LifeCycle {
        if self.0 & Self::UNSTARTED != 0 {
            LifeCycle::Unstarted
        } else if self.0 & Self::DEAD != 0 || os_id == 0 {
            LifeCycle::Dead
        } else {
            LifeCycle::Alive
        }
    }

    /// The COM apartment.
    pub const fn apartment(self) -> Apartment {
        if self.0 & Self::IN_STA != 0 {
            Apartment::Sta
        } else if self.0 & Self::IN_MTA != 0 {
            Apartment::Mta
        } else {
            Apartment::Unknown
        }
    }
}

/// A thread that the runtime knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedThread {
    /// The runtime's record of it.
    pub address: VirtAddr,
    /// The runtime's number of it.
    pub managed_id: u32,
    /// The operating system's number; zero once it has ended, or before it was started.
    pub os_id: u32,
    /// Where it is between its making and its end.
    pub life_cycle: LifeCycle,
    /// Its flags.
    pub state: ThreadState,
    /// Whether a collection must wait for it.
    pub gc_mode: GcMode,
    /// How many locks it holds; only runtimes up to .NET 5 count them.
    pub lock_count: Option<u32>,
    /// Whether it runs finalizers.
    pub is_finalizer: bool,
    /// Whether it has stopped the others for a collection.
    pub is_gc: bool,
    /// The managed object that stands for it, if there is one.
    pub object: Option<VirtAddr>,
    /// The exception that it threw last and that is still kept.
    pub last_thrown: Option<VirtAddr>,
    /// The innermost explicit frame.
    pub frame: VirtAddr,
    /// Where its stack lies, if the capture has the thread.
    pub stack: Option<StackBounds>,
    /// Its name as the operating system has it, if the capture does.
    pub name: Option<String>,
    /// When it was created and how long it has run, if the capture knows.
    pub times: Option<ThreadTimes>,
}

impl<'data> Runtime<'data> {
    /// The threads of this runtime, in the order of its list; dead and unstarted ones are among them.
    ///
    /// # Errors
    /// If the layout does not know a field that is needed.
    pub fn threads(&self) -> Result<Parsed<Vec<ManagedThread>>, MissingField> {
        let reader = ThreadReader::new(self)?;
        let Parsed { value, mut issues } = thread_addresses(self)?;
        let mut threads = Vec::with_capacity(value.len());
        for address in value {
            match reader.read(address) {
                Some(thread) => threads.push(thread),
                None => issues.push(Issue::in_memory(
                    IssueKind::MissingMemory,
                    address,
                    "the record of a thread is not whole in the capture",
                )),
            }
        }
        Ok(Parsed { value: threads, issues })
    }
}

/// Where the fields of a thread are.
struct ThreadReader<'a, 'data> {
    runtime: &'a Runtime<'data>,
    id: u64,
    os_id: u64,
    state: u64,
    gc_disabled: u64,
    frame: u64,
    lock_count: Option<u64>,
    object_handle: Option<u64>,
    last_thrown: Option<u64>,
    finalizer: Option<VirtAddr>,
    gc: Option<VirtAddr>,
}

impl<'a, 'data> ThreadReader<'a, 'data> {
    fn new(runtime: &'a Runtime<'data>) -> Result<ThreadReader<'a, 'data>, MissingField> {
        let require = |field| runtime.layout().require("Thread", field);
        let offset = |field| runtime.layout().offset("Thread", field);
        Ok(ThreadReader {
            runtime,
            id: require("Id")?,
            os_id: require("OSId")?,
            state: require("State")?,
            gc_disabled: require("PreemptiveGCDisabled")?,
            frame: require("Frame")?,
            lock_count: offset("LockCount"),
            object_handle: offset("GCHandle"),
            last_thrown: offset("LastThrownObject"),
            finalizer: runtime.global_pointer("FinalizerThread"),
            gc: runtime.global_pointer("GCThread"),
        })
    }

    fn read(&self, address: VirtAddr) -> Option<ManagedThread> {
        let snapshot = self.runtime.snapshot();
        let space = &snapshot.space;
        let number = |offset| space.read_u32(address.wrapping_add(offset));
        let behind_handle = |offset: Option<u64>| {
            let handle = space.read_pointer(address.wrapping_add(offset?))?;
            space.follow(handle)
        };
        let os_id = number(self.os_id)?;
        let state = ThreadState(number(self.state)?);
        let record = snapshot.thread(os_id).filter(|_| os_id != 0);
        let cooperative = number(self.gc_disabled)? != 0;
        Some(ManagedThread {
            address,
            managed_id: number(self.id)?,
            os_id,
            life_cycle: state.life_cycle(os_id),
            state,
            gc_mode: if cooperative { GcMode::Cooperative } else { GcMode::Preemptive },
            lock_count: self.lock_count.and_then(number),
            is_finalizer: self.finalizer == Some(address),
            is_gc: self.gc == Some(address),
            object: behind_handle(self.object_handle),
            last_thrown: behind_handle(self.last_thrown),
            frame: space.read_pointer(address.wrapping_add(self.frame)).unwrap_or_default(),
            stack: record.map(bounds),
            name: record.and_then(|record| record.name.clone()),
            times: record.and_then(|record| record.times),
        })
    }
}

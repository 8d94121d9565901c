//! The table of sync blocks.

use std::cell::RefCell;

use clrscope_memory::{AddressSpace, Issue, IssueKind, Issues, Parsed, VirtAddr, limits};
use rustc_hash::{FxHashMap, FxHashSet};

use super::header::{HeaderFormat, ObjectHeader};
use crate::layout::MissingField;
use crate::runtime::Runtime;
use crate::thread::thread_addresses;

/// Bit of a monitor's state: a thread holds it (`AwareLock::LockState`).
const IS_LOCKED: u32 = 1;
/// The state counts the threads that wait from this bit on.
const WAITER_SHIFT: u32 = 6;
/// Bit of an entry's object: the entry is free, and the rest is the number of the next free one.
const IS_FREE: u64 = 1;
/// Bytes before an object that are its header.
const HEADER: u64 = 4;
/// Sync blocks that a runtime can number.
const MAX_BLOCKS: u32 = 1 << 26;

/// What the runtime keeps of an object that its header has no room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncBlock {
    /// Its number in the table, which is in the object's header.
    pub index: u32,
    /// Where it is.
    pub address: VirtAddr,
    /// Its object.
    pub object: VirtAddr,
    /// The object's lock.
    pub monitor: Monitor,
    /// The records of the threads that gave up the lock to wait for a pulse (`Monitor.Wait`), the first to
    /// be woken first.
    pub pulse_waiters: Vec<VirtAddr>,
    /// The object's hash code, if it was asked for.
    pub hash_code: Option<u32>,
    /// Its wrapper for COM, if it was handed to COM; `None` also where the layout does not say.
    pub com_callable: Option<VirtAddr>,
    /// What it wraps for the program, if it came from COM; `None` also where the layout does not say.
    pub runtime_callable: Option<VirtAddr>,
}

/// The lock of an object that has a sync block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Monitor {
    /// Whether a thread holds it.
    pub held: bool,
    /// The record of the thread that holds it; `None` also if that thread is gone.
    pub owner: Option<VirtAddr>,
    /// How often that thread has taken it.
    pub recursion: u32,
    /// Threads that wait until they can take it.
    pub waiters: u32,
}

impl Monitor {
    /// What SOS calls `MonitorHeld`: one for the owner, two for each that waits.
    pub fn held_count(&self) -> u32 {
        u32::from(self.held) + self.waiters * 2
    }
}

/// The sync blocks of a runtime.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SyncBlocks {
    /// Those that are in use, in order of their numbers.
    pub blocks: Vec<SyncBlock>,
    /// Entries of the table that were given out and are free again, or whose object is dead.
    pub free: u64,
    /// Blocks of dead objects that the finalizer thread is to clean up; `None` if that is not known.
    pub to_clean_up: Option<u64>,
    /// COM objects that wait to be released: zero, or `None` if some do (then their number is not known)
    /// or the list was not found.
    pub interfaces_to_release: Option<u64>,
}

impl SyncBlocks {
    /// The sync block of a number.
    pub fn get(&self, index: u32) -> Option<&SyncBlock> {
        let at = self.blocks.binary_search_by_key(&index, |block| block.index).ok()?;
        self.blocks.get(at)
    }
}

impl<'data> Runtime<'data> {
    /// The sync blocks. The table says which numbers were given out; one is in use if its object's header has
    /// its number.
    ///
    /// # Errors
    /// If the layout does not know a field that is needed.
    pub fn sync_blocks(&self) -> Result<Parsed<SyncBlocks>, MissingField> {
        let mut issues = Issues::new();
        let reader = Reader::new(self)?;
        let mut found = SyncBlocks {
            to_clean_up: reader.clean_up_count(),
            interfaces_to_release: reader.no_interfaces(),
            ..SyncBlocks::default()
        };
        let Some(table) = self.global_pointer("SyncTableEntries") else {
            issues.push(Issue::general(
                IssueKind::MissingStructure,
                "the table of sync blocks was not found",
            ));
            return Ok(Parsed { value: found, issues });
        };
        for index in 1..reader.used_entries(table, &mut issues) {
            match reader.entry(table, index) {
                Some(Entry::Used(block)) => found.blocks.push(*block),
                Some(Entry::Free) => found.free += 1,
                None => {
                    issues.push(Issue::in_memory(
                        IssueKind::MissingMemory,
                        table,
                        format!("the table of sync blocks is not in the capture from {index} on"),
                    ));
                    break;
                }
            }
        }
        Ok(Parsed { value: found, issues })
    }
}

enum Entry {
    Used(Box<SyncBlock>),
    Free,
}

/// Where the fields are.
struct Reader<'a, 'data> {
    runtime: &'a Runtime<'data>,
    space: &'a AddressSpace<'data>,
    /// The threads' records.
    threads: FxHashSet<VirtAddr>,
    /// The same by the runtime's number of each.
    by_number: FxHashMap<u64, VirtAddr>,
    /// Links of waiting threads that were read: none is in two lists.
    links: RefCell<FxHashSet<VirtAddr>>,
    format: HeaderFormat,
    entry_size: u64,
    entry_block: u64,
    entry_object: u64,
    lock_state: u64,
    recursion: u64,
    owner: u64,
    link: u64,
    hash_code: Option<u64>,
    wait_link: u64,
    wait_thread: u64,
    /// Where a block points at what COM knows of its object, and there at the two wrappers.
    interop: Option<(u64, u64, u64)>,
}

impl<'a, 'data> Reader<'a, 'data> {
    fn new(runtime: &'a Runtime<'data>) -> Result<Reader<'a, 'data>, MissingField> {
        let layout = runtime.layout();
        let block = |field| layout.require("SyncBlock", field);
        let interop = layout.offset("SyncBlock", "InteropInfo");
        let info = |field| layout.offset("InteropSyncBlockInfo", field);
        let entry_object = match layout.offset("SyncTableEntry", "Object") {
            Some(offset) => offset,
            None => runtime.snapshot().target.pointer_bytes(),
        };
        let size = layout.size("SyncTableEntry");
        let space = &runtime.snapshot().space;
        let managed_id = layout.require("Thread", "Id")?;
        // What is wrong with the list of threads is said by who lists them.
        let threads = thread_addresses(runtime)?.value;
        let mut by_number = FxHashMap::default();
        for &thread in &threads {
            if let Some(number) = space.read_u32(thread.wrapping_add(managed_id)) {
                by_number.entry(number.into()).or_insert(thread);
            }
        }
        Ok(Reader {
            runtime,
            space,
            threads: threads.into_iter().collect(),
            by_number,
            links: RefCell::default(),
            format: HeaderFormat::of(runtime),
            entry_size: size.unwrap_or(2 * runtime.snapshot().target.pointer_bytes()),
            entry_block: layout.require("SyncTableEntry", "SyncBlock")?,
            entry_object,
            lock_state: block("LockState")?,
            recursion: block("Recursion")?,
            owner: block("HoldingThread")?,
            link: block("Link")?,
            hash_code: layout.offset("SyncBlock", "HashCode"),
            wait_link: layout.require("WaitEventLink", "LinkSB")?,
            wait_thread: layout.require("WaitEventLink", "Thread")?,
            interop: interop
                .zip(info("CCW"))
                .zip(info("RCW"))
                .map(|((info, ccw), rcw)| (info, ccw, rcw)),
        })
    }

    /// Numbers below this one were given out. Where the runtime's own count is not known, the table is
    /// taken to end where neither word of an entry says anything.
    fn used_entries(&self, table: VirtAddr, issues: &mut Issues) -> u32 {
        let layout = self.runtime.layout();
        let count = |field| {
            let cache = self.runtime.global_pointer("SyncBlockCache")?;
            self.space.read_u32(cache.wrapping_add(layout.offset("SyncBlockCache", field)?))
        };
        match (count("FreeSyncTableIndex"), count("SyncTableSize")) {
            (Some(used), Some(size)) if used <= size && size <= MAX_BLOCKS => used,
            _ => {
                issues.push(Issue::general(
                    IssueKind::MissingStructure,
                    "how many sync blocks there are is not known; the table is read to its first empty entry",
                ));
                let is_empty = |index: &u32| {
                    let entry = self.entry_address(table, *index);
                    let word = |at: u64| self.space.read_pointer(entry.wrapping_add(at));
                    let words = [word(self.entry_block), word(self.entry_object)];
                    words.iter().all(|word| word.is_none_or(VirtAddr::is_null))
                };
                (1..limits::MAX_LIST as u32).find(is_empty).unwrap_or(0)
            }
        }
    }

    fn entry_address(&self, table: VirtAddr, index: u32) -> VirtAddr {
        table.wrapping_add(u64::from(index) * self.entry_size)
    }

    fn entry(&self, table: VirtAddr, index: u32) -> Option<Entry> {
        let entry = self.entry_address(table, index);
        let object = self.space.read_pointer(entry.wrapping_add(self.entry_object))?;
        let address = self.space.read_pointer(entry.wrapping_add(self.entry_block))?;
        if object.is_null() || object.0 & IS_FREE != 0 || address.is_null() {
            return Some(Entry::Free);
        }
        let header = self.space.read_u32(object.wrapping_sub(HEADER));
        let points_back =
            header.map(|header| self.format.decode(header)) == Some(ObjectHeader::SyncBlock(index));
        let block = points_back.then(|| self.block(index, address, object)).flatten();
        Some(block.map_or(Entry::Free, |block| Entry::Used(Box::new(block))))
    }

    fn block(&self, index: u32, address: VirtAddr, object: VirtAddr) -> Option<SyncBlock> {
        let at = |offset| address.wrapping_add(offset);
        let state = self.space.read_u32(at(self.lock_state))?;
        let held = state & IS_LOCKED != 0;
        let hash_code = self.hash_code.and_then(|offset| self.space.read_u32(at(offset)));
        let wrapper = |which: fn((u64, u64, u64)) -> u64| {
            let offsets = self.interop?;
            let info = self.space.follow(at(offsets.0))?;
            let wrapper = self.space.read_pointer(info.wrapping_add(which(offsets)))?;
            // One says that there was a wrapper once.
            (wrapper.0 > 1).then_some(wrapper)
        };
        Some(SyncBlock {
            index,
            address,
            object,
            monitor: Monitor {
                held,
                owner: held.then(|| self.owner(at(self.owner))).flatten(),
                recursion: self.space.read_u32(at(self.recursion)).unwrap_or(0),
                waiters: state >> WAITER_SHIFT,
            },
            pulse_waiters: self.pulse_waiters(at(self.link)),
            hash_code: hash_code.filter(|&code| code != 0),
            com_callable: wrapper(|(_, ccw, _)| ccw),
            runtime_callable: wrapper(|(.., rcw)| rcw),
        })
    }

    /// The thread that holds a lock: up to .NET 8 the lock has its record, from .NET 9 on its number.
    fn owner(&self, at: VirtAddr) -> Option<VirtAddr> {
        let word = self.space.read_pointer(at).filter(|word| !word.is_null())?;
        let by_record = self.threads.get(&word);
        by_record.or_else(|| self.by_number.get(&word.0)).copied()
    }

    /// The threads in a list of `WaitEventLink`s, each linked in its middle.
    fn pulse_waiters(&self, first: VirtAddr) -> Vec<VirtAddr> {
        let mut waiters = Vec::new();
        let mut next = self.space.read_pointer(first);
        let mut links = self.links.borrow_mut();
        while let Some(link) = next.filter(|link| !link.is_null() && links.insert(*link)) {
            let thread = link.wrapping_sub(self.wait_link).wrapping_add(self.wait_thread);
            let Some(thread) = self.space.read_pointer(thread) else { break };
            waiters.extend(self.threads.get(&thread));
            next = self.space.read_pointer(link);
        }
        waiters
    }

    /// How many blocks the finalizer thread is to clean up.
    fn clean_up_count(&self) -> Option<u64> {
        let cache = self.runtime.global_pointer("SyncBlockCache")?;
        let list = self.runtime.layout().offset("SyncBlockCache", "CleanupBlockList")?;
        let mut next = self.space.read_pointer(cache.wrapping_add(list))?;
        let mut count = 0;
        while !next.is_null() {
            count += 1;
            if count > limits::MAX_LIST as u64 {
                return None;
            }
            next = self.space.read_pointer(next)?;
        }
        Some(count)
    }

    /// Zero, if there is no list of COM objects to release.
    fn no_interfaces(&self) -> Option<u64> {
        let list = self.runtime.globals().address("RcwCleanupList")?;
        self.space.read_pointer(list)?.is_null().then_some(0)
    }
}

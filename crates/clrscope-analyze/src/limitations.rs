//! What a dump of this kind cannot answer, said before anybody asks.

use clrscope_memory::{RegionState, Snapshot};
use clrscope_minidump::{Minidump, StreamType};

/// Something that is not in a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limitation {
    /// The memory of the process was not written, but for stacks and what they refer to.
    NoFullMemory,
    /// Pages of images are not in the dump.
    NoImagePages {
        /// Images whose first page is absent.
        absent: usize,
        /// Images in all.
        of: usize,
    },
    /// The handles of the process were not listed.
    NoHandles,
    /// The regions of the address space were not described.
    NoRegions,
    /// The threads' times and start addresses were not written.
    NoThreadTimes,
    /// The threads' names were not written.
    NoThreadNames,
    /// The process's memory counters were not written.
    NoCounters,
}

impl Limitation {
    /// What is missing: a few words, lower case.
    pub fn missing(&self) -> String {
        match self {
            Limitation::NoFullMemory => "no full memory".to_owned(),
            Limitation::NoImagePages { absent, of } => {
                format!("no memory of {absent} of {of} images")
            }
            Limitation::NoHandles => "no list of handles".to_owned(),
            Limitation::NoRegions => "no description of memory regions".to_owned(),
            Limitation::NoThreadTimes => "no times of threads".to_owned(),
            Limitation::NoThreadNames => "no names of threads".to_owned(),
            Limitation::NoCounters => "no memory counters".to_owned(),
        }
    }

    /// What cannot be answered without it: one clause.
    pub const fn consequence(&self) -> &'static str {
        match self {
            Limitation::NoFullMemory => "the managed heap cannot be walked",
            Limitation::NoImagePages { .. } => {
                "names of types and methods that are defined in them are not known"
            }
            Limitation::NoHandles => "handles cannot be counted or joined to objects",
            Limitation::NoRegions => "memory outside the dump cannot be accounted for",
            Limitation::NoThreadTimes => "nobody can say which thread used the processor",
            Limitation::NoThreadNames => "threads go by number",
            Limitation::NoCounters => {
                "what the dump accounts for cannot be compared with the system's counters"
            }
        }
    }

    /// What helps.
    pub const fn remedy(&self) -> Option<&'static str> {
        match self {
            Limitation::NoFullMemory => Some("write the dump with full memory: procdump -ma"),
            Limitation::NoImagePages { .. } => {
                Some("name a directory with the images: --modules DIR")
            }
            Limitation::NoHandles | Limitation::NoRegions | Limitation::NoThreadTimes => {
                Some("procdump -ma writes it")
            }
            Limitation::NoThreadNames | Limitation::NoCounters => None,
        }
    }

    /// What is missing and what helps: one clause.
    pub fn complaint(&self) -> String {
        match self.remedy() {
            Some(remedy) => format!("the dump has {}; {remedy}", self.missing()),
            None => format!("the dump has {}", self.missing()),
        }
    }
}

/// What `dump` lacks, the gravest first.
pub fn limitations(dump: &Minidump<'_>, snapshot: &Snapshot<'_>) -> Vec<Limitation> {
    let mut found = Vec::new();
    if dump.stream(StreamType::MEMORY64_LIST).is_none() && !dump.header().with_full_memory() {
        found.push(Limitation::NoFullMemory);
    }
    let of = snapshot.modules.len();
    let absent =
        snapshot.modules.iter().filter(|module| snapshot.space.read_u16(module.base).is_none());
    match absent.count() {
        0 => {}
        absent => found.push(Limitation::NoImagePages { absent, of }),
    }
    for (stream, limitation) in [
        (StreamType::HANDLE_DATA, Limitation::NoHandles),
        (StreamType::MEMORY_INFO_LIST, Limitation::NoRegions),
        (StreamType::THREAD_INFO_LIST, Limitation::NoThreadTimes),
        (StreamType::THREAD_NAMES, Limitation::NoThreadNames),
        (StreamType::PROCESS_VM_COUNTERS, Limitation::NoCounters),
    ] {
        if dump.stream(stream).is_none() {
            found.push(limitation);
        }
    }
    found
}

/// Bytes that the process had committed and that the dump does not hold; `None` if the dump does not
/// describe regions.
pub fn missing_bytes(snapshot: &Snapshot<'_>) -> Option<u64> {
    if snapshot.regions.is_empty() {
        return None;
    }
    let committed = snapshot.regions.iter().filter(|region| region.state == RegionState::Commit);
    let missing = committed.map(|region| {
        region.size.saturating_sub(snapshot.space.captured_bytes(region.base, region.size))
    });
    Some(missing.fold(0, u64::saturating_add))
}

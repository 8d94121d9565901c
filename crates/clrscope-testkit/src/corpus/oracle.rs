//! What ClrMD, with the runtime's own DAC, reads from a dump: a witness, not a judge.
//!
//! Known faults: handles can be missing with server GC and a heap count that changes; dynamic modules
//! have no name; suppressed finalizers are not told apart; it does not see every root. Sizes are raw: base size plus
//! count times component size, not rounded up to the alignment.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer};

/// A 64-bit number that the oracle writes as a string: `0x7f0ed7b9b048`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Address(pub u64);

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = text.strip_prefix("0x").unwrap_or(&text);
        u64::from_str_radix(digits, 16).map(Address).map_err(serde::de::Error::custom)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// All that was asked of ClrMD about one dump.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Oracle {
    /// The runtime's version, from its module: `9.0.2226.52218`.
    #[serde(rename = "clr.version")]
    pub clr_version: String,
    /// The path of the runtime's module.
    #[serde(rename = "clr.module")]
    pub clr_module: String,
    /// Bytes in a pointer.
    pub pointer_size: u64,
    /// Whether the server GC was in use.
    pub server: bool,
    /// Whether the runtime said that its heap could be walked.
    pub can_walk: bool,
    /// The GC's heaps: one, or with the server GC several.
    pub heaps: Vec<Heap>,
    /// Segments or regions of all heaps.
    pub segments: Vec<Segment>,
    /// Objects, free ones included.
    pub objects: u64,
    /// [`naive::address_hash`](crate::naive::address_hash) of the objects in walk order.
    #[serde(rename = "addressHashFnv1a")]
    pub address_hash: Address,
    /// References between objects, without those of dependent handles, with those from instances of
    /// collectible types to their loader allocators.
    pub references: u64,
    /// [`naive::reference_hash`](crate::naive::reference_hash) of those.
    pub reference_hash: Address,
    /// Types that have instances.
    pub types: Vec<TypeCount>,
    /// Roots of all kinds.
    pub roots: Vec<Root>,
    /// GC handles.
    pub handles: Vec<Handle>,
    /// Objects registered for finalization.
    pub finalizable: Vec<Finalizable>,
    /// Objects whose finalizer is to be run.
    pub finalizer_ready: Vec<Finalizable>,
    /// Application domains, the system's and the shared one included.
    pub domains: Vec<Domain>,
    /// Managed modules.
    pub modules: Vec<Module>,
    /// Managed threads.
    pub threads: Vec<Thread>,
    /// Sync blocks in use.
    pub sync_blocks: Vec<SyncBlock>,
    /// The members of each type that has instances.
    pub type_details: Vec<TypeDetails>,
    /// The first 2000 strings in walk order.
    pub heap_strings: Vec<HeapString>,
    /// Bytes of the runtime's native heaps by kind.
    pub native_heaps: BTreeMap<String, u64>,
}

/// One heap of the GC.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Heap {
    /// Its number, from 0.
    pub index: u32,
    /// The `gc_heap`; zero with the workstation GC.
    pub address: Address,
    /// Whether it is made of regions.
    pub regions: bool,
    /// Whether it has a pinned object heap.
    pub poh: bool,
    /// Pointer and limit of the allocation context of generation 0.
    pub allocation_context: [Address; 2],
    /// Where each generation begins; zeroes for regions.
    pub generations: Vec<Address>,
    /// The part of the finalization queue that holds roots: start, end.
    pub finalizer_roots: [Address; 2],
    /// The part of the finalization queue that holds registered objects: start, end.
    pub finalizer_objects: [Address; 2],
}

/// A segment or region. Ranges are start and end.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    /// The number of its heap.
    pub heap: u32,
    /// The runtime's record of it.
    pub address: Address,
    /// `Ephemeral`, `Generation0`, `Generation1`, `Generation2`, `Large`, `Pinned` or `Frozen`.
    pub kind: String,
    /// The first object.
    pub start: Address,
    /// Behind the last object.
    pub end: Address,
    /// Memory that is committed.
    pub committed: [Address; 2],
    /// Memory that is reserved behind the committed.
    pub reserved: [Address; 2],
    /// Generation 0 in it.
    pub gen0: [Address; 2],
    /// Generation 1 in it.
    pub gen1: [Address; 2],
    /// Generation 2, or the large or pinned objects, in it.
    pub gen2: [Address; 2],
}

/// A type and its instances.
#[derive(Debug, Clone, Deserialize)]
pub struct TypeCount {
    /// Method table.
    pub mt: Address,
    /// Name, C# style.
    pub name: String,
    /// Instances.
    pub count: u64,
    /// Sum of their raw sizes.
    pub bytes: u64,
}

/// A root.
#[derive(Debug, Clone, Deserialize)]
pub struct Root {
    /// `StrongHandle`, `PinnedHandle`, `Stack`, `FinalizerQueue`...
    pub kind: String,
    /// Where the reference is stored.
    pub address: Address,
    /// The object.
    pub object: Address,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Whether it points into the object.
    pub interior: bool,
    /// Whether it pins the object.
    pub pinned: bool,
    /// For stack roots: the method of the frame, if it is known.
    #[serde(default)]
    pub frame: Option<String>,
    /// For stack roots: the thread, as the operating system numbers it.
    #[serde(default)]
    pub thread: Option<u32>,
}

/// A GC handle.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Handle {
    /// `WeakShort`, `Strong`, `Pinned`, `Dependent`...
    pub kind: String,
    /// The handle itself.
    pub address: Address,
    /// What it refers to.
    pub object: Address,
    /// The type of that.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// The second object of a dependent handle.
    pub dependent: Address,
    /// The count of a reference-counted handle.
    pub ref_count: u32,
}

/// An application domain.
#[derive(Debug, Clone, Deserialize)]
pub struct Domain {
    /// The runtime's record.
    pub address: Address,
    /// Its name.
    pub name: Option<String>,
    /// Its number.
    pub id: i32,
    /// Its modules.
    pub modules: Vec<Address>,
}

/// A managed module.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Module {
    /// The runtime's record.
    pub address: Address,
    /// The path of its file.
    pub name: Option<String>,
    /// The name of its assembly.
    pub assembly_name: Option<String>,
    /// The runtime's record of its assembly.
    pub assembly: Address,
    /// Where its image is loaded.
    pub image: Address,
    /// Bytes in that.
    pub size: u64,
    /// Whether it was made while the program ran.
    pub dynamic: bool,
    /// Whether it has a PE image.
    pub pe_file: bool,
    /// Where its metadata is.
    pub metadata: Address,
    /// Bytes in that.
    pub metadata_length: u64,
}

/// A managed thread.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// The runtime's record.
    pub address: Address,
    /// The operating system's number.
    pub os: u32,
    /// The runtime's number.
    pub managed: i32,
    /// Whether it runs.
    pub alive: bool,
    /// Whether it is the finalizer thread.
    pub finalizer: bool,
    /// Whether it is one of the GC's.
    pub gc: bool,
    /// How many locks it holds; all ones where the runtime does not count them.
    pub lock_count: u32,
    /// `Preemptive` or `Cooperative`.
    pub gc_mode: String,
    /// The exception that it threw last.
    pub exception: Option<ThrownException>,
    /// Its managed stack, innermost frame first.
    pub frames: Vec<Frame>,
}

/// Address, type and message of an exception.
#[derive(Debug, Clone, Deserialize)]
pub struct ThrownException(pub Address, pub String, pub Option<String>);

/// Kind, instruction pointer, stack pointer and method of a frame.
#[derive(Debug, Clone, Deserialize)]
pub struct Frame(pub String, pub Address, pub Address, pub Option<String>);

/// A sync block.
#[derive(Debug, Clone, Deserialize)]
pub struct SyncBlock {
    /// Its object.
    pub object: Address,
    /// Whether the lock is held.
    pub held: bool,
    /// The runtime's record of the thread that holds it.
    pub thread: Address,
    /// How often that thread holds it.
    pub recursion: u32,
    /// Threads that wait for it.
    pub waiting: u32,
    /// Its number in the table.
    pub index: u32,
}

/// An object with a finalizer, and the name of its type.
#[derive(Debug, Clone, Deserialize)]
pub struct Finalizable(pub Address, pub String);

/// A string: address and text.
#[derive(Debug, Clone, Deserialize)]
pub struct HeapString(pub Address, pub String);

/// The members of a type.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TypeDetails {
    /// Method table.
    pub mt: Address,
    /// Name, C# style.
    pub name: Option<String>,
    /// The path of the module that defines it.
    pub module: Option<String>,
    /// Its metadata token.
    pub token: u32,
    /// The name of its base type.
    pub base: Option<String>,
    /// Base size.
    pub static_size: u64,
    /// Bytes in an element.
    pub component_size: u64,
    /// Whether it is an array.
    pub is_array: bool,
    /// The element type of an array.
    pub component: Option<String>,
    /// Whether it has a finalizer.
    pub finalizable: bool,
    /// Whether it can be unloaded.
    pub collectible: bool,
    /// Instance fields, those of base types included.
    pub fields: Vec<Field>,
    /// Static fields.
    pub statics: Vec<StaticField>,
}

/// Name, offset behind the method table pointer, kind of element, type and size of an instance field.
#[derive(Debug, Clone, Deserialize)]
pub struct Field(pub String, pub i64, pub String, pub Option<String>, pub i64);

/// Name, kind of element, type and address of a static field.
#[derive(Debug, Clone, Deserialize)]
pub struct StaticField(pub String, pub String, pub Option<String>, pub Address);

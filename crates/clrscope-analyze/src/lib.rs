//! What a person wants to know of a managed heap and of the process around it.
//!
//! One file for each question. Analyses are pure: they take what the crates below read and give plain
//! values; nothing is printed here, and nothing is serialised.

mod account;
mod alive;
mod async_objects;
mod async_stacks;
mod async_types;
mod census;
mod chain;
mod collection_waste;
mod comparison;
mod continuation;
mod crash;
mod cross_references;
mod deadlocks;
mod dominator_tree;
mod dynamic_assemblies;
mod dynamic_bytes;
mod emitter;
mod empty_arrays;
mod event_handlers;
mod exceptions;
mod facts;
mod finalization;
mod finalizer_thread;
mod generated_methods;
mod handle_list;
mod handle_objects;
mod handle_owners;
mod heap_stat;
mod held_references;
mod http_requests;
mod limitations;
mod locks;
mod member;
mod name_pattern;
mod native_heap;
mod object_lookup;
mod objects_of;
mod os_handles;
mod parallel_stacks;
mod profile;
mod register_names;
mod retained;
mod retained_tree;
mod root_label;
mod rooted;
mod selection;
mod session;
mod size_stats;
mod stack_place;
mod static_values;
mod string_groups;
mod task_chain;
mod thin_locks;
mod thread_handles;
mod thread_list;
mod thread_pool;
mod thread_stacks;
mod timers;
mod type_labels;
mod wait_rules;
mod waiting;
mod waiting_callbacks;
mod waits;
mod work_items;

pub use crate::account::{
    Account, AccountLine, AccountVerdict, AddressMap, AddressSummary, HandleFigures, HeapCounters,
    MapPiece, MapSum, MemoryClass, WineBytes, account, address_map, address_summary,
};
pub use crate::alive::JoinStopped;
pub use crate::async_objects::{AsyncObject, AsyncObjects};
pub use crate::async_stacks::{AsyncFrame, AsyncReader, AsyncSelection, AsyncStack, Awaited};
pub use crate::async_types::AsyncTypeCount;
pub use crate::census::{Census, FreeBlock, TypeCount, census};
pub use crate::chain::{Step, chain};
pub use crate::collection_waste::{CollectionWaste, collection_waste};
pub use crate::comparison::{ChangeRow, Comparison, Growth, compare};
pub use crate::crash::{Crash, crash};
pub use crate::cross_references::{CrossReference, Crossing, cross_references};
pub use crate::deadlocks::{Blocked, Deadlock, Deadlocks, TaskWait, deadlocks};
pub use crate::dominator_tree::{DominatorNode, TreeLimits, dominator_tree};
pub use crate::dynamic_assemblies::{
    DynamicAssemblies, DynamicAssembly, DynamicGroup, DynamicMethods, DynamicOrigin, SharedBytes,
    Unloading, dynamic_assemblies,
};
pub use crate::dynamic_bytes::{count_dynamic_methods, find_keepers, keepers, measure_dynamic};
pub use crate::emitter::Emitter;
pub use crate::empty_arrays::{EmptyArray, empty_arrays};
pub use crate::event_handlers::{CrowdedEvent, crowded_events};
pub use crate::exceptions::{ExceptionDetails, ExceptionGroup, ExceptionReader, ThrownFrame};
pub use crate::facts::{Fact, Facts, Unavailable};
pub use crate::finalization::{
    Finalization, KeptByQueue, QueueCounts, ReadyObject, finalization, kept_by_queue,
};
pub use crate::finalizer_thread::{FinalizerThread, FinalizerVerdict, finalizer_thread};
pub use crate::generated_methods::{GeneratedBy, GeneratedGroup, generated_methods};
pub use crate::handle_list::{HandleEntry, handle_list};
pub use crate::handle_owners::{
    HandleCounts, HandleGroup, HandleOwner, handle_owners, is_of_framework,
};
pub use crate::heap_stat::{GENERATIONS, GenerationStat, HeapStat, heap_stat};
pub use crate::held_references::{HeldReference, held_references};
pub use crate::http_requests::{HttpGroup, HttpRequest, http_groups, http_requests};
pub use crate::limitations::{Limitation, limitations, missing_bytes};
pub use crate::locks::{HeldLock, LockKind, Locks};
pub use crate::member::member_name;
pub use crate::native_heap::{NativeHeap, NativeHeapKind, native_heaps};
pub use crate::os_handles::{
    OsHandleDetail, OsHandleType, OsHandles, UNKNOWN_HANDLE_TYPE, os_handle_details, os_handles,
};
pub use crate::parallel_stacks::{StackGroup, parallel_stacks};
pub use crate::profile::{Part, Profile, Sum, Sums};
pub use crate::register_names::RegisterValue;
pub use crate::retained::{
    Ownership, RetainedBy, RetainedGroup, retained_by, retained_by_slot, retained_by_static,
};
pub use crate::retained_tree::{RetainedPlace, RetainedTreeLimits, retained_tree};
pub use crate::root_label::{RootLabel, RootLabeler};
pub use crate::rooted::{Rooted, Wanted, rooted};
pub use crate::selection::{GenerationFilter, Liveness, Selection, Selector, is_in_place};
pub use crate::session::{Session, SessionError};
pub use crate::size_stats::{SizeClass, size_stats};
pub use crate::stack_place::StackPlace;
pub use crate::static_values::{StaticValue, for_each_static};
pub use crate::string_groups::{StringGroup, StringGroups, UNKNOWN_STRINGS, string_groups};
pub use crate::task_chain::{TaskLabel, task_chain};
pub use crate::thin_locks::{ThinLock, thin_locks};
pub use crate::thread_list::{ThreadEntry, ThrownException, thread_list};
pub use crate::thread_pool::{IoThreads, PoolKind, ThreadPool, knows_class_library, thread_pool};
pub use crate::thread_stacks::{
    Frame, NativeCode, PlainMethod, References, StackOptions, StackReference, ThreadStack,
    thread_stacks,
};
pub use crate::timers::{TimerEntry, timers};
pub use crate::type_labels::TypeLabels;
pub use crate::wait_rules::WaitKind;
pub use crate::waiting::{Waiting, waiting, waiting_threads};
pub use crate::waiting_callbacks::{CallbackGroup, CallbackKind, waiting_callbacks};
pub use crate::waits::{Wait, WaitObject, waits};
pub use crate::work_items::{WorkGroup, WorkItem, WorkQueue, work_groups, work_items};
pub use clrscope_memory::Grouped;

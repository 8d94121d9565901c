//! Every cap on what is read from a capture, in one place.
//!
//! A capture can be damaged or hostile. A count is always checked against the bytes that are left
//! before anything is allocated; these caps bound what cannot be checked that way: the length of
//! linked structures, of names, of lists of issues.

/// Issues kept in one list; more are only counted.
pub const MAX_ISSUES: usize = 1_000;
/// Characters of a string that a container or an image holds (names, paths, comments).
pub const MAX_NAME: usize = 32 * 1024;
/// Streams in the directory of a minidump.
pub const MAX_STREAMS: usize = 4_096;
/// Records of object information behind one handle of a minidump.
pub const MAX_HANDLE_INFORMATION: usize = 64;
/// Nodes of a linked list of the runtime: segments, regions, threads, domains, assemblies.
pub const MAX_LIST: usize = 4_000_000;
/// Threads of a process: far more than any was seen to have.
pub const MAX_THREADS: usize = 65_536;
/// Heaps of a server GC.
pub const MAX_HEAPS: usize = 4_096;
/// Depth of a chain in metadata or types: nested classes, base types, generic arguments.
pub const MAX_DEPTH: usize = 64;
/// Generic arguments of a type or a method.
pub const MAX_ARGUMENTS: u16 = 1_024;
/// Links of a chain of unwind records.
pub const MAX_UNWIND_CHAIN: usize = 32;
/// Frames of one stack.
pub const MAX_FRAMES: usize = 16_384;
/// Bytes of a contract descriptor.
pub const MAX_CONTRACT: usize = 4 * 1024 * 1024;
/// Types that one runtime may have on its heap.
pub const MAX_TYPES: usize = 16_000_000;

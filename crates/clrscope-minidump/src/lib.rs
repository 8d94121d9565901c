//! Minidumps of Windows processes, without a copy.
//!
//! [`Minidump::parse`] overlays a file that is in memory or mapped; each stream of the format has one
//! method that gives a borrowed view of it, and [`Minidump::snapshot`] puts together what the other
//! crates of clrscope read a process by. Damaged files are normal: a stream that lies about its length,
//! a truncated list, a record that points behind the end of the file is an
//! [`Issue`](clrscope_memory::Issue) with its place, and everything else is still read.
//!
//! ```
//! use clrscope_minidump::{Minidump, StreamType};
//!
//! // A header, and a directory of one stream that lies outside the file.
//! let mut file = Vec::from(*b"MDMP\x93\xa7\0\0");
//! file.extend([1, 32, 0, 0, 0, 0].iter().flat_map(|word: &u32| word.to_le_bytes()));
//! file.extend([4, 0x1000, 0x8000].iter().flat_map(|word: &u32| word.to_le_bytes()));
//! let dump = Minidump::parse(&file).unwrap();
//! assert_eq!(dump.stream(StreamType::MODULE_LIST), Some(&[][..]));
//! assert!(!dump.issues().is_empty());
//! assert!(dump.snapshot().value.modules.is_empty());
//! ```

mod bytes;
mod dump;
mod error;
mod file;
#[cfg(feature = "interop-minidump")]
mod interop;
mod list;
mod lookalike;
pub mod raw;
mod snapshot;
mod stream_type;
mod streams;
mod text;

pub use crate::dump::{DirectoryEntry, Header, Minidump};
pub use crate::error::Error;
pub use crate::file::{DumpFile, MapChoice, OpenError, OpenOptions, Packing};
pub use crate::list::{List, ListIter};
pub use crate::lookalike::Lookalike;
pub use crate::stream_type::StreamType;
pub use crate::streams::{
    CodeView, Comment, Context, Exception, FunctionTable, FunctionTables, Handle, Handles,
    HandlesIter, Memory64Iter, Memory64List, MemoryInfo, MemoryRange, MiscInfo, Module,
    ObjectInformation, ObjectInformationIter, ObjectInformationType, ProcessVmCounters, SystemInfo,
    Thread, ThreadEx, ThreadInfo, ThreadName, Token, Tokens, UnloadedModule,
};
pub use crate::text::WideStr;

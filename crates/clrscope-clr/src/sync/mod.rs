//! Locks: what the headers of objects say, and the sync blocks that they refer to.
//! `src/coreclr/vm/syncblk.h` of dotnet/runtime.

mod header;
mod table;

pub use self::header::{HeaderFormat, ObjectHeader};
pub use self::table::{Monitor, SyncBlock, SyncBlocks};

//! `dumpheap`: the objects of the heap, one by one or by type.

mod list;
mod statistics;
mod strings;
mod thin_locks;

pub use list::{HeapRows, ObjectList, ObjectRow, ObjectSource};
pub use statistics::{FreeBlock, Statistics, TypeRow};
pub use strings::{StringGroup, StringStatistics};
pub use thin_locks::{ThinLockList, ThinLockRow};

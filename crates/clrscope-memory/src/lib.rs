//! Address spaces of captured processes.
//!
//! This crate is the ground that the other crates of clrscope stand on. It knows no file format and no
//! runtime; it says what an address is, and what bytes a capture holds at it:
//!
//! * [`VirtAddr`], [`Rva`] and [`FileOffset`] are three different kinds of number and three types;
//! * [`AddressSpace`] maps addresses of the captured process to bytes borrowed from the file, in
//!   runs that are as long as the file allows;
//! * [`Snapshot`] is what every container format (a minidump, a core file, a synthetic heap) gives to
//!   those who read a process: the address space, the modules, the threads, the regions;
//! * [`Issue`] is how damage is reported: with its place, and without losing its neighbours;
//! * [`Control`] is how a long operation is watched, cancelled and kept within a budget;
//! * [`Grouped`] is how counts and sizes are written for people.
//!
//! ```
//! use clrscope_memory::{AddressSpace, Range, Target, VirtAddr};
//!
//! let file = [1u8, 2, 3, 4, 5, 6, 7, 8];
//! let ranges = [Range::new(VirtAddr(0x1000), 4, 0), Range::new(VirtAddr(0x1004), 4, 4)];
//! let space = AddressSpace::from_ranges(&file, &ranges, Target::X64_WINDOWS).value;
//! // Neighbours in address that are neighbours in the file are one run.
//! assert_eq!(space.slice(VirtAddr(0x1002), 4), Some(&[3u8, 4, 5, 6][..]));
//! assert_eq!(space.read_u32(VirtAddr(0x1006)), None);
//! ```

mod address;
mod control;
mod cursor;
mod grouped;
mod index;
mod issue;
pub mod limits;
mod snapshot;
mod space;
mod target;

pub use crate::address::{FileOffset, Rva, VirtAddr};
pub use crate::control::{Control, Interrupted, Progress};
pub use crate::cursor::MemoryCursor;
pub use crate::grouped::Grouped;
pub use crate::issue::{Issue, IssueKind, Issues, Parsed, Place};
pub use crate::snapshot::{
    FileVersion, ModuleRecord, RegionRecord, RegionState, RegionType, Registers, Snapshot,
    ThreadRecord, ThreadTimes, file_name,
};
pub use crate::space::{AddressSpace, Presence, Range};
pub use crate::target::{Arch, Os, PointerWidth, Target};

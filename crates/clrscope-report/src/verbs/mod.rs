//! One file for each verb: its answer in every format.

pub mod dumpheap;
pub mod dynamic;
pub mod dumpobj;
pub mod eeheap;
pub mod finalizequeue;
pub mod gchandles;
pub mod handles;
pub mod gcwhere;
pub mod info;
pub mod layout;
pub mod memory;
pub mod verifyheap;

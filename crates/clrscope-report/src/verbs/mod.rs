//! One file for each verb: its answer in every format.

pub mod dominators;
pub mod clrstack;
pub mod dso;
pub mod account;
pub mod dumpheap;
pub mod dumpobj;
pub mod dynamic;
pub mod eeheap;
pub mod finalizequeue;
pub mod gchandles;
pub mod gcroot;
pub mod gcwhere;
pub mod handles;
pub mod info;
pub mod layout;
pub mod memory;
pub mod objsize;
pub mod pathto;
pub mod retained;
pub mod pstacks;
pub mod threads;
pub mod statics;
pub mod strings;
pub mod verifyheap;

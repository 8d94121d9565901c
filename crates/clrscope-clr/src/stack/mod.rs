//! Threads and their stacks.

pub mod gcinfo;

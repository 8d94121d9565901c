//! What is read of runtimes: of real dumps, compared with what their programs and other readers say, and of
//! synthetic ones.

mod damage;
mod detection;
mod graph;
mod heap;
mod hostile;
mod inference;
mod loader_heaps;
mod named_roots;
mod roots;
mod stack_extents;
mod stack_roots;
mod stacks;
mod support;
mod sync_blocks;
mod synthetic;
mod thread_counts;
mod threads;
mod types;
mod values;

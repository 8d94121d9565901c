//! Synthetic heaps that are ready made.

mod golden;
mod large;
mod shaped;

pub use golden::{Golden, golden_eeheap};
pub use large::large;
pub use shaped::{Shape, shaped};

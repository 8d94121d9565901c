//! What a person wants to know of a managed heap and of the process around it.
//!
//! One file for each question. Analyses are pure: they take what the crates below read and give plain
//! values; nothing is printed here, and nothing is serialised.

mod limitations;

pub use crate::limitations::{Limitation, limitations, missing_bytes};

//! Paths: from one object to another, from each root, all of them, and merged.

mod between;
mod each_root;
mod simple;
#[cfg(test)]
mod tests;
mod tree;

pub use self::between::path_between;
pub use self::each_root::paths_from_each_root;
pub use self::simple::{PathLimits, simple_paths, visit_simple_paths};
pub use self::tree::{PathNode, PathTree};

use crate::{RootPath, Stop};

/// Paths to an object, the shortest first, and whether they are all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// The paths: shorter ones before longer ones.
    pub paths: Vec<RootPath>,
    /// Why there may be more; `None`, if these are all.
    pub stop: Option<Stop>,
}

impl Paths {
    /// Whether there are no other paths.
    pub fn complete(&self) -> bool {
        self.stop.is_none()
    }
}

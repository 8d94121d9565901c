//! Object graphs of tens of millions of nodes: ids, edges, paths, dominators, retained sizes.
//!
//! The crate knows nothing of any runtime: it takes integers and gives integers.

mod bitset;
mod closure;
mod csr;
mod dominators;
mod error;
mod graph;
mod id;
mod map;
mod path;
mod search;
#[cfg(test)]
mod testing;
mod work;

pub use crate::bitset::NodeSet;
pub use crate::closure::{Closure, retained_by_set};
pub use crate::csr::{Csr, Emit};
pub use crate::dominators::{Children, Dominators, Holder, Retained, Totals};
pub use crate::error::GraphError;
pub use crate::graph::{Ephemeron, Graph};
pub use crate::id::ObjectId;
pub use crate::map::{Granule, ObjectMap, Objects, RangeBits};
pub use crate::path::{
    PathLimits, PathNode, PathTree, Paths, path_between, paths_from_each_root, simple_paths,
};
pub use crate::search::{Parent, RootPath, Search, Stop};

//! Object graphs of tens of millions of nodes: ids, edges, paths, dominators, retained sizes.
//!
//! The crate knows nothing of any runtime: it takes integers and gives integers.

mod error;
mod id;
mod map;

pub use crate::error::GraphError;
pub use crate::id::ObjectId;
pub use crate::map::{Granule, ObjectMap, Objects, RangeBits};

//! Object graphs of tens of millions of nodes: ids, edges, paths, dominators, retained sizes.
//!
//! The crate knows nothing of any runtime: it takes integers and gives integers. Whoever has objects
//! with addresses and references, or any directed graph that hangs on roots, can ask it why an object
//! is alive and what would be freed without it.
//!
//! * [`ObjectMap`] numbers objects by address: one bit a pointer-sized word instead of a table;
//! * [`Csr`] holds edges in compressed rows, built in parallel; [`Graph`] adds [`Ephemeron`]s;
//! * [`Search`] is one breadth-first run from all roots: what is reachable, how far, by what way;
//! * [`path_between`], [`paths_from_each_root`], [`simple_paths`] and [`PathTree`] answer with paths,
//!   [`visit_simple_paths`] and [`Closure::visit`] until the visitor has seen enough;
//! * [`Dominators`] say who alone holds whom, [`Retained`] how much that is, [`Children`] show the
//!   tree from the top; [`retained_by_set`] is exact for any set of objects;
//! * [`Closure`] is all that some objects reach.
//!
//! ```
//! use clrscope_graph::{Dominators, Granule, Graph, ObjectMap, RangeBits, Search};
//! use clrscope_memory::Control;
//!
//! // Three objects at their addresses, each with its size; the first refers to the second.
//! let heap = [(0x1000, 24), (0x1018, 32), (0x1038, 40)];
//! let references = [(0x1000, 0x1018)];
//! let roots = [0x1000];
//!
//! let control = Control::new();
//! let mut marks = RangeBits::new(0x1000, 0x2000, Granule::Eight);
//! heap.iter().for_each(|&(address, _)| assert!(marks.mark(address)));
//! let objects = ObjectMap::from_ranges([marks], &control)?;
//!
//! let list = |ids: std::ops::Range<u32>, emit: &mut clrscope_graph::Emit<'_>| {
//!     for (id, address) in objects.iter_ids(ids) {
//!         for (_, to) in references.iter().filter(|(from, _)| *from == address) {
//!             objects.id(*to).into_iter().for_each(|to| emit(id, to));
//!         }
//!     }
//! };
//! let graph = Graph::build(objects.len(), list, &[], &control)?;
//! let roots: Vec<_> = roots.iter().filter_map(|&root| objects.id(root)).collect();
//!
//! let search = Search::run(&graph, &roots, &control)?;
//! let second = objects.id(0x1018).unwrap();
//! let path = search.path_to(second).unwrap();
//! let addresses: Vec<_> = path.objects.iter().filter_map(|&id| objects.address(id)).collect();
//! assert_eq!(addresses, [0x1000, 0x1018]);
//! assert_eq!(search.reachable(objects.id(0x1038).unwrap()), Some(false));
//!
//! let dominators = Dominators::run(&graph, &roots, &control)?;
//! let retained = dominators.retained(|id| heap[id.index()].1, &control)?;
//! assert_eq!(retained.of(roots[0]), 56);
//! # Ok::<(), clrscope_graph::GraphError>(())
//! ```
//!
//! # Promises
//!
//! Nothing recurses, however long a list is. Every result is the same for any number of threads.
//! Every long operation takes a [`Control`](clrscope_memory::Control), asks for its memory before it
//! allocates it, and can be stopped; a [`Search`] that was stopped calls nothing unreachable.
//!
//! # Memory
//!
//! Four bytes an edge and four an object for the rows. Beside them: paths, 12 bytes an object
//! ([`Search::memory_needed`]); dominators, at most 40 and four for each edge
//! ([`Dominators::memory_needed`]). The example `scale` measures both.
//!
//! # Features
//!
//! `parallel`, on by default: edges are built and turned round on all threads of the rayon pool.

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
    visit_simple_paths,
};
pub use crate::search::{Parent, RootPath, Search, Stop};

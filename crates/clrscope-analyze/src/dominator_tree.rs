//! The top of the dominator tree.

use clrscope_clr::{HeapGraph, Root};
use clrscope_graph::{Holder, ObjectId};
use clrscope_memory::{Control, Interrupted};
use rustc_hash::FxHashMap;

use crate::Ownership;

/// An object in the dominator tree.
#[derive(Debug, Clone)]
pub struct DominatorNode<'a> {
    /// How far below the top.
    pub depth: usize,
    /// The object.
    pub object: ObjectId,
    /// The first root that refers to it.
    pub root: Option<&'a Root>,
    /// Bytes that would be freed without it.
    pub retained: u64,
    /// How many objects it immediately dominates.
    pub children: usize,
}

/// How much of the tree to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLimits {
    /// Levels.
    pub depth: usize,
    /// Objects below each, those that retain most.
    pub width: usize,
}

/// The dominator tree below `top`, or from the top of all: each object before those that it dominates.
///
/// # Errors
/// If `control` stops it.
pub fn dominator_tree<'a>(
    graph: &'a HeapGraph<'_>,
    owners: &Ownership,
    top: Option<ObjectId>,
    limits: TreeLimits,
    control: &Control<'_>,
) -> Result<Vec<DominatorNode<'a>>, Interrupted> {
    let children = owners.dominators.children(control)?;
    let mut roots: FxHashMap<ObjectId, &Root> = FxHashMap::default();
    for (root, target) in graph.holding_roots() {
        roots.entry(target).or_insert(root);
    }
    let below = |holder: Holder| {
        let objects = children.of(holder).filter_map(|child| match child {
            Holder::Object(object) => Some(object),
            _ => None,
        });
        owners.bytes.largest(objects, limits.width)
    };
    let mut open: Vec<(ObjectId, usize)> = match top {
        Some(object) => vec![(object, 0)],
        None => below(Holder::Roots).into_iter().rev().map(|(object, _)| (object, 0)).collect(),
    };
    let mut tree = Vec::new();
    while let Some((object, depth)) = open.pop() {
        control.check()?;
        let holder = Holder::Object(object);
        tree.push(DominatorNode {
            depth,
            object,
            root: roots.get(&object).copied(),
            retained: owners.bytes.of(object),
            children: children.of(holder).len(),
        });
        if depth + 1 < limits.depth {
            open.extend(below(holder).into_iter().rev().map(|(object, _)| (object, depth + 1)));
        }
    }
    Ok(tree)
}

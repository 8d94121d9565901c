//! Who alone keeps what alive, by name: the dominator tree with what is alike at one place put together.

use std::cmp::Reverse;

use clrscope_clr::{HeapGraph, Root, RootKind};
use clrscope_graph::{Dominators, Holder, ObjectId};
use clrscope_memory::{Control, Interrupted};
use rustc_hash::FxHashMap;

use crate::TypeLabels;
use crate::retained::types_of;

/// A place in the tree: the objects of one type that the place above alone keeps alive, a group of roots, or
/// at the top everything that is alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetainedPlace {
    /// How far below the top.
    pub depth: usize,
    /// The static field, the sort of root, or the type.
    pub name: String,
    /// How many objects are at the place itself.
    pub objects: u64,
    /// Their bytes.
    pub own: u64,
    /// Bytes of these and of all below.
    pub retained: u64,
}

/// How much of the tree to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetainedTreeLimits {
    /// Levels. What is deeper counts as its lowest place.
    pub depth: usize,
    /// Places that retain less than this part of everything are left out: one in so many.
    pub least: u64,
}

/// The name of the group of objects that roots of several groups hold.
const SHARED: &str = "held by several roots";

/// The tree of who alone keeps what alive, by name: each place before those below it, which come in the order
/// of what they retain. At the top stands everything that is alive; below it static fields, threads and other
/// sorts of roots, each with what it alone holds; below these types. Objects of a type that hold others of
/// the same type (lists, trees) are one place.
///
/// # Errors
/// If `control` stops it.
pub fn retained_tree(
    graph: &HeapGraph<'_>,
    labels: &TypeLabels,
    limits: RetainedTreeLimits,
    control: &Control<'_>,
) -> Result<Vec<RetainedPlace>, Interrupted> {
    let sizes = graph.sizes(control)?;
    let types = types_of(graph, control)?;
    let mut names = Names::default();
    let mut groups: Vec<Vec<ObjectId>> = Vec::new();
    for (root, target) in graph.holding_roots() {
        let group = names.number(&owner(root)) as usize;
        groups.resize_with(groups.len().max(group + 1), Vec::new);
        if let Some(group) = groups.get_mut(group) {
            group.push(target);
        }
    }
    let of_type: Vec<u32> =
        graph.objects().types().iter().map(|(ty, _)| names.number(labels.name(ty))).collect();
    let shared = names.number(SHARED);
    let top = names.number("alive");

    let dominators = Dominators::run_grouped(graph.graph(), &groups, control)?;
    let children = dominators.children(control)?;
    let mut tree = Tree::new(top);
    // The row of each holder is visited once, so that each object is on the stack at most once.
    control.reserve(u64::from(graph.graph().nodes()) * size_of::<(Holder, u32)>() as u64)?;
    let mut open: Vec<(Holder, u32)> = vec![(Holder::Roots, Tree::TOP)];
    while let Some((holder, place)) = open.pop() {
        control.check()?;
        for child in children.of(holder) {
            let below = match child {
                Holder::Object(object) => {
                    let name = types.get(object.index()).and_then(|ty| of_type.get(ty.index()));
                    let name = name.copied().unwrap_or(top);
                    let above = match holder {
                        Holder::Roots => tree.child(Tree::TOP, shared),
                        _ => place,
                    };
                    let below = tree.below(above, name, limits.depth);
                    tree.add(below, sizes.of(object));
                    below
                }
                Holder::Group(group) => tree.child(Tree::TOP, group),
                Holder::Roots => continue,
            };
            open.push((child, below));
        }
    }
    Ok(tree.places(&names, limits))
}

/// What roots are put together by.
fn owner(root: &Root) -> String {
    match &root.kind {
        RootKind::Static(name) => format!("static {name}"),
        RootKind::ThreadStatic { name, .. } => format!("thread static {name}"),
        RootKind::Stack(slot) => format!("stack of thread 0x{:x}", slot.thread),
        RootKind::RunningCode { thread, .. } => format!("stack of thread 0x{thread:x}"),
        RootKind::Handle(kind) => format!("{} handles", kind.name()),
        RootKind::ThreadHandle { .. } | RootKind::ThreadStatics { .. } => "threads".to_owned(),
        RootKind::FinalizerQueue { .. } => "ready for finalization".to_owned(),
        RootKind::StaticsElement => "string literals and statics of unknown name".to_owned(),
        RootKind::StaticsArray(_) => "arrays of statics".to_owned(),
        RootKind::Frozen => "frozen objects".to_owned(),
        _ => "other roots".to_owned(),
    }
}

/// Names as numbers.
#[derive(Default)]
struct Names {
    numbers: FxHashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

/// The tree while it grows: each place after the one above it.
struct Tree {
    nodes: Vec<Node>,
    places: FxHashMap<(u32, u32), u32>,
}

struct Node {
    above: u32,
    name: u32,
    depth: usize,
    objects: u64,
    own: u64,
}

impl Tree {
    const TOP: u32 = 0;

    fn new(name: u32) -> Tree {
        let top = Node { above: Tree::TOP, name, depth: 0, objects: 0, own: 0 };
        Tree { nodes: vec![top], places: FxHashMap::default() }
    }

    /// The place with a name below another.
    fn child(&mut self, above: u32, name: u32) -> u32 {
        let Tree { nodes, places } = self;
        *places.entry((above, name)).or_insert_with(|| {
            let depth = nodes.get(above as usize).map_or(0, |node| node.depth) + 1;
            nodes.push(Node { above, name, depth, objects: 0, own: 0 });
            nodes.len() as u32 - 1
        })
    }

    /// The place of an object: the same as that above for one of the same type, and below the deepest level.
    fn below(&mut self, above: u32, name: u32, deepest: usize) -> u32 {
        match self.nodes.get(above as usize) {
            Some(node) if node.name == name || node.depth >= deepest.max(2) => above,
            _ => self.child(above, name),
        }
    }

    fn add(&mut self, place: u32, bytes: u64) {
        if let Some(node) = self.nodes.get_mut(place as usize) {
            node.objects += 1;
            node.own = node.own.saturating_add(bytes);
        }
    }

    /// The places that retain enough, each before those below it.
    fn places(&self, names: &Names, limits: RetainedTreeLimits) -> Vec<RetainedPlace> {
        let mut retained: Vec<u64> = self.nodes.iter().map(|node| node.own).collect();
        let mut below: Vec<Vec<u32>> = vec![Vec::new(); self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate().skip(1).rev() {
            let bytes = retained.get(index).copied().unwrap_or(0);
            if let Some(above) = retained.get_mut(node.above as usize) {
                *above = above.saturating_add(bytes);
            }
        }
        let of = |index: u32| retained.get(index as usize).copied().unwrap_or(0);
        let least = of(Tree::TOP).checked_div(limits.least).unwrap_or(0).max(1);
        for (index, node) in (0u32..).zip(&self.nodes).skip(1) {
            if of(index) >= least
                && let Some(row) = below.get_mut(node.above as usize)
            {
                row.push(index);
            }
        }
        let name = |node: &Node| names.names.get(node.name as usize).map_or("", String::as_str);
        let mut places = Vec::new();
        let mut open = vec![Tree::TOP];
        while let Some(index) = open.pop() {
            let Some(node) = self.nodes.get(index as usize) else { continue };
            places.push(RetainedPlace {
                depth: node.depth,
                name: name(node).to_owned(),
                objects: node.objects,
                own: node.own,
                retained: of(index),
            });
            let Some(row) = below.get_mut(index as usize) else { continue };
            // Of equals, the order of names: numbers say nothing.
            row.sort_by_key(|&index| {
                (Reverse(of(index)), self.nodes.get(index as usize).map(name))
            });
            open.extend(row.iter().rev());
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_at_one_place_is_one_and_what_is_small_is_left_out() {
        let mut names = Names::default();
        let [top, field, list, item] =
            ["alive", "static A.b", "List", "Item"].map(|n| names.number(n));
        assert_eq!(names.number("List"), list);
        let mut tree = Tree::new(top);
        let root = tree.child(Tree::TOP, field);
        let first = tree.below(root, list, 8);
        tree.add(first, 50);
        // A list in the list is the same place; what is too deep counts above.
        assert_eq!(tree.below(first, list, 8), first);
        assert_eq!(tree.below(first, item, 2), first);
        let items = tree.below(first, item, 8);
        tree.add(items, 10);
        tree.add(items, 10);
        let small = tree.below(root, item, 8);
        tree.add(small, 1);
        let limits = RetainedTreeLimits { depth: 8, least: 10 };
        let places = tree.places(&names, limits);
        let place = |depth, name: &str, objects, own, retained| RetainedPlace {
            depth,
            name: name.to_owned(),
            objects,
            own,
            retained,
        };
        assert_eq!(
            places,
            [
                place(0, "alive", 0, 0, 71),
                place(1, "static A.b", 0, 0, 71),
                place(2, "List", 1, 50, 70),
                place(3, "Item", 2, 20, 20),
            ]
        );
        let all = tree.places(&names, RetainedTreeLimits { depth: 8, least: 0 });
        assert_eq!(all.len(), 5);
    }
}

//! Who alone holds whom.

mod children;
mod depth_first;
mod retained;
mod semi;
#[cfg(test)]
mod tests;

use clrscope_memory::{Control, Interrupted};

pub use self::children::Children;
pub use self::retained::{Retained, Totals};

use self::depth_first::{DepthFirst, Entry};
use crate::work::Ticker;
use crate::{Graph, ObjectId};

/// The immediate dominator of every object that is reachable from the roots: the last object through
/// which all paths from the roots to it lead.
///
/// If that object went, this one would go, too; so the objects that one dominates are those that it
/// alone keeps alive, and their sizes add up to its [`Retained`] size.
///
/// Above all roots stands one that dominates everything: an object that can be reached from two roots
/// by ways that have nothing in common is held by [`Holder::Roots`]. Roots can be put into groups
/// ([`run_grouped`](Dominators::run_grouped)): each group is then a node of its own between that root
/// and its objects, and it is told exactly what each group (a static field, a thread, a kind of
/// handles) alone keeps alive.
///
/// Found by Semi-NCA (Georgiadis and Tarjan) over a depth-first numbering, without recursion. 12 bytes
/// an object; at most 40 while it runs, and 4 for each edge that does not lead down the
/// depth-first tree. An ephemeron counts as an edge from its key: see [`Graph`].
///
/// ```
/// use clrscope_graph::{Csr, Dominators, Graph, Holder, ObjectId};
/// use clrscope_memory::Control;
///
/// let control = Control::new();
/// // A diamond: 0 holds 1 and 2, each of which holds 3.
/// let edges = [(0, 1), (0, 2), (1, 3), (2, 3)].map(|(from, to)| (ObjectId(from), ObjectId(to)));
/// let graph = Graph::from(Csr::from_edges(4, &edges, &control)?);
/// let dominators = Dominators::run(&graph, &[ObjectId(0)], &control)?;
/// assert_eq!(dominators.holder(ObjectId(3)), Some(Holder::Object(ObjectId(0))));
/// assert_eq!(dominators.holder(ObjectId(0)), Some(Holder::Roots));
///
/// let retained = dominators.retained(|_| 10, &control)?;
/// assert_eq!(retained.of(ObjectId(0)), 40);
/// assert_eq!(retained.of(ObjectId(1)), 10);
/// # Ok::<(), clrscope_graph::GraphError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dominators {
    nodes: u32,
    groups: u32,
    /// The number of each node in depth-first order, from 1; 0, if it is not reachable. After the
    /// objects come the groups.
    numbers: Vec<u32>,
    /// The node of each number. Number 0 is the root above all.
    order: Vec<u32>,
    /// For each number that of its immediate dominator, which is smaller.
    holders: Vec<u32>,
}

/// Who alone holds an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// No object and no group: a root itself, or several of them.
    Roots,
    /// Roots of one group only, by the group's index.
    Group(u32),
    /// Another object.
    Object(ObjectId),
}

impl Dominators {
    /// Finds the dominators of all that can be reached from `roots`. A root that is no object of the
    /// graph leads nowhere.
    ///
    /// # Errors
    ///
    /// `control` stopped it, or the memory is beyond the budget. There is no half an answer: an edge
    /// that was not looked at could change the dominator of anything.
    pub fn run(
        graph: &Graph,
        roots: &[ObjectId],
        control: &Control<'_>,
    ) -> Result<Dominators, Interrupted> {
        Dominators::compute(&Entry::new(graph, roots, &[]), control)
    }

    /// The same for roots in groups.
    ///
    /// # Errors
    ///
    /// As for [`run`](Dominators::run).
    pub fn run_grouped(
        graph: &Graph,
        groups: &[Vec<ObjectId>],
        control: &Control<'_>,
    ) -> Result<Dominators, Interrupted> {
        Dominators::compute(&Entry::new(graph, &[], groups), control)
    }

    fn compute(entry: &Entry<'_>, control: &Control<'_>) -> Result<Dominators, Interrupted> {
        control.reserve(Dominators::memory_needed(entry.nodes(), entry.graph().edges().edges()))?;
        control.check()?;
        let mut tree = DepthFirst::run(entry, control)?;
        let semi = semi::semidominators(entry, &tree, control)?;
        // The nearest common ancestor of parent and semidominator is the dominator: above the
        // parent in the tree that is already known, the first that is not below the semidominator.
        let mut ticker = Ticker::new(control, "settling dominators", semi.len() as u64);
        for (number, &semi) in semi.iter().enumerate().skip(1) {
            ticker.step()?;
            let mut holder = tree.parents[number];
            while semi < holder {
                holder = tree.parents[holder as usize];
            }
            tree.parents[number] = holder;
        }
        Ok(Dominators {
            nodes: entry.graph().nodes(),
            groups: entry.groups(),
            numbers: tree.numbers,
            order: tree.order,
            holders: tree.parents,
        })
    }

    /// Bytes that finding the dominators takes at its height, beside the graph.
    pub fn memory_needed(nodes: u32, edges: u64) -> u64 {
        u64::from(nodes) * 40 + edges * 4
    }

    /// Bytes that the dominators take.
    pub fn memory_bytes(&self) -> u64 {
        (self.numbers.len() + self.order.len() + self.holders.len()) as u64 * 4
    }

    /// How many objects are reachable from the roots.
    pub fn reached(&self) -> u32 {
        let groups = &self.numbers[self.nodes as usize..];
        let reached = groups.iter().filter(|&&number| number != 0).count();
        (self.order.len() - 1 - reached) as u32
    }

    /// Whether an object is reachable from the roots.
    pub fn reachable(&self, object: ObjectId) -> bool {
        self.number(object).is_some()
    }

    /// The immediate dominator of an object; `None`, if it is not reachable.
    pub fn holder(&self, object: ObjectId) -> Option<Holder> {
        let number = self.number(object)?;
        Some(self.holder_of_number(self.holders[number as usize]))
    }

    /// The object and those that hold it, up to the roots: each is the immediate dominator of the one
    /// before. Empty, if it is not reachable.
    pub fn chain(&self, object: ObjectId) -> impl Iterator<Item = Holder> + '_ {
        let first = self.number(object).map(|_| Holder::Object(object));
        std::iter::successors(first, |&holder| {
            let node = self.node_of_holder(holder)?;
            let number = self.numbers[node as usize];
            Some(self.holder_of_number(self.holders[number as usize]))
        })
    }

    fn number(&self, object: ObjectId) -> Option<u32> {
        let objects = self.numbers.get(..self.nodes as usize)?;
        objects.get(object.index()).copied().filter(|&number| number != 0)
    }

    fn holder_of_number(&self, number: u32) -> Holder {
        let node = self.order[number as usize];
        match node.checked_sub(self.nodes) {
            _ if number == 0 => Holder::Roots,
            Some(group) => Holder::Group(group),
            None => Holder::Object(ObjectId(node)),
        }
    }

    /// The node of a holder; `None` for the root above all and for strangers.
    fn node_of_holder(&self, holder: Holder) -> Option<u32> {
        match holder {
            Holder::Roots => None,
            Holder::Group(group) => (group < self.groups).then_some(self.nodes + group),
            Holder::Object(object) => (object.0 < self.nodes).then_some(object.0),
        }
    }
}

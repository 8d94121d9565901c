//! What is reachable from the roots, how far it is, and by what way.

#[cfg(test)]
mod tests;

use clrscope_memory::{Control, Interrupted};

use crate::work::Ticker;
use crate::{Csr, Graph, NodeSet, ObjectId};

/// Why a search stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The caller's [`Control`] stopped it.
    Interrupted(Interrupted),
    /// As many objects were looked into as the caller allowed.
    Limit,
}

/// Distance and parent of every object that can be reached from the roots, found in one breadth-first
/// run: a shortest path to any object is then at hand.
///
/// Eight bytes an object; while it runs, at most four and a bit more.
///
/// A search that was stopped still knows a shortest path to what it has reached, but of what it has not
/// reached it says nothing: [`reachable`](Search::reachable) is then `None`, never `false`.
///
/// ```
/// use clrscope_graph::{Csr, Graph, ObjectId, Search};
/// use clrscope_memory::Control;
///
/// let control = Control::new();
/// let edges = [(0, 1), (1, 2), (0, 2), (3, 2)].map(|(from, to)| (ObjectId(from), ObjectId(to)));
/// let graph = Graph::from(Csr::from_edges(4, &edges, &control)?);
/// let search = Search::run(&graph, &[ObjectId(0)], &control)?;
/// assert_eq!(search.distance(ObjectId(2)), Some(1));
/// assert_eq!(search.reachable(ObjectId(3)), Some(false));
/// let path = search.path_to(ObjectId(2)).unwrap();
/// assert_eq!((path.root, path.objects), (0, vec![ObjectId(0), ObjectId(2)]));
/// # Ok::<(), clrscope_graph::GraphError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Search {
    marks: Vec<Mark>,
    reached: u32,
    stop: Option<Stop>,
}

/// What the search knows of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// Edges from a root's object.
    distance: u32,
    /// The object before it on a shortest path; for an object that a root refers to (distance 0),
    /// the index of the root.
    parent: u32,
}

/// An object that was not reached. No shortest path has so many edges: there are fewer objects.
const UNREACHED: Mark = Mark { distance: u32::MAX, parent: u32::MAX };

/// A shortest path from a root to an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RootPath {
    /// The root, by its index among the roots that were searched from.
    pub root: u32,
    /// The objects on the path, from the root's to the one that was asked for.
    pub objects: Vec<ObjectId>,
}

/// Who is before an object on a shortest path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parent {
    /// A root, by its index among the roots that were searched from.
    Root(u32),
    /// Another object.
    Object(ObjectId),
}

impl Search {
    /// Searches from all `roots`. Of several roots of one object, the first counts; a root that is
    /// no object of the graph leads nowhere.
    ///
    /// # Errors
    ///
    /// The memory is beyond the budget. When `control` stops a search that has begun, this is not an
    /// error but a search that is not [`complete`](Search::complete).
    pub fn run(
        graph: &Graph,
        roots: &[ObjectId],
        control: &Control<'_>,
    ) -> Result<Search, Interrupted> {
        Search::run_limited(graph, roots, u64::MAX, control)
    }

    /// Searches from the first `preferred` of the `roots` to the end, and only then from the others: those
    /// lead to what the preferred ones do not. Shortest is then the shortest among the paths from roots of
    /// the better sort. What is reachable is the same.
    ///
    /// # Errors
    ///
    /// As for [`run`](Search::run).
    pub fn run_preferring(
        graph: &Graph,
        roots: &[ObjectId],
        preferred: usize,
        control: &Control<'_>,
    ) -> Result<Search, Interrupted> {
        Search::run_tiers(graph.edges(), roots, preferred, u64::MAX, control)
    }

    /// Searches from all `roots`, but looks into no more than `limit` objects.
    ///
    /// # Errors
    ///
    /// As for [`run`](Search::run).
    pub fn run_limited(
        graph: &Graph,
        roots: &[ObjectId],
        limit: u64,
        control: &Control<'_>,
    ) -> Result<Search, Interrupted> {
        Search::run_over(graph.edges(), roots, limit, control)
    }

    pub(crate) fn run_over(
        edges: &Csr,
        roots: &[ObjectId],
        limit: u64,
        control: &Control<'_>,
    ) -> Result<Search, Interrupted> {
        Search::run_tiers(edges, roots, roots.len(), limit, control)
    }

    fn run_tiers(
        edges: &Csr,
        roots: &[ObjectId],
        preferred: usize,
        limit: u64,
        control: &Control<'_>,
    ) -> Result<Search, Interrupted> {
        let nodes = edges.nodes();
        control.reserve(Search::memory_needed(nodes))?;
        let mut run = Run {
            marks: vec![UNREACHED; nodes as usize],
            seen: NodeSet::new(nodes),
            next: Vec::new(),
            reached: 0,
        };
        let stop = run.search(edges, roots, preferred, limit, control).err();
        Ok(Search { marks: run.marks, reached: run.reached, stop })
    }

    /// Bytes that a search of a graph of `nodes` objects takes at its height.
    pub fn memory_needed(nodes: u32) -> u64 {
        u64::from(nodes) * 12 + NodeSet::memory_needed(nodes)
    }

    /// Bytes that a search takes when it is done.
    pub fn memory_bytes(&self) -> u64 {
        self.marks.len() as u64 * 8
    }

    /// Whether the search came to its end: what it has not reached cannot be reached.
    pub fn complete(&self) -> bool {
        self.stop.is_none()
    }

    /// Why it did not come to its end.
    pub fn stop(&self) -> Option<Stop> {
        self.stop
    }

    /// How many objects were reached.
    pub fn reached(&self) -> u32 {
        self.reached
    }

    /// Whether an object is reachable; `None`, if that is not known because the search was stopped.
    /// What is no object of the graph is not reachable.
    #[inline]
    pub fn reachable(&self, object: ObjectId) -> Option<bool> {
        match self.marks.get(object.index()) {
            None => Some(false),
            Some(&mark) if mark != UNREACHED => Some(true),
            Some(_) if self.complete() => Some(false),
            Some(_) => None,
        }
    }

    /// Edges on a shortest path to an object from the object of a root; `None`, if it was not reached.
    #[inline]
    pub fn distance(&self, object: ObjectId) -> Option<u32> {
        self.mark(object).map(|mark| mark.distance)
    }

    /// Who is before an object on a shortest path to it; `None`, if it was not reached.
    #[inline]
    pub fn parent(&self, object: ObjectId) -> Option<Parent> {
        self.mark(object).map(|mark| match mark.distance {
            0 => Parent::Root(mark.parent),
            _ => Parent::Object(ObjectId(mark.parent)),
        })
    }

    /// A shortest path from a root to an object; `None`, if it was not reached. Which of several it
    /// is depends on the order of roots and edges only.
    pub fn path_to(&self, object: ObjectId) -> Option<RootPath> {
        let mut objects = Vec::with_capacity(self.distance(object)? as usize + 1);
        let mut current = object;
        loop {
            objects.push(current);
            match self.parent(current)? {
                Parent::Object(parent) => current = parent,
                Parent::Root(root) => {
                    objects.reverse();
                    return Some(RootPath { root, objects });
                }
            }
        }
    }

    fn mark(&self, object: ObjectId) -> Option<Mark> {
        self.marks.get(object.index()).copied().filter(|&mark| mark != UNREACHED)
    }
}

/// A search that is under way.
struct Run {
    marks: Vec<Mark>,
    seen: NodeSet,
    /// The objects that the next level looks into.
    next: Vec<ObjectId>,
    reached: u32,
}

impl Run {
    fn search(
        &mut self,
        edges: &Csr,
        roots: &[ObjectId],
        preferred: usize,
        limit: u64,
        control: &Control<'_>,
    ) -> Result<(), Stop> {
        let mut ticker = Ticker::new(control, "searching from roots", u64::from(edges.nodes()));
        // A search that may not begin has not seen that there are no roots.
        control.check().map_err(Stop::Interrupted)?;
        let mut left = limit;
        let mut level = Vec::new();
        let preferred = preferred.min(roots.len());
        for tier in [0..preferred, preferred..roots.len()] {
            for root in tier {
                self.reach(roots[root], Mark { distance: 0, parent: root as u32 });
            }
            let mut distance = 0;
            while !self.next.is_empty() {
                distance += 1;
                std::mem::swap(&mut level, &mut self.next);
                for &object in &level {
                    left = left.checked_sub(1).ok_or(Stop::Limit)?;
                    ticker.step().map_err(Stop::Interrupted)?;
                    for &target in edges.row(object) {
                        self.reach(target, Mark { distance, parent: object.0 });
                    }
                }
                level.clear();
            }
        }
        Ok(())
    }

    #[inline]
    fn reach(&mut self, object: ObjectId, mark: Mark) {
        if self.seen.insert(object) {
            self.marks[object.index()] = mark;
            self.next.push(object);
            self.reached += 1;
        }
    }
}

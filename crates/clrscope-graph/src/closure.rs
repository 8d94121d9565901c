//! What objects keep alive, wherever they are held from, and what only a set of them does.

use std::convert::Infallible;
use std::ops::ControlFlow;

use clrscope_memory::{Control, Interrupted};

use crate::work::Ticker;
use crate::{Graph, NodeSet, ObjectId, Totals};

/// All that can be reached from some objects, themselves included; made once for a graph and used for
/// any number of questions.
///
/// An eighth of a byte an object of the graph, and four bytes for each that the largest answer had.
#[derive(Debug, Clone)]
pub struct Closure {
    seen: NodeSet,
    found: Vec<ObjectId>,
}

impl Closure {
    /// Room for questions about a graph of `nodes` objects.
    pub fn new(nodes: u32) -> Closure {
        Closure { seen: NodeSet::new(nodes), found: Vec::new() }
    }

    /// Finds all that can be reached from `starts`, themselves included, each once: nearest first.
    ///
    /// # Errors
    ///
    /// `control` stopped it.
    pub fn of(
        &mut self,
        graph: &Graph,
        starts: &[ObjectId],
        control: &Control<'_>,
    ) -> Result<&[ObjectId], Interrupted> {
        let go_on = |_| ControlFlow::<Infallible>::Continue(());
        let ControlFlow::Continue(()) = self.visit(graph, starts, go_on, control)?;
        Ok(&self.found)
    }

    /// Visits all that can be reached from `starts`, themselves included, each once: nearest first, until
    /// `visit` breaks. Gives what it broke with.
    ///
    /// ```
    /// use std::ops::ControlFlow;
    ///
    /// use clrscope_graph::{Closure, Csr, Graph, ObjectId};
    /// use clrscope_memory::Control;
    ///
    /// // 0 refers to 1, that to 2, and that to 0 and 3.
    /// let edges = [(0, 1), (1, 2), (2, 0), (2, 3)].map(|(a, b)| (ObjectId(a), ObjectId(b)));
    /// let control = Control::new();
    /// let graph = Graph::from(Csr::from_edges(4, &edges, &control)?);
    /// let mut seen = Vec::new();
    /// let found = Closure::new(graph.nodes()).visit(&graph, &[ObjectId(1)], |id| {
    ///     seen.push(id);
    ///     if id == ObjectId(0) { ControlFlow::Break("the first") } else { ControlFlow::Continue(()) }
    /// }, &control)?;
    /// assert_eq!(found, ControlFlow::Break("the first"));
    /// assert_eq!(seen, [1, 2, 0].map(ObjectId));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `control` stopped it.
    pub fn visit<B>(
        &mut self,
        graph: &Graph,
        starts: &[ObjectId],
        mut visit: impl FnMut(ObjectId) -> ControlFlow<B>,
        control: &Control<'_>,
    ) -> Result<ControlFlow<B>, Interrupted> {
        // Only the bits of the last answer are set.
        for object in self.found.drain(..) {
            self.seen.remove(object);
        }
        let mut ticker = Ticker::new(control, "following references", 0);
        let Closure { seen, found } = self;
        found.extend(starts.iter().copied().filter(|&start| seen.insert(start)));
        let mut next = 0;
        while let Some(&object) = found.get(next) {
            next += 1;
            ticker.step()?;
            if let ControlFlow::Break(found) = visit(object) {
                return Ok(ControlFlow::Break(found));
            }
            found.extend(graph.holds(object).iter().copied().filter(|&target| seen.insert(target)));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether an object was found by the last question.
    #[inline]
    pub fn contains(&self, object: ObjectId) -> bool {
        self.seen.contains(object)
    }

    /// The number and sizes of all that can be reached from `starts`, themselves included.
    ///
    /// # Errors
    ///
    /// `control` stopped it.
    pub fn totals(
        &mut self,
        graph: &Graph,
        starts: &[ObjectId],
        size: impl Fn(ObjectId) -> u64,
        control: &Control<'_>,
    ) -> Result<Totals, Interrupted> {
        let mut totals = Totals::default();
        self.of(graph, starts, control)?.iter().for_each(|&object| totals.add(size(object)));
        Ok(totals)
    }
}

/// What a set of objects retains: all that is reachable from the roots only through the set, with
/// those of the set that are reachable themselves. Exact, also for what several of them hold
/// together.
///
/// # Errors
///
/// `control` stopped it, or the memory is beyond the budget.
pub fn retained_by_set(
    graph: &Graph,
    roots: &[ObjectId],
    set: &NodeSet,
    size: impl Fn(ObjectId) -> u64,
    control: &Control<'_>,
) -> Result<Totals, Interrupted> {
    control.reserve(u64::from(graph.nodes()) * 4 + NodeSet::memory_needed(graph.nodes()))?;
    control.check()?;
    let mut ticker = Ticker::new(control, "following references", u64::from(graph.nodes()));
    let mut seen = NodeSet::new(graph.nodes());
    let mut open = Vec::new();
    let mut members = Vec::new();
    // First everything that the roots reach around the set; then what is left behind it.
    for &root in roots {
        if seen.insert(root) {
            if set.contains(root) { members.push(root) } else { open.push(root) }
        }
    }
    while let Some(object) = open.pop() {
        ticker.step()?;
        for &target in graph.holds(object) {
            if seen.insert(target) {
                if set.contains(target) { members.push(target) } else { open.push(target) }
            }
        }
    }
    let mut totals = Totals::default();
    open = members;
    while let Some(object) = open.pop() {
        ticker.step()?;
        totals.add(size(object));
        open.extend(graph.holds(object).iter().copied().filter(|&target| seen.insert(target)));
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Csr;
    use crate::testing::ids;

    #[test]
    fn one_scratch_answers_many_questions() {
        let control = Control::new();
        let edges = ids([(0, 1), (1, 2), (2, 0), (2, 2), (3, 2)]);
        let graph = Graph::from(Csr::from_edges(5, &edges, &control).unwrap());
        let mut closure = Closure::new(graph.nodes());
        let of = |closure: &mut Closure, starts: &[u32]| {
            let starts: Vec<_> = starts.iter().copied().map(ObjectId).collect();
            closure.of(&graph, &starts, &control).unwrap().to_vec()
        };
        for _ in 0..2 {
            let stop = |_| ControlFlow::Break(());
            let visited = closure.visit(&graph, &[ObjectId(1)], stop, &control).unwrap();
            assert_eq!(visited, ControlFlow::Break(()));
            assert_eq!(of(&mut closure, &[3]), [3, 2, 0, 1].map(ObjectId));
            assert_eq!(of(&mut closure, &[4, 4, 9]), [ObjectId(4)]);
            assert_eq!(of(&mut closure, &[1, 0]), [1, 0, 2].map(ObjectId));
            assert!(of(&mut closure, &[]).is_empty());
        }
        let size = |object: ObjectId| 1 << object.0;
        let totals = closure.totals(&graph, &[ObjectId(3)], size, &control).unwrap();
        assert_eq!(totals, Totals { objects: 4, bytes: 15 });
    }
}

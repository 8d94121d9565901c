//! Semidominators.

use clrscope_memory::{Control, Interrupted};

use super::depth_first::{DepthFirst, Entry};
use crate::ObjectId;
use crate::work::Ticker;

/// For each number the smallest from which a path leads to it all of whose inner nodes have larger
/// numbers than its own.
pub(super) fn semidominators(
    entry: &Entry<'_>,
    tree: &DepthFirst,
    control: &Control<'_>,
) -> Result<Vec<u32>, Interrupted> {
    let mut semi = tree.parents.clone();
    let rising = Rising::new(entry, tree, &mut semi, control)?;
    let mut ticker = Ticker::new(control, "finding dominators", tree.order.len() as u64);
    let mut forest = Forest {
        links: tree.parents.iter().map(|&ancestor| Link { ancestor, label: 0 }).collect(),
        path: Vec::new(),
    };
    for number in (1..tree.order.len() as u32).rev() {
        ticker.step()?;
        let mut smallest = semi[number as usize];
        for &from in rising.sources_of(number) {
            smallest = smallest.min(forest.evaluate(from, number));
        }
        semi[number as usize] = smallest;
        forest.links[number as usize].label = smallest;
    }
    Ok(semi)
}

/// The edges that lead from a larger number to a smaller, by the smaller: back up the tree or across
/// it. The others lead down the tree, and there a look at the numbers is enough.
#[derive(Debug)]
struct Rising {
    /// For each number where its row starts; the row of the next starts where it ends.
    starts: Vec<u64>,
    sources: Vec<u32>,
}

impl Rising {
    /// Sorts the rising edges, and lowers `semi` by the falling ones.
    fn new(
        entry: &Entry<'_>,
        tree: &DepthFirst,
        semi: &mut [u32],
        control: &Control<'_>,
    ) -> Result<Rising, Interrupted> {
        let count = tree.order.len();
        let mut starts = vec![0u64; count + 1];
        for_each_edge(entry, tree, control, |from, to| {
            if from < to {
                let semi = &mut semi[to as usize];
                *semi = from.min(*semi);
            } else if to < from {
                starts[to as usize] += 1;
            }
        })?;
        for &top in entry.top() {
            if let Some(&number) = tree.numbers.get(top.index()) {
                semi[number as usize] = 0;
            }
        }
        // Each entry becomes the end of its row, and the fill counts it down to the start.
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut sources = vec![0; end as usize];
        for_each_edge(entry, tree, control, |from, to| {
            if to < from {
                let place = &mut starts[to as usize];
                *place -= 1;
                sources[*place as usize] = from;
            }
        })?;
        Ok(Rising { starts, sources })
    }

    fn sources_of(&self, number: u32) -> &[u32] {
        let (start, end) = (self.starts[number as usize], self.starts[number as usize + 1]);
        &self.sources[start as usize..end as usize]
    }
}

/// Visits all edges between reachable nodes by their numbers, in the order of the sources.
fn for_each_edge(
    entry: &Entry<'_>,
    tree: &DepthFirst,
    control: &Control<'_>,
    mut visit: impl FnMut(u32, u32),
) -> Result<(), Interrupted> {
    let mut ticker = Ticker::new(control, "sorting references", tree.order.len() as u64);
    for (number, &node) in (0u32..).zip(&tree.order).skip(1) {
        ticker.step()?;
        for target in entry.row(ObjectId(node)) {
            // A target that is no node: a root of a group that is no object.
            if let Some(&to) = tree.numbers.get(target.index()) {
                visit(number, to);
            }
        }
    }
    Ok(())
}

/// The part of the tree that has been gone through, with compressed paths.
#[derive(Debug)]
struct Forest {
    links: Vec<Link>,
    /// The nodes of a path that is being compressed.
    path: Vec<u32>,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    /// The parent, or one of its ancestors.
    ancestor: u32,
    /// The smallest semidominator from here up to, but not including, the ancestor.
    label: u32,
}

impl Forest {
    /// The smallest semidominator on the way from `from` up to its last ancestor with a number
    /// above `bound`.
    #[inline]
    fn evaluate(&mut self, from: u32, bound: u32) -> u32 {
        let link = self.links[from as usize];
        if link.ancestor <= bound { link.label } else { self.compress(from, bound) }
    }

    fn compress(&mut self, from: u32, bound: u32) -> u32 {
        let mut number = from;
        let mut link = self.links[from as usize];
        while bound < link.ancestor {
            self.path.push(number);
            number = link.ancestor;
            link = self.links[number as usize];
        }
        while let Some(number) = self.path.pop() {
            link.label = link.label.min(self.links[number as usize].label);
            self.links[number as usize] = link;
        }
        link.label
    }
}

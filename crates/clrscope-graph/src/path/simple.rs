//! All paths, the shortest first.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use clrscope_memory::{Control, Interrupted};

use super::Paths;
use crate::work::Ticker;
use crate::{Csr, ObjectId, Parent, RootPath, Search, Stop};

/// How much to look for. A graph of some dozen objects can have more paths than could be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathLimits {
    /// Paths to list.
    pub paths: usize,
    /// Steps to take: each looks at one object of one path. A step may take 40 bytes.
    pub steps: u64,
}

/// Lists the paths from the roots to `target` that pass no object twice, the shortest first, in an
/// order that depends on roots and edges only. Of several roots of one object, the first stands for
/// all.
///
/// `search` is a search from the roots, `reverse` holds the edges of its graph the other way round.
/// The paths are found from the target backwards, and the search says of each object how far it still
/// is to a root; so no step is taken in vain before the first path is found.
///
/// # Errors
///
/// The memory is beyond the budget. When `control` or a limit stops it, the paths that were found are
/// the answer, and it says that there may be more; so it does if the search itself was stopped.
pub fn simple_paths(
    search: &Search,
    reverse: &Csr,
    target: ObjectId,
    limits: PathLimits,
    control: &Control<'_>,
) -> Result<Paths, Interrupted> {
    let mut paths = Vec::new();
    let add = |path| {
        if paths.len() == limits.paths {
            return ControlFlow::Break(());
        }
        paths.push(path);
        ControlFlow::Continue(())
    };
    let stop = visit_simple_paths(search, reverse, target, limits.steps, add, control)?;
    Ok(Paths { paths, stop })
}

/// Visits the paths that [`simple_paths`] lists, as they are found: the shortest first, until `visit`
/// breaks or `steps` are taken. Gives why there may be more, [`Stop::Limit`] if `visit` broke; `None`, if
/// these were all.
///
/// # Errors
///
/// The memory is beyond the budget.
pub fn visit_simple_paths(
    search: &Search,
    reverse: &Csr,
    target: ObjectId,
    steps: u64,
    mut visit: impl FnMut(RootPath) -> ControlFlow<()>,
    control: &Control<'_>,
) -> Result<Option<Stop>, Interrupted> {
    control.reserve(steps.min(reverse.edges()).saturating_mul(STEP_BYTES))?;
    let mut finder =
        Finder { search, reverse, tails: Vec::new(), queue: BinaryHeap::new(), left: steps };
    let stop = finder.find(target, &mut visit, control).err();
    // What a search that was stopped has not reached may be on other paths.
    Ok(stop.or(search.stop()))
}

/// A tail and its entry in the queue.
const STEP_BYTES: u64 = 40;

/// The end of a path: an object, and the tail behind it that leads to the target.
#[derive(Debug, Clone, Copy)]
struct Tail {
    object: ObjectId,
    /// The tail behind; its own index, at the target.
    rest: u32,
    /// Edges to the target.
    length: u32,
    /// The smallest distance from the roots of all its objects: one nearer to the roots is not
    /// among them.
    nearest: u32,
}

/// Shorter paths first; of those that may become equally short, the one that is nearer to a root, so
/// that one path is finished before its like are begun.
type Order = Reverse<(u64, Reverse<u32>, u32)>;

struct Finder<'a> {
    search: &'a Search,
    reverse: &'a Csr,
    tails: Vec<Tail>,
    queue: BinaryHeap<Order>,
    left: u64,
}

impl Finder<'_> {
    fn find(
        &mut self,
        target: ObjectId,
        visit: &mut dyn FnMut(RootPath) -> ControlFlow<()>,
        control: &Control<'_>,
    ) -> Result<(), Stop> {
        control.check().map_err(Stop::Interrupted)?;
        let mut ticker = Ticker::new(control, "listing paths", 0);
        let Some(distance) = self.search.distance(target) else { return Ok(()) };
        self.push(Tail { object: target, rest: 0, length: 0, nearest: distance }, distance);
        while let Some(Reverse((_, _, index))) = self.queue.pop() {
            ticker.step().map_err(Stop::Interrupted)?;
            let tail = self.tails[index as usize];
            if let Some(Parent::Root(root)) = self.search.parent(tail.object)
                && visit(RootPath { root, objects: self.objects(index) }).is_break()
            {
                return Err(Stop::Limit);
            }
            let mut before = None;
            for &object in self.reverse.row(tail.object) {
                // The row is sorted: a second reference of the same object makes no other path.
                if before.replace(object) == Some(object) {
                    continue;
                }
                self.spend()?;
                let Some(distance) = self.search.distance(object) else { continue };
                if tail.nearest <= distance && self.holds(index, object)? {
                    continue;
                }
                let length = tail.length + 1;
                let nearest = tail.nearest.min(distance);
                self.push(Tail { object, rest: index, length, nearest }, distance);
            }
        }
        Ok(())
    }

    fn push(&mut self, tail: Tail, distance: u32) {
        let index = self.tails.len() as u32;
        self.queue.push(Reverse((
            u64::from(tail.length) + u64::from(distance),
            Reverse(tail.length),
            index,
        )));
        self.tails.push(tail);
    }

    /// One step, of which there are never more than there are indices.
    fn spend(&mut self) -> Result<(), Stop> {
        self.left = self.left.checked_sub(1).ok_or(Stop::Limit)?;
        if self.tails.len() < u32::MAX as usize { Ok(()) } else { Err(Stop::Limit) }
    }

    /// Whether an object is on a tail.
    fn holds(&mut self, index: u32, object: ObjectId) -> Result<bool, Stop> {
        let mut index = index;
        loop {
            let tail = self.tails[index as usize];
            if tail.object == object {
                return Ok(true);
            }
            if tail.rest == index {
                return Ok(false);
            }
            self.spend()?;
            index = tail.rest;
        }
    }

    fn objects(&self, index: u32) -> Vec<ObjectId> {
        let mut index = index;
        let mut objects = Vec::new();
        loop {
            let tail = self.tails[index as usize];
            objects.push(tail.object);
            if tail.rest == index {
                return objects;
            }
            index = tail.rest;
        }
    }
}

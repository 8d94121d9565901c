//! What would be freed.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use clrscope_memory::{Control, Interrupted};

use super::{Dominators, Holder};
use crate::ObjectId;
use crate::work::Ticker;

/// How many objects and how many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Objects.
    pub objects: u64,
    /// The sum of their sizes, in bytes.
    pub bytes: u64,
}

impl Totals {
    pub(crate) fn add(&mut self, bytes: u64) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(bytes);
    }
}

/// Retained sizes: how many bytes would be freed if an object, or a group of roots, were not there.
///
/// Eight bytes an object.
#[derive(Debug, Clone)]
pub struct Retained {
    /// Objects, then groups.
    sizes: Vec<u64>,
    objects: u32,
    total: u64,
}

impl Dominators {
    /// Adds the sizes up the dominator tree, in one sweep.
    ///
    /// With a size of one for all, it counts the retained objects.
    ///
    /// # Errors
    ///
    /// `control` stopped it, or the memory is beyond the budget.
    pub fn retained(
        &self,
        size: impl Fn(ObjectId) -> u64,
        control: &Control<'_>,
    ) -> Result<Retained, Interrupted> {
        control.reserve(Dominators::retained_memory_needed(self.numbers.len() as u32))?;
        control.check()?;
        let mut ticker = Ticker::new(control, "adding sizes", 3 * self.order.len() as u64);
        // By number, in which order a holder and what it holds are near each other.
        let mut sums = vec![0u64; self.order.len()];
        for (sum, &node) in sums.iter_mut().zip(&self.order).skip(1) {
            ticker.step()?;
            if node < self.nodes {
                *sum = size(ObjectId(node));
            }
        }
        // A dominator has a smaller number than what it dominates.
        for number in (1..sums.len()).rev() {
            ticker.step()?;
            let holder = self.holders[number] as usize;
            sums[holder] = sums[holder].saturating_add(sums[number]);
        }
        let mut sizes = vec![0; self.numbers.len()];
        for (&sum, &node) in sums.iter().zip(&self.order).skip(1) {
            ticker.step()?;
            sizes[node as usize] = sum;
        }
        Ok(Retained { sizes, objects: self.nodes, total: sums[0] })
    }

    /// Bytes that adding up the sizes takes at its height, beside the dominators.
    pub fn retained_memory_needed(nodes: u32) -> u64 {
        u64::from(nodes) * 16 + 16
    }
}

impl Retained {
    /// What an object retains, itself included: 0, if it is not reachable.
    #[inline]
    pub fn of(&self, object: ObjectId) -> u64 {
        self.sizes[..self.objects as usize].get(object.index()).copied().unwrap_or(0)
    }

    /// What a group of roots retains.
    pub fn of_group(&self, group: u32) -> u64 {
        self.sizes[self.objects as usize..].get(group as usize).copied().unwrap_or(0)
    }

    /// What a holder retains; the root above all, everything that is reachable.
    pub fn of_holder(&self, holder: Holder) -> u64 {
        match holder {
            Holder::Roots => self.total,
            Holder::Group(group) => self.of_group(group),
            Holder::Object(object) => self.of(object),
        }
    }

    /// The bytes of everything that is reachable.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The `count` objects that retain most, the largest first, of equals the one with the smaller id.
    pub fn top(&self, count: usize) -> Vec<(ObjectId, u64)> {
        self.largest((0..self.objects).map(ObjectId), count)
    }

    /// The `count` of these objects that retain most, the largest first, of equals the one with the
    /// smaller id. What retains nothing is left out.
    pub fn largest(
        &self,
        objects: impl IntoIterator<Item = ObjectId>,
        count: usize,
    ) -> Vec<(ObjectId, u64)> {
        self.largest_where(objects, count, |_| true)
    }

    /// The same of those that are wanted; `wants` is asked only of objects that would be among them.
    pub fn largest_where(
        &self,
        objects: impl IntoIterator<Item = ObjectId>,
        count: usize,
        mut wants: impl FnMut(ObjectId) -> bool,
    ) -> Vec<(ObjectId, u64)> {
        let mut best = BinaryHeap::new();
        for object in objects {
            let entry = Reverse((self.of(object), Reverse(object)));
            if entry.0.0 == 0 || count == 0 {
                continue;
            }
            if best.len() < count {
                if wants(object) {
                    best.push(entry);
                }
            } else if let Some(mut least) = best.peek_mut()
                && entry < *least
                && wants(object)
            {
                *least = entry;
            }
        }
        let sorted = best.into_sorted_vec().into_iter();
        sorted.map(|Reverse((size, Reverse(object)))| (object, size)).collect()
    }

    /// Bytes that the sizes take.
    pub fn memory_bytes(&self) -> u64 {
        self.sizes.len() as u64 * 8
    }
}

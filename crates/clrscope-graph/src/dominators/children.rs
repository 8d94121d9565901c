//! The dominator tree from the top.

use clrscope_memory::{Control, Interrupted};

use super::{Dominators, Holder};
use crate::ObjectId;
use crate::work::Ticker;

/// The dominator tree from the top: what each holder immediately dominates.
///
/// Eight bytes a reachable object.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    dominators: &'a Dominators,
    /// For each number where its row starts; the row of the next starts where it ends.
    starts: Vec<u32>,
    /// Numbers, in ascending order within a row.
    rows: Vec<u32>,
}

impl Dominators {
    /// Lists what each object, group and the root above all immediately dominates.
    ///
    /// # Errors
    ///
    /// `control` stopped it, or the memory is beyond the budget.
    pub fn children(&self, control: &Control<'_>) -> Result<Children<'_>, Interrupted> {
        control.reserve(self.order.len() as u64 * 8)?;
        control.check()?;
        let mut starts = vec![0u32; self.order.len() + 1];
        for &holder in &self.holders[1..] {
            starts[holder as usize] += 1;
        }
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut rows = vec![0; end as usize];
        let mut ticker = Ticker::new(control, "listing dominated objects", u64::from(end));
        for number in (1..self.order.len() as u32).rev() {
            ticker.step()?;
            let place = &mut starts[self.holders[number as usize] as usize];
            *place -= 1;
            rows[*place as usize] = number;
        }
        Ok(Children { dominators: self, starts, rows })
    }
}

impl Children<'_> {
    /// What a holder immediately dominates, in an order that depends on roots and edges only. Below the
    /// root above all stand groups, if there are any, and objects.
    pub fn of(&self, holder: Holder) -> impl ExactSizeIterator<Item = Holder> + '_ {
        let number = match holder {
            Holder::Roots => Some(0),
            _ => {
                let node = self.dominators.node_of_holder(holder);
                node.map(|node| self.dominators.numbers[node as usize])
                    .filter(|&number| number != 0)
            }
        };
        self.row(number).iter().map(|&child| self.dominators.holder_of_number(child))
    }

    /// What the objects of each label alone keep alive, at least: the retained sizes of those objects
    /// that no other of the same label dominates. `add` is told each of them with its label.
    ///
    /// What several objects of one label hold together and none of them alone is not in it; for one
    /// label, [`retained_by_set`](crate::retained_by_set) is exact.
    ///
    /// # Errors
    ///
    /// `control` stopped it.
    pub fn outermost(
        &self,
        labels: u32,
        label: impl Fn(ObjectId) -> u32,
        mut add: impl FnMut(u32, ObjectId),
        control: &Control<'_>,
    ) -> Result<(), Interrupted> {
        let dominators = self.dominators;
        let mut ticker =
            Ticker::new(control, "grouping dominated objects", dominators.order.len() as u64);
        // How many objects of each label are above the current one.
        let mut above = vec![0u32; labels as usize];
        let mut open: Vec<(u32, u32)> = vec![(0, 0)];
        while let Some((number, next)) = open.pop() {
            let object = match dominators.holder_of_number(number) {
                Holder::Object(object) => Some((label(object), object)),
                Holder::Group(_) | Holder::Roots => None,
            };
            let count = object.and_then(|(label, _)| above.get_mut(label as usize));
            let row = self.row(Some(number));
            if next == 0 {
                ticker.step()?;
            }
            if let (Some(count), Some((label, object))) = (count, object) {
                if next == 0 {
                    if *count == 0 {
                        add(label, object);
                    }
                    *count += 1;
                }
                if next as usize == row.len() {
                    *count -= 1;
                }
            }
            if let Some(&child) = row.get(next as usize) {
                open.push((number, next + 1));
                open.push((child, 0));
            }
        }
        Ok(())
    }

    fn row(&self, number: Option<u32>) -> &[u32] {
        let range = number.and_then(|number| {
            let number = number as usize;
            Some(*self.starts.get(number)? as usize..*self.starts.get(number + 1)? as usize)
        });
        range.and_then(|range| self.rows.get(range)).unwrap_or(&[])
    }
}

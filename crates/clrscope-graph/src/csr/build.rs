//! Rows from whatever lists the edges, in two passes: count, fill.

use std::ops::Range;

use clrscope_memory::Control;

use super::Csr;
use super::offsets::Offsets;
use crate::work::{self, PART, Phase};
use crate::{GraphError, ObjectId};

/// Takes an edge: its source, its target.
pub type Emit<'a> = dyn FnMut(ObjectId, ObjectId) + 'a;

/// A part of the nodes with its place in the result.
struct Part<'a> {
    nodes: Range<u32>,
    lengths: &'a mut [u32],
}

struct Fill<'a> {
    nodes: Range<u32>,
    targets: &'a mut [ObjectId],
}

impl Csr {
    /// Builds rows for `nodes` nodes from the edges that `list` lists.
    ///
    /// `list` is called with a range of nodes and gives every edge whose source is among them, the
    /// edges of one source in the order that its row shall have; an edge from elsewhere is refused.
    /// It is called twice for each range, from several threads at once: first the edges are counted,
    /// so that all memory is known before it is allocated, then they are stored.
    ///
    /// # Errors
    ///
    /// An edge from or to a node that is not there, edges that differ the second time, or `control`
    /// stopped it.
    ///
    /// ```
    /// use clrscope_graph::{Csr, ObjectId};
    /// use clrscope_memory::Control;
    ///
    /// // A ring of four nodes.
    /// let ring = Csr::build(
    ///     4,
    ///     |nodes, emit| nodes.for_each(|node| emit(ObjectId(node), ObjectId((node + 1) % 4))),
    ///     &Control::new(),
    /// )?;
    /// assert_eq!(ring.row(ObjectId(3)), [ObjectId(0)]);
    /// # Ok::<(), clrscope_graph::GraphError>(())
    /// ```
    pub fn build(
        nodes: u32,
        list: impl Fn(Range<u32>, &mut Emit<'_>) + Sync,
        control: &Control<'_>,
    ) -> Result<Csr, GraphError> {
        control.reserve(Offsets::memory_needed(nodes, 0))?;
        let mut lengths = Vec::with_capacity(nodes as usize + 1);
        lengths.resize(nodes as usize, 0u32);
        count(&mut lengths, nodes, &list, control)?;

        let edges = lengths.iter().map(|&length| u64::from(length)).sum();
        control.reserve(Csr::memory_needed(nodes, edges))?;
        let offsets = Offsets::from_lengths(lengths, edges);
        let mut targets = vec![ObjectId(0); edges as usize];
        fill(&mut targets, &offsets, &list, control)?;
        Ok(Csr { offsets, targets })
    }

    /// Builds rows from a list of edges, as source and target, in any order. Edges of one source
    /// keep their order.
    ///
    /// # Errors
    ///
    /// An edge from or to a node that is not there, or `control` stopped it.
    pub fn from_edges(
        nodes: u32,
        edges: &[(ObjectId, ObjectId)],
        control: &Control<'_>,
    ) -> Result<Csr, GraphError> {
        let count = edges.len() as u64;
        control.reserve(Csr::memory_needed(nodes, count))?;
        let mut next = vec![0u64; nodes as usize + 1];
        for &(from, to) in edges {
            if nodes <= from.0 || nodes <= to.0 {
                return Err(GraphError::NoSuchNode { from, to, nodes });
            }
            next[from.index()] += 1;
        }
        let lengths = next[..nodes as usize].iter().map(|&length| length as u32).collect();
        let offsets = Offsets::from_lengths(lengths, count);
        for (node, next) in next.iter_mut().enumerate() {
            *next = offsets.start(node);
        }
        let mut targets = vec![ObjectId(0); edges.len()];
        for &(from, to) in edges {
            let next = &mut next[from.index()];
            targets[*next as usize] = to;
            *next += 1;
        }
        Ok(Csr { offsets, targets })
    }
}

fn count(
    lengths: &mut [u32],
    nodes: u32,
    list: &(impl Fn(Range<u32>, &mut Emit<'_>) + Sync),
    control: &Control<'_>,
) -> Result<(), GraphError> {
    let phase = Phase::new(control, "counting references", u64::from(nodes));
    let mut first = 0;
    let parts = lengths.chunks_mut(PART).map(|lengths| {
        let part = Part { nodes: first..first + lengths.len() as u32, lengths };
        first = part.nodes.end;
        part
    });
    work::for_each(parts.collect(), |part: Part<'_>| {
        let mut stray = None;
        list(part.nodes.clone(), &mut |from, to| {
            let place = from.0.wrapping_sub(part.nodes.start) as usize;
            match part.lengths.get_mut(place) {
                Some(length) if to.0 < nodes => *length = length.saturating_add(1),
                _ => stray = Some(GraphError::NoSuchNode { from, to, nodes }),
            }
        });
        phase.advance(part.lengths.len() as u64)?;
        stray.map_or(Ok(()), Err)
    })
}

fn fill(
    mut targets: &mut [ObjectId],
    offsets: &Offsets,
    list: &(impl Fn(Range<u32>, &mut Emit<'_>) + Sync),
    control: &Control<'_>,
) -> Result<(), GraphError> {
    let nodes = offsets.nodes();
    let phase = Phase::new(control, "reading references", u64::from(nodes));
    let mut parts = Vec::new();
    let mut first = 0;
    while first < nodes {
        let end = first.saturating_add(PART as u32).min(nodes);
        let length = offsets.start(end as usize) - offsets.start(first as usize);
        let (head, tail) = targets.split_at_mut(length as usize);
        targets = tail;
        parts.push(Fill { nodes: first..end, targets: head });
        first = end;
    }
    work::for_each(parts, |part: Fill<'_>| {
        let Range { start, end } = part.nodes;
        let base = offsets.start(start as usize);
        // Where the next edge of each node goes, and at the end of them all the place where each
        // row ends, which is where the next one starts.
        let mut next: Vec<u64> =
            (start..end).map(|node| offsets.start(node as usize) - base).collect();
        let mut steady = true;
        list(start..end, &mut |from, to| {
            let place = from.0.wrapping_sub(start) as usize;
            let row_end = offsets.start((place + 1 + start as usize).min(end as usize)) - base;
            match next.get_mut(place) {
                Some(next) if *next < row_end && to.0 < nodes => {
                    part.targets[*next as usize] = to;
                    *next += 1;
                }
                _ => steady = false,
            }
        });
        let full = (start..end)
            .zip(&next)
            .all(|(node, &next)| next == offsets.start(node as usize + 1) - base);
        phase.advance(u64::from(end - start))?;
        if steady && full { Ok(()) } else { Err(GraphError::Unsteady { from: start }) }
    })
}

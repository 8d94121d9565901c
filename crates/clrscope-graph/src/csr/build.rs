//! Rows from whatever lists the edges, in one pass: each part of the nodes keeps what it hears, and the parts
//! are put behind one another once all lengths are known. To ask twice would cost more: who lists the edges of
//! a heap looks up the number of each target, which is nowhere near the one before.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use clrscope_memory::Control;

use super::Csr;
use super::offsets::Offsets;
use crate::work::{self, PART, Phase};
use crate::{GraphError, ObjectId};

/// Takes an edge: its source, its target.
pub type Emit<'a> = dyn FnMut(ObjectId, ObjectId) + 'a;

/// The edges of a part of the nodes, as they were listed.
#[derive(Debug, Default)]
struct Listed {
    /// Targets, while no source came after a larger one.
    targets: Vec<ObjectId>,
    /// The edges whose source did: its place in the part, and the target. Of a source that is here, all
    /// edges that follow are.
    late: Vec<(u32, ObjectId)>,
}

/// A part of the nodes: how many edges each has, and which.
struct Part<'a> {
    nodes: Range<u32>,
    lengths: &'a mut [u32],
    listed: &'a mut Listed,
}

impl Csr {
    /// Builds rows for `nodes` nodes from the edges that `list` lists.
    ///
    /// `list` is called with a range of nodes and gives every edge whose source is among them, the
    /// edges of one source in the order that its row shall have; an edge from elsewhere is refused.
    /// It is called once for each range, from several threads at once. Sources in ascending order
    /// take the least memory.
    ///
    /// # Errors
    ///
    /// An edge from or to a node that is not there, or `control` stopped it.
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
        control.reserve(Csr::build_memory_needed(nodes, 0))?;
        let mut lengths = Vec::with_capacity(nodes as usize + 1);
        lengths.resize(nodes as usize, 0u32);
        let listed = hear(&mut lengths, nodes, &list, control)?;

        let edges = lengths.iter().map(|&length| u64::from(length)).sum();
        let offsets = Offsets::from_lengths(lengths, edges);
        let mut targets = vec![ObjectId(0); edges as usize];
        join(&mut targets, &offsets, listed, control)?;
        Ok(Csr { offsets, targets })
    }

    /// Bytes that building rows takes at its height, if sources come in order.
    pub fn build_memory_needed(nodes: u32, edges: u64) -> u64 {
        Csr::memory_needed(nodes, edges) + edges * 4
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

/// Lets each part list its edges, and counts them.
fn hear(
    lengths: &mut [u32],
    nodes: u32,
    list: &(impl Fn(Range<u32>, &mut Emit<'_>) + Sync),
    control: &Control<'_>,
) -> Result<Vec<Listed>, GraphError> {
    let phase = Phase::new(control, "reading references", u64::from(nodes));
    let heard = AtomicU64::new(0);
    let mut all: Vec<Listed> = Vec::new();
    all.resize_with(lengths.len().div_ceil(PART), Listed::default);
    let mut first = 0;
    let parts = lengths.chunks_mut(PART).zip(&mut all).map(|(lengths, listed)| {
        let part = Part { nodes: first..first + lengths.len() as u32, lengths, listed };
        first = part.nodes.end;
        part
    });
    work::for_each(parts.collect(), |part: Part<'_>| {
        let Part { nodes: range, lengths, listed } = part;
        let (mut stray, mut last) = (None, 0);
        list(range.clone(), &mut |from, to| {
            let place = from.0.wrapping_sub(range.start);
            let Some(length) = lengths.get_mut(place as usize).filter(|_| to.0 < nodes) else {
                stray = Some(GraphError::NoSuchNode { from, to, nodes });
                return;
            };
            *length = length.saturating_add(1);
            if last <= place {
                last = place;
                listed.targets.push(to);
            } else {
                listed.late.push((place, to));
            }
        });
        listed.targets.shrink_to_fit();
        let own = (listed.targets.len() + listed.late.len()) as u64;
        let edges = heard.fetch_add(own, Ordering::Relaxed) + own;
        control.reserve(Csr::build_memory_needed(nodes, edges))?;
        phase.advance(lengths.len() as u64)?;
        stray.map_or(Ok(()), Err)
    })?;
    Ok(all)
}

/// Puts the parts behind one another.
fn join(
    mut targets: &mut [ObjectId],
    offsets: &Offsets,
    listed: Vec<Listed>,
    control: &Control<'_>,
) -> Result<(), GraphError> {
    let nodes = offsets.nodes();
    let phase = Phase::new(control, "joining references", u64::from(nodes));
    let mut parts = Vec::new();
    let mut first = 0u32;
    for listed in listed {
        let end = first.saturating_add(PART as u32).min(nodes);
        let length = offsets.start(end as usize) - offsets.start(first as usize);
        let (head, tail) = targets.split_at_mut(length as usize);
        targets = tail;
        parts.push((first..end, head, listed));
        first = end;
    }
    work::for_each(parts, |(range, targets, listed): (Range<u32>, &mut [ObjectId], Listed)| {
        let Listed { targets: ordered, mut late } = listed;
        if late.is_empty() && ordered.len() == targets.len() {
            targets.copy_from_slice(&ordered);
        } else {
            late.sort_by_key(|edge| edge.0);
            let (mut ordered, mut late) = (ordered.into_iter(), late.into_iter().peekable());
            let mut places = targets.iter_mut();
            for (place, node) in range.clone().enumerate() {
                let length = offsets.start(node as usize + 1) - offsets.start(node as usize);
                let mut own = Vec::new();
                while let Some((_, to)) = late.next_if(|edge| edge.0 as usize == place) {
                    own.push(to);
                }
                let before = (length as usize).saturating_sub(own.len());
                let row = ordered.by_ref().take(before).chain(own);
                places.by_ref().take(length as usize).zip(row).for_each(|(place, to)| *place = to);
            }
        }
        phase.advance(range.len() as u64)?;
        Ok(())
    })
}

//! The same edges the other way round.

use clrscope_memory::{Control, Interrupted};

use super::Csr;
use super::offsets::Offsets;
use crate::ObjectId;
use crate::work::{self, PART, Phase};

/// Threads beyond this many would only read the edges once more each.
const MAX_PARTS: usize = 8;

impl Csr {
    /// The same edges the other way round: the row of a node holds the sources of the edges that
    /// lead to it, in ascending order.
    ///
    /// # Errors
    ///
    /// `control` stopped it.
    pub fn reversed(&self, control: &Control<'_>) -> Result<Csr, Interrupted> {
        let nodes = self.nodes();
        control.reserve(Csr::reverse_memory_needed(nodes, self.edges()))?;
        // Each thread takes a span of targets, reads all edges, and keeps those that lead there. So
        // no two write to the same place, and each row is in the order of the sources.
        let parts = work::threads().clamp(1, MAX_PARTS);
        let span = (nodes as usize).div_ceil(parts).max(1);
        let phase =
            Phase::new(control, "turning references round", 2 * u64::from(nodes) * parts as u64);

        let mut lengths = Vec::with_capacity(nodes as usize + 1);
        lengths.resize(nodes as usize, 0u32);
        let counts = lengths.chunks_mut(span).enumerate().collect();
        work::for_each(counts, |(part, lengths): (usize, &mut [u32])| {
            let first = (part * span) as u32;
            self.each_part(&phase, |_, row| {
                for &target in row {
                    if let Some(length) = lengths.get_mut(target.0.wrapping_sub(first) as usize) {
                        *length += 1;
                    }
                }
            })
        })?;

        let offsets = Offsets::from_lengths(lengths, self.edges());
        let mut sources = vec![ObjectId(0); self.targets.len()];
        let mut rest = sources.as_mut_slice();
        let mut fills = Vec::with_capacity(parts);
        for first in (0..nodes as usize).step_by(span) {
            let end = (first + span).min(nodes as usize);
            let length = offsets.start(end) - offsets.start(first);
            let (head, tail) = rest.split_at_mut(length as usize);
            rest = tail;
            fills.push((first, end, head));
        }
        work::for_each(fills, |(first, end, sources): (usize, usize, &mut [ObjectId])| {
            let base = offsets.start(first);
            let mut next: Vec<u64> = (first..end).map(|node| offsets.start(node) - base).collect();
            self.each_part(&phase, |source, row| {
                for &target in row {
                    if let Some(next) = next.get_mut(target.index().wrapping_sub(first)) {
                        sources[*next as usize] = source;
                        *next += 1;
                    }
                }
            })
        })?;
        Ok(Csr { offsets, targets: sources })
    }

    /// Bytes that turning the edges round takes at its height, beside the edges as they are.
    pub fn reverse_memory_needed(nodes: u32, edges: u64) -> u64 {
        Csr::memory_needed(nodes, edges) + u64::from(nodes) * 8
    }

    /// Visits all rows, and the control once a part.
    fn each_part(
        &self,
        phase: &Phase<'_>,
        mut visit: impl FnMut(ObjectId, &[ObjectId]),
    ) -> Result<(), Interrupted> {
        let nodes = self.nodes();
        let mut first = 0;
        while first < nodes {
            let end = first.saturating_add(PART as u32).min(nodes);
            (first..end).map(ObjectId).for_each(|node| visit(node, self.row(node)));
            phase.advance(u64::from(end - first))?;
            first = end;
        }
        Ok(())
    }
}

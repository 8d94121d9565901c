//! The index of an address space: sorted runs without overlaps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::{Grouped, Issue, IssueKind, Issues, VirtAddr};

/// One stretch of memory whose bytes are also one stretch of a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) start: u64,
    /// Exclusive.
    pub(crate) end: u64,
    /// Which of the address space's sources holds the bytes.
    pub(crate) source: u32,
    /// Where in that source they begin.
    pub(crate) offset: u64,
}

/// The runs of an address space, and what makes searching them quick.
#[derive(Debug)]
pub(crate) struct Index {
    runs: Box<[Run]>,
    /// The end of every run: a search touches nothing else, and eight of them share a cache line.
    ends: Box<[u64]>,
    /// The last end of every full block of `BLOCK`: small enough to stay in a near cache.
    blocks: Box<[u64]>,
    /// Where among the ends to look, by the address's leading bits.
    buckets: Buckets,
}

/// Ends that a search looks through behind the blocks: four cache lines.
const BLOCK: usize = 32;

impl Index {
    /// Sorts `runs` (given in order of precedence), cuts what an earlier one holds already, and joins
    /// neighbours. Linear after the sort, whatever the overlaps.
    pub(crate) fn build(runs: Vec<Run>, issues: &mut Issues) -> Index {
        let disjoint = runs.windows(2).all(|pair| pair[0].end <= pair[1].start);
        let runs = coalesce(if disjoint { runs } else { resolve(runs, issues) });
        let ends: Box<[u64]> = runs.iter().map(|run| run.end).collect();
        let blocks = ends.chunks_exact(BLOCK).map(|block| block[BLOCK - 1]).collect();
        let buckets = Buckets::new(&runs);
        Index { runs: runs.into_boxed_slice(), ends, blocks, buckets }
    }

    pub(crate) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The first run that ends behind `address`: the one that holds it, or the next.
    pub(crate) fn first_ending_behind(&self, address: u64) -> usize {
        let (mut first, mut last) = self.buckets.around(address, self.ends.len());
        if BLOCK < last - first {
            // Memory lies in clusters, so that one bucket can hold nearly everything.
            let (from, to) = (first / BLOCK, last / BLOCK);
            let full = self.blocks[from..to].partition_point(|&end| end <= address);
            first = first.max((from + full) * BLOCK);
            last = last.min((from + full + 1) * BLOCK);
        }
        first + self.ends[first..last].partition_point(|&end| end <= address)
    }

    /// The run that holds `address`.
    pub(crate) fn find(&self, address: u64) -> Option<usize> {
        let index = self.first_ending_behind(address);
        self.runs.get(index).filter(|run| run.start <= address).map(|_| index)
    }
}

/// The stretch of addresses that the runs cover, cut into equal parts: for each part the first run that
/// ends behind its start. With about one run a part, a search among a million of them reads two places
/// instead of twenty.
#[derive(Debug)]
struct Buckets {
    base: u64,
    /// Bits of an address within its part.
    shift: u32,
    /// One more than there are parts; empty if there are too few runs to be worth it.
    firsts: Box<[u32]>,
}

/// With fewer runs than this, all ends fit in a near cache.
const MIN_BUCKETED_RUNS: usize = 4096;

impl Buckets {
    fn new(runs: &[Run]) -> Buckets {
        let none = Buckets { base: 0, shift: 0, firsts: Box::default() };
        let (Some(first), Some(last)) = (runs.first(), runs.last()) else { return none };
        if runs.len() < MIN_BUCKETED_RUNS || u32::try_from(runs.len()).is_err() {
            return none;
        }
        let base = first.start;
        let span = last.end - base;
        // Between one and two parts for each run.
        let shift = (span / runs.len() as u64).max(1).ilog2();
        let parts = (span >> shift) as usize + 1;
        let mut firsts = Vec::with_capacity(parts + 1);
        let mut index = 0;
        for part in 0..parts as u64 {
            let start = base + (part << shift);
            while runs.get(index).is_some_and(|run| run.end <= start) {
                index += 1;
            }
            firsts.push(index as u32);
        }
        firsts.push(runs.len() as u32);
        Buckets { base, shift, firsts: firsts.into_boxed_slice() }
    }

    /// The first run that ends behind `address` is one of these: from the first to the second,
    /// which may be the answer itself. `count` is the number of runs.
    #[inline]
    fn around(&self, address: u64, count: usize) -> (usize, usize) {
        if self.firsts.is_empty() {
            return (0, count);
        }
        let Some(inside) = address.checked_sub(self.base) else { return (0, 0) };
        let part = (inside >> self.shift) as usize;
        match (self.firsts.get(part), self.firsts.get(part.saturating_add(1))) {
            (Some(&first), Some(&last)) => (first as usize, last as usize),
            _ => (count, count),
        }
    }
}

/// Brings runs into order of address. Where they overlap, the one that was given first wins at each
/// address, and one issue says how many do.
fn resolve(runs: Vec<Run>, issues: &mut Issues) -> Vec<Run> {
    let mut order: Vec<(u64, usize)> =
        runs.iter().enumerate().map(|(index, run)| (run.start, index)).collect();
    order.sort_unstable();

    let mut overlapping = 0u64;
    let mut first = None;
    let mut end = 0;
    for &(start, index) in &order {
        if start < end {
            overlapping += 1;
            first.get_or_insert(start);
        }
        end = end.max(runs[index].end);
    }
    let Some(first) = first else {
        return order.into_iter().map(|(_, index)| runs[index]).collect();
    };
    issues.push(Issue::in_memory(
        IssueKind::Overlap,
        VirtAddr(first),
        format!(
            "{} memory ranges overlap others; of each byte the first listed is kept",
            Grouped(overlapping)
        ),
    ));
    sweep(&runs, &order)
}

/// Goes over the edges of all runs in order of address.
fn sweep(runs: &[Run], order: &[(u64, usize)]) -> Vec<Run> {
    let mut active = BinaryHeap::new();
    let mut result: Vec<Run> = Vec::with_capacity(runs.len());
    let mut waiting = order.iter().copied().peekable();
    let mut position = 0u64;
    loop {
        if active.is_empty() {
            match waiting.peek() {
                Some(&(start, _)) => position = position.max(start),
                None => return result,
            }
        }
        while let Some((_, index)) = waiting.next_if(|&(start, _)| start <= position) {
            active.push(Reverse(index));
        }
        let Some(&Reverse(winner)) = active.peek() else { continue };
        let run = runs[winner];
        if run.end <= position {
            active.pop();
            continue;
        }
        // The winner holds every address up to its end, or to the start of one given before it.
        let mut end = run.end;
        while let Some((start, index)) = waiting.next_if(|&(start, _)| start < run.end) {
            active.push(Reverse(index));
            if index < winner {
                end = start;
                break;
            }
        }
        let offset = run.offset + (position - run.start);
        result.push(Run { start: position, end, source: run.source, offset });
        position = end;
    }
}

fn coalesce(runs: Vec<Run>) -> Vec<Run> {
    let mut result: Vec<Run> = Vec::new();
    for run in runs {
        if let Some(last) = result.last_mut()
            && last.end == run.start
            && last.source == run.source
            && last.offset + (last.end - last.start) == run.offset
        {
            last.end = run.end;
            continue;
        }
        result.push(run);
    }
    result
}

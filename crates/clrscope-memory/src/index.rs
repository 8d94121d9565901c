//! The index of an address space: sorted runs without overlaps.

use crate::{Issue, IssueKind, Issues, VirtAddr};

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

/// Sorts `runs` (given in order of precedence), cuts what an earlier one holds already, and joins
/// neighbours. Linear after the sort, whatever the overlaps.
pub(crate) fn build(runs: Vec<Run>, issues: &mut Issues) -> Box<[Run]> {
    let sorted = if runs.windows(2).all(|pair| pair[0].end <= pair[1].start) {
        runs
    } else {
        resolve(runs, issues)
    };
    coalesce(sorted).into_boxed_slice()
}

/// Cuts overlaps by sweeping over the edges of all runs: at each address the run that was given
/// first wins.
fn resolve(runs: Vec<Run>, issues: &mut Issues) -> Vec<Run> {
    let mut order: Vec<usize> = (0..runs.len()).collect();
    order.sort_by_key(|&index| (runs[index].start, index));

    let mut active = std::collections::BinaryHeap::new();
    let mut result: Vec<Run> = Vec::with_capacity(runs.len());
    let mut next = 0;
    let mut position = 0u64;
    while next < order.len() || !active.is_empty() {
        if active.is_empty() {
            position = position.max(runs[order[next]].start);
        }
        while next < order.len() && runs[order[next]].start <= position {
            active.push(std::cmp::Reverse(order[next]));
            next += 1;
        }
        let Some(&std::cmp::Reverse(winner)) = active.peek() else { continue };
        if runs[winner].end <= position {
            active.pop();
            continue;
        }
        // The winner holds every address up to its end, or to the start of one given before it.
        let mut end = runs[winner].end;
        while next < order.len() && runs[order[next]].start < end {
            if order[next] < winner {
                end = runs[order[next]].start;
                break;
            }
            issues.push(Issue::in_memory(
                IssueKind::Overlap,
                VirtAddr(runs[order[next]].start),
                "a memory range overlaps an earlier one, which is kept",
            ));
            active.push(std::cmp::Reverse(order[next]));
            next += 1;
        }
        if end < runs[winner].end {
            issues.push(Issue::in_memory(
                IssueKind::Overlap,
                VirtAddr(end),
                "a memory range overlaps an earlier one, which is kept",
            ));
        }
        let skipped = position - runs[winner].start;
        result.push(Run {
            start: position,
            end,
            source: runs[winner].source,
            offset: runs[winner].offset + skipped,
        });
        position = end;
    }
    result
}

fn coalesce(runs: Vec<Run>) -> Vec<Run> {
    let mut result: Vec<Run> = Vec::with_capacity(runs.len().min(1024));
    for run in runs {
        if run.start == run.end {
            continue;
        }
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

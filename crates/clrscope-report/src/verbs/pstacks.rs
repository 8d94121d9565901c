//! `pstacks`: the stacks of all threads, merged.

use std::io;

use clrscope_analyze::{StackGroup, ThreadStack};
use serde::Serialize;

use super::threads::ThreadLabel;
use crate::escape::Escaped;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};

/// Threads whose names are given on one line.
const NAMED_THREADS: usize = 4;

/// A run of frames that the same threads have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroupRow {
    /// Index of the group that called this one; `None` where threads begin.
    pub parent: Option<usize>,
    /// How many groups called each other to get here.
    pub depth: usize,
    /// How many threads have these frames.
    pub count: usize,
    /// The operating system's numbers of those threads.
    pub threads: Vec<u32>,
    /// Those of them whose innermost managed frame is the first of these.
    pub ending: Vec<u32>,
    /// Methods, innermost first.
    pub methods: Vec<String>,
}

/// The answer of `pstacks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParallelStacks {
    /// The groups; those called come before their callers.
    pub groups: Vec<GroupRow>,
    /// The threads that have managed frames, in the order of the runtime's list.
    pub threads: Vec<ThreadLabel>,
    /// How many threads have none.
    pub without_frames: usize,
}

impl ParallelStacks {
    /// Says what the stacks have in common.
    pub fn new(stacks: &[ThreadStack], groups: &[StackGroup]) -> ParallelStacks {
        let os_ids = |threads: &[usize]| -> Vec<u32> {
            let stacks = threads.iter().filter_map(|&index| stacks.get(index));
            stacks.map(|stack| stack.entry.thread.os_id).collect()
        };
        let has_frames =
            |stack: &&ThreadStack| stack.frames.iter().any(|frame| frame.explicit.is_none());
        let threads: Vec<_> =
            stacks.iter().filter(has_frames).map(|stack| ThreadLabel::new(&stack.entry)).collect();
        let row = |group: &StackGroup| GroupRow {
            parent: group.parent,
            depth: group.depth,
            count: group.threads.len(),
            threads: os_ids(&group.threads),
            ending: os_ids(&group.ending),
            methods: group.methods.clone(),
        };
        ParallelStacks {
            groups: groups.iter().map(row).collect(),
            without_frames: stacks.len() - threads.len(),
            threads,
        }
    }

    /// A thread by number, with its name if it has one.
    fn thread(&self, os_id: u32) -> String {
        let label = self.threads.iter().find(|label| label.os_id == os_id);
        let name = label.and_then(|label| label.name.as_deref().or(label.purpose));
        name.map_or_else(|| format!("{os_id:x}"), |name| format!("{os_id:x} {}", Escaped(name)))
    }
}

impl Report for ParallelStacks {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        for group in &self.groups {
            // Deep trees stay readable: the indentation ends somewhere.
            let indent = " ".repeat(4 * group.depth.min(20));
            if !group.ending.is_empty() {
                let named = group.ending.iter().take(NAMED_THREADS).map(|&id| self.thread(id));
                let mut line = named.collect::<Vec<_>>().join(", ");
                let more = group.ending.len().saturating_sub(NAMED_THREADS);
                if more > 0 {
                    line.push_str(&format!(" and {more} more"));
                }
                writeln!(page, "{indent}~~~~ {line}")?;
            }
            for method in &group.methods {
                writeln!(page, "{indent}{:>5} {}", group.count, Escaped(method))?;
            }
            if group.depth == 0 {
                writeln!(page)?;
            }
        }
        let roots = self.groups.iter().filter(|group| group.depth == 0).count();
        write!(page, "==> {} threads with {roots} roots", self.threads.len())?;
        if self.without_frames > 0 {
            write!(page, "; {} threads without managed frames", self.without_frames)?;
        }
        writeln!(page)
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["group", "parent", "threads", "method"])?;
        for (index, group) in self.groups.iter().enumerate() {
            for method in &group.methods {
                rows.row(&[
                    Cell::Number(index as u64),
                    Cell::optional_number(group.parent.map(|parent| parent as u64)),
                    Cell::Number(group.count as u64),
                    Cell::Text(method),
                ])?;
            }
        }
        Ok(())
    }
}

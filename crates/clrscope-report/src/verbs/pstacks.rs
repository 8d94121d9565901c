//! `pstacks`: the stacks of all threads, merged.

use std::io;

use clrscope_analyze::{StackGroup, ThreadStack, Waiting};
use serde::Serialize;

use super::threads::ThreadLabel;
use crate::escape::Escaped;
use crate::page::{Page, Style};
use crate::report::Report;
use crate::rows::{Cell, Rows};
use crate::wait_entry::WaitEntry;

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

/// A thread, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StackedThread {
    /// Which it is.
    #[serde(flatten)]
    pub label: ThreadLabel,
    /// What it waits for, if that is known.
    pub waits_for: Option<WaitEntry>,
}

/// The answer of `pstacks`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ParallelStacks {
    /// The groups; those called come before their callers.
    pub groups: Vec<GroupRow>,
    /// The threads that have managed frames, in the order of the runtime's list.
    pub threads: Vec<StackedThread>,
    /// How many threads have none.
    pub without_frames: usize,
    #[serde(skip)]
    named_threads: usize,
}

impl ParallelStacks {
    /// Says what the stacks have in common. Text names all threads of a group, or the first few.
    pub fn new(waiting: &Waiting, groups: &[StackGroup], all_threads: bool) -> ParallelStacks {
        let stacks = &waiting.stacks;
        let os_ids = |threads: &[usize]| -> Vec<u32> {
            let stacks = threads.iter().filter_map(|&index| stacks.get(index));
            stacks.map(|stack| stack.entry.thread.os_id).collect()
        };
        let has_frames =
            |stack: &ThreadStack| stack.frames.iter().any(|frame| frame.explicit.is_none());
        let thread = |(index, stack): (usize, &ThreadStack)| StackedThread {
            label: ThreadLabel::new(&stack.entry),
            waits_for: WaitEntry::of(waiting, index),
        };
        let threads: Vec<_> =
            (0..).zip(stacks).filter(|(_, stack)| has_frames(stack)).map(thread).collect();
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
            named_threads: if all_threads { usize::MAX } else { NAMED_THREADS },
        }
    }

    fn of_id(&self, os_id: u32) -> Option<&StackedThread> {
        self.threads.iter().find(|thread| thread.label.os_id == os_id)
    }

    /// What threads wait for, if it is the same for all.
    fn common_wait(&self, threads: &[u32], style: &Style) -> Option<String> {
        let mut texts =
            threads.iter().map(|&id| Some(self.of_id(id)?.waits_for.as_ref()?.text(style)));
        let first = texts.next()??;
        texts.all(|text| text.as_ref() == Some(&first)).then_some(first)
    }

    /// A thread by number, with its name if it has one.
    fn thread(&self, os_id: u32) -> String {
        let label = self.of_id(os_id).map(|thread| &thread.label);
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
                let named = group.ending.iter().take(self.named_threads).map(|&id| self.thread(id));
                let mut line = named.collect::<Vec<_>>().join(", ");
                let more = group.ending.len().saturating_sub(self.named_threads);
                if more > 0 {
                    line.push_str(&format!(" and {more} more"));
                }
                if let Some(wait) = self.common_wait(&group.ending, &page.style()) {
                    line.push_str(&format!(": {wait}"));
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

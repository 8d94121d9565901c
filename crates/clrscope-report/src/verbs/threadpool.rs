//! `threadpool`: the threads of the pool, how many there may be, and what waits for them.

use std::io;

use clrscope_analyze::{IoThreads, ThreadPool, Waiting, WorkItem};
use serde::Serialize;

use super::threads::ThreadLabel;
use super::tpq::ThreadPoolQueue;
use crate::page::Page;
use crate::report::Report;
use crate::rows::{Cell, Rows};
use crate::wait_entry::WaitEntry;

/// Threads of the pool that wait for input and output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct IoEntry {
    /// Threads that there are, where they are counted apart.
    pub existing: Option<i64>,
    /// Threads that it makes without waiting.
    pub min: Option<i64>,
    /// Threads that it never exceeds.
    pub max: Option<i64>,
}

/// The counts of a pool. What it does not count is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolEntry {
    /// `portable`, `native` or `windows`.
    pub kind: &'static str,
    /// Whether it was ever used.
    pub used: bool,
    /// How busy the machine was, in percent.
    pub cpu_utilization: Option<i64>,
    /// Threads that there are.
    pub workers: Option<i64>,
    /// Threads that work on an item or look for one.
    pub working: Option<i64>,
    /// Threads that have nothing to do.
    pub idle: Option<i64>,
    /// How many the pool thinks that there should be.
    pub goal: Option<i64>,
    /// Threads that it makes without waiting.
    pub min: Option<i64>,
    /// Threads that it never exceeds.
    pub max: Option<i64>,
    /// Threads that stand still for a task, as the pool was told.
    pub blocked: Option<i64>,
    /// Threads that it added because of those.
    pub added_for_blocked: Option<i64>,
    /// Threads for input and output.
    pub io: Option<IoEntry>,
}

/// A thread of the pool, and what it waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PoolThread {
    /// Which it is.
    #[serde(flatten)]
    pub label: ThreadLabel,
    /// What it waits for, if that is known: `work`, if it has nothing to do.
    pub waits_for: Option<WaitEntry>,
}

/// The answer of `threadpool`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ThreadPoolReport {
    /// The counts of the pool; `None` if they were not found.
    pub pool: Option<PoolEntry>,
    /// The threads that the runtime knows as workers of the pool.
    pub threads: Vec<PoolThread>,
    /// What is queued.
    pub queue: ThreadPoolQueue,
    /// Whether text shows what is queued.
    #[serde(skip)]
    pub with_queue: bool,
}

impl ThreadPoolReport {
    /// Says what the pool has. Text shows what is queued, and so many of the items one by one, if
    /// `shown_items` says how many.
    pub fn new(
        pool: Option<&ThreadPool>,
        waiting: &Waiting,
        items: Option<&[WorkItem]>,
        shown_items: Option<usize>,
    ) -> ThreadPoolReport {
        let stacks = (0..).zip(&waiting.stacks).filter(|(_, s)| s.entry.is_pool_worker());
        let threads = stacks.map(|(index, stack)| PoolThread {
            label: ThreadLabel::new(&stack.entry),
            waits_for: WaitEntry::of(waiting, index),
        });
        ThreadPoolReport {
            pool: pool.map(PoolEntry::new),
            threads: threads.collect(),
            queue: ThreadPoolQueue::new(items, shown_items.unwrap_or(0)),
            with_queue: shown_items.is_some(),
        }
    }

    /// What a person is to make of it, if anything.
    fn verdict(&self) -> Option<String> {
        let on = |kind: &str| {
            let waits = |thread: &&PoolThread| {
                thread.waits_for.as_ref().is_some_and(|wait| wait.kind == kind)
            };
            self.threads.iter().filter(waits).count()
        };
        let (tasks, locks, idle) = (on("task"), on("lock"), on("work"));
        let stuck = tasks + locks;
        if stuck == 0 {
            return None;
        }
        let busy = self.threads.len().saturating_sub(idle);
        let mut text = format!(
            "{stuck} of {busy} busy workers stand still: {tasks} for tasks (sync over async), {locks} for locks"
        );
        if stuck == busy && self.queue.count > 0 {
            text.push_str(&format!(
                "; {} items wait and nobody takes them: the pool is starved",
                self.queue.count
            ));
        }
        Some(text)
    }
}

impl PoolEntry {
    fn new(pool: &ThreadPool) -> PoolEntry {
        let io = |io: IoThreads| IoEntry { existing: io.existing, min: io.min, max: io.max };
        PoolEntry {
            kind: pool.kind.name(),
            used: pool.is_used,
            cpu_utilization: pool.cpu_utilization,
            workers: pool.existing,
            working: pool.working,
            idle: pool.idle(),
            goal: pool.goal,
            min: pool.min,
            max: pool.max,
            blocked: pool.blocked,
            added_for_blocked: pool.added_for_blocked,
            io: pool.io.map(io),
        }
    }

    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        match (self.kind, self.used) {
            ("portable", false) => {
                return writeln!(page, "The thread pool was never used.");
            }
            ("portable", _) => writeln!(page, "Portable thread pool:")?,
            ("native", _) => writeln!(page, "Thread pool of the runtime:")?,
            _ => writeln!(page, "Thread pool of Windows:")?,
        }
        for (label, value) in [
            ("CPU utilization", self.cpu_utilization.map(|percent| format!("{percent}%"))),
            ("Workers Total", self.workers.map(|count| count.to_string())),
            ("Workers Running", self.working.map(|count| count.to_string())),
            ("Workers Idle", self.idle.map(|count| count.to_string())),
            ("Workers Wanted", self.goal.map(|count| count.to_string())),
            ("Worker Min Limit", self.min.map(|count| count.to_string())),
            ("Worker Max Limit", self.max.map(|count| count.to_string())),
            ("Blocked in tasks", self.blocked.map(|count| count.to_string())),
            ("Added for those", self.added_for_blocked.map(|count| count.to_string())),
            ("Completion Total", self.io.and_then(|io| io.existing).map(|n| n.to_string())),
            ("Completion Min Limit", self.io.and_then(|io| io.min).map(|n| n.to_string())),
            ("Completion Max Limit", self.io.and_then(|io| io.max).map(|n| n.to_string())),
        ] {
            if let Some(value) = value {
                writeln!(page, "  {:<22}{value}", format!("{label}:"))?;
            }
        }
        Ok(())
    }
}

impl Report for ThreadPoolReport {
    fn text(&self, page: &mut Page<'_>) -> io::Result<()> {
        let style = page.style();
        match &self.pool {
            Some(pool) => pool.text(page)?,
            None if self.threads.is_empty() => {
                return writeln!(page, "No thread pool was found in this dump.");
            }
            None => writeln!(page, "The counts of the thread pool were not found in this dump.")?,
        }
        writeln!(page, "  {:<22}{}", "Queued:", self.queue.count)?;
        if let Some(verdict) = self.verdict() {
            writeln!(page)?;
            page.warning(verdict)?;
        }
        if !self.threads.is_empty() {
            writeln!(page)?;
            page.heading("Workers:")?;
            for thread in &self.threads {
                let wait = thread.waits_for.as_ref().map(|wait| wait.text(&style));
                let wait = wait.unwrap_or_else(|| "runs, or waits in native code".to_owned());
                writeln!(page, "  {}: {wait}", thread.label.short())?;
            }
        }
        if self.with_queue {
            writeln!(page)?;
            self.queue.text(page)?;
        }
        Ok(())
    }

    fn rows(&self, rows: &mut Rows<'_>) -> io::Result<()> {
        rows.header(&["os_id", "managed_id", "name", "waits_for"])?;
        self.threads.iter().try_for_each(|thread| {
            rows.row(&[
                Cell::Number(thread.label.os_id.into()),
                Cell::Number(thread.label.managed_id.into()),
                Cell::optional(thread.label.name.as_deref()),
                Cell::optional(thread.waits_for.as_ref().map(|wait| wait.kind)),
            ])
        })
    }
}

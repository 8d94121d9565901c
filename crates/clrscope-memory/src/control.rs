//! How a long operation is watched, cancelled and kept within a budget.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use crate::Grouped;

/// How far a long operation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// What is being done: a few words, lower case.
    pub phase: &'static str,
    /// Units done, of the phase's own kind (bytes, objects, records).
    pub done: u64,
    /// Units in all; zero if nobody knows.
    pub total: u64,
}

/// Why a long operation stopped before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Interrupted {
    /// The caller asked it to.
    #[error("cancelled")]
    Cancelled,
    /// The time limit passed.
    #[error("the time limit passed")]
    TimedOut,
    /// It would need more memory than the budget allows.
    #[error("needs {} bytes of memory, the budget is {}", Grouped(*.needed), Grouped(*.budget))]
    OverBudget {
        /// Bytes that it needs.
        needed: u64,
        /// Bytes that it may use.
        budget: u64,
    },
}

/// Watches, cancels and bounds a long operation. The default does none of it.
#[derive(Clone, Copy, Default)]
pub struct Control<'a> {
    progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    cancel: Option<&'a AtomicBool>,
    deadline: Option<Instant>,
    memory_budget: Option<u64>,
}

impl<'a> Control<'a> {
    /// A control that never interferes.
    pub const fn new() -> Control<'a> {
        Control { progress: None, cancel: None, deadline: None, memory_budget: None }
    }

    /// Calls `report` from time to time, from any thread. By default, nobody is told.
    #[must_use]
    pub fn with_progress(mut self, report: &'a (dyn Fn(Progress) + Sync)) -> Self {
        self.progress = Some(report);
        self
    }

    /// Stops soon after `cancel` becomes true. By default, nothing stops it.
    #[must_use]
    pub fn with_cancel(mut self, cancel: &'a AtomicBool) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// Stops soon after `deadline`. By default, there is none.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Instant) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// Refuses what would need more than `bytes` of memory. By default, there is no budget.
    #[must_use]
    pub fn with_memory_budget(mut self, bytes: u64) -> Self {
        self.memory_budget = Some(bytes);
        self
    }

    /// Bytes of memory that an operation may use.
    pub fn memory_budget(&self) -> Option<u64> {
        self.memory_budget
    }

    /// Reports progress and says whether to go on. Cheap enough for every few thousand units of
    /// work, too dear for each of them.
    pub fn tick(&self, progress: Progress) -> Result<(), Interrupted> {
        if let Some(report) = self.progress {
            report(progress);
        }
        self.check()
    }

    /// Says whether to go on.
    pub fn check(&self) -> Result<(), Interrupted> {
        if self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed)) {
            return Err(Interrupted::Cancelled);
        }
        if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(Interrupted::TimedOut);
        }
        Ok(())
    }

    /// Says whether `needed` bytes are within the budget.
    pub fn reserve(&self, needed: u64) -> Result<(), Interrupted> {
        match self.memory_budget {
            Some(budget) if budget < needed => Err(Interrupted::OverBudget { needed, budget }),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Control<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("progress", &self.progress.is_some())
            .field("cancel", &self.cancel)
            .field("deadline", &self.deadline)
            .field("memory_budget", &self.memory_budget)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_never_interferes() {
        let control = Control::new();
        assert_eq!(control.check(), Ok(()));
        assert_eq!(control.reserve(u64::MAX), Ok(()));
    }

    #[test]
    fn each_limit_is_named_when_it_stops_the_work() {
        let cancel = AtomicBool::new(true);
        assert_eq!(Control::new().with_cancel(&cancel).check(), Err(Interrupted::Cancelled));
        let control = Control::new().with_deadline(Instant::now());
        assert_eq!(control.check(), Err(Interrupted::TimedOut));
        let control = Control::new().with_memory_budget(10);
        assert_eq!(control.reserve(10), Ok(()));
        assert_eq!(control.reserve(11), Err(Interrupted::OverBudget { needed: 11, budget: 10 }));
    }
}

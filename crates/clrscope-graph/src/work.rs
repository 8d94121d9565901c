//! Work cut into parts: in parallel where the feature is on, with the same result where it is not.

use std::sync::atomic::{AtomicU64, Ordering};

use clrscope_memory::{Control, Interrupted, Progress};

/// Nodes in a part: long enough that a thread is not kept busy with fetching parts.
pub(crate) const PART: usize = 1 << 15;
/// Steps between two looks at the clock.
pub(crate) const TICK: u32 = 1 << 12;

/// Does each part, on all threads there are. Stops at an error; of several, any may be returned.
#[cfg(feature = "parallel")]
pub(crate) fn for_each<T: Send, E: Send>(
    parts: Vec<T>,
    work: impl Fn(T) -> Result<(), E> + Sync + Send,
) -> Result<(), E> {
    use rayon::prelude::*;
    parts.into_par_iter().with_max_len(1).try_for_each(work)
}

/// Does each part in turn. Stops at an error.
#[cfg(not(feature = "parallel"))]
pub(crate) fn for_each<T: Send, E: Send>(
    parts: Vec<T>,
    work: impl Fn(T) -> Result<(), E> + Sync + Send,
) -> Result<(), E> {
    parts.into_iter().try_for_each(work)
}

/// How many threads [`for_each`] has.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "parallel"))]
    return 1;
}

/// Progress of a phase that several threads work on.
#[derive(Debug)]
pub(crate) struct Phase<'a> {
    control: &'a Control<'a>,
    name: &'static str,
    total: u64,
    done: AtomicU64,
}

impl<'a> Phase<'a> {
    pub(crate) fn new(control: &'a Control<'a>, name: &'static str, total: u64) -> Phase<'a> {
        Phase { control, name, total, done: AtomicU64::new(0) }
    }

    /// Reports `units` more, and says whether to go on.
    pub(crate) fn advance(&self, units: u64) -> Result<(), Interrupted> {
        let done = self.done.fetch_add(units, Ordering::Relaxed) + units;
        self.control.tick(Progress { phase: self.name, done, total: self.total })
    }
}

/// Counts the steps of one thread, and looks at the control now and then.
#[derive(Debug)]
pub(crate) struct Ticker<'a> {
    phase: Phase<'a>,
    steps: u32,
}

impl<'a> Ticker<'a> {
    pub(crate) fn new(control: &'a Control<'a>, name: &'static str, total: u64) -> Ticker<'a> {
        Ticker { phase: Phase::new(control, name, total), steps: 0 }
    }

    /// One step more.
    #[inline]
    pub(crate) fn step(&mut self) -> Result<(), Interrupted> {
        self.steps += 1;
        if self.steps < TICK { Ok(()) } else { self.report() }
    }

    #[cold]
    fn report(&mut self) -> Result<(), Interrupted> {
        let steps = std::mem::take(&mut self.steps);
        self.phase.advance(u64::from(steps))
    }
}

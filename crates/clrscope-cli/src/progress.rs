//! Progress on a terminal.

use std::sync::Mutex;

use clrscope::memory::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar on standard error with rate and time left, for phases that last. Silent where standard error is
/// no terminal.
pub(crate) struct Reporter {
    bar: ProgressBar,
    callback: Box<dyn Fn(Progress) + Sync>,
}

impl Reporter {
    pub(crate) fn new() -> Reporter {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
        let phase = Mutex::new("");
        let shown = bar.clone();
        let callback = Box::new(move |progress: Progress| {
            // A poisoned lock costs a heading, nothing more.
            if let Ok(mut phase) = phase.lock()
                && *phase != progress.phase
            {
                *phase = progress.phase;
                begin(&shown, progress);
            }
            shown.set_position(progress.done);
        });
        Reporter { bar, callback }
    }

    /// Shows how far the work has come.
    pub(crate) fn callback(&self) -> &(dyn Fn(Progress) + Sync) {
        &*self.callback
    }

    /// Clears the bar, so that it does not mix with the answer.
    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

fn begin(bar: &ProgressBar, progress: Progress) {
    let template = if progress.total == 0 {
        "{msg}: {human_pos} ({per_sec})"
    } else {
        "{msg}: {wide_bar} {percent}% ({per_sec}, {eta} left)"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.reset();
    bar.set_length(progress.total);
    bar.set_message(progress.phase);
}

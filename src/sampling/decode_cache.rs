//! What was decoded once, brought up to date as long as the process still has
//! the very bytes that it was decoded from.

use std::sync::Arc;

use crate::model::{Process, Task, Wait, WaitKind};
use crate::process::Descriptors;
use crate::snapshot::threads::KernelThreads;
use crate::snapshot::waits::summary::timer;

/// Timers are set back when at least so many seconds have passed.
const NEW_SECONDS: f64 = 0.05;

/// A decoded process, and what beside its memory that was made from.
pub struct Seen {
    pub process: Process,
    kernel: KernelThreads,
    descriptors: Descriptors,
}

impl Seen {
    pub fn new(process: Process, kernel: KernelThreads, descriptors: &Descriptors) -> Self {
        Self {
            process,
            kernel,
            descriptors: descriptors.clone(),
        }
    }

    /// Whether everything could be read.
    pub fn is_whole(&self) -> bool {
        let process = &self.process;
        process.errors.is_empty()
            && process.tasks.iter().all(|task| task.error.is_none())
            && process.threads.iter().all(|thread| thread.error.is_none())
    }

    /// The process as it is now, when its memory is as it was. `None` when the
    /// kernel says something else of it than then, or a timer has become
    /// overdue, which may be what tasks wait for.
    pub fn again(&mut self, kernel: &KernelThreads, descriptors: &Descriptors) -> Option<Process> {
        if !self.kernel.shows_same(kernel) || !self.descriptors.shows_same(descriptors) {
            return None;
        }
        let mut process = self.process.clone();
        let passed = kernel.monotonic() - self.kernel.monotonic();
        if passed >= NEW_SECONDS && !set_back(&mut process, passed) {
            return None;
        }
        kernel.update(&mut process.threads);
        Some(process)
    }
}

/// Sets all timers back; whether none has become overdue by that.
fn set_back(process: &mut Process, passed: f64) -> bool {
    let left = |left: &mut f64| {
        let was_due = *left < 0.0;
        *left -= passed;
        was_due == (*left < 0.0)
    };
    let mut none_due = true;
    for task in &mut process.tasks {
        if has_timers(task) {
            let task = Arc::make_mut(task);
            none_due &= task.waits_for.as_mut().is_none_or(|wait| timed(wait, left));
            for guard in &mut task.guards {
                none_due &= left(&mut guard.remaining_s);
            }
        }
    }
    for thread in &mut process.threads {
        let wait = thread.waits_for.as_mut();
        none_due &= wait.is_none_or(|wait| timed(wait, left));
    }
    for event_loop in &mut process.loops {
        none_due &= event_loop.next_timer_s.as_mut().is_none_or(left);
    }
    for reference in &mut process.references {
        none_due &= reference.due_s.as_mut().is_none_or(left);
    }
    none_due
}

fn has_timers(task: &Task) -> bool {
    let wait = task.waits_for.as_ref();
    !task.guards.is_empty() || wait.is_some_and(|wait| wait.remaining_s.is_some())
}

fn timed(wait: &mut Wait, left: impl Fn(&mut f64) -> bool) -> bool {
    let Some(remaining) = &mut wait.remaining_s else {
        return true;
    };
    let none_due = left(remaining);
    if wait.kind == WaitKind::Timer {
        wait.summary = timer(*remaining);
    }
    none_due
}

//! Keeps a decoded process, and updates it while the memory that it was decoded from
//! is unchanged.

use std::sync::Arc;

use crate::model::describe::timer;
use crate::model::{Process, Task, Wait, WaitKind};
use crate::process::Descriptors;
use crate::snapshot::kernel_threads::KernelThreads;

/// Remaining times are updated after this time in seconds; before that they are nearly
/// right.
const TIMER_UPDATE_S: f64 = 0.000_5;

/// A decoded process, with the kernel's data that it was made from.
pub struct DecodedProcess {
    /// The process as it was decoded.
    pub process: Process,
    kernel: KernelThreads,
    descriptors: Descriptors,
    /// Seconds from then until the first timer is due that was not. Infinite if there is none.
    due_in_s: f64,
}

/// Whether the remaining times of an unchanged process go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemainingTimes {
    /// They are those of the moment of the sample.
    GoOn,
    /// They stay as they were decoded, so that nothing of an unchanged task differs.
    Stay,
}

impl DecodedProcess {
    /// Keeps `process`, which was made from `kernel` and `descriptors`.
    pub fn new(process: Process, kernel: KernelThreads, descriptors: &Descriptors) -> Self {
        Self {
            due_in_s: due_in_s(&process),
            process,
            kernel,
            descriptors: descriptors.clone(),
        }
    }

    /// Whether all of the process could be read.
    pub fn is_complete(&self) -> bool {
        let process = &self.process;
        process.errors.is_empty()
            && process.tasks.iter().all(|task| task.error.is_none())
            && process.threads.iter().all(|thread| thread.error.is_none())
    }

    /// The process as it is now. The caller has checked that its memory is unchanged.
    ///
    /// Returns `None` if it has to be decoded again: the kernel's data has changed, or
    /// a timer has become overdue, and a task may be waiting for that timer.
    pub fn updated(
        &mut self,
        kernel: &KernelThreads,
        descriptors: &Descriptors,
        times: RemainingTimes,
    ) -> Option<Process> {
        // What other processes do has to be asked again.
        let mut others = self.process.resting.iter().flat_map(|one| &one.threads);
        if others.any(|thread| thread.on.is_some()) {
            return None;
        }
        if !self.kernel.shows_same(kernel) || !self.descriptors.shows_same(descriptors) {
            return None;
        }
        let passed = kernel.monotonic() - self.kernel.monotonic();
        if passed > self.due_in_s {
            return None;
        }
        descriptors.keep_ends(&self.descriptors);
        let mut process = self.process.clone();
        if passed >= TIMER_UPDATE_S && times == RemainingTimes::GoOn {
            advance_timers(&mut process, passed);
        }
        process.clock_s = process.clock_s.map(|clock| clock + passed);
        let ages = (process.loops.iter_mut()).filter_map(|it| it.iteration_s.as_mut());
        ages.for_each(|age| *age += passed);
        kernel.update(&mut process.threads);
        Some(process)
    }
}

/// Seconds until the first timer of `process` is due that is not overdue. Infinite if there is
/// none.
fn due_in_s(process: &Process) -> f64 {
    let waits = process.tasks.iter().map(|task| &task.waits_for);
    let waits = waits.chain(process.threads.iter().map(|thread| &thread.waits_for));
    let waits = waits.filter_map(|wait| wait.as_ref()?.remaining_s);
    let guards = process.tasks.iter().flat_map(|task| &task.guards);
    let guards = guards.map(|guard| guard.remaining_s);
    let loops = process.loops.iter().filter_map(|it| it.next_timer_s);
    let references = process.references.iter().filter_map(|it| it.due_s);
    let all = waits.chain(guards).chain(loops).chain(references);
    all.filter(|left| *left >= 0.0)
        .fold(f64::INFINITY, f64::min)
}

/// Subtracts `passed` seconds from all remaining times.
fn advance_timers(process: &mut Process, passed: f64) {
    for task in &mut process.tasks {
        if has_timers(task) {
            let task = Arc::make_mut(task);
            if let Some(wait) = &mut task.waits_for {
                advance_wait(wait, passed);
            }
            for guard in &mut task.guards {
                guard.remaining_s -= passed;
            }
        }
    }
    for thread in &mut process.threads {
        if let Some(wait) = &mut thread.waits_for {
            advance_wait(wait, passed);
        }
    }
    for event_loop in &mut process.loops {
        event_loop.next_timer_s = event_loop.next_timer_s.map(|left| left - passed);
    }
    let mut references = process.references.iter();
    if references.any(|reference| reference.due_s.is_some()) {
        for reference in Arc::make_mut(&mut process.references) {
            reference.due_s = reference.due_s.map(|left| left - passed);
        }
    }
}

fn has_timers(task: &Task) -> bool {
    let wait = task.waits_for.as_ref();
    let is_timed = |wait: &Wait| wait.remaining_s.is_some() || wait.since_s.is_some();
    !task.guards.is_empty() || wait.is_some_and(is_timed)
}

/// Advances the times of `wait`, if it has any, by `passed` seconds, and its summary.
fn advance_wait(wait: &mut Wait, passed: f64) {
    wait.since_s = wait.since_s.map(|since| since + passed);
    let Some(remaining) = &mut wait.remaining_s else {
        return;
    };
    *remaining -= passed;
    if wait.kind == WaitKind::Timer {
        wait.summary = timer(*remaining).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixtures::{event_loop, process, task, wait};

    #[test]
    fn ages_and_remaining_times_go_on_while_the_memory_is_the_same() {
        let mut process = process("app.py");
        process.clock_s = Some(100.0);
        process.loops.push(event_loop("loop:0x1", "thread:1"));
        process.loops[0].iteration_s = Some(4.0);
        let mut sleeper = task("task:0x10", "sleeper", Vec::new());
        sleeper.waits_for = Some(Wait {
            remaining_s: Some(7.0),
            since_s: Some(3.0),
            ..wait("timer", "")
        });
        process.tasks.push(sleeper.into());
        let kernel = |monotonic_ns| {
            let mut kernel = KernelThreads::default();
            kernel.monotonic_ns = monotonic_ns;
            kernel
        };
        let descriptors = Descriptors::default();
        let mut decoded = DecodedProcess::new(process, kernel(0), &descriptors);
        let mut updated =
            |monotonic_ns, times| decoded.updated(&kernel(monotonic_ns), &descriptors, times);
        let same = updated(1_250_000, RemainingTimes::Stay).unwrap();
        assert_eq!(same.clock_s, Some(100.00125));
        assert_eq!(same.loops[0].iteration_s, Some(4.00125));
        assert_eq!(
            same.tasks[0].waits_for.as_ref().unwrap().remaining_s,
            Some(7.0)
        );
        let later = updated(1_250_000, RemainingTimes::GoOn).unwrap();
        assert_eq!(later.clock_s, Some(100.00125));
        assert_eq!(later.loops[0].iteration_s, Some(4.00125));
        let wait = later.tasks[0].waits_for.as_ref().unwrap();
        assert_eq!(wait.since_s, Some(3.00125));
        assert_eq!(wait.remaining_s, Some(6.99875));
        assert_eq!(&*wait.summary, "timer, 7.0 s left");
        // The timer may have been called since.
        assert!(updated(8_000_000_000, RemainingTimes::GoOn).is_none());
        assert!(updated(8_000_000_000, RemainingTimes::Stay).is_none());
    }
}

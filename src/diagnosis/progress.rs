//! What changed between the samples: who moved is not hung.

use std::sync::Arc;

use crate::model::ids::{IdMap, IdSet};
use crate::model::{Frame, Process, Task, TaskState, Thread, Wait};

/// Two readings of one timer may differ by this much, and by a tenth of the
/// time between them: the samples are not taken at exact moments.
const TIMER_TOLERANCE_S: f64 = 0.25;
/// Of the planned time, how many times as long two samples may be apart.
const LATEST: f64 = 4.0;
/// Share of a processor from which on a thread counts as working.
const WORKING: f64 = 0.05;

/// Waits that a thread which does nothing begins between two samples, because
/// looking at it stops it: twice for each round of a look.
const WAITS_OF_OURS: u64 = 8;

/// Comparison of the last sample with those before it.
#[derive(Debug, Default)]
pub struct Progress<'a> {
    /// Whether there was anything to compare with.
    pub known: bool,
    /// Tasks and threads that did something.
    moved: IdSet<'a>,
    /// Tasks that were not there before.
    new: IdSet<'a>,
    /// How many tasks of earlier samples are done or gone.
    pub finished: usize,
    /// Processor seconds per second, by thread.
    cpu: IdMap<'a, f64>,
}

impl<'a> Progress<'a> {
    /// Compares `process` with the earlier samples, oldest first.
    pub fn compare(process: &'a Process, earlier: &'a [Process], interval_s: f64) -> Self {
        let mut progress = Self {
            known: !earlier.is_empty(),
            ..Self::default()
        };
        for (back, sample) in earlier.iter().rev().enumerate() {
            let elapsed = elapsed(process, sample, interval_s * (back + 1) as f64);
            progress.compare_tasks(process, sample, elapsed);
            progress.compare_threads(process, sample, elapsed);
        }
        progress
    }

    fn compare_tasks(&mut self, process: &'a Process, sample: &'a Process, elapsed: f64) {
        if share_all_tasks(process, sample) {
            return;
        }
        let before: IdMap<'_, &Arc<Task>> = sample
            .tasks
            .iter()
            .map(|task| (task.id.as_str(), task))
            .collect();
        let mut alive = IdSet::default();
        for task in &process.tasks {
            if task.state != TaskState::Done {
                alive.insert(&task.id);
            }
            match before.get(&task.id) {
                None => {
                    self.new.insert(&task.id);
                }
                // Nothing was read anew where both samples share it.
                Some(old) if !Arc::ptr_eq(old, task) && task_moved(old, task, elapsed) => {
                    self.moved.insert(&task.id);
                }
                Some(_) => {}
            }
        }
        self.finished += before
            .values()
            .filter(|old| old.state != TaskState::Done && !alive.contains(&old.id))
            .count();
    }

    fn compare_threads(&mut self, process: &'a Process, sample: &'a Process, elapsed: f64) {
        let before: IdMap<'_, &Thread> = sample
            .threads
            .iter()
            .map(|thread| (thread.id.as_str(), thread))
            .collect();
        for thread in &process.threads {
            let Some(old) = before.get(&thread.id) else {
                self.moved.insert(&thread.id);
                continue;
            };
            if let (Some(now), Some(then)) = (thread.cpu_s, old.cpu_s)
                && elapsed > 0.0
            {
                // The oldest sample comes last and gives the longest base.
                self.cpu.insert(&thread.id, (now - then) / elapsed);
            }
            let waits = match (old.waits_begun, thread.waits_begun) {
                (Some(then), Some(now)) => now.saturating_sub(then),
                _ => 0,
            };
            if waits > WAITS_OF_OURS
                || !same_frames(&old.frames, &thread.frames)
                || !same_wait(old.waits_for.as_ref(), thread.waits_for.as_ref(), elapsed)
            {
                self.moved.insert(&thread.id);
            }
        }
    }

    /// Whether a task or thread did something between the samples.
    pub fn moved(&self, id: &str) -> bool {
        self.moved.contains(id)
    }

    /// Whether the task appeared after the first sample.
    pub fn is_new(&self, id: &str) -> bool {
        self.new.contains(id)
    }

    /// Seen before, and just the same now.
    pub fn unchanged(&self, id: &str) -> bool {
        self.known && !self.moved(id) && !self.is_new(id)
    }

    /// Share of a processor that the thread used between the samples.
    pub fn cpu(&self, thread: &str) -> Option<f64> {
        self.cpu.get(thread).copied()
    }

    /// Whether the thread used the processor to speak of.
    pub fn works(&self, thread: &str) -> bool {
        self.cpu(thread).is_some_and(|share| share > WORKING)
    }

    /// How many tasks appeared after the first sample.
    pub fn appeared(&self) -> usize {
        self.new.count()
    }
}

/// Whether nothing was read anew of any task.
fn share_all_tasks(process: &Process, sample: &Process) -> bool {
    let (now, then) = (&process.tasks, &sample.tasks);
    now.len() == then.len()
        && now
            .iter()
            .zip(then)
            .all(|(now, then)| Arc::ptr_eq(now, then))
}

/// The time between two samples, of which `planned` is the least: a loaded
/// machine takes longer. No timer runs faster than time does, so that the one
/// which came nearest tells.
fn elapsed(process: &Process, sample: &Process, planned: f64) -> f64 {
    if share_all_tasks(process, sample) {
        return planned;
    }
    let left = |task: &Task| task.waits_for.as_ref()?.remaining_s;
    let before: IdMap<'_, f64> = sample
        .tasks
        .iter()
        .filter_map(|task| Some((task.id.as_str(), left(task)?)))
        .collect();
    let most = planned * LATEST + TIMER_TOLERANCE_S;
    let passed = process.tasks.iter().filter_map(|task| {
        let passed = before.get(&task.id)? - left(task)?;
        (passed > planned && passed < most).then_some(passed)
    });
    passed.fold(planned, f64::max)
}

fn task_moved(old: &Task, task: &Task, elapsed: f64) -> bool {
    let over = |task: &Task| task.state == TaskState::Done;
    if over(old) && over(task) {
        return false;
    }
    old.state != task.state
        || old.coroutine != task.coroutine
        || !same_frames(&old.frames, &task.frames)
        || !same_wait(old.waits_for.as_ref(), task.waits_for.as_ref(), elapsed)
}

/// Whether two stacks stand at the same lines of the same functions.
pub fn same_frames(old: &[Frame], new: &[Frame]) -> bool {
    old.len() == new.len()
        && old
            .iter()
            .zip(new)
            .all(|(old, new)| same_code(old, new) && old.line == new.line)
}

/// Whether two frames run the same function.
pub fn same_code(old: &Frame, new: &Frame) -> bool {
    old.qualname == new.qualname && old.file == new.file
}

fn same_wait(old: Option<&Wait>, new: Option<&Wait>, elapsed: f64) -> bool {
    match (old, new) {
        (None, None) => true,
        (Some(old), Some(new)) => {
            old.kind == new.kind
                && old.resource == new.resource
                && same_timer(old.remaining_s, new.remaining_s, elapsed)
        }
        _ => false,
    }
}

fn same_timer(old: Option<f64>, new: Option<f64>, elapsed: f64) -> bool {
    match (old, new) {
        (Some(old), Some(new)) => (old - elapsed - new).abs() <= TIMER_TOLERANCE_S + elapsed * 0.25,
        (old, new) => old.is_none() == new.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::Progress;
    use crate::diagnosis::fixtures::World;
    use crate::model::Process;

    fn timers(left: &[f64]) -> Process {
        let mut world = World::new("async def f():\n    pass\n");
        for (n, left) in left.iter().enumerate() {
            world.sleeping(&n.to_string(), &[("f", "pass")], *left);
        }
        world.process
    }

    fn moved(before: &[f64], after: &[f64]) -> Vec<bool> {
        let (before, after) = ([timers(before)], timers(after));
        let progress = Progress::compare(&after, &before, 1.0);
        let tasks = after.tasks.iter();
        tasks.map(|task| progress.moved(&task.id)).collect()
    }

    #[test]
    fn a_timer_that_was_set_anew_moved() {
        assert_eq!(moved(&[0.3, 50.0], &[0.8, 49.0]), [true, false]);
        assert_eq!(moved(&[5.0], &[5.0]), [true]);
    }

    #[test]
    fn the_second_sample_may_be_late() {
        assert_eq!(moved(&[50.0, -1.0], &[47.5, -3.5]), [false, false]);
    }

    #[test]
    fn nothing_is_known_of_one_sample() {
        let process = timers(&[1.0]);
        let progress = Progress::compare(&process, &[], 1.0);
        assert!(!progress.known && !progress.unchanged("task:0"));
    }
}

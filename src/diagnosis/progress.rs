//! What changed between the samples: who moved is not hung.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::snapshot::{Frame, Process, Task, TaskState, Thread, Wait};

/// Two readings of one timer may differ by this much, and by a tenth of the
/// time between them: the samples are not taken at exact moments.
const TIMER_TOLERANCE_S: f64 = 0.25;
/// Share of a processor from which on a thread counts as working.
const WORKING: f64 = 0.05;

/// Comparison of the last sample with those before it.
#[derive(Debug, Default)]
pub struct Progress<'a> {
    /// Whether there was anything to compare with.
    pub known: bool,
    /// Tasks and threads that did something.
    moved: FxHashSet<&'a str>,
    /// Tasks that were not there before.
    new: FxHashSet<&'a str>,
    /// How many tasks of earlier samples are done or gone.
    pub finished: usize,
    /// Processor seconds per second, by thread.
    cpu: FxHashMap<&'a str, f64>,
}

impl<'a> Progress<'a> {
    /// Compares `process` with the earlier samples, oldest first.
    pub fn compare(process: &'a Process, earlier: &'a [Process], interval_s: f64) -> Self {
        let mut progress = Self {
            known: !earlier.is_empty(),
            ..Self::default()
        };
        for (back, sample) in earlier.iter().rev().enumerate() {
            let elapsed = interval_s * (back + 1) as f64;
            progress.compare_tasks(process, sample, elapsed);
            progress.compare_threads(process, sample, elapsed);
        }
        progress
    }

    fn compare_tasks(&mut self, process: &'a Process, sample: &'a Process, elapsed: f64) {
        let before: FxHashMap<&str, &Task> = sample
            .tasks
            .iter()
            .map(|task| (task.id.as_str(), task))
            .collect();
        let mut alive = FxHashSet::default();
        for task in &process.tasks {
            if task.state != TaskState::Done {
                alive.insert(task.id.as_str());
            }
            match before.get(task.id.as_str()) {
                None => {
                    self.new.insert(&task.id);
                }
                Some(old) if task_moved(old, task, elapsed) => {
                    self.moved.insert(&task.id);
                }
                Some(_) => {}
            }
        }
        self.finished += before
            .values()
            .filter(|old| old.state != TaskState::Done && !alive.contains(old.id.as_str()))
            .count();
    }

    fn compare_threads(&mut self, process: &'a Process, sample: &'a Process, elapsed: f64) {
        let before: FxHashMap<&str, &Thread> = sample
            .threads
            .iter()
            .map(|thread| (thread.id.as_str(), thread))
            .collect();
        for thread in &process.threads {
            let Some(old) = before.get(thread.id.as_str()) else {
                self.moved.insert(&thread.id);
                continue;
            };
            if let (Some(now), Some(then)) = (thread.cpu_s, old.cpu_s)
                && elapsed > 0.0
            {
                // The oldest sample comes last and gives the longest base.
                self.cpu.insert(&thread.id, (now - then) / elapsed);
            }
            if !same_frames(&old.frames, &thread.frames)
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
        self.new.len()
    }
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

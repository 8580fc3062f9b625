//! How long each task has been observed at its current wait.

use std::time::Instant;

use rustc_hash::FxHashMap;

use crate::model::describe::duration;
use crate::model::{Frame, ItemId, Process, Task, TaskState};

/// What a task waits for, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
struct CurrentWait {
    resource: Option<ItemId>,
    /// Address of each frame, and its line.
    frames: Vec<(Option<u64>, Option<u32>)>,
}

impl CurrentWait {
    fn of(task: &Task) -> Self {
        let wait = task.waits_for.as_ref();
        let frame = |frame: &Frame| (frame.place.map(|place| place.frame), frame.line);
        Self {
            resource: wait.and_then(|wait| wait.resource),
            frames: task.frames.iter().map(frame).collect(),
        }
    }
}

/// Since when each task was found at the same wait in every snapshot.
#[derive(Debug, Default)]
pub struct WaitDurations {
    since: FxHashMap<ItemId, (CurrentWait, Instant)>,
}

impl WaitDurations {
    /// Notes what all tasks wait for in a snapshot that was taken at `now`.
    pub fn note(&mut self, process: &Process, now: Instant) {
        let waiting = (process.tasks.iter()).filter(|task| task.state == TaskState::Waiting);
        self.since = waiting
            .map(|task| {
                let wait = CurrentWait::of(task);
                let since = match self.since.get(&task.id) {
                    Some((before, since)) if *before == wait => *since,
                    _ => now,
                };
                (task.id, (wait, since))
            })
            .collect();
    }

    /// How long the task has waited, in words; `None` if it did not wait.
    pub fn describe(&self, task: ItemId, now: Instant) -> Option<String> {
        let (_, since) = self.since.get(&task)?;
        let seconds = now.saturating_duration_since(*since).as_secs_f64();
        Some(match seconds < 0.1 {
            true => "first seen waiting here just now".to_owned(),
            false => format!(
                "at least {} (at the same place at every look)",
                duration(seconds)
            ),
        })
    }
}

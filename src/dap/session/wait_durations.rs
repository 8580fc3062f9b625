//! For how long tasks have been seen to wait where they wait.

use std::time::Instant;

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use crate::model::{Frame, Process, Task, TaskState};

/// Where a task waits, and for what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    resource: Option<ArcStr>,
    /// Frames and where in each.
    at: Vec<(Option<u64>, Option<u32>)>,
}

impl Place {
    fn of(task: &Task) -> Self {
        let wait = task.waits_for.as_ref();
        let frame = |frame: &Frame| (frame.place.map(|place| place.frame), frame.line);
        Self {
            resource: wait.and_then(|wait| wait.resource.clone()),
            at: task.frames.iter().map(frame).collect(),
        }
    }
}

/// Since when each task was found in the same place at every look.
#[derive(Debug, Default)]
pub struct Since {
    places: FxHashMap<ArcStr, (Place, Instant)>,
}

impl Since {
    /// Notes where all tasks are now.
    pub fn note(&mut self, process: &Process, now: Instant) {
        let waiting = (process.tasks.iter()).filter(|task| task.state == TaskState::Waiting);
        self.places = waiting
            .map(|task| {
                let place = Place::of(task);
                let before = self.places.get(&task.id);
                let since = match before {
                    Some((known, since)) if *known == place => *since,
                    _ => now,
                };
                (task.id.clone(), (place, since))
            })
            .collect();
    }

    /// What is known of how long the task has waited, in words.
    pub fn words(&self, task: &str, now: Instant) -> Option<String> {
        let (_, since) = self.places.get(task)?;
        let seconds = now.saturating_duration_since(*since).as_secs_f64();
        Some(match seconds < 0.1 {
            true => "first seen waiting here just now".to_owned(),
            false => format!("at least {seconds:.1} s (at the same place at every look)"),
        })
    }
}

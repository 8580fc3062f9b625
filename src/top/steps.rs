//! Steps of tasks that light looks met while they ran, and how long each ran at least.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::recent::Lengths;
use super::tasks::Tasks;
use crate::model::{EventLoop, ItemId, Process};

/// Iterations whose beginnings differ by less are the same.
const SAME_ITERATION_S: f64 = 0.001;
/// Tasks whose steps are kept.
const MAX_TASKS: usize = 20_000;

/// A step that a loop runs.
#[derive(Debug, Clone)]
struct Step {
    task: ItemId,
    /// When the iteration began, by the clock of the process.
    iteration_s: f64,
    /// Which callback of the iteration it is.
    number: u64,
    /// When it ran already, by the clock of the process.
    from_s: f64,
    /// How long it has run at least.
    lasted_s: f64,
}

/// The steps that were met.
#[derive(Debug, Clone, Default)]
pub struct Steps {
    running: FxHashMap<ItemId, Step>,
    of_tasks: FxHashMap<ItemId, Lengths>,
    of_groups: FxHashMap<ArcStr, Lengths>,
}

impl Steps {
    /// Adds a light look.
    pub fn light_look(&mut self, process: &Process, tasks: &mut Tasks, at_s: f64) {
        let Some(clock_s) = process.clock_s else {
            return;
        };
        for event_loop in &process.loops {
            let Some(step) = running(event_loop, process, clock_s) else {
                self.end(event_loop.id, tasks);
                continue;
            };
            let known = self.running.get_mut(&event_loop.id);
            if let Some(known) = known.filter(|known| known.is_same_as(&step)) {
                known.lasted_s = step.lasted_s.max(clock_s - known.from_s);
                continue;
            }
            self.end(event_loop.id, tasks);
            tasks.met_step(step.task, at_s);
            self.running.insert(event_loop.id, step);
        }
    }

    /// The steps of a task. `None` if none was met whose length is known.
    pub fn of_task(&self, task: ItemId) -> Option<&Lengths> {
        self.of_tasks.get(&task)
    }

    /// The steps of all tasks of a coroutine.
    pub fn of_group(&self, coroutine: &str) -> Option<&Lengths> {
        self.of_groups.get(coroutine)
    }

    /// Forgets all.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Ends the step that a loop ran.
    fn end(&mut self, event_loop: ItemId, tasks: &Tasks) {
        let Some(step) = self.running.remove(&event_loop) else {
            return;
        };
        // Of one that was met once, and was not the first of its iteration, nothing is known.
        if step.lasted_s <= 0.0 {
            return;
        }
        if self.of_tasks.len() >= MAX_TASKS {
            self.of_tasks.retain(|task, _| tasks.get(*task).is_some());
        }
        if self.of_tasks.len() < MAX_TASKS {
            self.of_tasks
                .entry(step.task)
                .or_default()
                .add(step.lasted_s);
        }
        if let Some(entry) = tasks.get(step.task) {
            let group = entry.task.coroutine.clone();
            self.of_groups.entry(group).or_default().add(step.lasted_s);
        }
    }
}

impl Step {
    fn is_same_as(&self, other: &Self) -> bool {
        self.task == other.task
            && self.number == other.number
            && (self.iteration_s - other.iteration_s).abs() < SAME_ITERATION_S
    }
}

/// The step that the loop runs, if that is known.
fn running(event_loop: &EventLoop, process: &Process, clock_s: f64) -> Option<Step> {
    let age_s = event_loop.iteration_s?;
    let batch = event_loop.batch.as_ref()?;
    let thread = process
        .threads
        .iter()
        .find(|it| Some(it.id) == event_loop.thread)?;
    let task = batch.task.or(thread.task)?;
    let lasted_s = event_loop.callback_s().unwrap_or_default();
    Some(Step {
        task,
        iteration_s: clock_s - age_s,
        number: batch.begun,
        from_s: clock_s - lasted_s,
        lasted_s,
    })
}

//! The tasks of a process from look to look.

use std::collections::VecDeque;
use std::sync::Arc;

use super::recent::{Recent, counted_s};
use super::words;
use crate::model::{IdMap, Index, Process, Task, TaskState, Wait};

/// Tasks that have ended stay for this long, in seconds.
pub const KEPT_S: f64 = 6.0;
/// Of tasks that have ended, at most so many are kept.
const MAX_ENDED: usize = 2_000;
/// States before the present one that are kept of each task.
const MAX_PAST: usize = 12;
/// Timers whose ends differ by less are the same. What is left of a timer may be as old as that.
const SAME_TIMER_S: f64 = 0.2;

/// A state that a task was in before.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// What it waited for or did.
    pub what: String,
    /// From the first to the last look that found it so, in seconds.
    pub lasted_s: f64,
}

/// One task over all looks.
#[derive(Debug, Clone)]
pub struct TaskEntry {
    /// The task at the last look that could read it.
    pub task: Arc<Task>,
    /// When the first look found it.
    pub first_s: f64,
    /// Since when each look has found it doing the same.
    pub same_s: f64,
    /// When the last look found it.
    pub seen_s: f64,
    /// When the look was from which `task` is.
    told_s: f64,
    /// When it was last proved that it waits for the same.
    proved_s: f64,
    /// When a look did not find it any more, or found it done.
    pub ended_s: Option<f64>,
    /// What it waits for. Empty if it does not wait.
    pub waits_for: String,
    /// Who holds that, or the peer.
    pub holder: String,
    /// The line where it is.
    pub line: String,
    /// All its texts in lower case.
    pub search: String,
    /// What it did before, the latest last.
    pub past: VecDeque<Past>,
    /// When its timer ends, by the clock of the process.
    due_s: Option<f64>,
    /// That clock at the last look that read the task.
    clock_s: Option<f64>,
    /// Steps that looks prove.
    steps: Recent,
    /// Looks at which it ran.
    runs: Recent,
    /// Different steps that light looks met.
    met: Recent,
}

/// All tasks that are there, or ended a moment ago.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    entries: IdMap<TaskEntry>,
    /// Looks of the last seconds.
    looks: Recent,
    ended: usize,
    began_s: Option<f64>,
}

impl Tasks {
    /// Adds a look.
    pub fn look(&mut self, process: &Process, index: &Index<'_>, at_s: f64) {
        self.began_s.get_or_insert(at_s);
        for task in &process.tasks {
            match self.entries.get_mut(&task.id) {
                Some(entry) if entry.is_same_task(task) => {
                    entry.look(task, process.clock_s, index, at_s);
                }
                Some(entry) => *entry = TaskEntry::new(task, process.clock_s, index, at_s),
                // What had ended before was not seen.
                None if task.state == TaskState::Done => {}
                None => {
                    let entry = TaskEntry::new(task, process.clock_s, index, at_s);
                    self.entries.insert(task.id, entry);
                }
            }
        }
        self.end_others(at_s);
    }

    /// Adds a light look: the tasks that ran at it.
    pub fn light_look(&mut self, process: &Process, at_s: f64) {
        self.looks.add(at_s, 1);
        for thread in &process.threads {
            if let Some(entry) = thread.task.and_then(|id| self.entries.get_mut(&id)) {
                entry.runs.add(at_s, 1);
            }
        }
    }

    /// A step of a task that a light look met for the first time.
    pub fn met_step(&mut self, task: crate::model::ItemId, at_s: f64) {
        if let Some(entry) = self.entries.get_mut(&task) {
            entry.met.add(at_s, 1);
        }
    }

    /// Forgets all that is not of now.
    pub fn reset(&mut self, at_s: f64) {
        self.entries.retain(|_, entry| entry.ended_s.is_none());
        self.ended = 0;
        self.looks = Recent::default();
        self.began_s = Some(at_s);
        for entry in self.entries.values_mut() {
            entry.past.clear();
            (entry.steps, entry.runs, entry.met) = Default::default();
        }
    }

    /// All tasks, those that ended a moment ago as well.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &TaskEntry> {
        self.entries.values()
    }

    /// One of them.
    pub fn get(&self, id: crate::model::ItemId) -> Option<&TaskEntry> {
        self.entries.get(&id)
    }

    /// Part of the light looks that found the task running. `None` without looks.
    pub fn runs(&self, entry: &TaskEntry, at_s: f64) -> Option<f64> {
        // Only seconds of which all looks could have found it.
        let from_s = entry.first_s.ceil();
        let looks = self.looks.total_since(from_s, at_s);
        let runs = entry.runs.total_since(from_s, at_s);
        (looks > 0).then(|| f64::from(runs) / f64::from(looks))
    }

    /// Steps a second that looks prove, at least.
    pub fn steps_a_second(&self, entry: &TaskEntry, at_s: f64) -> f64 {
        let steps = entry.steps.total(at_s).max(entry.met.total(at_s));
        let began_s = self.began_s.unwrap_or(at_s).max(entry.first_s);
        f64::from(steps) / counted_s(began_s, at_s)
    }

    /// Marks what this look did not find, and drops what ended long ago.
    fn end_others(&mut self, at_s: f64) {
        let mut ended = 0;
        self.entries.retain(|_, entry| {
            if entry.ended_s.is_none() && entry.seen_s < at_s {
                entry.ended_s = Some(at_s);
            }
            let Some(ended_s) = entry.ended_s else {
                return true;
            };
            ended += 1;
            at_s - ended_s < KEPT_S && ended <= MAX_ENDED
        });
    }
}

impl TaskEntry {
    fn new(task: &Arc<Task>, clock_s: Option<f64>, index: &Index<'_>, at_s: f64) -> Self {
        let mut entry = Self {
            task: Arc::clone(task),
            first_s: at_s,
            same_s: at_s,
            seen_s: at_s,
            told_s: at_s,
            proved_s: at_s,
            ended_s: None,
            waits_for: String::new(),
            holder: String::new(),
            line: String::new(),
            search: String::new(),
            past: VecDeque::new(),
            due_s: due_s(task, clock_s),
            clock_s,
            steps: Recent::default(),
            runs: Recent::default(),
            met: Recent::default(),
        };
        entry.put_into_words(index);
        entry
    }

    /// Seconds that the wait had lasted at the last look that proved it, and whether that is exact:
    /// by the clock of the process. Otherwise it is the time for which each look has found the
    /// same.
    pub fn lasted(&self) -> (f64, bool) {
        let wait = self.task.waits_for.as_ref();
        match wait.and_then(|wait| wait.since_s) {
            Some(since_s) => (since_s + (self.proved_s - self.told_s), true),
            None => (self.proved_s - self.same_s, false),
        }
    }

    /// What it waits for, with the time that is left.
    pub fn waits_for(&self) -> String {
        let left = self.task.waits_for.as_ref().and_then(|it| it.remaining_s);
        match left {
            Some(left) => format!("{}, {}", self.waits_for, crate::model::describe::due(left)),
            None => self.waits_for.clone(),
        }
    }

    fn is_same_task(&self, task: &Task) -> bool {
        let lives = self.ended_s.is_none() || task.state == TaskState::Done;
        lives && self.task.name == task.name && self.task.coroutine == task.coroutine
    }

    fn look(&mut self, task: &Arc<Task>, clock_s: Option<f64>, index: &Index<'_>, at_s: f64) {
        self.seen_s = at_s;
        if Arc::ptr_eq(&self.task, task) {
            self.clock_s = clock_s;
            self.proved_s = at_s;
            return;
        }
        // It changed while it was read: what it does now is not known.
        if task.error.is_some() && task.state != TaskState::Running {
            return;
        }
        let due_s = due_s(task, clock_s);
        let same_timer = is_same_timer(self.due_s, due_s) && !self.began_after(task, clock_s);
        let is_same = same_timer && is_same(&self.task, task);
        if !is_same {
            let steps = steps_between(&self.task, task, same_timer);
            self.steps.add(at_s, steps);
            self.remember(at_s);
            self.same_s = at_s;
        }
        if task.state == TaskState::Done {
            self.ended_s = Some(at_s);
        }
        (self.told_s, self.proved_s) = (at_s, at_s);
        (self.due_s, self.clock_s) = (due_s, clock_s);
        let reworded = !is_same || !Arc::ptr_eq(&self.task.frames, &task.frames);
        self.task = Arc::clone(task);
        if reworded {
            self.put_into_words(index);
        }
    }

    /// Whether the wait of `task` began after the last look.
    fn began_after(&self, task: &Task, clock_s: Option<f64>) -> bool {
        let since_s = task.waits_for.as_ref().and_then(|it| it.since_s);
        match (since_s, clock_s, self.clock_s) {
            (Some(since_s), Some(now), Some(before)) => since_s + SAME_TIMER_S < now - before,
            _ => false,
        }
    }

    /// Adds the state that has ended to the past.
    fn remember(&mut self, at_s: f64) {
        if self.past.len() >= MAX_PAST {
            self.past.pop_front();
        }
        let what = match self.task.state {
            TaskState::Waiting => self.waits_for.clone(),
            state => state_word(state).to_owned(),
        };
        self.past.push_back(Past {
            what,
            lasted_s: (at_s - self.same_s).max(0.0),
        });
    }

    fn put_into_words(&mut self, index: &Index<'_>) {
        let task = &self.task;
        let wait = task.waits_for.as_ref();
        let thread = task.thread.and_then(|id| index.thread(id));
        let runs_in = thread.filter(|it| it.task == Some(task.id));
        self.waits_for = match (wait, runs_in.and_then(|it| it.waits_for.as_ref())) {
            (Some(wait), _) | (None, Some(wait)) => words::waits_for(wait, index),
            (None, None) => String::new(),
        };
        self.holder = wait.map_or(String::new(), |wait| words::holder(wait, index));
        self.line = match (task.state, runs_in) {
            (TaskState::Running, Some(thread)) if thread.error.is_none() => {
                words::line(&thread.frames)
            }
            // Its frames are those of the moment before it began to run.
            (TaskState::Running, _) => String::new(),
            _ => words::line(&task.frames),
        };
        self.search = format!(
            "{} {} {} {} {}",
            words::task_label(task),
            task.coroutine,
            self.waits_for,
            self.holder,
            self.line
        )
        .to_lowercase();
    }
}

/// The word for a state.
pub const fn state_word(state: TaskState) -> &'static str {
    match state {
        TaskState::Waiting => "waiting",
        TaskState::Ready => "ready",
        TaskState::Running => "running",
        TaskState::Done => "done",
    }
}

/// When the timer of a wait ends, by the clock of the process.
fn due_s(task: &Task, clock_s: Option<f64>) -> Option<f64> {
    Some(clock_s? + task.waits_for.as_ref()?.remaining_s?)
}

fn is_same_timer(before: Option<f64>, after: Option<f64>) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => (before - after).abs() < SAME_TIMER_S,
        _ => true,
    }
}

/// Whether two looks found the task doing the same.
fn is_same(before: &Task, after: &Task) -> bool {
    let what = |wait: &Wait| (wait.kind, wait.resource, wait.done);
    before.state == after.state
        && before.waits_for.as_ref().map(what) == after.waits_for.as_ref().map(what)
        && (Arc::ptr_eq(&before.frames, &after.frames) || before.frames == after.frames)
}

/// Steps that are proved between two looks that differ: a task that becomes ready has taken none,
/// and one that ran before has only ended its step.
fn steps_between(before: &Task, after: &Task, same_timer: bool) -> u16 {
    use TaskState::{Ready, Running, Waiting};
    let moved = before.frames != after.frames;
    match (before.state, after.state) {
        (Waiting, Ready) | (Running, _) => 0,
        (Ready, Ready) => u16::from(moved),
        // The awaited futures of a gather end one by one.
        (Waiting, Waiting) => {
            let what = |task: &Task| task.waits_for.as_ref().map(|it| (it.kind, it.resource));
            u16::from(moved || !same_timer || what(before) != what(after))
        }
        _ => 1,
    }
}

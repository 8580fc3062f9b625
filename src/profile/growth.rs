//! What one verdict after the other shows: groups of tasks that grow, and coroutines that nobody
//! awaits.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::reason::without_numbers;
use super::stacks::Place;
use crate::model::{CoroutineState, Frame, ItemId, Process, Task, TaskState};

/// For how long a group must grow, in seconds.
const WINDOW_S: f64 = 60.0;
/// How often it must have been counted in that time, at least.
const MIN_COUNTS: usize = 4;
/// By how many tasks it must grow, at least.
const MIN_GROWTH: u64 = 20;
/// And by which part of itself.
const MIN_PART: f64 = 0.1;
/// What was told is told again when the group is so many times as large.
const AGAIN: u64 = 2;
/// Maximum number of groups that are counted.
const MAX_GROUPS: usize = 1_000;

/// A group of tasks that grows.
#[derive(Debug, Clone, PartialEq)]
pub struct Grown {
    /// The coroutine of the tasks.
    pub group: String,
    /// How many there are now.
    pub tasks: u64,
    /// How many there were.
    pub before: u64,
    /// When that was, in seconds before now.
    pub over_s: f64,
    /// The line of the program that creates them, where asyncio's debug mode knows it; else the
    /// line of the coroutine. `None` if neither is known.
    pub place: Option<Place>,
    /// Whether `place` creates them.
    pub is_creation: bool,
}

/// The counts of the last minute.
#[derive(Debug, Default)]
pub struct Growth {
    counts: VecDeque<(f64, FxHashMap<String, u64>)>,
    /// The number of tasks of each group that was told.
    told: FxHashMap<String, u64>,
}

impl Growth {
    /// Adds a look at all tasks, taken at `at_s` of any clock. Returns the groups that have grown
    /// all the time, and were not told yet.
    pub fn look(&mut self, process: &Process, at_s: f64) -> Vec<Grown> {
        let mut now: FxHashMap<String, u64> = FxHashMap::default();
        for task in living(process) {
            let group = group_of(task);
            if now.len() < MAX_GROUPS || now.contains_key(&group) {
                *now.entry(group).or_default() += 1;
            }
        }
        self.told.retain(|group, _| now.contains_key(group));
        self.counts.push_back((at_s, now));
        // The oldest count is at least as old as the window.
        while self
            .counts
            .get(1)
            .is_some_and(|(at, _)| at_s - at >= WINDOW_S)
        {
            self.counts.pop_front();
        }
        let (Some((first_s, first)), Some((_, last))) = (self.counts.front(), self.counts.back())
        else {
            return Vec::new();
        };
        let over_s = at_s - first_s;
        if over_s < WINDOW_S || self.counts.len() < MIN_COUNTS {
            return Vec::new();
        }
        let grows = |group: &str| {
            let counts = self.counts.iter();
            let counts = counts.map(|(_, all)| all.get(group).copied().unwrap_or_default());
            counts.is_sorted()
        };
        let mut grown = Vec::new();
        for (group, tasks) in last {
            // A group that was not there has begun, which is no growth yet.
            let Some(before) = first.get(group).copied() else {
                continue;
            };
            let by = tasks.saturating_sub(before);
            let is_much = by >= MIN_GROWTH && by as f64 >= MIN_PART * before as f64;
            let is_new = self
                .told
                .get(group)
                .is_none_or(|told| *tasks >= AGAIN * told);
            if is_much && is_new && grows(group) {
                let (place, is_creation) = place_of(process, group);
                grown.push(Grown {
                    group: group.clone(),
                    tasks: *tasks,
                    before,
                    over_s,
                    place,
                    is_creation,
                });
            }
        }
        grown.sort_by_key(|it| std::cmp::Reverse(it.tasks - it.before));
        let told = grown.iter().map(|it| (it.group.clone(), it.tasks));
        self.told.extend(told);
        grown
    }
}

fn living(process: &Process) -> impl Iterator<Item = &Task> {
    let tasks = process.tasks.iter().map(|it| &**it);
    tasks.filter(|task| task.state != TaskState::Done)
}

fn group_of(task: &Task) -> String {
    match task.coroutine.is_empty() {
        true => without_numbers(&task.name),
        false => task.coroutine.to_string(),
    }
}

/// Where tasks of the group come from, and whether that is where they are created.
fn place_of(process: &Process, group: &str) -> (Option<Place>, bool) {
    let is_own = |frame: &&Frame| !frame.library && frame.file.is_some();
    let own = || living(process).filter(|task| group_of(task) == group);
    let created = own().find_map(|task| task.created_at.as_ref()?.iter().find(is_own));
    let coroutine = || own().find_map(|task| task.frames.last());
    let place = created.or_else(coroutine).map(Place::of);
    (place, created.is_some())
}

/// A coroutine that was created and that nobody awaits.
#[derive(Debug, Clone, PartialEq)]
pub struct Unawaited {
    /// Its qualified name, file and first line.
    pub place: Place,
    /// For how long at least, in seconds.
    pub for_s: f64,
    /// What keeps it: `Startup.pending[0]`. `None` if that is not known.
    pub kept_in: Option<String>,
}

/// Coroutines that had not begun at the last look.
#[derive(Debug, Default)]
pub struct Created {
    since: FxHashMap<ItemId, f64>,
    told: FxHashSet<ItemId>,
}

impl Created {
    /// Adds a look at all coroutines, taken at `at_s` of any clock. Returns those that had not begun
    /// at the look before either, and that neither a loop nor a callback is about to run.
    pub fn look(&mut self, process: &Process, at_s: f64) -> Vec<Unawaited> {
        let created = process.coroutines.iter().filter(|it| {
            it.state == CoroutineState::Created
                && it.event_loop.is_none()
                && !it.is_of_callable
                && it.error.is_none()
        });
        let mut since = FxHashMap::default();
        let mut told = FxHashSet::default();
        let mut unawaited = Vec::new();
        for coroutine in created {
            let first_s = self.since.get(&coroutine.id).copied();
            since.insert(coroutine.id, first_s.unwrap_or(at_s));
            let Some(first_s) = first_s else {
                continue;
            };
            told.insert(coroutine.id);
            let frame = coroutine.frames.first();
            let own = frame.filter(|frame| !frame.library);
            if let (Some(frame), false) = (own, self.told.contains(&coroutine.id)) {
                unawaited.push(Unawaited {
                    place: Place::of(frame),
                    for_s: at_s - first_s,
                    kept_in: coroutine.referenced_by.clone(),
                });
            }
        }
        self.since = since;
        self.told = told;
        unawaited
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::FrameKind;
    use crate::model::fixtures::{frames, process, task};

    /// A process with so many tasks that serve.
    fn with_tasks(count: u64) -> Process {
        let mut process = process("app.py");
        for number in 0..count {
            let chain = frames(&[("serve", "/srv/app.py", 12)], FrameKind::Coroutine);
            let mut one = task(&format!("task:0x{:x}", 16 + number), "Task-1", chain);
            one.coroutine = "serve".into();
            process.tasks.push(Arc::new(one));
        }
        process
    }

    /// How many times growth is told over counts that are ten seconds apart.
    fn told(counts: &[u64]) -> Vec<Grown> {
        let mut growth = Growth::default();
        let looks = counts.iter().zip(0..);
        looks
            .flat_map(|(count, number)| growth.look(&with_tasks(*count), f64::from(number) * 10.0))
            .collect()
    }

    #[test]
    fn a_group_that_grows_for_a_minute_is_told_once_and_again_when_it_has_doubled() {
        let grown = told(&[10, 15, 20, 25, 30, 35, 40, 45, 50]);
        assert_eq!(grown.len(), 1, "{grown:?}");
        let one = &grown[0];
        assert_eq!((one.before, one.tasks, one.over_s), (10, 40, 60.0));
        let place = one.place.as_ref().unwrap();
        assert_eq!(
            (&*place.name, place.line, one.is_creation),
            ("serve", Some(12), false)
        );
        assert_eq!(
            told(&[10, 20, 30, 40, 50, 60, 70, 80, 100, 120, 140]).len(),
            2
        );
    }

    #[test]
    fn what_comes_and_goes_or_stays_or_grows_little_is_not_told() {
        assert_eq!(told(&[10, 30, 20, 40, 30, 50, 60, 50, 70]), []);
        assert_eq!(told(&[100; 12]), []);
        assert_eq!(told(&[1000, 1001, 1002, 1003, 1004, 1040, 1050, 1060]), []);
        assert_eq!(told(&[0, 10, 20, 30, 40, 50, 60]), []);
        assert_eq!(told(&[10, 20, 30, 40, 50]), []);
    }
}

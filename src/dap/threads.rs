//! Threads and tasks as the client lists them: names, ids, filter, cap, folds.

use std::collections::BTreeSet;

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::protocol::types::Thread;
use super::view::{Actor, View};
use crate::model::{ItemId, Task, TaskState, WaitKind};
use crate::plain_text;
use crate::report::{address, select};

/// The ids of tasks begin here, above all ids of threads (`PID_MAX_LIMIT` of the
/// kernel is 2^22) and within 32 bits.
const FIRST_TASK_ID: i64 = 1 << 30;
/// Columns that names are cut to.
const NAME_COLUMNS: usize = 80;

/// Which tasks are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOptions {
    /// Only tasks whose name, coroutine or id matches this.
    pub filter: Option<String>,
    /// Maximum number of tasks. Tasks that run, that a finding names or that are
    /// selected are listed first.
    pub max_tasks: usize,
    /// Whether tasks that wait in the same way share an entry.
    pub fold: bool,
}

/// A task that has an id, with what tells it from a later task at its address.
#[derive(Debug, Clone, PartialEq, Eq)]
struct KnownTask {
    thread_id: i64,
    name: ArcStr,
    name_is_default: bool,
    coroutine: ArcStr,
    /// The address of its coroutine's frame, which does not change.
    frame: Option<u64>,
}

impl KnownTask {
    fn is(&self, task: &Task) -> bool {
        let same_frame = self.frame.is_some() && self.frame == outermost(task);
        if self.name == task.name {
            // 3.7 has no names; later versions never use a default name twice.
            return !task.name.is_empty() || same_frame || task.frames.is_empty();
        }
        // A task may get a name after its creation.
        same_frame
            && self.name_is_default
            && !task.name_is_default
            && self.coroutine == task.coroutine
    }
}

fn outermost(task: &Task) -> Option<u64> {
    task.frames.last()?.place.map(|place| place.frame)
}

/// The ids that clients know tasks by. A task keeps its id as long as it lives.
#[derive(Debug)]
pub struct TaskIds {
    next: i64,
    known: FxHashMap<ItemId, KnownTask>,
}

impl Default for TaskIds {
    fn default() -> Self {
        Self {
            next: FIRST_TASK_ID,
            known: FxHashMap::default(),
        }
    }
}

impl TaskIds {
    /// Gives each task of the view its id, and forgets tasks that have gone.
    fn assign(&mut self, view: &View) -> Vec<i64> {
        let mut known = FxHashMap::default();
        let mut ids = Vec::with_capacity(view.process.tasks.len());
        for task in &view.process.tasks {
            let before = self.known.get(&task.id).filter(|known| known.is(task));
            let thread_id = before.map_or_else(
                || {
                    self.next += 1;
                    self.next - 1
                },
                |known| known.thread_id,
            );
            ids.push(thread_id);
            let now = KnownTask {
                thread_id,
                name: task.name.clone(),
                name_is_default: task.name_is_default,
                coroutine: task.coroutine.clone(),
                frame: outermost(task),
            };
            known.insert(task.id, now);
        }
        self.known = known;
        ids
    }
}

/// The threads and tasks of one view, as the client lists them.
#[derive(Debug)]
pub struct Listing {
    pub threads: Vec<Thread>,
    /// The ids of all tasks, by index, listed or not.
    task_ids: Vec<i64>,
    actors: FxHashMap<i64, Actor>,
    /// A sentence for the console about tasks that are not listed.
    pub note: Option<String>,
}

impl Listing {
    /// The list for a view. `selected` is listed whatever the maximum is.
    pub fn new(
        view: &View,
        task_ids: &mut TaskIds,
        options: &ListOptions,
        selected: Option<Actor>,
    ) -> Self {
        let task_ids = task_ids.assign(view);
        let mut threads = Vec::new();
        let mut actors = FxHashMap::default();
        for (index, thread) in view.process.threads.iter().enumerate() {
            let id = i64::try_from(thread.native_id).unwrap_or(0);
            actors.insert(id, Actor::Thread(index));
            let name = plain_text::name(&thread.name);
            threads.push(Thread {
                id,
                name: plain_text::cut(&name, NAME_COLUMNS).into_owned(),
            });
        }
        for (index, id) in task_ids.iter().enumerate() {
            actors.insert(*id, Actor::Task(index));
        }
        let (listed, note) = listed(view, options, selected);
        for (index, alike) in fold(view, &listed, options.fold) {
            let mut name = task_name(view.task(index));
            if alike > 1 {
                name.push_str(&format!(" ×{alike}"));
            }
            threads.push(Thread {
                id: task_ids[index],
                name,
            });
        }
        Self {
            threads,
            task_ids,
            actors,
            note,
        }
    }

    /// The thread or task with this id, listed or not.
    pub fn actor(&self, id: i64) -> Option<Actor> {
        self.actors.get(&id).copied()
    }

    /// The id of a thread or task.
    pub fn id(&self, actor: Actor, view: &View) -> Option<i64> {
        match actor {
            Actor::Task(index) => self.task_ids.get(index).copied(),
            Actor::Thread(index) => i64::try_from(view.process.threads.get(index)?.native_id).ok(),
        }
    }
}

/// `Task: fetch_data (Task-3)`; with the address where the version has no names.
pub(super) fn task_name(task: &Task) -> String {
    let coroutine = match task.coroutine.is_empty() {
        true => "?",
        false => &task.coroutine,
    };
    let name = match task.name.is_empty() {
        true => &address(task.id),
        false => task.name.as_str(),
    };
    let part = |text: &str| plain_text::cut(&plain_text::name(text), NAME_COLUMNS).into_owned();
    format!("Task: {} ({})", part(coroutine), part(name))
}

/// The indexes of the tasks to list, and a sentence about the others.
fn listed(
    view: &View,
    options: &ListOptions,
    selected: Option<Actor>,
) -> (Vec<usize>, Option<String>) {
    let all = view.process.tasks.len();
    let (matching, no_match): (BTreeSet<usize>, _) = match options.filter.as_deref() {
        None | Some("" | "*") => ((0..all).collect(), None),
        Some(pattern) => match select::tasks(&view.process, pattern) {
            Ok(found) => (found, None),
            Err(no_match) => (BTreeSet::new(), Some(no_match.to_string())),
        },
    };
    let task = |actor| match actor {
        Actor::Task(index) => Some(index),
        Actor::Thread(_) => None,
    };
    let state = |index: usize| view.task(index).state;
    let running = (0..all).filter(|index| state(*index) == TaskState::Running);
    let diagnosed = view.diagnosed().filter_map(task).take(options.max_tasks);
    let mut shown: BTreeSet<usize> = (running.chain(diagnosed))
        .filter(|index| matching.contains(index))
        .chain(selected.and_then(task))
        .collect();
    // Tasks that have ended come last: they wait for nothing.
    let (done, alive): (Vec<usize>, Vec<usize>) =
        (matching.iter()).partition(|index| state(**index) == TaskState::Done);
    for index in alive.into_iter().chain(done) {
        if shown.len() >= options.max_tasks {
            break;
        }
        shown.insert(index);
    }
    let (count, matched) = (shown.len(), matching.len());
    let note = no_match.or_else(|| match (count < matched, matched < all) {
        (false, false) => None,
        (true, false) => Some(format!(
            "showing {count} of {all} tasks (option `maxTasks`, or here: dapper set max-tasks {all})"
        )),
        (_, true) => Some(format!(
            "showing {count} of {all} tasks; the filter matches {matched}"
        )),
    });
    (shown.into_iter().collect(), note)
}

/// The tasks by their indexes, each with the number of tasks that it stands for.
fn fold(view: &View, tasks: &[usize], fold: bool) -> Vec<(usize, usize)> {
    if !fold {
        return tasks.iter().map(|index| (*index, 1)).collect();
    }
    let mut entries: Vec<(usize, usize)> = Vec::new();
    let mut by_key: FxHashMap<FoldKey<'_>, usize> = FxHashMap::default();
    for &index in tasks {
        let task = view.task(index);
        if task.state != TaskState::Waiting {
            entries.push((index, 1));
            continue;
        }
        let at = *by_key.entry(fold_key(task)).or_insert(entries.len());
        match entries.get_mut(at) {
            Some(entry) => entry.1 += 1,
            None => entries.push((index, 1)),
        }
    }
    entries
}

/// What waiting tasks that share an entry have in common.
#[derive(PartialEq, Eq, Hash)]
struct FoldKey<'a> {
    coroutine: &'a str,
    kind: Option<WaitKind>,
    /// `None` for timers and futures, of which each task has its own.
    resource: Option<ItemId>,
    lines: Vec<(Option<&'a str>, Option<u32>)>,
}

fn fold_key(task: &Task) -> FoldKey<'_> {
    let wait = task.waits_for.as_ref();
    let shared = wait.filter(|wait| !matches!(wait.kind, WaitKind::Timer | WaitKind::Future));
    FoldKey {
        coroutine: &task.coroutine,
        kind: wait.map(|wait| wait.kind),
        resource: shared.and_then(|wait| wait.resource),
        lines: (task.frames.iter())
            .map(|frame| (frame.file.as_deref(), frame.line))
            .collect(),
    }
}

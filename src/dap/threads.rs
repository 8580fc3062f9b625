//! Threads and tasks as the client lists them: names, ids, filter, cap, folds.

use std::collections::BTreeSet;

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::protocol::types::Thread;
use super::view::{Actor, View};
use crate::model::{Task, TaskState};
use crate::plain_text;
use crate::report::select;

/// Ids of tasks begin here: `PID_MAX_LIMIT` of the kernel is 2^22, and no id
/// leaves 32 bits.
const FIRST_TASK_ID: i64 = 1 << 30;
/// Columns of a name that is shown.
const NAME_COLUMNS: usize = 80;

/// Which tasks are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListOptions {
    /// Only tasks whose name, coroutine or id this matches.
    pub filter: Option<String>,
    /// Tasks listed at most; those that run, are diagnosed or selected always are.
    pub max_tasks: usize,
    /// Tasks that wait in the same way share an entry.
    pub fold: bool,
}

/// What tells a task from another one that has its address later.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    thread_id: i64,
    name: ArcStr,
    name_is_default: bool,
    coroutine: ArcStr,
    /// The frame of its coroutine, which stays where it is.
    frame: Option<u64>,
}

impl Known {
    fn is(&self, task: &Task) -> bool {
        let stays = self.frame.is_some() && self.frame == outermost(task);
        if self.name == task.name {
            // 3.7 has no names; elsewhere asyncio's own are never used twice.
            return !task.name.is_empty() || stays || task.frames.is_empty();
        }
        // A task may be given a name after it was made.
        stays && self.name_is_default && !task.name_is_default && self.coroutine == task.coroutine
    }
}

fn outermost(task: &Task) -> Option<u64> {
    task.frames.last()?.place.map(|place| place.frame)
}

/// The ids of tasks: the same for as long as a task lives.
#[derive(Debug)]
pub struct Identities {
    next: i64,
    known: FxHashMap<ArcStr, Known>,
}

impl Default for Identities {
    fn default() -> Self {
        Self {
            next: FIRST_TASK_ID,
            known: FxHashMap::default(),
        }
    }
}

impl Identities {
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
            let now = Known {
                thread_id,
                name: task.name.clone(),
                name_is_default: task.name_is_default,
                coroutine: task.coroutine.clone(),
                frame: outermost(task),
            };
            known.insert(task.id.clone(), now);
        }
        self.known = known;
        ids
    }
}

/// What the client is shown of one view.
#[derive(Debug)]
pub struct Listing {
    pub threads: Vec<Thread>,
    /// The ids of all tasks, by place, listed or not.
    task_ids: Vec<i64>,
    actors: FxHashMap<i64, Actor>,
    /// What is said in the console about tasks that are not listed.
    pub note: Option<String>,
}

impl Listing {
    /// Arranges the view; `selected` is listed whatever the cap.
    pub fn new(
        view: &View,
        identities: &mut Identities,
        options: &ListOptions,
        selected: Option<Actor>,
    ) -> Self {
        let task_ids = identities.assign(view);
        let mut threads = Vec::new();
        let mut actors = FxHashMap::default();
        for (place, thread) in view.process.threads.iter().enumerate() {
            let id = i64::try_from(thread.native_id).unwrap_or(0);
            actors.insert(id, Actor::Thread(place));
            let name = plain_text::name(&thread.name);
            threads.push(Thread {
                id,
                name: plain_text::cut(&name, NAME_COLUMNS).into_owned(),
            });
        }
        for (place, id) in task_ids.iter().enumerate() {
            actors.insert(*id, Actor::Task(place));
        }
        let (places, note) = wanted(view, options, selected);
        for (place, alike) in fold(view, &places, options.fold) {
            let mut name = task_name(view.task(place));
            if alike > 1 {
                name.push_str(&format!(" ×{alike}"));
            }
            threads.push(Thread {
                id: task_ids[place],
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

    /// Who has this id, listed or not.
    pub fn actor(&self, id: i64) -> Option<Actor> {
        self.actors.get(&id).copied()
    }

    /// The id of a thread or task.
    pub fn id(&self, actor: Actor, view: &View) -> Option<i64> {
        match actor {
            Actor::Task(place) => self.task_ids.get(place).copied(),
            Actor::Thread(place) => i64::try_from(view.process.threads.get(place)?.native_id).ok(),
        }
    }
}

/// `Task: fetch_data (Task-3)`; where the version names no tasks, its id.
pub fn task_name(task: &Task) -> String {
    let coroutine = match task.coroutine.is_empty() {
        true => "?",
        false => &task.coroutine,
    };
    let name = match task.name.is_empty() {
        true => task.id.strip_prefix("task:").unwrap_or(&task.id),
        false => &task.name,
    };
    let part = |text: &str| plain_text::cut(&plain_text::name(text), NAME_COLUMNS).into_owned();
    format!("Task: {} ({})", part(coroutine), part(name))
}

/// The places of the tasks to list, and what to say about the others.
fn wanted(
    view: &View,
    options: &ListOptions,
    selected: Option<Actor>,
) -> (Vec<usize>, Option<String>) {
    let all = view.process.tasks.len();
    let (matching, no_match): (BTreeSet<usize>, _) = match options.filter.as_deref() {
        None | Some("" | "*") => ((0..all).collect(), None),
        Some(pattern) => match select::tasks(&view.process, pattern) {
            Ok(places) => (places, None),
            Err(nothing) => (BTreeSet::new(), Some(nothing.to_string())),
        },
    };
    let task = |actor| match actor {
        Actor::Task(place) => Some(place),
        Actor::Thread(_) => None,
    };
    let state = |place: usize| view.task(place).state;
    let running = (0..all).filter(|place| state(*place) == TaskState::Running);
    let diagnosed = view.diagnosed().filter_map(task).take(options.max_tasks);
    let mut shown: BTreeSet<usize> = (running.chain(diagnosed))
        .filter(|place| matching.contains(place))
        .chain(selected.and_then(task))
        .collect();
    // What has ended waits for nothing: it comes last.
    let (done, alive): (Vec<usize>, Vec<usize>) =
        (matching.iter()).partition(|place| state(**place) == TaskState::Done);
    for place in alive.into_iter().chain(done) {
        if shown.len() >= options.max_tasks {
            break;
        }
        shown.insert(place);
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

/// Places with how many tasks each stands for.
fn fold(view: &View, places: &[usize], fold: bool) -> Vec<(usize, usize)> {
    if !fold {
        return places.iter().map(|place| (*place, 1)).collect();
    }
    let mut entries: Vec<(usize, usize)> = Vec::new();
    let mut by_shape: FxHashMap<Shape<'_>, usize> = FxHashMap::default();
    for &place in places {
        let task = view.task(place);
        if task.state != TaskState::Waiting {
            entries.push((place, 1));
            continue;
        }
        let at = *by_shape.entry(shape(task)).or_insert(entries.len());
        match entries.get_mut(at) {
            Some(entry) => entry.1 += 1,
            None => entries.push((place, 1)),
        }
    }
    entries
}

/// What equal waiting tasks have in common: coroutine, resource, kind, lines.
type Shape<'a> = (
    &'a str,
    Option<&'a str>,
    &'a str,
    Vec<(Option<&'a str>, Option<u32>)>,
);

fn shape(task: &Task) -> Shape<'_> {
    let wait = task.waits_for.as_ref();
    (
        &task.coroutine,
        wait.and_then(|wait| wait.resource.as_deref())
            .filter(|_| wait.is_some_and(|wait| wait.kind != "timer" && wait.kind != "future")),
        wait.map_or("", |wait| &wait.kind),
        (task.frames.iter())
            .map(|frame| (frame.file.as_deref(), frame.line))
            .collect(),
    )
}

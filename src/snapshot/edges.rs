//! Edges between tasks, and the waits that follow from them.

use std::cell::RefCell;

use rustc_hash::{FxHashMap, FxHashSet};

use super::frames::Frames;
use super::tasks::BuiltTask;
use super::waits::own_callback;
use crate::activity::Dependent;
use crate::asyncio::Dependents;
use crate::cpython::Reader;
use crate::model::{
    Callback, CallbackKind, Edge, EdgeKind, Framework, IdMap, ItemId, Task, TaskState,
};

/// Maximum number of names in a summary. The others are counted.
const NAMES_SHOWN: usize = 3;

/// What the callbacks of tasks lead to.
pub struct Links {
    /// The edges between tasks.
    pub edges: Vec<Edge>,
    /// The tasks that complete each future of `concurrent.futures`, by its address.
    pub completing: FxHashMap<u64, Vec<ItemId>>,
    /// The task at whose end `run_until_complete()` returns, by its loop.
    pub until: IdMap<ItemId>,
}

/// Finds the edges between tasks, and writes them into the tasks as well.
pub fn link(reader: &Reader<'_>, frames: &Frames<'_, '_>, tasks: &mut [BuiltTask]) -> Links {
    let waiting = (tasks.iter().enumerate())
        .filter(|(_, built)| built.task.state == TaskState::Waiting)
        .map(|(index, built)| (built.addr, index));
    let mut finder = Finder {
        waiting: waiting.collect(),
        ..Finder::default()
    };
    finder.follow_callbacks(reader, frames, tasks);
    finder.follow_nurseries(reader, tasks);
    write_to_tasks(tasks, &finder.links);
    let edge = |link: &Link| Edge {
        from: tasks[link.from].task.id,
        to: tasks[link.to].task.id,
        via: link.via,
    };
    Links {
        edges: finder.links.iter().map(edge).collect(),
        completing: finder.concurrent,
        until: finder.until,
    }
}

/// An edge between tasks, by their indexes.
struct Link {
    from: usize,
    to: usize,
    via: EdgeKind,
}

/// Finds edges by following the callbacks of tasks.
#[derive(Default)]
struct Finder {
    /// Indexes of the waiting tasks, by address.
    waiting: FxHashMap<u64, usize>,
    links: Vec<Link>,
    /// Ends of the edges found so far. There is one edge between two tasks.
    found: FxHashSet<(usize, usize)>,
    /// Futures of `concurrent.futures` and the tasks that complete them.
    concurrent: FxHashMap<u64, Vec<ItemId>>,
    /// The task at whose end `run_until_complete()` returns, by its loop.
    until: IdMap<ItemId>,
    /// Callbacks of the program's own code, by address. `None` for others.
    own: RefCell<FxHashMap<u64, Option<Callback>>>,
}

impl Finder {
    /// Finds the edges that the callbacks of `tasks` lead to.
    fn follow_callbacks(
        &mut self,
        reader: &Reader<'_>,
        frames: &Frames<'_, '_>,
        tasks: &mut [BuiltTask],
    ) {
        let mut dependents = Dependents::default();
        for (to, built) in tasks.iter_mut().enumerate() {
            let callbacks = std::mem::take(&mut built.callbacks);
            if built.task.state == TaskState::Done || callbacks.is_empty() {
                continue;
            }
            let reached = dependents.of(reader, built.addr, &callbacks);
            let own = |callback: &u64| {
                let mut own = self.own.borrow_mut();
                let known = own
                    .entry(*callback)
                    .or_insert_with(|| own_callback(reader, frames, *callback, CallbackKind::Done));
                known.clone()
            };
            let shown: Vec<_> = callbacks.iter().filter_map(own).collect();
            if !shown.is_empty() {
                built.task_mut().callbacks = shown.into();
                built.callbacks = callbacks;
            }
            for dependent in reached.dependents {
                let from = self.waiting.get(&dependent.task).copied();
                if let Some(from) = from.filter(|from| *from != to)
                    && self.found.insert((from, to))
                {
                    let via = dependent.via;
                    self.links.push(Link { from, to, via });
                }
            }
            if let (true, Some(event_loop)) = (reached.ends_run, built.task.event_loop) {
                self.until.insert(event_loop, built.task.id);
            }
            for future in reached.concurrent {
                let completing = self.concurrent.entry(future).or_default();
                completing.push(built.task.id);
            }
        }
    }

    /// Finds the edges from trio tasks that wait for the end of a nursery to those in it.
    fn follow_nurseries(&mut self, reader: &Reader<'_>, tasks: &[BuiltTask]) {
        for (to, built) in tasks.iter().enumerate() {
            if built.task.framework != Framework::Trio {
                continue;
            }
            let raw = reader.trio_task(built.addr).ok();
            let dependent = raw.and_then(|raw| reader.trio_dependent(&raw));
            if let Some(Dependent { task, via }) = dependent
                && let Some(from) = self.waiting.get(&task).copied()
                && from != to
                && self.found.insert((from, to))
            {
                self.links.push(Link { from, to, via });
            }
        }
    }
}

/// Writes `links` into both tasks of each.
fn write_to_tasks(tasks: &mut [BuiltTask], links: &[Link]) {
    let mut awaits: FxHashMap<usize, Vec<(usize, EdgeKind)>> = FxHashMap::default();
    for Link { from, to, via } in links {
        let waiting = tasks[*from].task.id;
        let awaited_by = &mut tasks[*to].task_mut().awaited_by;
        if awaited_by.is_empty() {
            // Most tasks have one waiter.
            awaited_by.reserve_exact(1);
        }
        awaited_by.push(waiting);
        awaits.entry(*from).or_default().push((*to, *via));
    }
    for (from, targets) in awaits {
        let names: Vec<String> = targets
            .iter()
            .take(NAMES_SHOWN)
            .map(|(to, _)| display_name(&tasks[*to].task))
            .collect();
        let more = targets.len() - names.len();
        tasks[from].awaits_task = true;
        let Some(wait) = &mut tasks[from].task_mut().waits_for else {
            continue;
        };
        let via = targets[0].1;
        wait.kind = via.task_wait();
        wait.summary = match (targets.len(), more) {
            (1, _) => names.concat().into(),
            (count, 0) => format!("{count} tasks: {}", names.join(", ")).into(),
            (count, more) => format!("{count} tasks: {} and {more} more", names.join(", ")).into(),
        };
    }
}

/// Name of a task in a sentence.
pub fn display_name(task: &Task) -> String {
    // trio's default names have the function already.
    if task.framework == Framework::Trio && task.name_is_default {
        return task.name.to_string();
    }
    match (task.name.is_empty(), task.coroutine.is_empty()) {
        (false, false) => format!("{} ({})", task.name, task.coroutine),
        (false, true) => task.name.to_string(),
        (true, false) => format!("{} ({})", task.coroutine, task.id),
        (true, true) => task.id.to_string(),
    }
}

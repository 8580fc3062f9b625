//! Edges between tasks, and what each says about the task that waits.

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::model::{Edge, Task, TaskState};
use super::tasks::BuiltTask;
use crate::python::Reader;
use crate::tasks::Dependents;

/// Waiting names shown in a summary before the rest is counted.
const NAMES_SHOWN: usize = 3;

/// Finds the edges between tasks and writes them on the tasks, too; and which
/// tasks complete which future of `concurrent.futures`.
pub fn link(
    reader: &Reader<'_>,
    tasks: &mut [BuiltTask],
) -> (Vec<Edge>, FxHashMap<u64, Vec<ArcStr>>) {
    let mut finder = Finder {
        waiting: tasks
            .iter()
            .filter(|built| built.task.state == TaskState::Waiting)
            .map(|built| (built.addr, built.task.id.clone()))
            .collect(),
        edges: Vec::new(),
        seen: FxHashSet::default(),
        concurrent: FxHashMap::default(),
    };
    finder.follow_callbacks(reader, tasks);
    write_on_tasks(tasks, &finder.edges);
    (finder.edges, finder.concurrent)
}

struct Finder {
    /// Ids of the tasks that wait.
    waiting: FxHashMap<u64, ArcStr>,
    edges: Vec<Edge>,
    /// Ends of the edges that are known, whatever they go through.
    seen: FxHashSet<(ArcStr, ArcStr)>,
    /// Futures of `concurrent.futures` and the tasks that complete them.
    concurrent: FxHashMap<u64, Vec<ArcStr>>,
}

impl Finder {
    fn add(&mut self, reader: &Reader<'_>, from: ArcStr, to: ArcStr, via: &str) {
        if from != to && self.seen.insert((from.clone(), to.clone())) {
            self.edges.push(Edge {
                from,
                to,
                via: reader.shared(via),
            });
        }
    }

    fn follow_callbacks(&mut self, reader: &Reader<'_>, tasks: &[BuiltTask]) {
        let mut dependents = Dependents::default();
        for built in tasks
            .iter()
            .filter(|built| built.task.state != TaskState::Done)
        {
            let reached = dependents.of(reader, built.addr, &built.callbacks);
            for dependent in reached.dependents {
                if let Some(waiting) = self.waiting.get(&dependent.task) {
                    let from = waiting.clone();
                    self.add(reader, from, built.task.id.clone(), dependent.via);
                }
            }
            for future in reached.concurrent {
                let completing = self.concurrent.entry(future).or_default();
                completing.push(built.task.id.clone());
            }
        }
    }
}

fn write_on_tasks(tasks: &mut [BuiltTask], edges: &[Edge]) {
    let places: FxHashMap<ArcStr, usize> = tasks
        .iter()
        .enumerate()
        .map(|(index, built)| (built.task.id.clone(), index))
        .collect();
    let mut awaits: FxHashMap<usize, Vec<(usize, &str)>> = FxHashMap::default();
    for edge in edges {
        let Some(to) = places.get(&edge.to) else {
            continue;
        };
        tasks[*to].task.awaited_by.push(edge.from.clone());
        if let Some(from) = places.get(&edge.from) {
            awaits.entry(*from).or_default().push((*to, &edge.via));
        }
    }
    for (from, targets) in awaits {
        let names: Vec<String> = targets
            .iter()
            .take(NAMES_SHOWN)
            .map(|(to, _)| display_name(&tasks[*to].task))
            .collect();
        let more = targets.len() - names.len();
        let Some(wait) = &mut tasks[from].task.waits_for else {
            continue;
        };
        let via = targets[0].1;
        wait.kind = if via == "await" { "task" } else { via }.to_owned().into();
        wait.summary = match (targets.len(), more) {
            (1, _) => names.concat().into(),
            (count, 0) => format!("{count} tasks: {}", names.join(", ")).into(),
            (count, more) => format!("{count} tasks: {} and {more} more", names.join(", ")).into(),
        };
    }
}

/// How a task is called in a sentence.
pub fn display_name(task: &Task) -> String {
    match (task.name.is_empty(), task.coroutine.is_empty()) {
        (false, false) => format!("{} ({})", task.name, task.coroutine),
        (false, true) => task.name.to_string(),
        (true, false) => format!("{} ({})", task.coroutine, task.id),
        (true, true) => task.id.to_string(),
    }
}

//! Ids of a process resolved to what people call them.

use rustc_hash::FxHashMap;

use super::clean;
use crate::snapshot::{Edge, EventLoop, Process, Resource, Task, Thread};

/// Names longer than this are cut wherever they only refer to something.
const NAME_COLUMNS: usize = 40;

/// What the ids of one process stand for.
pub struct Index<'a> {
    tasks: FxHashMap<&'a str, (usize, &'a Task)>,
    threads: FxHashMap<&'a str, &'a Thread>,
    loops: FxHashMap<&'a str, usize>,
    resources: FxHashMap<&'a str, &'a Resource>,
    edges_from: FxHashMap<&'a str, Vec<&'a Edge>>,
}

impl<'a> Index<'a> {
    pub fn new(process: &'a Process) -> Self {
        let mut edges_from: FxHashMap<&str, Vec<&Edge>> = FxHashMap::default();
        for edge in &process.edges {
            edges_from.entry(&edge.from).or_default().push(edge);
        }
        Self {
            tasks: (process.tasks.iter().enumerate())
                .map(|(place, task)| (task.id.as_str(), (place, task)))
                .collect(),
            threads: (process.threads.iter())
                .map(|thread| (thread.id.as_str(), thread))
                .collect(),
            loops: (process.loops.iter().enumerate())
                .map(|(place, event_loop)| (event_loop.id.as_str(), place))
                .collect(),
            resources: (process.resources.iter())
                .map(|resource| (resource.id.as_str(), resource))
                .collect(),
            edges_from,
        }
    }

    /// The task's place in the process's list.
    pub fn task_place(&self, id: &str) -> Option<usize> {
        self.tasks.get(id).map(|(place, _)| *place)
    }

    pub fn thread(&self, id: &str) -> Option<&'a Thread> {
        self.threads.get(id).copied()
    }

    pub fn loop_place(&self, id: &str) -> Option<usize> {
        self.loops.get(id).copied()
    }

    /// What this id cannot go on before.
    pub fn edges_from(&self, id: &str) -> &[&'a Edge] {
        self.edges_from.get(id).map_or(&[], Vec::as_slice)
    }

    /// A short, printable name for whatever the id stands for.
    pub fn label(&self, id: &str) -> String {
        if let Some((_, task)) = self.tasks.get(id) {
            task_label(task)
        } else if let Some(thread) = self.threads.get(id) {
            format!("thread {}", short(&thread.name))
        } else if let Some(place) = self.loops.get(id) {
            format!("loop #{}", place + 1)
        } else if let Some(resource) = self.resources.get(id) {
            short(&resource.summary)
        } else {
            short(id)
        }
    }
}

/// What a task is called: its name, or where the version gives none, its
/// coroutine and address. Printable.
pub fn task_label(task: &Task) -> String {
    if task.name.is_empty() {
        format!("{}@{}", short(&task.coroutine), short(address(&task.id)))
    } else {
        short(&task.name)
    }
}

/// What loop a task or thread belongs to: `#1 MainThread`. Printable.
pub fn loop_label(event_loop: &EventLoop, index: &Index) -> String {
    let number = index
        .loop_place(&event_loop.id)
        .map_or(0, |place| place + 1);
    match event_loop.thread.as_deref().and_then(|id| index.thread(id)) {
        Some(thread) => format!("#{number} {}", short(&thread.name)),
        None => format!("#{number}"),
    }
}

/// The address part of an id such as `task:0x7f00`.
pub fn address(id: &str) -> &str {
    id.split_once(':').map_or(id, |(_, address)| address)
}

fn short(text: &str) -> String {
    clean::cut(&clean::name(text), NAME_COLUMNS).into_owned()
}

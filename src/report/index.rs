//! Ids of a process resolved to what people call them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{clean, things};
use crate::snapshot::ids::{Id, IdMap};
use crate::snapshot::{
    ChildProcess, Coroutine, Edge, EventLoop, Process, Reference, Resource, Task, Thread, Wait,
};

/// Names longer than this are cut wherever they only refer to something.
const NAME_COLUMNS: usize = 40;

/// What the ids of one process stand for.
pub struct Index<'a> {
    tasks: IdMap<'a, (usize, &'a Task)>,
    threads: IdMap<'a, &'a Thread>,
    loops: IdMap<'a, usize>,
    event_loops: &'a [EventLoop],
    resources: IdMap<'a, &'a Resource>,
    coroutines: IdMap<'a, &'a Coroutine>,
    children: IdMap<'a, &'a ChildProcess>,
    /// The file of the program's own in which most frames are.
    home: Option<&'a str>,
    edges_from: IdMap<'a, Vec<&'a Edge>>,
    /// Who refers to a resource without waiting for it.
    referrers: IdMap<'a, Vec<&'a Reference>>,
}

impl<'a> Index<'a> {
    pub fn new(process: &'a Process) -> Self {
        let mut edges_from: IdMap<'_, Vec<&Edge>> = IdMap::default();
        for edge in &process.edges {
            edges_from.entry(&edge.from, Vec::new).push(edge);
        }
        Self {
            tasks: (process.tasks.iter().enumerate())
                .map(|(place, task)| (task.id.as_str(), (place, &**task)))
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
            coroutines: (process.coroutines.iter())
                .map(|coroutine| (coroutine.id.as_str(), coroutine))
                .collect(),
            children: (process.children.iter())
                .map(|child| (child.id.as_str(), child))
                .collect(),
            home: home(process),
            event_loops: &process.loops,
            edges_from,
            referrers: referrers(process),
        }
    }

    /// The task's place in the process's list.
    pub fn task_place(&self, id: &str) -> Option<usize> {
        self.tasks.get(id).map(|(place, _)| *place)
    }

    pub fn task(&self, id: &str) -> Option<&'a Task> {
        self.tasks.get(id).map(|(_, task)| *task)
    }

    pub fn resource(&self, id: &str) -> Option<&'a Resource> {
        self.resources.get(id).copied()
    }

    pub fn coroutine(&self, id: &str) -> Option<&'a Coroutine> {
        self.coroutines.get(id).copied()
    }

    pub fn child(&self, id: &str) -> Option<&'a ChildProcess> {
        self.children.get(id).copied()
    }

    /// What the task or thread waits for; of a running task its thread.
    pub fn wait(&self, id: &str) -> Option<&'a Wait> {
        match self.task(id) {
            Some(task) => task.waits_for.as_ref().or_else(|| {
                let thread = self.thread(task.thread.as_deref()?)?;
                let own = thread.task.as_deref() == Some(id);
                thread.waits_for.as_ref().filter(|_| own)
            }),
            None => self.thread(id)?.waits_for.as_ref(),
        }
    }

    /// The file whose name need not be said with each line.
    pub fn home(&self) -> Option<&'a str> {
        self.home
    }

    pub fn thread(&self, id: &str) -> Option<&'a Thread> {
        self.threads.get(id).copied()
    }

    pub fn loop_place(&self, id: &str) -> Option<usize> {
        self.loops.get(id).copied()
    }

    /// The loop that the thread runs.
    pub fn loop_of(&self, thread: &Thread) -> Option<&'a EventLoop> {
        let place = self.loop_place(thread.event_loop.as_deref()?)?;
        self.event_loops.get(place)
    }

    /// What this id cannot go on before.
    pub fn edges_from(&self, id: &str) -> &[&'a Edge] {
        self.edges_from.get(id).map_or(&[], Vec::as_slice)
    }

    /// Who refers to a resource without waiting for it.
    pub fn references_to(&self, resource: &str) -> &[&'a Reference] {
        self.referrers.get(resource).map_or(&[], Vec::as_slice)
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
            things::title(resource)
        } else if let Some(coroutine) = self.coroutines.get(id) {
            format!("{}()", short(&coroutine.qualname))
        } else if let Some(child) = self.children.get(id) {
            format!("process {}", child.pid)
        } else {
            short(id)
        }
    }
}

fn referrers(process: &Process) -> IdMap<'_, Vec<&Reference>> {
    let resources = process.resources.iter();
    let waiting: FxHashSet<(Id<&str>, Id<&str>)> = resources
        .flat_map(|resource| {
            let waiters = resource.waiters.iter();
            waiters.map(|waiter| (Id(resource.id.as_str()), Id(waiter.as_str())))
        })
        .collect();
    let mut referrers: IdMap<'_, Vec<&Reference>> = IdMap::default();
    for reference in &process.references {
        if !waiting.contains(&(Id(&reference.to), Id(&reference.from))) {
            let of = referrers.entry(&reference.to, Vec::new);
            of.push(reference);
        }
    }
    referrers
}

/// The file that most of the program's own frames are in.
fn home(process: &Process) -> Option<&str> {
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    let threads = process.thread_stacks().map(|frames| (frames, 1));
    for (frames, times) in process.task_stacks().chain(threads) {
        let own = frames.iter().filter(|frame| !frame.library);
        for file in own.filter_map(|frame| frame.file.as_deref()) {
            *counts.entry(file).or_default() += times;
        }
    }
    let fuller = |a: &(&str, usize), b: &(&str, usize)| a.1.cmp(&b.1).then(b.0.cmp(a.0));
    counts.into_iter().max_by(fuller).map(|(file, _)| file)
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

/// A name of the target, cut and printable.
pub fn short(text: &str) -> String {
    clean::cut(&clean::name(text), NAME_COLUMNS).into_owned()
}

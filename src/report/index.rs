//! Ids of a process resolved to what people call them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::describe;
use crate::model::ids::IdMap;
use crate::model::{
    ChildProcess, Coroutine, Edge, EventLoop, Process, Reference, Resource, Task, Thread, Wait,
};
use crate::plain_text;

/// Names longer than this are cut wherever they only refer to something.
const NAME_COLUMNS: usize = 40;

/// What an id stands for.
#[derive(Clone, Copy)]
enum Thing<'a> {
    /// With its place in the process's list.
    Task(usize, &'a Task),
    Thread(&'a Thread),
    /// By its place in the process's list.
    Loop(usize),
    Resource(&'a Resource),
    Coroutine(&'a Coroutine),
    Child(&'a ChildProcess),
    /// Only edges or references name it.
    Unknown,
}

/// Items by the place of the thing that they belong to.
struct ByPlace<'a, T> {
    /// Where the items of each place begin, and those of the last one end.
    begins: Vec<usize>,
    items: Vec<&'a T>,
}

impl<'a, T> ByPlace<'a, T> {
    fn of(mut items: Vec<(usize, &'a T)>) -> Self {
        items.sort_by_key(|(place, _)| *place);
        let mut begins = Vec::new();
        for (at, (place, _)) in items.iter().enumerate() {
            begins.resize(begins.len().max(place + 1), at);
        }
        begins.push(items.len());
        Self {
            begins,
            items: items.into_iter().map(|(_, item)| item).collect(),
        }
    }

    /// Those of this place, in the order in which they were given.
    fn at(&self, place: usize) -> &[&'a T] {
        match (self.begins.get(place), self.begins.get(place + 1)) {
            (Some(begin), Some(end)) => &self.items[*begin..*end],
            _ => &[],
        }
    }
}

/// What the ids of one process stand for.
pub struct Index<'a> {
    things: IdMap<'a, Thing<'a>>,
    event_loops: &'a [EventLoop],
    /// The file of the program's own in which most frames are.
    home: Option<&'a str>,
    edges_from: ByPlace<'a, Edge>,
    /// Who refers to a resource without waiting for it.
    referrers: ByPlace<'a, Reference>,
}

impl<'a> Index<'a> {
    pub fn new(process: &'a Process) -> Self {
        let mut things = things(process);
        let edges = process.edges.iter();
        let edges = edges.map(|edge| (place(&mut things, &edge.from), edge));
        let edges_from = ByPlace::of(edges.collect());
        Self {
            referrers: referrers(process, &mut things),
            things,
            home: home(process),
            event_loops: &process.loops,
            edges_from,
        }
    }

    /// The task's place in the process's list.
    pub fn task_place(&self, id: &str) -> Option<usize> {
        match self.things.get(id) {
            Some(Thing::Task(place, _)) => Some(*place),
            _ => None,
        }
    }

    pub fn task(&self, id: &str) -> Option<&'a Task> {
        match self.things.get(id) {
            Some(Thing::Task(_, task)) => Some(task),
            _ => None,
        }
    }

    pub fn resource(&self, id: &str) -> Option<&'a Resource> {
        match self.things.get(id) {
            Some(Thing::Resource(resource)) => Some(resource),
            _ => None,
        }
    }

    pub fn coroutine(&self, id: &str) -> Option<&'a Coroutine> {
        match self.things.get(id) {
            Some(Thing::Coroutine(coroutine)) => Some(coroutine),
            _ => None,
        }
    }

    pub fn child(&self, id: &str) -> Option<&'a ChildProcess> {
        match self.things.get(id) {
            Some(Thing::Child(child)) => Some(child),
            _ => None,
        }
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
        match self.things.get(id) {
            Some(Thing::Thread(thread)) => Some(thread),
            _ => None,
        }
    }

    pub fn loop_place(&self, id: &str) -> Option<usize> {
        match self.things.get(id) {
            Some(Thing::Loop(place)) => Some(*place),
            _ => None,
        }
    }

    /// The loop that the thread runs.
    pub fn loop_of(&self, thread: &Thread) -> Option<&'a EventLoop> {
        let place = self.loop_place(thread.event_loop.as_deref()?)?;
        self.event_loops.get(place)
    }

    /// What this id cannot go on before.
    pub fn edges_from(&self, id: &str) -> &[&'a Edge] {
        (self.things.place(id)).map_or(&[], |place| self.edges_from.at(place))
    }

    /// Who refers to a resource without waiting for it.
    pub fn references_to(&self, resource: &str) -> &[&'a Reference] {
        (self.things.place(resource)).map_or(&[], |place| self.referrers.at(place))
    }

    /// A short, printable name for whatever the id stands for.
    pub fn label(&self, id: &str) -> String {
        match self.things.get(id) {
            Some(Thing::Task(_, task)) => task_label(task),
            Some(Thing::Thread(thread)) => format!("thread {}", short(&thread.name)),
            Some(Thing::Loop(place)) => format!("loop #{}", place + 1),
            Some(Thing::Resource(resource)) => describe::title(resource),
            Some(Thing::Coroutine(coroutine)) => format!("{}()", short(&coroutine.qualname)),
            Some(Thing::Child(child)) => format!("process {}", child.pid),
            Some(Thing::Unknown) | None => short(id),
        }
    }
}

fn things(process: &Process) -> IdMap<'_, Thing<'_>> {
    let mut things = IdMap::default();
    things.reserve(process.tasks.len() + process.resources.len());
    for (place, task) in process.tasks.iter().enumerate() {
        things.insert(&task.id, Thing::Task(place, task));
    }
    for thread in &process.threads {
        things.insert(&thread.id, Thing::Thread(thread));
    }
    for (place, event_loop) in process.loops.iter().enumerate() {
        things.insert(&event_loop.id, Thing::Loop(place));
    }
    for resource in &process.resources {
        things.insert(&resource.id, Thing::Resource(resource));
    }
    for coroutine in &process.coroutines {
        things.insert(&coroutine.id, Thing::Coroutine(coroutine));
    }
    for child in &process.children {
        things.insert(&child.id, Thing::Child(child));
    }
    things
}

/// The place of the id among the things, where it has one from now on.
fn place<'a>(things: &mut IdMap<'a, Thing<'a>>, id: &'a str) -> usize {
    things.entry_place(id, || Thing::Unknown)
}

fn referrers<'a>(
    process: &'a Process,
    things: &mut IdMap<'a, Thing<'a>>,
) -> ByPlace<'a, Reference> {
    let mut waiting: FxHashSet<(usize, usize)> = FxHashSet::default();
    for resource in &process.resources {
        let of = place(things, &resource.id);
        waiting.extend(resource.waiters.iter().map(|id| (of, place(things, id))));
    }
    let references = process.references.iter().filter_map(|reference| {
        let (to, from) = (place(things, &reference.to), place(things, &reference.from));
        (!waiting.contains(&(to, from))).then_some((to, reference))
    });
    ByPlace::of(references.collect())
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
    plain_text::cut(&plain_text::name(text), NAME_COLUMNS).into_owned()
}

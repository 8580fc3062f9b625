//! Items of a process by their ids, and what people call them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::describe;
use crate::model::{
    ChildProcess, Coroutine, Edge, EventLoop, IdMap, ItemId, Process, Reference, Referrer,
    Resource, Task, Thread, Wait,
};
use crate::plain_text;

/// Names longer than this are cut wherever they only refer to something.
const NAME_COLUMNS: usize = 40;

/// What an id stands for.
#[derive(Clone, Copy)]
enum Item<'a> {
    /// With its index in the process's list.
    Task(usize, &'a Task),
    Thread(&'a Thread),
    /// Its index in the process's list.
    Loop(usize),
    Resource(&'a Resource),
    Coroutine(&'a Coroutine),
    Child(&'a ChildProcess),
    /// Only edges or references name it.
    Unlisted,
}

/// Values grouped by the number of the item that they belong to.
struct Grouped<'a, T> {
    /// Where the values of each item begin, and where those of the last one end.
    begins: Vec<usize>,
    values: Vec<&'a T>,
}

impl<'a, T> Grouped<'a, T> {
    fn of(mut values: Vec<(usize, &'a T)>) -> Self {
        values.sort_by_key(|(item, _)| *item);
        let mut begins = Vec::new();
        for (at, (item, _)) in values.iter().enumerate() {
            begins.resize(begins.len().max(item + 1), at);
        }
        begins.push(values.len());
        Self {
            begins,
            values: values.into_iter().map(|(_, value)| value).collect(),
        }
    }

    /// The values of this item, in the order in which they were given.
    fn at(&self, item: usize) -> &[&'a T] {
        match (self.begins.get(item), self.begins.get(item + 1)) {
            (Some(begin), Some(end)) => &self.values[*begin..*end],
            _ => &[],
        }
    }
}

/// The items of one process by their ids, with edges and references.
pub struct Index<'a> {
    items: IdMap<Item<'a>>,
    event_loops: &'a [EventLoop],
    /// The file of the program's own in which most frames are.
    home: Option<&'a str>,
    edges_from: Grouped<'a, Edge>,
    referrers: Grouped<'a, Reference>,
}

impl<'a> Index<'a> {
    /// The index of everything in `process`.
    pub fn new(process: &'a Process) -> Self {
        let mut items = items(process);
        let edges = process.edges.iter();
        let edges = edges.map(|edge| (number(&mut items, edge.from), edge));
        let edges_from = Grouped::of(edges.collect());
        Self {
            referrers: referrers(process, &mut items),
            items,
            home: home(process),
            event_loops: &process.loops,
            edges_from,
        }
    }

    /// The task's index in the process's list.
    pub fn task_index(&self, id: ItemId) -> Option<usize> {
        match self.items.get(&id) {
            Some(Item::Task(index, _)) => Some(*index),
            _ => None,
        }
    }

    /// The task with this id.
    pub fn task(&self, id: ItemId) -> Option<&'a Task> {
        match self.items.get(&id) {
            Some(Item::Task(_, task)) => Some(task),
            _ => None,
        }
    }

    /// The thread with this id.
    pub fn thread(&self, id: ItemId) -> Option<&'a Thread> {
        match self.items.get(&id) {
            Some(Item::Thread(thread)) => Some(thread),
            _ => None,
        }
    }

    /// The resource with this id.
    pub fn resource(&self, id: ItemId) -> Option<&'a Resource> {
        match self.items.get(&id) {
            Some(Item::Resource(resource)) => Some(resource),
            _ => None,
        }
    }

    /// The coroutine of no task with this id.
    pub fn coroutine(&self, id: ItemId) -> Option<&'a Coroutine> {
        match self.items.get(&id) {
            Some(Item::Coroutine(coroutine)) => Some(coroutine),
            _ => None,
        }
    }

    /// The child process with this id.
    pub fn child(&self, id: ItemId) -> Option<&'a ChildProcess> {
        match self.items.get(&id) {
            Some(Item::Child(child)) => Some(child),
            _ => None,
        }
    }

    /// What the task or thread waits for. A task that runs has no wait of its
    /// own: then it is the wait of its thread.
    pub fn wait(&self, id: ItemId) -> Option<&'a Wait> {
        match self.task(id) {
            Some(task) => task.waits_for.as_ref().or_else(|| {
                let thread = self.thread(task.thread?)?;
                let own = thread.task == Some(id);
                thread.waits_for.as_ref().filter(|_| own)
            }),
            None => self.thread(id)?.waits_for.as_ref(),
        }
    }

    /// The file whose name is not printed beside each line.
    pub fn home(&self) -> Option<&'a str> {
        self.home
    }

    /// The loop's index in the process's list.
    pub fn loop_index(&self, id: ItemId) -> Option<usize> {
        match self.items.get(&id) {
            Some(Item::Loop(index)) => Some(*index),
            _ => None,
        }
    }

    /// The loop that the thread runs.
    pub fn loop_of(&self, thread: &Thread) -> Option<&'a EventLoop> {
        let index = self.loop_index(thread.event_loop?)?;
        self.event_loops.get(index)
    }

    /// The edges to what has to go on before `id` does.
    pub fn edges_from(&self, id: ItemId) -> &[&'a Edge] {
        let number = self.items.get_index_of(&id);
        number.map_or(&[], |number| self.edges_from.at(number))
    }

    /// Who refers to a resource without waiting for it.
    pub fn references_to(&self, resource: ItemId) -> &[&'a Reference] {
        let number = self.items.get_index_of(&resource);
        number.map_or(&[], |number| self.referrers.at(number))
    }

    /// A short, printable name for the item; its id where the process lists no
    /// such item.
    pub fn label(&self, id: ItemId) -> String {
        match self.items.get(&id) {
            Some(Item::Task(_, task)) => task_label(task),
            Some(Item::Thread(thread)) => format!("thread {}", short(&thread.name)),
            Some(Item::Loop(index)) => format!("loop #{}", index + 1),
            Some(Item::Resource(resource)) => describe::title(resource),
            Some(Item::Coroutine(coroutine)) => format!("{}()", short(&coroutine.qualname)),
            Some(Item::Child(child)) => format!("process {}", child.pid),
            Some(Item::Unlisted) | None => id.to_string(),
        }
    }
}

fn items(process: &Process) -> IdMap<Item<'_>> {
    let mut items = IdMap::default();
    items.reserve(process.tasks.len() + process.resources.len());
    for (index, task) in process.tasks.iter().enumerate() {
        items.insert(task.id, Item::Task(index, task));
    }
    for thread in &process.threads {
        items.insert(thread.id, Item::Thread(thread));
    }
    for (index, event_loop) in process.loops.iter().enumerate() {
        items.insert(event_loop.id, Item::Loop(index));
    }
    for resource in &process.resources {
        items.insert(resource.id, Item::Resource(resource));
    }
    for coroutine in &process.coroutines {
        items.insert(coroutine.id, Item::Coroutine(coroutine));
    }
    for child in &process.children {
        items.insert(child.id, Item::Child(child));
    }
    items
}

/// The number of the item; it is added if it is not listed.
fn number(items: &mut IdMap<Item<'_>>, id: ItemId) -> usize {
    let entry = items.entry(id);
    let number = entry.index();
    entry.or_insert(Item::Unlisted);
    number
}

fn referrers<'a>(process: &'a Process, items: &mut IdMap<Item<'a>>) -> Grouped<'a, Reference> {
    let mut waiting: FxHashSet<(ItemId, ItemId)> = FxHashSet::default();
    for resource in &process.resources {
        waiting.extend(resource.waiters.iter().map(|id| (resource.id, *id)));
    }
    let waits = |reference: &Reference| match &reference.from {
        Referrer::Item(id) => waiting.contains(&(reference.to, *id)),
        Referrer::Module(_) => false,
    };
    let references = (process.references.iter())
        .filter(|reference| !waits(reference))
        .map(|reference| (number(items, reference.to), reference));
    Grouped::of(references.collect())
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
        format!("{}@{}", short(&task.coroutine), address(task.id))
    } else {
        short(&task.name)
    }
}

/// The number of a loop and the name of its thread: `#1 MainThread`. Printable.
pub fn loop_label(event_loop: &EventLoop, index: &Index) -> String {
    let number = index.loop_index(event_loop.id).map_or(0, |at| at + 1);
    match event_loop.thread.and_then(|id| index.thread(id)) {
        Some(thread) => format!("#{number} {}", short(&thread.name)),
        None => format!("#{number}"),
    }
}

/// An id without the word for its kind: `0x7f00`, `4242`, `fd-7`.
pub fn address(id: ItemId) -> String {
    match id {
        ItemId::Task(addr)
        | ItemId::Loop(addr)
        | ItemId::Coroutine(addr)
        | ItemId::Resource(_, addr) => format!("{addr:#x}"),
        ItemId::Thread(native_id) => native_id.to_string(),
        ItemId::Process(pid) => pid.to_string(),
        ItemId::File(_, fd) => format!("fd-{fd}"),
    }
}

/// A name of the target, cut and printable.
pub fn short(text: &str) -> String {
    plain_text::cut(&plain_text::name(text), NAME_COLUMNS).into_owned()
}

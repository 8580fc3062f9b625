//! Items of a process by their ids, and what people call them.

use std::cmp::Ordering;
use std::ops::Deref;

use rustc_hash::{FxHashMap, FxHashSet};

use super::describe;
use crate::model::{
    Edge, EventLoop, Item, ItemId, Process, Reference, Referrer, Task, Thread, Wait,
};
use crate::plain_text;

/// Names longer than this are cut wherever they only refer to something.
const NAME_COLUMNS: usize = 40;

/// The items of one process by their ids, with what the report prints of them.
pub struct Index<'a> {
    items: crate::model::Index<'a>,
    /// The file of the program's own in which most frames are.
    home: Option<&'a str>,
    /// Sorted by the item that they lead from.
    edges: Vec<&'a Edge>,
    /// Sorted by the resource that they lead to.
    references: Vec<&'a Reference>,
}

/// An index finds whatever the index of the model finds.
impl<'a> Deref for Index<'a> {
    type Target = crate::model::Index<'a>;

    fn deref(&self) -> &Self::Target {
        &self.items
    }
}

impl<'a> Index<'a> {
    /// The index of everything in `process`.
    pub fn new(process: &'a Process) -> Self {
        let mut edges: Vec<&Edge> = process.edges.iter().collect();
        edges.sort_by_key(|edge| edge.from);
        Self {
            items: crate::model::Index::new(process),
            home: home(process),
            edges,
            references: references(process),
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

    /// The loop that the thread runs.
    pub fn loop_of(&self, thread: &Thread) -> Option<&'a EventLoop> {
        self.items.event_loop(thread.event_loop?)
    }

    /// The edges to what has to go on before `id` does.
    pub fn edges_from(&self, id: ItemId) -> &[&'a Edge] {
        equal_range(&self.edges, |edge| edge.from.cmp(&id))
    }

    /// The references to a resource from items that do not wait for it.
    pub fn references_to(&self, resource: ItemId) -> &[&'a Reference] {
        equal_range(&self.references, |reference| reference.to.cmp(&resource))
    }

    /// A short, printable name for the item; its id where the process lists no
    /// such item.
    pub fn label(&self, id: ItemId) -> String {
        match self.items.get(id) {
            Some(Item::Task(task)) => task_label(task),
            Some(Item::Thread(thread)) => format!("thread {}", short(&thread.name)),
            Some(Item::Loop(_)) => format!("loop #{}", self.loop_number(id)),
            Some(Item::Resource(resource)) => describe::title(resource),
            Some(Item::Coroutine(coroutine)) => format!("{}()", short(&coroutine.qualname)),
            Some(Item::Child(child)) => format!("process {}", child.pid),
            None => id.to_string(),
        }
    }

    /// The number of a loop in the report, which counts from 1.
    fn loop_number(&self, id: ItemId) -> usize {
        self.items.position(id).map_or(0, |position| position + 1)
    }
}

/// The values that `compare` finds equal, of values sorted by it.
fn equal_range<T>(values: &[T], compare: impl Fn(&T) -> Ordering) -> &[T] {
    let begin = values.partition_point(|value| compare(value) == Ordering::Less);
    let rest = values.get(begin..).unwrap_or_default();
    let count = rest.partition_point(|value| compare(value) == Ordering::Equal);
    rest.get(..count).unwrap_or_default()
}

/// The references from items that do not wait for the resource, sorted by the
/// resource.
fn references(process: &Process) -> Vec<&Reference> {
    let mut waiting: FxHashSet<(ItemId, ItemId)> = FxHashSet::default();
    for resource in process.resources.iter() {
        waiting.extend(resource.waiters.iter().map(|id| (resource.id, *id)));
    }
    let waits = |reference: &Reference| match &reference.from {
        Referrer::Item(id) => waiting.contains(&(reference.to, *id)),
        Referrer::Module(_) => false,
    };
    let mut references: Vec<&Reference> = (process.references.iter())
        .filter(|reference| !waits(reference))
        .collect();
    references.sort_by_key(|reference| reference.to);
    references
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
pub(super) fn task_label(task: &Task) -> String {
    if task.name.is_empty() {
        format!("{}@{}", short(&task.coroutine), address(task.id))
    } else {
        short(&task.name)
    }
}

/// The number of a loop and the name of its thread: `#1 MainThread`. Printable.
pub(super) fn loop_label(event_loop: &EventLoop, index: &Index) -> String {
    let number = index.loop_number(event_loop.id);
    match event_loop.thread.and_then(|id| index.thread(id)) {
        Some(thread) => format!("#{number} {}", short(&thread.name)),
        None => format!("#{number}"),
    }
}

/// An id without the word for its kind: `0x7f00`, `4242`, `fd-7`.
pub(crate) fn address(id: ItemId) -> String {
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
pub(super) fn short(text: &str) -> String {
    plain_text::cut(&plain_text::name(text), NAME_COLUMNS).into_owned()
}

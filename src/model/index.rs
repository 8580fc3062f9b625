//! The one index of a process: from an id to the item that it denotes.

use super::id::{IdMap, ItemId};
use super::{ChildProcess, Coroutine, EventLoop, Process, Resource, Task, Thread};

/// An item of a process that has an id.
#[derive(Debug, Clone, Copy)]
pub enum Item<'a> {
    /// A task.
    Task(&'a Task),
    /// A thread.
    Thread(&'a Thread),
    /// A resource, a file of the kernel included.
    Resource(&'a Resource),
    /// A coroutine of no task.
    Coroutine(&'a Coroutine),
    /// An event loop.
    Loop(&'a EventLoop),
    /// A child process.
    Child(&'a ChildProcess),
}

impl Item<'_> {
    /// The id of the item.
    pub const fn id(&self) -> ItemId {
        match self {
            Self::Task(task) => task.id,
            Self::Thread(thread) => thread.id,
            Self::Resource(resource) => resource.id,
            Self::Coroutine(coroutine) => coroutine.id,
            Self::Loop(event_loop) => event_loop.id,
            Self::Child(child) => child.id,
        }
    }
}

/// An item and its position in the list of the process that holds it.
#[derive(Debug, Clone, Copy)]
struct Entry<'a> {
    item: Item<'a>,
    position: usize,
}

/// Finds the items of one process by their ids.
///
/// Each item also has a number. Numbers count from 0 without gaps, in the order
/// tasks, threads, resources, coroutines, loops, children, and within one sort
/// in the order of the process's list. Two items with the same id share one
/// number; the id denotes the later item.
#[derive(Debug, Default)]
pub struct Index<'a> {
    entries: IdMap<Entry<'a>>,
}

impl<'a> Index<'a> {
    /// Indexes everything in `process` that has an id.
    pub fn new(process: &'a Process) -> Self {
        let mut index = Self::default();
        let many = process.tasks.len() + process.threads.len() + process.resources.len();
        index.entries.reserve(many + process.coroutines.len());
        index.extend(process.tasks.iter().map(|task| Item::Task(task)));
        index.extend(process.threads.iter().map(Item::Thread));
        index.extend(process.resources.iter().map(Item::Resource));
        index.extend(process.coroutines.iter().map(Item::Coroutine));
        index.extend(process.loops.iter().map(Item::Loop));
        index.extend(process.children.iter().map(Item::Child));
        index
    }

    fn extend(&mut self, items: impl Iterator<Item = Item<'a>>) {
        for (position, item) in items.enumerate() {
            self.entries.insert(item.id(), Entry { item, position });
        }
    }

    /// The item with this id.
    pub fn get(&self, id: ItemId) -> Option<Item<'a>> {
        self.entries.get(&id).map(|entry| entry.item)
    }

    /// The task with this id.
    pub fn task(&self, id: ItemId) -> Option<&'a Task> {
        match self.get(id)? {
            Item::Task(task) => Some(task),
            _ => None,
        }
    }

    /// The thread with this id.
    pub fn thread(&self, id: ItemId) -> Option<&'a Thread> {
        match self.get(id)? {
            Item::Thread(thread) => Some(thread),
            _ => None,
        }
    }

    /// The event loop with this id.
    pub fn event_loop(&self, id: ItemId) -> Option<&'a EventLoop> {
        match self.get(id)? {
            Item::Loop(event_loop) => Some(event_loop),
            _ => None,
        }
    }

    /// The coroutine of no task with this id.
    pub fn coroutine(&self, id: ItemId) -> Option<&'a Coroutine> {
        match self.get(id)? {
            Item::Coroutine(coroutine) => Some(coroutine),
            _ => None,
        }
    }

    /// The resource with this id.
    pub fn resource(&self, id: ItemId) -> Option<&'a Resource> {
        match self.get(id)? {
            Item::Resource(resource) => Some(resource),
            _ => None,
        }
    }

    /// The child process with this id.
    pub fn child(&self, id: ItemId) -> Option<&'a ChildProcess> {
        match self.get(id)? {
            Item::Child(child) => Some(child),
            _ => None,
        }
    }

    /// The position of the item in the list of the process that holds it, e.g.
    /// of a task in `Process::tasks`.
    pub fn position(&self, id: ItemId) -> Option<usize> {
        self.entries.get(&id).map(|entry| entry.position)
    }

    /// The number of the item with this id.
    pub fn number(&self, id: ItemId) -> Option<usize> {
        self.entries.get_index_of(&id)
    }

    /// The item with this number.
    pub fn at(&self, number: usize) -> Option<Item<'a>> {
        self.entries.get_index(number).map(|(_, entry)| entry.item)
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the process has no item.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// All items, by their numbers.
    pub fn iter(&self) -> impl Iterator<Item = Item<'a>> {
        self.entries.values().map(|entry| entry.item)
    }
}

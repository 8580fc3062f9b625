//! What the ids of a process denote, numbered, so that what is looked at for
//! each task need not be looked up by its text.

use arcstr::ArcStr;
use petgraph::graph::NodeIndex;

use crate::model::ids::IdMap;
use crate::model::{ChildProcess, Coroutine, EventLoop, Process, Resource, Task, Thread};

/// Everything that one id may denote.
#[derive(Debug, Clone, Copy)]
pub enum Node<'a> {
    Task(&'a Task),
    Thread(&'a Thread),
    Resource(&'a Resource),
    Coroutine(&'a Coroutine),
    Loop(&'a EventLoop),
    Child(&'a ChildProcess),
}

impl<'a> Node<'a> {
    pub fn id(&self) -> &'a ArcStr {
        match self {
            Self::Task(task) => &task.id,
            Self::Thread(thread) => &thread.id,
            Self::Resource(resource) => &resource.id,
            Self::Coroutine(coroutine) => &coroutine.id,
            Self::Loop(event_loop) => &event_loop.id,
            Self::Child(child) => &child.id,
        }
    }
}

/// The nodes of a process: tasks, threads and resources first, each in the
/// order of the process.
#[derive(Debug, Default)]
pub struct Nodes<'a> {
    /// Their places are the numbers.
    list: IdMap<'a, Node<'a>>,
    /// The numbers of all tasks, in their order.
    tasks: Vec<NodeIndex>,
}

impl<'a> Nodes<'a> {
    /// Numbers everything in `process` that has an id. Of two with the same id,
    /// the later one counts.
    pub fn of(process: &'a Process) -> Self {
        let mut list: IdMap<'_, Node<'_>> = IdMap::default();
        list.reserve(process.tasks.len() + process.threads.len() + process.resources.len());
        let mut tasks = Vec::with_capacity(process.tasks.len());
        for task in &process.tasks {
            list.insert(&task.id, Node::Task(task));
            tasks.extend(list.place(&task.id).map(NodeIndex::new));
        }
        let threads = process.threads.iter().map(Node::Thread);
        let resources = process.resources.iter().map(Node::Resource);
        let coroutines = process.coroutines.iter().map(Node::Coroutine);
        let loops = process.loops.iter().map(Node::Loop);
        let children = process.children.iter().map(Node::Child);
        let others = threads.chain(resources).chain(coroutines);
        for node in others.chain(loops).chain(children) {
            list.insert(node.id(), node);
        }
        Self { list, tasks }
    }

    /// The number of what the id denotes.
    pub fn number(&self, id: &str) -> Option<NodeIndex> {
        self.list.place(id).map(NodeIndex::new)
    }

    /// What has this number.
    pub fn at(&self, number: NodeIndex) -> Option<Node<'a>> {
        self.list.at(number.index()).copied()
    }

    /// What the id denotes.
    pub fn get(&self, id: &str) -> Option<Node<'a>> {
        self.list.get(id).copied()
    }

    /// All, by their numbers.
    pub fn iter(&self) -> impl Iterator<Item = Node<'a>> {
        self.list.values().copied()
    }

    /// The numbers of all tasks, in the order of the process.
    pub fn tasks(&self) -> &[NodeIndex] {
        &self.tasks
    }
}

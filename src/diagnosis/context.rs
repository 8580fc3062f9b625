//! What every rule looks at: the process, who moved, and who waits for whom.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use petgraph::graph::NodeIndex;
use rustc_hash::FxHashMap;

use super::finding::Waiters;
use super::graph::Graph;
use super::nodes::{Node, Nodes};
use super::progress::Progress;
use super::rules::Cycle;
use super::source::Module;
use crate::diagnosis::sources::Sources;
use crate::model::ids::IdMap;
use crate::model::{
    ChildProcess, Coroutine, EventLoop, Frame, LoopFile, Process, Reference, Resource, Task,
    TaskState, Thread,
};

/// Names shown in one summary before the rest is counted.
const NAMES_SHOWN: usize = 3;

/// One process under examination.
pub struct Context<'a> {
    pub process: &'a Process,
    pub earlier: &'a [Process],
    pub interval_s: f64,
    pub progress: Progress<'a>,
    pub nodes: Rc<Nodes<'a>>,
    pub graph: Graph<'a>,
    /// Who refers to a resource.
    references: IdMap<'a, Vec<&'a Reference>>,
    pub(super) cycles: OnceCell<Vec<Cycle<'a>>>,
    pub(super) dead_ends: OnceCell<Vec<&'a Resource>>,
    pub(super) others_live: OnceCell<bool>,
    pub(super) any_guarded: OnceCell<bool>,
    /// Who waits for which resource, by its node.
    pub(super) waiters: RefCell<FxHashMap<NodeIndex, Waiters<'a>>>,
    sources: &'a dyn Sources,
    modules: RefCell<FxHashMap<String, Option<Rc<Module>>>>,
}

impl<'a> Context<'a> {
    /// Indexes the process and works out who is stuck.
    pub fn new(
        process: &'a Process,
        earlier: &'a [Process],
        interval_s: f64,
        sources: &'a dyn Sources,
    ) -> Self {
        let mut context = Self {
            process,
            earlier,
            interval_s,
            progress: Progress::compare(process, earlier, interval_s),
            nodes: Rc::new(Nodes::of(process)),
            graph: Graph::default(),
            references: IdMap::default(),
            cycles: OnceCell::new(),
            dead_ends: OnceCell::new(),
            others_live: OnceCell::new(),
            any_guarded: OnceCell::new(),
            waiters: RefCell::default(),
            sources,
            modules: RefCell::default(),
        };
        for reference in &process.references {
            let of = context.references.entry(&reference.to, Vec::new);
            of.push(reference);
        }
        context.graph = Graph::build(&context);
        context
    }

    /// The parsed source of a file, where it can be had.
    pub fn module(&self, file: &str) -> Option<Rc<Module>> {
        if let Some(known) = self.modules.borrow().get(file) {
            return known.clone();
        }
        let module = self
            .sources
            .read(file)
            .map(|text| Rc::new(Module::parse(text)));
        self.modules
            .borrow_mut()
            .insert(file.to_owned(), module.clone());
        module
    }

    /// Who refers to the resource.
    pub fn referrers(&self, resource: &str) -> &[&'a Reference] {
        self.references.get(resource).map_or(&[], Vec::as_slice)
    }

    /// The command line of the parent process.
    pub fn parent_command(&self) -> Option<Vec<String>> {
        self.sources.parent_command(self.process.parent_pid?)
    }

    pub fn task(&self, id: &str) -> Option<&'a Task> {
        match self.nodes.get(id) {
            Some(Node::Task(task)) => Some(task),
            _ => None,
        }
    }

    pub fn thread(&self, id: &str) -> Option<&'a Thread> {
        match self.nodes.get(id) {
            Some(Node::Thread(thread)) => Some(thread),
            _ => None,
        }
    }

    pub fn resource(&self, id: &str) -> Option<&'a Resource> {
        match self.nodes.get(id) {
            Some(Node::Resource(resource)) => Some(resource),
            _ => None,
        }
    }

    pub fn coroutine(&self, id: &str) -> Option<&'a Coroutine> {
        match self.nodes.get(id) {
            Some(Node::Coroutine(coroutine)) => Some(coroutine),
            _ => None,
        }
    }

    pub fn event_loop(&self, id: &str) -> Option<&'a EventLoop> {
        match self.nodes.get(id) {
            Some(Node::Loop(event_loop)) => Some(event_loop),
            _ => None,
        }
    }

    pub fn child(&self, id: &str) -> Option<&'a ChildProcess> {
        match self.nodes.get(id) {
            Some(Node::Child(child)) => Some(child),
            _ => None,
        }
    }

    /// The thread on which the task's code is running now.
    pub fn thread_of_running(&self, task: &Task) -> Option<&'a Thread> {
        if task.state != TaskState::Running {
            return None;
        }
        self.process
            .threads
            .iter()
            .find(|thread| thread.task.as_deref() == Some(&task.id))
    }

    /// The stack of whatever the id denotes, innermost first; of a running
    /// task that of its thread, which goes on into synchronous code.
    pub fn frames(&self, id: &str) -> &'a [Frame] {
        match self.nodes.get(id) {
            Some(Node::Task(task)) => match self.thread_of_running(task) {
                Some(thread) => &thread.frames,
                None => &task.frames,
            },
            Some(Node::Thread(thread)) => &thread.frames,
            Some(Node::Coroutine(coroutine)) => &coroutine.frames,
            _ => &[],
        }
    }

    /// Where a loop watches a file for the task.
    pub fn file_of(&self, task: &Task) -> Option<&'a LoopFile> {
        let files = || self.process.loops.iter().flat_map(|l| &l.files);
        let wait = task.waits_for.as_ref()?;
        files()
            .find(|file| file.tasks.contains(&task.id))
            .or_else(|| {
                let id = wait.resource.as_deref()?;
                let fd = id.rsplit([':', '-']).next().filter(|_| id.contains("fd"))?;
                files().find(|file| file.fd.to_string() == fd)
            })
            .or_else(|| {
                let peer = wait.peer.as_deref()?;
                files().find(|file| file.peer.as_deref() == Some(peer))
            })
    }

    /// Sockets on which this process takes connections.
    pub fn listeners(&self) -> impl Iterator<Item = &'a LoopFile> {
        self.process
            .loops
            .iter()
            .flat_map(|event_loop| &event_loop.files)
            .filter(|file| file.state.as_deref() == Some("LISTEN"))
    }

    /// Tasks that are not done.
    pub fn live_tasks(&self) -> impl Iterator<Item = &'a Task> {
        self.live_nodes().map(|(_, task)| task)
    }

    /// Tasks that are not done, with their numbers.
    pub fn live_nodes(&self) -> impl Iterator<Item = (NodeIndex, &'a Task)> {
        let tasks = self.nodes.tasks().iter().zip(&self.process.tasks);
        tasks
            .map(|(number, task)| (*number, &**task))
            .filter(|(_, task)| task.state != TaskState::Done)
    }

    /// What people call the thing that an id denotes.
    pub fn name(&self, id: &str) -> String {
        match self.nodes.get(id) {
            Some(Node::Task(task)) => task_name(task),
            Some(Node::Thread(thread)) => thread.name.clone(),
            Some(Node::Resource(resource)) => resource_name(resource),
            Some(Node::Coroutine(coroutine)) => format!("{}()", coroutine.qualname),
            Some(Node::Child(child)) => format!("process {}", child.pid),
            Some(Node::Loop(_)) => "the event loop".to_owned(),
            None => id.to_owned(),
        }
    }

    /// Several names in one phrase, the rest counted.
    pub fn names<I, S>(&self, ids: I) -> String
    where
        I: IntoIterator<Item = S>,
        S: AsRef<str>,
    {
        let mut names: Vec<String> = Vec::new();
        let mut more = 0;
        for id in ids {
            if names.len() < NAMES_SHOWN {
                names.push(self.name(id.as_ref()));
            } else {
                more += 1;
            }
        }
        match more {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

fn task_name(task: &Task) -> String {
    match (task.name.is_empty(), task.name_is_default) {
        (true, _) => task.coroutine.to_string(),
        (false, true) if !task.coroutine.is_empty() => {
            format!("{} ({})", task.name, task.coroutine)
        }
        _ => task.name.to_string(),
    }
}

/// The name of a resource, else its type.
pub fn resource_name(resource: &Resource) -> String {
    match &resource.name {
        Some(name) => name.clone(),
        None if !resource.type_name.is_empty() => format!("a {}", short_type(&resource.type_name)),
        None => format!("a {}", resource.kind),
    }
}

/// `asyncio.locks.Lock` as people write it: `asyncio.Lock`.
pub fn short_type(full: &str) -> String {
    let mut parts = full.split('.');
    match (parts.next(), full.rsplit('.').next()) {
        (Some(first), Some(last)) if first != last => {
            format!("{}.{last}", first.trim_start_matches('_'))
        }
        _ => full.to_owned(),
    }
}

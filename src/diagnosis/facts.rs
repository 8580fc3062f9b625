//! What is known before any conclusion: the samples, what moved, who refers to
//! what, and the source files.

use std::cell::RefCell;
use std::rc::Rc;

use petgraph::graph::NodeIndex;
use rustc_hash::FxHashMap;

use super::enders::waits_directly;
use super::frames::{is_forked_step, is_library_only};
use super::progress::Progress;
use super::source::Module;
use super::sources::Sources;
use crate::model::{
    ChildProcess, Confidence, Consistency, Coroutine, EventLoop, Frame, Framework, IdMap, IdSet,
    Index, Item, ItemId, LoopFile, PendingCode, Process, Reference, Resource, ResourceKind,
    Resting, RestingProcess, Task, TaskState, Thread, ThreadState, WaitKind,
};

/// Share of a processor from which on a thread counts as computing.
pub(super) const COMPUTING: f64 = 0.5;
/// The same for a thread that was seen running in every sample: it may have to
/// share its processor.
const COMPUTING_IF_RUNNING: f64 = 0.05;
/// Largest error in seconds of the time that is left of a call.
const SAME_LIMIT_S: f64 = 0.05;

/// One process under examination.
pub(super) struct Facts<'a> {
    /// The last sample.
    pub process: &'a Process,
    /// The samples before it, oldest first.
    pub earlier: &'a [Process],
    /// Planned seconds between two samples.
    pub interval_s: f64,
    /// What changed between the samples.
    pub progress: Progress,
    /// The items of the last sample by their ids.
    pub index: Rc<Index<'a>>,
    /// The numbers of all tasks in the graph, in the order of the process.
    task_nodes: Vec<NodeIndex>,
    /// Who refers to a resource.
    references: IdMap<Vec<&'a Reference>>,
    /// The tasks that wait for the job of a thread with code of libraries alone.
    job_givers: IdMap<ItemId>,
    /// What each process rests on of which all that matters waits.
    resting: IdMap<Vec<ItemId>>,
    sources: &'a dyn Sources,
    modules: RefCell<FxHashMap<String, Option<Rc<Module>>>>,
}

/// The processes that rested all the time since the last sample, and what each waits for. In a
/// worker of a pool the main thread alone runs jobs.
fn resting(process: &Process, earlier: &[Process]) -> IdMap<Vec<ItemId>> {
    let of_pool = |on: &ItemId| on.resource_kind() == Some(ResourceKind::ProcessPool);
    let deciding = |one: &RestingProcess| -> Option<Vec<Resting>> {
        let main = one.threads.first().copied()?;
        if main.on.as_ref().is_some_and(of_pool) {
            return Some(vec![main]);
        }
        let all = one.threads.iter().all(|thread| thread.on.is_some());
        (all && !one.handles_signals).then(|| one.threads.clone())
    };
    let rested = |id: ItemId, threads: &Vec<Resting>| {
        // Nothing of it has moved since, so that the time between does not matter.
        let mut before = earlier.iter().last().into_iter().flat_map(|it| &it.resting);
        let before = before.find(|one| one.id == id).and_then(deciding);
        before.as_ref() == Some(threads)
    };
    let resting = process.resting.iter().filter(|_| !earlier.is_empty());
    resting
        .filter_map(|one| {
            let threads = deciding(one).filter(|threads| rested(one.id, threads))?;
            let on = threads.iter().filter_map(|thread| thread.on);
            Some((one.id, on.collect()))
        })
        .collect()
}

impl<'a> Facts<'a> {
    /// Indexes the last sample and compares it with the earlier ones.
    pub(super) fn new(
        process: &'a Process,
        earlier: &'a [Process],
        interval_s: f64,
        sources: &'a dyn Sources,
    ) -> Self {
        let mut references: IdMap<Vec<&Reference>> = IdMap::default();
        for reference in process.references.iter() {
            references.entry(reference.to).or_default().push(reference);
        }
        let index = Index::new(process);
        let tasks = process.tasks.iter();
        let task_nodes = tasks.filter_map(|task| index.number(task.id).map(NodeIndex::new));
        Self {
            process,
            earlier,
            interval_s,
            progress: Progress::compare(process, earlier, interval_s),
            task_nodes: task_nodes.collect(),
            index: Rc::new(index),
            references,
            job_givers: job_givers(process),
            resting: resting(process, earlier),
            sources,
            modules: RefCell::default(),
        }
    }

    /// The parsed source of a file; `None` where its text cannot be had.
    pub(super) fn module(&self, file: &str) -> Option<Rc<Module>> {
        if let Some(known) = self.modules.borrow().get(file) {
            return known.clone();
        }
        let text = self.sources.read(file);
        let module = text.map(|text| Rc::new(Module::parse(text)));
        let mut modules = self.modules.borrow_mut();
        modules.insert(file.to_owned(), module.clone());
        module
    }

    /// Who refers to the resource.
    pub(super) fn referrers(&self, resource: ItemId) -> &[&'a Reference] {
        self.references.get(&resource).map_or(&[], Vec::as_slice)
    }

    /// Whether it is known who refers to the resource.
    pub(super) fn is_explored(&self, resource: ItemId) -> bool {
        self.references.contains_key(&resource) || self.process.unshared.contains(&resource)
    }

    /// The command line of the parent process.
    pub(super) fn parent_command(&self) -> Option<Vec<String>> {
        self.sources.parent_command(self.process.parent_pid?)
    }

    /// The other processes that cannot go on before one of these items does, as the kernel
    /// says.
    pub(super) fn resting(&self) -> &IdMap<Vec<ItemId>> {
        &self.resting
    }

    /// The number of the item in the graph.
    pub(super) fn node(&self, id: ItemId) -> Option<NodeIndex> {
        self.index.number(id).map(NodeIndex::new)
    }

    /// The item with this number in the graph.
    pub(super) fn item(&self, node: NodeIndex) -> Option<Item<'a>> {
        self.index.at(node.index())
    }

    /// The task with this id.
    pub(super) fn task(&self, id: ItemId) -> Option<&'a Task> {
        self.index.task(id)
    }

    /// The thread with this id.
    pub(super) fn thread(&self, id: ItemId) -> Option<&'a Thread> {
        self.index.thread(id)
    }

    /// The resource with this id.
    pub(super) fn resource(&self, id: ItemId) -> Option<&'a Resource> {
        self.index.resource(id)
    }

    /// The coroutine with this id.
    pub(super) fn coroutine(&self, id: ItemId) -> Option<&'a Coroutine> {
        self.index.coroutine(id)
    }

    /// The event loop with this id.
    pub(super) fn event_loop(&self, id: ItemId) -> Option<&'a EventLoop> {
        self.index.event_loop(id)
    }

    /// The child process with this id.
    pub(super) fn child(&self, id: ItemId) -> Option<&'a ChildProcess> {
        self.index.child(id)
    }

    /// The framework of the first task among `ids`; asyncio where there is none.
    pub(super) fn framework(&self, ids: impl IntoIterator<Item = ItemId>) -> Framework {
        let mut tasks = ids.into_iter().filter_map(|id| self.task(id));
        tasks.next().map(|task| task.framework).unwrap_or_default()
    }

    /// The thread on whose stack the task is now.
    pub(super) fn thread_of_running(&self, task: &Task) -> Option<&'a Thread> {
        if task.state != TaskState::Running {
            return None;
        }
        let mut threads = self.process.threads.iter();
        threads.find(|thread| thread.task == Some(task.id))
    }

    /// What a task or thread will run that is on no stack.
    pub(super) fn pending_code(&self, id: ItemId) -> &'a [PendingCode] {
        self.process.pending.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The stack of the item, innermost first. A running task has the stack of
    /// its thread, which goes on into synchronous code.
    pub(super) fn frames(&self, id: ItemId) -> &'a [Frame] {
        match self.index.get(id) {
            Some(Item::Task(task)) => match self.thread_of_running(task) {
                Some(thread) => &thread.frames,
                None => &task.frames,
            },
            Some(Item::Thread(thread)) => &thread.frames,
            Some(Item::Coroutine(coroutine)) => &coroutine.frames,
            Some(Item::Resource(_) | Item::Loop(_) | Item::Child(_)) | None => &[],
        }
    }

    /// Who really waits. Before CPython 3.12, `asyncio.wait_for` runs what it waits for in a
    /// task of its own, which is a part of the task that called it. So is a task that does
    /// nothing but wait in a method of the standard library, and for which one other task
    /// waits. A thread that runs a method of a library as a job waits for the task that gave
    /// it the job.
    pub(super) fn caller_of_wait(&self, id: ItemId) -> ItemId {
        if let Some(task) = self.job_givers.get(&id) {
            return *task;
        }
        let Some(inner) = self.task(id).filter(|task| is_library_only(&task.frames)) else {
            return id;
        };
        let caller = match &*inner.awaited_by {
            [only] => self.task(*only),
            _ => None,
        };
        let is_part = |caller: &&Task| {
            wait_kind(caller) == Some(WaitKind::WaitFor) || waits_directly(&inner.frames)
        };
        caller.filter(is_part).map_or(id, |caller| caller.id)
    }

    /// Whether the wait of `id` is in a job that `task` gave to a thread.
    pub(super) fn gave_the_job(&self, task: ItemId, id: ItemId) -> bool {
        self.job_givers.get(&id) == Some(&task)
    }

    /// The frames of coroutines that no task runs.
    pub(super) fn detached_frames(&self) -> impl Iterator<Item = &'a Frame> {
        let coroutines = self.process.coroutines.iter();
        coroutines.flat_map(|coroutine| &coroutine.frames)
    }

    /// The file that a loop watches for the task.
    pub(super) fn file_of(&self, task: &Task) -> Option<&'a LoopFile> {
        let files = || self.process.loops.iter().flat_map(|l| &l.files);
        let wait = task.waits_for.as_ref()?;
        files()
            .find(|file| file.tasks.contains(&task.id))
            .or_else(|| {
                let fd = wait.resource?.descriptor()?;
                files().find(|file| file.fd == fd)
            })
            .or_else(|| {
                let peer = wait.peer.as_deref()?;
                files().find(|file| file.peer.as_deref() == Some(peer))
            })
    }

    /// Sockets on which this process takes connections.
    pub(super) fn listeners(&self) -> impl Iterator<Item = &'a LoopFile> {
        let files = self.process.loops.iter().flat_map(|l| &l.files);
        files.filter(|file| file.state.as_deref() == Some("LISTEN"))
    }

    /// Whether this process accepted the connection, so that the client speaks first.
    pub(super) fn is_served(&self, local: &str) -> bool {
        let port = |address: &str| address.rsplit(':').next().map(str::to_owned);
        let own = port(local);
        let of_loops = self.listeners().filter_map(|file| file.local.as_deref());
        let all = self.process.listening.iter().map(String::as_str);
        all.chain(of_loops).any(|listening| port(listening) == own)
    }

    /// Tasks that are not done.
    pub(super) fn live_tasks(&self) -> impl Iterator<Item = &'a Task> {
        let tasks = self.process.tasks.iter().map(|task| &**task);
        tasks.filter(|task| task.state != TaskState::Done)
    }

    /// Tasks that are not done, with their numbers in the graph.
    pub(super) fn live_nodes(&self) -> impl Iterator<Item = (NodeIndex, &'a Task)> {
        let tasks = self.task_nodes.iter().zip(&self.process.tasks);
        tasks
            .map(|(node, task)| (*node, &**task))
            .filter(|(_, task)| task.state != TaskState::Done)
    }

    /// Whether a task is a copy that a fork made of one of the parent: it is on
    /// a stack, but nobody runs its loop.
    pub(super) fn is_copy(&self, task: &Task) -> bool {
        if task.state != TaskState::Running {
            return false;
        }
        let event_loop = task.event_loop.and_then(|id| self.index.event_loop(id));
        let thread = self.thread_of_running(task);
        let forked = thread.is_some_and(is_forked_step);
        forked || event_loop.is_some_and(|event_loop| !event_loop.running)
    }

    /// Whether a thread computed in all samples: by the processor time that it
    /// used, or, where it may share its processor, by its state.
    pub(super) fn computes(&self, thread: &Thread) -> bool {
        let share = self.progress.cpu(thread.id);
        let runs = |thread: &Thread| {
            matches!(thread.state, ThreadState::Running | ThreadState::WaitingGil)
        };
        let ran = self.earlier.iter().all(|sample| {
            let mut threads = sample.threads.iter();
            threads.any(|old| old.id == thread.id && runs(old))
        });
        match share {
            Some(share) => {
                share >= COMPUTING || (share >= COMPUTING_IF_RUNNING && runs(thread) && ran)
            }
            None => runs(thread) && ran,
        }
    }

    /// Confidence in what one sample proves about these items.
    pub(super) fn proved(&self, ids: impl IntoIterator<Item = ItemId>) -> Confidence {
        let (mut unchanged, mut consistent) = (true, true);
        for id in ids {
            unchanged &= self.progress.unchanged(id);
            consistent &= !self.has_error(id);
        }
        match (
            self.progress.known && unchanged,
            self.process.read.consistency,
        ) {
            (true, _) | (false, Consistency::Stopped) => Confidence::Certain,
            (false, Consistency::Verified) if consistent => Confidence::Certain,
            (false, Consistency::Verified | Consistency::Running) => Confidence::Likely,
        }
    }

    /// Whether something could not be read of the item, or two readings of it
    /// differed.
    fn has_error(&self, id: ItemId) -> bool {
        match self.index.get(id) {
            Some(Item::Task(task)) => task.error.is_some(),
            Some(Item::Thread(thread)) => thread.error.is_some(),
            Some(Item::Resource(resource)) => resource.error.is_some(),
            Some(Item::Coroutine(coroutine)) => coroutine.error.is_some(),
            Some(Item::Loop(event_loop)) => event_loop.error.is_some(),
            Some(Item::Child(_)) | None => false,
        }
    }

    /// Confidence in what only follows from these items not having moved.
    pub(super) fn observed(&self, ids: impl IntoIterator<Item = ItemId>) -> Confidence {
        let unchanged = ids.into_iter().all(|id| self.progress.unchanged(id));
        match unchanged && self.progress.known {
            true => Confidence::Likely,
            false => Confidence::Possible,
        }
    }

    /// Seconds until the limit of the call ends in which the thread waits. `None` where it has
    /// none, or where the thread makes the same call again and again: then no limit ends its
    /// wait.
    pub(super) fn limit_of_call(&self, thread: &Thread) -> Option<f64> {
        let left = thread.waits_for.as_ref()?.remaining_s?;
        (!self.repeats_call(thread)).then_some(left)
    }

    /// Whether the thread makes the same call again, each time with a limit: the limit of the
    /// call in which it was seen first has passed.
    pub(super) fn repeats_call(&self, thread: &Thread) -> bool {
        let first = self.earlier.first().and_then(|sample| {
            let mut threads = sample.threads.iter();
            threads.find(|old| old.id == thread.id)
        });
        let left = |thread: &Thread| thread.waits_for.as_ref()?.remaining_s;
        let both = first.and_then(left).zip(left(thread));
        both.is_some_and(|(old, new)| new > (old - self.interval_s).max(0.0) + SAME_LIMIT_S)
            && self.progress.unchanged(thread.id)
    }

    /// Failed tasks from which the resource can be reached, each once.
    pub(super) fn failed_referrers(&self, resource: ItemId) -> Vec<&'a Task> {
        let mut failed: Vec<&Task> = Vec::new();
        for reference in self.referrers(resource) {
            let task = reference.from.item().and_then(|id| self.index.task(id));
            let Some(task) = task else { continue };
            let has_failed = task.state == TaskState::Done && task.exception.is_some();
            if has_failed && !failed.iter().any(|known| known.id == task.id) {
                failed.push(task);
            }
        }
        failed
    }
}

/// The kind of what a task waits for.
pub(super) fn wait_kind(task: &Task) -> Option<WaitKind> {
    task.waits_for.as_ref().map(|wait| wait.kind)
}

fn job_givers(process: &Process) -> IdMap<ItemId> {
    let mut givers: IdMap<ItemId> = IdMap::default();
    let threads = process.threads.iter();
    let of_libraries: IdSet = threads
        .filter(|thread| !thread.frames.is_empty() && is_library_only(&thread.frames))
        .map(|thread| thread.id)
        .collect();
    for task in &process.tasks {
        let wait = task.waits_for.as_ref();
        if let Some(wait) = wait.filter(|wait| wait.kind == WaitKind::Executor)
            && let [thread] = wait.holders[..]
            && of_libraries.contains(&thread)
        {
            givers.insert(thread, task.id);
        }
    }
    givers
}

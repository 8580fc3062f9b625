//! The passes that explain all waits of a process.

use std::cell::OnceCell;
use std::num::NonZeroU64;

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::detached::{self, DetachedCoroutine, QueuedCoroutine};
use super::frame_owners::{DetachedFrames, Owners};
use super::held::Held;
use super::holders::HolderSearch;
use super::jobs::Jobs;
use super::queue_position::QueuePosition;
use super::reachability::Reachability;
use super::registry::Registry;
use super::roots::{Roots, Variable};
use super::watched::WatchedObjects;
use super::{
    Explained, Search, WaitInputs, callbacks, children, ends, feeders, guards, job_results,
    pending, resting, since, summary, task, thread, trio, weak,
};
use crate::activity::Links;
use crate::asyncio::{FutureState, LoopHandles, Timers};
use crate::cpython::Reader;
use crate::model::{
    CoroutineState, Edge, EventLoop, Framework, IdMap, IdSet, ItemId, LoopState, Reference,
    ResourceKind, RestingProcess, TaskState, UserModule, VariableCall,
};
use crate::snapshot::edges::display_name;
use crate::snapshot::heap::Heap;
use crate::snapshot::in_use::InUse;
use crate::snapshot::tasks::BuiltTask;
use crate::snapshot::threads::BuiltThread;

/// Handles of each loop, by its address.
pub(super) type HandlesByLoop = Vec<(u64, LoopHandles)>;

/// Explains the waits of one process, pass by pass.
pub struct WaitGraph<'a, 'r, 'm> {
    inputs: &'a WaitInputs<'r, 'm>,
    tasks: &'a mut [BuiltTask],
    threads: &'a mut [BuiltThread],
    loops: &'a mut [EventLoop],
    registry: Registry<'r, 'm>,
    handles: HandlesByLoop,
    timers: Timers,
    /// Address of the default executor of each loop, by the address of the loop.
    executors: FxHashMap<u64, u64>,
    jobs: Jobs,
    /// Coroutines whose first step is in a ready queue, by address.
    queued: FxHashMap<u64, QueuedCoroutine>,
    held: Held,
    detached: Vec<DetachedCoroutine>,
    detached_frames: Vec<DetachedFrames>,
    references: Vec<Reference>,
    unshared: IdSet,
    variable_calls: Vec<VariableCall>,
    modules: Vec<UserModule>,
    resting: Vec<RestingProcess>,
    /// Worker processes of pools whose results are waited for.
    workers: Vec<resting::Worker>,
}

impl<'a, 'r, 'm> WaitGraph<'a, 'r, 'm> {
    /// Begins with the edges between tasks, and reads handles, timers and executors.
    pub fn new(
        inputs: &'a WaitInputs<'r, 'm>,
        tasks: &'a mut [BuiltTask],
        threads: &'a mut [BuiltThread],
        loops: &'a mut [EventLoop],
        edges: &[Edge],
    ) -> Self {
        let reader = inputs.reader;
        let mut registry = Registry::new(reader, edges);
        let handles: HandlesByLoop = loops
            .iter()
            .filter_map(|shown| trio::handles_of(inputs, shown))
            .collect();
        let mut timers = Timers::default();
        for (_, handles) in &handles {
            timers.add(reader, &handles.timers, inputs.now);
        }
        let executors = default_executors(reader, &handles);
        let default_executors: Vec<u64> = executors.values().copied().collect();
        Self {
            jobs: Jobs::find(&mut registry, threads, &default_executors),
            queued: detached::queued(reader, &handles),
            inputs,
            tasks,
            threads,
            loops,
            registry,
            handles,
            timers,
            executors,
            held: Held::default(),
            detached: Vec::new(),
            detached_frames: Vec::new(),
            references: Vec::new(),
            modules: Vec::new(),
            unshared: IdSet::default(),
            variable_calls: Vec::new(),
            resting: Vec::new(),
            workers: Vec::new(),
        }
    }

    /// Runs all passes whose input must be of one moment.
    ///
    /// `completing` has the tasks that complete each future of `concurrent.futures`, by its
    /// address.
    pub fn explain(&mut self, completing: &FxHashMap<u64, Vec<ItemId>>) {
        self.read_blocks();
        self.explain_threads(completing);
        self.workers = job_results::explain(&mut self.registry, self.threads);
        feeders::explain(&mut self.registry, self.threads);
        self.explain_tasks();
        self.add_guards();
        self.mark_weakly_held();
        self.find_holders();
    }

    /// Reads the context managers that frames have entered, and finds coroutines without a
    /// task. Needs no other pass.
    ///
    /// A coroutine has no task if no await chain and no `with` block contains it.
    fn read_blocks(&mut self) {
        let (inputs, reader) = (self.inputs, self.inputs.reader);
        let owners = Owners {
            tasks: self.tasks,
            threads: self.threads,
            detached: &[],
        };
        let mut in_use = InUse::new(inputs.heap.map_or(&[], Heap::found_coroutines));
        let mut held = Held::read(reader, &owners, inputs.now, &mut in_use);
        in_use.extend(inputs.own_coroutines.iter().copied());
        let tasks = self.tasks.iter();
        in_use.extend(tasks.filter_map(|built| built.coroutine.map(NonZeroU64::get)));
        let mut candidates: Vec<u64> = self.queued.keys().copied().collect();
        if let Some(heap) = inputs.heap {
            candidates.extend(heap.coroutines(reader, &in_use));
        }
        if inputs.search == Search::Coroutines {
            candidates.extend(reachable_coroutines(inputs, &owners, &self.handles));
        }
        let (detached, frames) = detached::coroutines(
            reader,
            inputs.frames,
            candidates.into_iter(),
            &in_use,
            &self.queued,
        );
        let owners = Owners {
            tasks: &[],
            threads: &[],
            detached: &frames,
        };
        let held_by_detached = Held::read(reader, &owners, inputs.now, &mut InUse::default());
        held.merge(held_by_detached);
        self.held = held;
        self.detached = detached;
        self.detached_frames = frames;
    }

    /// Explains what each blocked thread waits for. Needs the jobs of executors.
    fn explain_threads(&mut self, completing: &FxHashMap<u64, Vec<ItemId>>) {
        let polling: FxHashSet<ItemId> = self
            .loops
            .iter()
            .filter(|shown| shown.state == LoopState::Polling)
            .filter_map(|shown| shown.thread)
            .collect();
        let by_ident = self
            .threads
            .iter()
            .map(|built| (built.ident, built.thread.id))
            .collect();
        let by_future = self
            .queued
            .iter()
            .flat_map(|(coroutine, queued)| {
                let id = ItemId::Coroutine(*coroutine);
                queued.futures.iter().map(move |future| (*future, id))
            })
            .collect();
        let thread_ids: Vec<ItemId> = self.threads.iter().map(|it| it.thread.id).collect();
        let mut explain = thread::ExplainThread {
            inputs: self.inputs,
            thread_ids: &thread_ids,
            registry: &mut self.registry,
            jobs: &self.jobs,
            by_ident: &by_ident,
            queued: &by_future,
            completing,
            outer: FxHashMap::default(),
        };
        for (index, built) in self.threads.iter_mut().enumerate() {
            let polls = polling.contains(&built.thread.id);
            explain.thread(built, index, polls);
        }
        explain.gil(self.threads);
    }

    /// Explains what each waiting task waits for. Needs explained threads: the summary of a
    /// job has the wait of its worker.
    fn explain_tasks(&mut self) {
        let reader = self.inputs.reader;
        let of_greenlet = |built: &&BuiltTask| built.task.framework == Framework::Greenlet;
        let greenlet_names: FxHashMap<u64, ArcStr> = (self.tasks.iter())
            .filter(of_greenlet)
            .map(|built| (built.addr, display_name(&built.task).into()))
            .collect();
        let mut explain = task::ExplainTask {
            inputs: self.inputs,
            registry: &mut self.registry,
            threads: self.threads,
            timers: &self.timers,
            jobs: &self.jobs,
            handles: &self.handles,
            outer: FxHashMap::default(),
            watched: WatchedObjects::default(),
            greenlet_names: &greenlet_names,
        };
        let waiting = self.tasks.iter_mut();
        for built in waiting.filter(|built| built.task.state == TaskState::Waiting) {
            match (built.task.framework, built.awaits_task) {
                (Framework::Trio, _) => explain.trio_task(built),
                (Framework::Greenlet, _) => explain.greenlet(built),
                (Framework::Asyncio, false) => explain.task(built),
                (Framework::Asyncio, true) => count_gathered(reader, built),
            }
        }
        if let Some(clock) = self.inputs.clock {
            since::add(reader, clock, &self.handles, self.tasks);
        }
    }

    /// Adds the timers that end waits. Needs [`Self::read_blocks`].
    fn add_guards(&mut self) {
        guards::add(self.inputs.reader, &mut self.held, &self.timers, self.tasks);
    }

    /// Marks tasks that only weak references keep. Needs no other pass.
    fn mark_weakly_held(&mut self) {
        if self.inputs.search == Search::Nothing {
            return;
        }
        let waiting = self.tasks.iter_mut().filter(|built| built.waiter.is_some());
        for built in waiting.filter(|built| built.task.awaited_by.is_empty()) {
            built.task_mut().weakly_held = weak::weakly_held(self.inputs.reader, built);
        }
    }

    /// Finds the holders of resources, and of the other ends of streams. Needs explained
    /// tasks and threads, because they add resources.
    fn find_holders(&mut self) {
        let mut search = self.holder_search();
        search.holders();
        search.stream_ends();
    }

    /// Looks for the other ends of awaited descriptors. Needs explained tasks and threads.
    ///
    /// Its input need not be of the same moment as the rest: the process may run again.
    pub fn find_ends(&mut self) {
        if self.inputs.search != Search::Nothing {
            ends::find(self.inputs, &mut self.registry.resources, self.threads);
        }
    }

    /// Looks for other processes that share what is waited for. Needs explained threads, and
    /// the holders.
    ///
    /// Its input need not be of the same moment as the rest: the process may run again.
    pub fn find_shared(&mut self) {
        let turns = self.workers.iter().filter_map(|worker| worker.turn);
        ends::find_shared(self.inputs, &mut self.registry, turns);
        let main = self.threads.first().map(|built| built.thread.id);
        self.resting = resting::find(self.inputs, &self.registry, &self.workers, main);
    }

    /// Finds references to awaited resources. Needs the holders.
    ///
    /// Its input need not be of the same moment as the rest: the process may run again.
    pub fn find_references(&mut self) {
        if self.inputs.search != Search::Nothing {
            (self.references, self.modules) = self.holder_search().references();
            let references = std::mem::take(&mut self.references);
            self.unshared = self.holder_search().unshared(&references);
            if !references.is_empty() {
                self.variable_calls = self.holder_search().variable_calls();
            }
            self.references = references;
        }
    }

    /// Runs the last passes and returns the results.
    pub fn finish(mut self) -> Explained {
        let children = self.holder_search().children();
        ends::add_edges(&mut self.registry);
        self.holder_search().blocked_loops();
        // Frees a third of all memory if there are very many tasks.
        for built in &mut *self.tasks {
            built.chain = Links::default();
        }
        self.summarise_resources();
        self.summarise_waits();
        self.describe_loops();
        self.describe_threads();
        let pending = match self.inputs.search {
            Search::Nothing => IdMap::default(),
            Search::References | Search::Coroutines => {
                pending::find(self.inputs.reader, self.inputs.frames, &self.held)
            }
        };
        let detached = self.detached.into_iter();
        Explained {
            pending,
            edges: self.registry.edges().collect(),
            resources: self.registry.resources,
            references: self.references,
            modules: self.modules,
            coroutines: detached.map(|each| each.coroutine).collect(),
            children,
            resting: self.resting,
            unshared: self.unshared,
            variable_calls: self.variable_calls,
        }
    }

    /// The inputs for finding holders and references.
    fn holder_search(&mut self) -> HolderSearch<'_, 'r, 'm> {
        HolderSearch {
            inputs: self.inputs,
            registry: &mut self.registry,
            held: &self.held,
            owners: Owners {
                tasks: self.tasks,
                threads: self.threads,
                detached: &self.detached_frames,
            },
            loops: self.loops,
            handles: &self.handles,
            detached: &mut self.detached,
        }
    }

    /// Writes the summary of each resource. Needs the names of resources.
    fn summarise_resources(&mut self) {
        let names = self.holder_names();
        for resource in &mut self.registry.resources {
            resource.summary = summary::resource(resource, &names);
        }
    }

    /// Names of the holders in summaries of resources.
    fn holder_names(&self) -> summary::Names {
        let wanted: FxHashSet<ItemId> = (self.registry.resources.iter())
            .flat_map(summary::named_holders)
            .copied()
            .collect();
        let mut names = summary::Names::default();
        for built in &*self.tasks {
            if wanted.contains(&built.task.id) {
                names.insert(built.task.id, display_name(&built.task));
            }
        }
        for built in &*self.threads {
            if wanted.contains(&built.thread.id) {
                names.insert(built.thread.id, format!("thread {}", built.thread.name));
            }
        }
        for DetachedCoroutine { coroutine, .. } in &self.detached {
            let kind = match coroutine.state {
                CoroutineState::AsyncGenerator => "async generator",
                CoroutineState::Created | CoroutineState::Suspended => "coroutine",
            };
            names.insert(coroutine.id, format!("{kind} {}", coroutine.qualname));
        }
        names
    }

    /// Completes each wait from its resource. Needs the summaries of resources.
    fn summarise_waits(&mut self) {
        let registry = &self.registry;
        let resources = registry.resources.iter();
        let mut positions: Vec<QueuePosition<'_>> = resources
            .map(|resource| QueuePosition::new(&resource.waiters))
            .collect();
        let tasks = self.tasks.iter_mut().filter_map(|built| {
            let task = built.task_mut();
            Some((task.id, task.waits_for.as_mut()?))
        });
        let threads = self.threads.iter_mut().filter_map(|built| {
            let thread = &mut built.thread;
            Some((thread.id, thread.waits_for.as_mut()?))
        });
        for (id, wait) in tasks.chain(threads) {
            let index = wait.resource.and_then(|id| registry.index(id));
            let resource = index.map(|index| &registry.resources[index]);
            let ahead = index.and_then(|index| positions[index].of(id));
            summary::wait(wait, resource, ahead);
        }
    }

    /// Adds the functions that threads can call later.
    fn describe_threads(&mut self) {
        if !self.inputs.callbacks {
            return;
        }
        for built in self
            .threads
            .iter_mut()
            .filter(|it| it.thread.event_loop.is_none())
        {
            let reached = callbacks::of_thread(self.inputs, built);
            built.thread.leads_to = self.registry.among(&reached.objects);
            built.thread.callbacks = reached.callbacks;
            built.thread.callbacks_complete = reached.complete;
        }
    }

    /// Fills in the watched files and the default executor of each loop.
    fn describe_loops(&mut self) {
        for (shown, (addr, handles)) in self.loops.iter_mut().zip(&self.handles) {
            children::loop_files(self.inputs, &self.registry, shown, handles);
            if self.inputs.callbacks {
                let reached = callbacks::of_loop(self.inputs, *addr, handles);
                shown.leads_to = self.registry.among(&reached.objects);
                shown.callbacks = reached.callbacks;
                shown.callbacks_complete = reached.complete;
            }
            let executor = self.executors.get(addr);
            shown.executor =
                executor.map(|executor| ItemId::Resource(ResourceKind::Executor, *executor));
        }
    }
}

/// Addresses of the coroutines that can be reached from variables, for builds in which the
/// heap cannot be walked.
fn reachable_coroutines(
    inputs: &WaitInputs<'_, '_>,
    owners: &Owners<'_>,
    handles: &HandlesByLoop,
) -> FxHashSet<u64> {
    let roots = Roots {
        inputs,
        owners,
        handles,
        held: None,
        contexts: OnceCell::new(),
    };
    let closed = handles.iter().map(|(addr, _)| *addr);
    let mut reachability = Reachability::new(inputs.reader, [], closed);
    let mut follow = |variables: &[Variable]| {
        for variable in variables {
            reachability.from(variable.object);
        }
    };
    roots.visit(&mut |_, variables| follow(variables));
    roots.visit_modules(&mut |_, variables| follow(variables));
    reachability.coroutines
}

/// Address of the default executor of each loop, by the address of the loop.
fn default_executors(reader: &Reader<'_>, handles: &HandlesByLoop) -> FxHashMap<u64, u64> {
    let loops = handles.iter();
    let executors = loops.filter_map(|(addr, _)| {
        let executor = reader.attribute_object(*addr, "_default_executor").ok()??;
        Some((*addr, executor))
    });
    executors.collect()
}

/// Adds the number of finished tasks to the summary of a wait for gathered tasks.
fn count_gathered(reader: &Reader<'_>, built: &mut BuiltTask) {
    let Some(children) = built.waiter.and_then(|leaf| reader.gathered(leaf.get())) else {
        return;
    };
    if let Some(wait) = &mut built.task_mut().waits_for {
        let is_pending =
            |child: &&u64| matches!(reader.future_state(**child), Ok(FutureState::Pending));
        let count = children.len();
        let done = count - children.iter().filter(is_pending).count();
        wait.summary = format!("{} ({done}/{count} done)", wait.summary).into();
    }
}

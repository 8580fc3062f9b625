//! Why nothing goes on: what each task and thread waits for, who holds it and
//! who could end the wait.

mod children;
pub mod detached;
mod files;
pub mod frame_owners;
mod held;
pub mod holders;
mod jobs;
pub mod queue_position;
pub mod reachability;
mod references;
mod registry;
mod roots;
pub mod state;
pub mod summary;
mod task;
mod thread;
mod weak;

use std::num::NonZeroU64;

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::build::Heap;
use super::frames::Frames;
use super::in_use::InUse;
use super::tasks::BuiltTask;
use super::threads::{BuiltThread, KernelThreads};
use crate::activity::Links;
use crate::asyncio::{FutureState, LoopHandles, Timers};
use crate::cpython::Reader;
use crate::model::{
    ChildProcess, Coroutine, Edge, EventLoop, LoopState, Reference, Resource, TaskState,
};
use crate::process::Descriptors;
use frame_owners::Owners;
use held::Held;
use jobs::Jobs;
use queue_position::Ahead;
use registry::Registry;

/// What is searched for beyond what tasks and threads themselves show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    Nothing,
    /// Who refers to what is waited for.
    References,
    /// Coroutines of no task as well: no walk over all objects was possible.
    Coroutines,
}

/// What waits are explained from, beside tasks and threads.
pub struct Scene<'r, 'm> {
    pub reader: &'r Reader<'m>,
    pub frames: &'r Frames<'r, 'm>,
    pub kernel: &'r KernelThreads,
    pub descriptors: &'r Descriptors,
    /// Where coroutines of no task were seen, if they were looked for.
    pub heap: Option<&'r Heap>,
    pub search: Search,
    /// Called before the search for who refers to what; whether to do that.
    pub read: &'r dyn Fn() -> bool,
    /// Interpreters whose modules are looked through.
    pub interpreters: &'r [u64],
    /// `time.monotonic()`.
    pub now: f64,
}

/// What the explanation adds to a process.
#[derive(Debug, Default)]
pub struct Explained {
    pub resources: Vec<Resource>,
    pub edges: Vec<Edge>,
    pub references: Vec<Reference>,
    pub coroutines: Vec<Coroutine>,
    pub children: Vec<ChildProcess>,
}

/// Explains all waits. `edges` are those between tasks; `completing` the tasks
/// that complete a future of `concurrent.futures`.
pub fn explain(
    scene: &Scene<'_, '_>,
    tasks: &mut [BuiltTask],
    threads: &mut [BuiltThread],
    loops: &mut [EventLoop],
    edges: Vec<Edge>,
    completing: &FxHashMap<u64, Vec<ArcStr>>,
) -> Explained {
    let reader = scene.reader;
    let mut registry = Registry::new(reader, edges);
    let handles: Vec<(u64, LoopHandles)> = loops
        .iter()
        .filter_map(|shown| address(&shown.id))
        .map(|addr| (addr, reader.loop_handles(addr)))
        .collect();
    let mut timers = Timers::default();
    for (_, handles) in &handles {
        timers.add(reader, &handles.timers, scene.now);
    }
    let executors = default_executors(reader, &handles);
    let found: Vec<u64> = executors.values().copied().collect();
    let jobs = Jobs::find(&mut registry, threads, &found);
    let queued = detached::queued(reader, &handles);

    let owners = Owners {
        tasks,
        threads,
        loose: &[],
    };
    let mut in_use = InUse::new(scene.heap.map_or(&[], Heap::seen_coroutines));
    let mut held = Held::read(reader, &owners, scene.now, &mut in_use);
    in_use.extend(
        tasks
            .iter()
            .filter_map(|built| built.coroutine.map(NonZeroU64::get)),
    );
    let mut seen: Vec<u64> = queued.keys().copied().collect();
    if let Some(heap) = scene.heap {
        seen.extend(heap.coroutines(reader, &in_use));
    }
    if scene.search == Search::Coroutines {
        seen.extend(reachable_coroutines(scene, &owners, &handles));
    }
    let candidates = seen.into_iter();
    let (mut orphans, loose) =
        detached::orphans(reader, scene.frames, candidates, &in_use, &queued);
    drop(in_use);
    let loosely = Owners {
        tasks: &[],
        threads: &[],
        loose: &loose,
    };
    let loosely = Held::read(reader, &loosely, scene.now, &mut InUse::default());
    held.merge(loosely);

    explain_threads(
        scene,
        &mut registry,
        threads,
        loops,
        &jobs,
        completing,
        &queued,
    );
    explain_tasks(
        scene,
        &mut registry,
        tasks,
        threads,
        &timers,
        &jobs,
        &handles,
    );
    add_guards(reader, &mut held, &timers, tasks);
    if scene.search != Search::Nothing {
        let waiting = tasks.iter_mut().filter(|built| built.waiter.is_some());
        for built in waiting.filter(|built| built.task.awaited_by.is_empty()) {
            built.task_mut().weakly_held = weak::weakly_held(reader, built);
        }
    }
    let mut linked = holders::Links {
        scene,
        registry: &mut registry,
        held: &held,
        owners: Owners {
            tasks,
            threads,
            loose: &loose,
        },
        loops: &handles,
        orphans: &mut orphans,
    };
    linked.holders();
    linked.stream_ends();
    let wanted = (scene.read)() && scene.search != Search::Nothing;
    let references = match wanted {
        true => linked.references(),
        false => Vec::new(),
    };
    let children = linked.children();
    linked.blocked_loops(loops);
    // Of very many tasks their chains are a third of all memory.
    for built in &mut *tasks {
        built.chain = Links::default();
    }
    finish(
        scene,
        &mut registry,
        tasks,
        threads,
        loops,
        &handles,
        &executors,
        &orphans,
    );
    Explained {
        resources: registry.resources,
        edges: registry.edges,
        references,
        coroutines: orphans.into_iter().map(|orphan| orphan.coroutine).collect(),
        children,
    }
}

/// Coroutines that can be reached, where the objects cannot be walked over.
fn reachable_coroutines(
    scene: &Scene<'_, '_>,
    owners: &Owners<'_>,
    loops: &[(u64, LoopHandles)],
) -> FxHashSet<u64> {
    let roots = roots::Roots {
        scene,
        owners,
        loops,
    };
    let closed = loops.iter().map(|(addr, _)| *addr);
    let mut reach = reachability::Reach::new(scene.reader, [], closed);
    roots.visit(&mut |_, variables| {
        for variable in variables {
            reach.from(variable.object);
        }
    });
    reach.loose
}

/// The address in an id.
pub fn address(id: &str) -> Option<u64> {
    u64::from_str_radix(id.rsplit_once("0x")?.1, 16).ok()
}

/// Default executor of each loop.
fn default_executors(reader: &Reader<'_>, loops: &[(u64, LoopHandles)]) -> FxHashMap<u64, u64> {
    loops
        .iter()
        .filter_map(|(addr, _)| {
            let executor = reader.attribute_object(*addr, "_default_executor").ok()??;
            Some((*addr, executor))
        })
        .collect()
}

fn explain_tasks<'r, 'm>(
    scene: &Scene<'r, 'm>,
    registry: &mut Registry<'r, 'm>,
    tasks: &mut [BuiltTask],
    threads: &[BuiltThread],
    timers: &Timers,
    jobs: &Jobs,
    handles: &[(u64, LoopHandles)],
) {
    let mut explain = task::Explain {
        scene,
        registry,
        threads,
        timers,
        jobs,
        handles,
        outer: FxHashMap::default(),
    };
    for built in tasks {
        if built.task.state != TaskState::Waiting {
            continue;
        }
        if !built.awaits_task {
            explain.task(built);
        } else if let Some(leaf) = built.waiter
            && let Some(children) = scene.reader.gathered(leaf.get())
            && let Some(wait) = &mut built.task_mut().waits_for
        {
            let done = children.iter().filter(|child| {
                !matches!(scene.reader.future_state(**child), Ok(FutureState::Pending))
            });
            let (done, count) = (done.count(), children.len());
            wait.summary = format!("{} ({done}/{count} done)", wait.summary).into();
        }
    }
}

fn explain_threads<'r, 'm>(
    scene: &Scene<'r, 'm>,
    registry: &mut Registry<'r, 'm>,
    threads: &mut [BuiltThread],
    loops: &[EventLoop],
    jobs: &Jobs,
    completing: &FxHashMap<u64, Vec<ArcStr>>,
    queued: &FxHashMap<u64, (ArcStr, Vec<u64>)>,
) {
    let polling: FxHashSet<&str> = loops
        .iter()
        .filter(|shown| shown.state == LoopState::Polling)
        .filter_map(|shown| shown.thread.as_deref())
        .collect();
    let by_ident = threads
        .iter()
        .map(|built| (built.ident, built.thread.id.clone()))
        .collect();
    let by_future = queued
        .iter()
        .flat_map(|(coroutine, (_, futures))| {
            let id = ArcStr::from(format!("coroutine:0x{coroutine:x}"));
            futures.iter().map(move |future| (*future, id.clone()))
        })
        .collect();
    let mut explain = thread::ExplainThread {
        scene,
        registry,
        jobs,
        by_ident: &by_ident,
        queued: &by_future,
        completing,
    };
    for (index, built) in threads.iter_mut().enumerate() {
        let polls = polling.contains(built.thread.id.as_str());
        explain.thread(built, index, polls);
    }
}

/// Timers of the loops that end the wait of a task.
fn add_guards(reader: &Reader<'_>, held: &mut Held, timers: &Timers, tasks: &mut [BuiltTask]) {
    let mut ids: FxHashMap<u64, ArcStr> = FxHashMap::default();
    if !timers.guards.is_empty() {
        ids.extend(
            tasks
                .iter()
                .map(|built| (built.addr, built.task.id.clone())),
        );
    }
    for (object, (left, name)) in &timers.guards {
        let mut guarded = vec![*object];
        for attribute in ["_task", "_tasks"] {
            let Ok(Some(value)) = reader.attribute_object(*object, attribute) else {
                continue;
            };
            guarded.push(value);
            guarded.extend(reader.parts(value).into_iter().map(|(_, part)| part));
        }
        for id in guarded.iter().filter_map(|addr| ids.get(addr)) {
            let known = held.guards.get(id).is_some_and(|known| {
                known
                    .iter()
                    .any(|guard| (guard.remaining_s - left).abs() < 0.01)
            });
            if !known {
                let kind = if name.contains("wait") {
                    "wait_for"
                } else {
                    "timeout"
                };
                held.add_guard(id, kind, *left);
            }
        }
    }
    if held.guards.is_empty() {
        return;
    }
    for built in tasks {
        if let Some(mut guards) = held.guards.remove(&built.task.id) {
            guards.sort_by(|a, b| a.remaining_s.total_cmp(&b.remaining_s));
            built.task_mut().guards = guards.into();
        }
    }
}

/// Names, summaries, and what loops watch.
#[allow(clippy::too_many_arguments)]
fn finish(
    scene: &Scene<'_, '_>,
    registry: &mut Registry<'_, '_>,
    tasks: &mut [BuiltTask],
    threads: &mut [BuiltThread],
    loops: &mut [EventLoop],
    handles: &[(u64, LoopHandles)],
    executors: &FxHashMap<u64, u64>,
    orphans: &[detached::Orphan],
) {
    let wanted: FxHashSet<ArcStr> = (registry.resources.iter())
        .flat_map(summary::named_holders)
        .cloned()
        .collect();
    let mut names = summary::Names::default();
    for built in tasks.iter() {
        let id = &built.task.id;
        if wanted.contains(id) {
            names.insert(id.clone(), super::edges::display_name(&built.task));
        }
    }
    for built in threads.iter() {
        let id = &built.thread.id;
        if wanted.contains(id) {
            names.insert(id.clone(), format!("thread {}", built.thread.name));
        }
    }
    for orphan in orphans {
        let coroutine = &orphan.coroutine;
        let kind = match coroutine.state.as_str() {
            "async-generator" => "async generator",
            _ => "coroutine",
        };
        names.insert(
            coroutine.id.clone(),
            format!("{kind} {}", coroutine.qualname),
        );
    }
    for place in 0..registry.resources.len() {
        registry.resources[place].summary = summary::resource(&registry.resources[place], &names);
    }
    let waiters = registry.resources.iter();
    let mut ahead: Vec<Ahead<'_>> = waiters.map(|it| Ahead::new(&it.waiters)).collect();
    for built in tasks {
        let task = built.task_mut();
        if let Some(wait) = &mut task.waits_for {
            let place = wait.resource.as_deref().and_then(|id| registry.place(id));
            let resource = place.map(|place| &registry.resources[place]);
            let ahead = place.and_then(|place| ahead[place].of(&task.id));
            summary::wait(wait, resource, ahead);
        }
    }
    for built in threads {
        if let Some(wait) = &mut built.thread.waits_for {
            let place = wait.resource.as_deref().and_then(|id| registry.place(id));
            let resource = place.map(|place| &registry.resources[place]);
            let ahead = place.and_then(|place| ahead[place].of(&built.thread.id));
            summary::wait(wait, resource, ahead);
        }
    }
    for (shown, (addr, handles)) in loops.iter_mut().zip(handles) {
        children::loop_files(scene, registry, shown, handles);
        shown.executor = executors
            .get(addr)
            .map(|executor| format!("executor:0x{executor:x}"));
    }
}

//! Circles in the graph, and what sort of deadlock each is.

use rustc_hash::FxHashSet;

use super::context::Context;
use super::facts::Facts;
use super::graph::Graph;
use crate::model::{Item, ItemId, ResourceKind, Task, TaskState, WaitKind};

/// Nodes of a circle that are written out before the rest is counted.
const NODES_SHOWN: usize = 8;

/// Sorts of circles, each with a rule of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A child process is in it.
    Process,
    /// Processes that wait for each other, with something that they share.
    Processes,
    /// Workers of a pool of threads or processes are in it.
    Executor,
    /// Loops in two threads block each other.
    CrossLoop,
    /// Two threads block each other.
    CrossThread,
    /// Connections of a pool go round.
    Pool,
    /// One task or thread waits for itself.
    Own,
    /// Several tasks wait for each other.
    Tasks,
}

/// One circle and its parts.
pub(super) struct Cycle {
    pub shape: Shape,
    pub nodes: Vec<ItemId>,
    /// Tasks in the order in which they wait for each other.
    pub tasks: Vec<ItemId>,
    /// Threads in it, and threads that tasks in it block.
    pub threads: Vec<ItemId>,
    pub resources: Vec<ItemId>,
}

/// Finds the circles that cannot be left.
pub(super) fn find_cycles(facts: &Facts<'_>, graph: &Graph<'_>) -> Vec<Cycle> {
    let found = graph.roots.iter().flat_map(|root| &root.cycles);
    found.map(|nodes| describe(facts, graph, nodes)).collect()
}

fn describe(facts: &Facts<'_>, graph: &Graph<'_>, nodes: &[ItemId]) -> Cycle {
    let inside: FxHashSet<ItemId> = nodes.iter().copied().collect();
    let tasks: Vec<ItemId> = facts
        .live_tasks()
        .map(|task| task.id)
        .filter(|id| inside.contains(id))
        .collect();
    let mut threads: Vec<ItemId> = tasks
        .iter()
        .filter_map(|id| facts.task(*id))
        .filter_map(|task| facts.thread_of_running(task))
        .map(|thread| thread.id)
        .chain(select(facts, nodes, |item| matches!(item, Item::Thread(_))))
        .collect();
    threads.sort_by_cached_key(ItemId::to_string);
    threads.dedup();
    let resources = select(facts, nodes, |item| matches!(item, Item::Resource(_)));
    let mut cycle = Cycle {
        shape: Shape::Tasks,
        nodes: walk(graph, nodes, &tasks),
        tasks,
        threads,
        resources,
    };
    cycle.shape = shape(facts, &cycle);
    cycle
}

fn select(facts: &Facts<'_>, nodes: &[ItemId], wanted: impl Fn(&Item<'_>) -> bool) -> Vec<ItemId> {
    let is_wanted = |id: &&ItemId| facts.index.get(**id).is_some_and(|item| wanted(&item));
    nodes.iter().filter(is_wanted).copied().collect()
}

/// One path around the circle that begins with the first task.
fn walk(graph: &Graph<'_>, nodes: &[ItemId], tasks: &[ItemId]) -> Vec<ItemId> {
    let inside: FxHashSet<ItemId> = nodes.iter().copied().collect();
    let mut path: Vec<ItemId> = Vec::new();
    let mut visited: FxHashSet<ItemId> = FxHashSet::default();
    let mut next = tasks.first().or(nodes.first()).copied();
    while let Some(id) = next {
        path.push(id);
        visited.insert(id);
        next = graph
            .deps
            .needs(id)
            .find(|(next, dep)| dep.is_proved() && inside.contains(next) && !visited.contains(next))
            .map(|(next, _)| next);
    }
    path
}

fn shape(facts: &Facts<'_>, cycle: &Cycle) -> Shape {
    let has = |is_it: fn(ResourceKind) -> bool| {
        let mut resources = cycle.resources.iter().filter_map(|id| facts.resource(*id));
        resources.any(|resource| is_it(resource.kind))
    };
    let has_workers = |kind| matches!(kind, ResourceKind::Executor | ResourceKind::ProcessPool);
    let has_limiter = |kind| matches!(kind, ResourceKind::Limiter);
    let own_future = own_future(facts, cycle);
    if cycle.nodes.iter().any(|id| id.process().is_some()) {
        match has(ResourceKind::is_shared) {
            true => Shape::Processes,
            false => Shape::Process,
        }
    } else if has(has_workers) || (has(has_limiter) && !cycle.threads.is_empty()) {
        Shape::Executor
    } else if loops_of(facts, cycle).len() > 1 {
        Shape::CrossLoop
    } else if cycle.threads.len() > 1 {
        Shape::CrossThread
    } else if has(|kind| kind == ResourceKind::Pool) {
        Shape::Pool
    } else if own_future || cycle.tasks.len().max(cycle.threads.len()) <= 1 {
        Shape::Own
    } else {
        Shape::Tasks
    }
}

fn running<'a>(facts: &Facts<'a>, cycle: &Cycle) -> impl Iterator<Item = &'a Task> {
    cycle
        .tasks
        .iter()
        .filter_map(|id| facts.task(*id))
        .filter(|task| task.state == TaskState::Running)
}

/// Loops that the tasks of the circle belong to.
fn loops_of(facts: &Facts<'_>, cycle: &Cycle) -> FxHashSet<ItemId> {
    let tasks = cycle.tasks.iter().filter_map(|id| facts.task(*id));
    tasks.filter_map(|task| task.event_loop).collect()
}

/// Whether a task blocks its loop for a future that only this loop completes.
fn own_future(facts: &Facts<'_>, cycle: &Cycle) -> bool {
    running(facts, cycle).any(|task| {
        let thread = facts.thread_of_running(task);
        thread
            .and_then(|thread| thread.waits_for.as_ref())
            .is_some_and(|wait| wait.kind == WaitKind::Future)
    })
}

/// Whether the circle goes through a socket, pipe or file.
pub(super) fn has_file(context: &Context<'_>, cycle: &Cycle) -> bool {
    let mut resources = cycle.resources.iter();
    resources.any(|id| (context.facts.resource(*id)).is_some_and(|it| it.kind.is_file()))
}

/// The circle in one line that ends with the name it begins with.
pub(super) fn in_words(facts: &Facts<'_>, cycle: &Cycle) -> String {
    let shown = cycle.nodes.iter().take(NODES_SHOWN);
    let mut names: Vec<String> = shown.map(|id| facts.name(*id)).collect();
    if cycle.nodes.len() > NODES_SHOWN {
        names.push(format!("{} more", cycle.nodes.len() - NODES_SHOWN));
    }
    if let Some(first) = names.first().cloned() {
        names.push(first);
    }
    names.join(" -> ")
}

//! What sort of deadlock a circle in the graph is.

use rustc_hash::FxHashSet;

use crate::diagnosis::context::Context;
use crate::diagnosis::nodes::Node;
use crate::model::{Task, TaskState};

/// Longest circle that is written out.
const NODES_SHOWN: usize = 8;

/// Sorts of circles, each told by a rule of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A child process is in it.
    Process,
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
pub struct Cycle<'a> {
    pub shape: Shape,
    pub nodes: Vec<&'a str>,
    /// Tasks in the order in which they wait for each other.
    pub tasks: Vec<&'a str>,
    /// Threads in it, and threads that tasks in it block.
    pub threads: Vec<&'a str>,
    pub resources: Vec<&'a str>,
}

/// The circles that cannot be left.
pub fn cycles<'c, 'a>(context: &'c Context<'a>) -> &'c [Cycle<'a>] {
    context.cycles.get_or_init(|| {
        let found = context.graph.roots.iter().flat_map(|root| &root.cycles);
        found.map(|nodes| describe(context, nodes)).collect()
    })
}

/// Those of one shape.
pub fn of_shape<'c, 'a>(context: &'c Context<'a>, shape: Shape) -> Vec<&'c Cycle<'a>> {
    let found = cycles(context).iter();
    found.filter(|cycle| cycle.shape == shape).collect()
}

fn describe<'a>(context: &Context<'a>, nodes: &[&'a str]) -> Cycle<'a> {
    let inside: FxHashSet<&str> = nodes.iter().copied().collect();
    let tasks: Vec<&'a str> = context
        .live_tasks()
        .map(|task| task.id.as_str())
        .filter(|id| inside.contains(id))
        .collect();
    let mut threads: Vec<&'a str> = tasks
        .iter()
        .filter_map(|id| context.task(id))
        .filter_map(|task| context.thread_of_running(task))
        .map(|thread| thread.id.as_str())
        .chain(select(context, nodes, |node| {
            matches!(node, Node::Thread(_))
        }))
        .collect();
    threads.sort_unstable();
    threads.dedup();
    let resources = select(context, nodes, |node| matches!(node, Node::Resource(_)));
    let mut cycle = Cycle {
        shape: Shape::Tasks,
        nodes: walk(context, nodes, &tasks),
        tasks,
        threads,
        resources,
    };
    cycle.shape = shape(context, &cycle);
    cycle
}

fn select<'a>(
    context: &Context<'a>,
    nodes: &[&'a str],
    wanted: impl Fn(&Node<'a>) -> bool,
) -> Vec<&'a str> {
    let is_wanted = |id: &&&str| context.nodes.get(id).is_some_and(|node| wanted(&node));
    nodes.iter().filter(is_wanted).copied().collect()
}

/// One way round, from the first task on.
fn walk<'a>(context: &Context<'a>, nodes: &[&'a str], tasks: &[&'a str]) -> Vec<&'a str> {
    let inside: FxHashSet<&str> = nodes.iter().copied().collect();
    let mut way: Vec<&'a str> = Vec::new();
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    let mut at = tasks.first().or(nodes.first()).copied();
    while let Some(id) = at {
        way.push(id);
        seen.insert(id);
        at = context
            .graph
            .needs(id)
            .find(|(next, dep)| dep.is_proved() && inside.contains(next) && !seen.contains(next))
            .map(|(next, _)| next);
    }
    way
}

fn shape<'a>(context: &Context<'a>, cycle: &Cycle<'a>) -> Shape {
    let has = |kinds: &[&str]| {
        let mut kinds_of = cycle.resources.iter().filter_map(|id| context.resource(id));
        kinds_of.any(|resource| kinds.contains(&resource.kind.as_str()))
    };
    let own_future = own_future(context, cycle);
    if cycle.nodes.iter().any(|id| id.starts_with("process:")) {
        Shape::Process
    } else if has(&["executor", "process-pool"]) || (has(&["limiter"]) && !cycle.threads.is_empty())
    {
        Shape::Executor
    } else if loops_of(context, cycle).len() > 1 {
        Shape::CrossLoop
    } else if cycle.threads.len() > 1 {
        Shape::CrossThread
    } else if has(&["pool"]) {
        Shape::Pool
    } else if own_future || cycle.tasks.len().max(cycle.threads.len()) <= 1 {
        Shape::Own
    } else {
        Shape::Tasks
    }
}

fn running<'a>(context: &Context<'a>, cycle: &Cycle<'a>) -> impl Iterator<Item = &'a Task> {
    cycle
        .tasks
        .iter()
        .filter_map(|id| context.task(id))
        .filter(|task| task.state == TaskState::Running)
}

/// Loops that the tasks of the circle belong to.
fn loops_of<'a>(context: &Context<'a>, cycle: &Cycle<'a>) -> FxHashSet<&'a str> {
    let tasks = cycle.tasks.iter().filter_map(|id| context.task(id));
    tasks
        .filter_map(|task| task.event_loop.as_deref())
        .collect()
}

/// Whether a task blocks its loop for a future that only this loop completes.
fn own_future<'a>(context: &Context<'a>, cycle: &Cycle<'a>) -> bool {
    running(context, cycle).any(|task| {
        let thread = context.thread_of_running(task);
        thread
            .and_then(|thread| thread.waits_for.as_ref())
            .is_some_and(|wait| wait.kind == "future")
    })
}

/// The circle in one line, its end being its beginning.
pub fn in_words(context: &Context<'_>, cycle: &Cycle<'_>) -> String {
    let shown = cycle.nodes.iter().take(NODES_SHOWN);
    let mut names: Vec<String> = shown.map(|id| context.name(id)).collect();
    if cycle.nodes.len() > NODES_SHOWN {
        names.push(format!("{} more", cycle.nodes.len() - NODES_SHOWN));
    }
    if let Some(first) = names.first().cloned() {
        names.push(first);
    }
    names.join(" -> ")
}

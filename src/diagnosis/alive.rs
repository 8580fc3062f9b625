//! Which nodes can go on: the least set that follows from those who need nobody.

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::context::Context;
use super::graph::Graph;
use super::nodes::Node;
use crate::model::ids::IdSet;
use crate::model::{Coroutine, EventLoop, LoopState, Process, Resource, Task, TaskState, Thread};

/// How many of its dependencies a node needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Nothing,
    /// Nothing ends it: it has no dependency, and cannot go on.
    Never,
    All,
    Any,
}

/// Edges of which one is enough, when they are all that a task waits for.
const ANY_VIA: [&str; 2] = ["wait", "as_completed"];

/// The nodes that can go on.
pub fn find(context: &Context<'_>, graph: &Graph<'_>) -> Alive {
    let facts = Facts::of(context.process);
    let mut state = Fixpoint::of(graph.deps.node_count());
    for node in graph.deps.node_indices() {
        state.prepare(node, need(context, graph, &facts, node), graph);
    }
    state.spread(graph);
    // A module's variable can be reached by any code that still runs, so that
    // it counts only once it is known that some does.
    if facts.world_runs(context, graph, &state.alive) {
        for node in facts.module_globals.iter().filter_map(|id| graph.index(id)) {
            state.revive(node);
        }
        state.spread(graph);
    }
    state.alive
}

/// Which nodes can go on.
#[derive(Debug, Default)]
pub struct Alive(Vec<bool>);

impl Alive {
    /// Whether the node can go on.
    pub fn contains(&self, node: NodeIndex) -> bool {
        self.0.get(node.index()).copied().unwrap_or_default()
    }
}

/// What a node still lacks.
#[derive(Clone, Copy)]
enum Lacks {
    /// Something that never comes.
    Forever,
    /// One of its dependencies.
    Any,
    /// So many of its dependencies.
    Some(usize),
}

struct Fixpoint {
    alive: Alive,
    lacks: Vec<Lacks>,
    open: Vec<NodeIndex>,
}

impl Fixpoint {
    fn of(nodes: usize) -> Self {
        Self {
            alive: Alive(vec![false; nodes]),
            lacks: vec![Lacks::Forever; nodes],
            open: Vec::new(),
        }
    }

    fn prepare(&mut self, node: NodeIndex, need: Need, graph: &Graph<'_>) {
        self.lacks[node.index()] = match need {
            Need::Nothing => return self.revive(node),
            Need::Never => Lacks::Forever,
            Need::Any => Lacks::Any,
            Need::All => Lacks::Some(graph.deps.edges(node).count()),
        };
    }

    fn revive(&mut self, node: NodeIndex) {
        if !std::mem::replace(&mut self.alive.0[node.index()], true) {
            self.open.push(node);
        }
    }

    fn spread(&mut self, graph: &Graph<'_>) {
        while let Some(node) = self.open.pop() {
            for waiting in graph.deps.neighbors_directed(node, Direction::Incoming) {
                match &mut self.lacks[waiting.index()] {
                    Lacks::Forever => {}
                    Lacks::Any => self.revive(waiting),
                    Lacks::Some(left) => {
                        *left = left.saturating_sub(1);
                        if *left == 0 {
                            self.revive(waiting);
                        }
                    }
                }
            }
        }
    }
}

/// What has to be known of the process as a whole.
struct Facts<'a> {
    /// Resources of which it is known who refers to them.
    explored: IdSet<'a>,
    /// Of those, the ones that a module's variable leads to.
    module_globals: IdSet<'a>,
}

impl<'a> Facts<'a> {
    fn of(process: &'a Process) -> Self {
        let references = || process.references.iter();
        Self {
            explored: references().map(|reference| &*reference.to).collect(),
            module_globals: references()
                .filter(|reference| reference.from.starts_with("module:"))
                .map(|reference| &*reference.to)
                .collect(),
        }
    }

    /// Whether anything is left that could run code which nobody waits for.
    fn world_runs(&self, context: &Context<'_>, graph: &Graph<'_>, alive: &Alive) -> bool {
        let is_alive = |id: &str| graph.index(id).is_some_and(|node| alive.contains(node));
        let stopped = |thread: &Thread| {
            thread.task.as_deref().is_some_and(|task| !is_alive(task)) || !is_alive(&thread.id)
        };
        let thread_runs = context
            .process
            .threads
            .iter()
            .any(|thread| thread.event_loop.is_none() && !stopped(thread));
        thread_runs
            || (context.live_nodes()).any(|(node, _)| alive.contains(node))
            || context.listeners().next().is_some()
    }
}

fn need(context: &Context<'_>, graph: &Graph<'_>, facts: &Facts<'_>, node: NodeIndex) -> Need {
    let connected = graph.deps.edges(node).next().is_some();
    let found = context.nodes.at(node);
    if context.progress.moved(graph.id(node)) || just_began(context, found) {
        return Need::Nothing;
    }
    match found {
        Some(Node::Task(task)) => of_task(context, graph, task, node, connected),
        Some(Node::Resource(resource)) => of_resource(graph, facts, resource, connected),
        Some(Node::Coroutine(coroutine)) => of_coroutine(context, coroutine, connected),
        Some(Node::Loop(event_loop)) => of_loop(event_loop, connected),
        Some(Node::Thread(_) | Node::Child(_)) if connected => Need::All,
        _ => Need::Nothing,
    }
}

/// Whether the task is new and runs in a thread that did something since: what
/// that is caught in may be over in a moment, though no earlier sample can say so.
fn just_began(context: &Context<'_>, node: Option<Node<'_>>) -> bool {
    let Some(Node::Task(task)) = node else {
        return false;
    };
    task.state == TaskState::Running
        && context.progress.is_new(&task.id)
        && (context.thread_of_running(task))
            .is_some_and(|thread| context.progress.moved(&thread.id))
}

fn of_task(
    context: &Context<'_>,
    graph: &Graph<'_>,
    task: &Task,
    node: NodeIndex,
    connected: bool,
) -> Need {
    let event_loop = task
        .event_loop
        .as_deref()
        .and_then(|id| context.event_loop(id));
    if task.state == TaskState::Done {
        return Need::Nothing;
    }
    if event_loop.is_some_and(|event_loop| !turns(event_loop)) && task.state != TaskState::Running {
        return Need::Never;
    }
    if !connected {
        return match lost_wakeup(context, task) {
            true => Need::Never,
            false => Need::Nothing,
        };
    }
    let all_any = graph
        .deps
        .edges(node)
        .all(|edge| ANY_VIA.contains(&edge.weight().via()));
    if all_any { Need::Any } else { Need::All }
}

/// Whether anybody runs the loop; unknown counts as yes.
fn turns(event_loop: &EventLoop) -> bool {
    event_loop.running && event_loop.closed != Some(true)
}

/// Ready in two samples while its loop sleeps in the selector: nobody woke it.
pub fn lost_wakeup(context: &Context<'_>, task: &Task) -> bool {
    let event_loop = task.event_loop.as_deref();
    task.state == TaskState::Ready
        && context.progress.unchanged(&task.id)
        && event_loop
            .and_then(|id| context.event_loop(id))
            .is_some_and(|event_loop| sleeps_on_work(context, event_loop))
}

/// Whether the loop slept in its selector in all samples, with handles in its
/// ready queue.
pub fn sleeps_on_work(context: &Context<'_>, event_loop: &EventLoop) -> bool {
    let sleeps = |event_loop: &EventLoop| {
        event_loop.state == LoopState::Polling
            && event_loop.ready.is_some_and(|ready| ready > 0)
            && event_loop.next_timer_s.is_none_or(|left| left > 0.0)
    };
    let slept = context.earlier.iter().all(|sample| {
        let mut loops = sample.loops.iter();
        loops.any(|old| old.id == event_loop.id && sleeps(old))
    });
    let thread = event_loop.thread.as_deref();
    let still = thread.is_some_and(|thread| context.progress.unchanged(thread));
    sleeps(event_loop) && slept && still
}

fn of_resource(graph: &Graph<'_>, facts: &Facts<'_>, resource: &Resource, connected: bool) -> Need {
    // Whether the lock of a condition is free says nothing about its wait.
    let free = (resource.locked == Some(false) && resource.kind != "condition")
        || resource.set == Some(true);
    if free {
        return Need::Nothing;
    }
    if connected {
        let executor = matches!(
            resource.kind.as_str(),
            "executor" | "process-pool" | "limiter" | "pool"
        );
        let spare = match (resource.limit, resource.used) {
            (Some(limit), Some(used)) => limit > used,
            _ => false,
        };
        // Permits that nobody is proved to hold may come back on their own.
        let unproved = resource.kind == "semaphore" && !facts.explored.contains(&resource.id) && {
            let held = graph.needs(&resource.id).count() as i64;
            resource.limit.is_some_and(|limit| held < limit)
        };
        return match (executor && spare) || unproved {
            true => Need::Nothing,
            false => Need::Any,
        };
    }
    match facts.explored.contains(&resource.id) {
        true => Need::Never,
        false => Need::Nothing,
    }
}

fn of_coroutine(context: &Context<'_>, coroutine: &Coroutine, connected: bool) -> Need {
    if connected {
        return Need::All;
    }
    let runs = coroutine
        .event_loop
        .as_deref()
        .and_then(|id| context.event_loop(id))
        .is_some_and(turns);
    if runs { Need::Nothing } else { Need::Never }
}

/// A loop can call back when nothing keeps its thread.
fn of_loop(event_loop: &EventLoop, connected: bool) -> Need {
    match (turns(event_loop), connected) {
        (false, _) => Need::Never,
        (true, true) => Need::All,
        (true, false) => Need::Nothing,
    }
}

//! Who cannot go on before whom, and who cannot go on at all.
//!
//! A node goes on when all that it depends on can, or any of it where one is
//! enough (one of the holders of a semaphore, one worker of a pool). What can
//! go on is found from those who need nobody (timers, sockets, running code);
//! all the rest is stuck. The parts of the stuck rest that wait for nobody
//! outside of themselves are the roots.

use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap, FxHashSet};

use super::alive::{self, Alive};
use super::context::{Context, Node};
use super::culprit;
use crate::snapshot::ids::{IdMap, IdSet};
use crate::snapshot::{Resource, TaskState};

/// How sure it is that an edge is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strength {
    /// Proved: it is awaited, or holds what is waited for.
    Proved,
    /// It refers to what is waited for, so it might end the wait.
    Might,
}

/// One edge of the graph.
#[derive(Debug, Clone, Copy)]
pub struct Dep<'a> {
    pub via: &'a str,
    pub strength: Strength,
}

/// A part of the stuck nodes that waits for nobody outside of itself.
#[derive(Debug, Clone)]
pub struct Root<'a> {
    pub nodes: Vec<&'a str>,
    /// Proved circles within it.
    pub cycles: Vec<Vec<&'a str>>,
}

/// The wait-for graph of one process.
#[derive(Debug, Default)]
pub struct Graph<'a> {
    pub deps: DiGraph<&'a str, Dep<'a>>,
    places: IdMap<'a, NodeIndex>,
    /// Ends of the edges: a node may have an edge to each of a million others.
    joined: FxHashSet<(NodeIndex, NodeIndex)>,
    alive: Alive,
    pub roots: Vec<Root<'a>>,
}

/// The edge of a ready task, or of a queued first step, to whom its loop runs.
pub const EVENT_LOOP: &str = "event-loop";

impl<'a> Graph<'a> {
    /// Builds the graph and finds the stuck nodes and the roots.
    pub fn build(context: &Context<'a>) -> Self {
        let mut graph = Self::default();
        graph.add_edges(context);
        graph.add_source_holders(context);
        graph.add_loop_edges(context);
        graph.add_consumers(context);
        graph.add_references(context);
        graph.alive = alive::find(context, &graph);
        graph.roots = graph.find_roots();
        graph
    }

    fn place(&mut self, id: &'a str) -> NodeIndex {
        *self.places.entry(id, || self.deps.add_node(id))
    }

    fn add(&mut self, from: &'a str, to: &'a str, via: &'a str, strength: Strength) {
        let (from, to) = (self.place(from), self.place(to));
        if self.joined.insert((from, to)) {
            self.deps.add_edge(from, to, Dep { via, strength });
        }
    }

    fn add_edges(&mut self, context: &Context<'a>) {
        let process = context.process;
        let done = |id: &str| matches!(context.nodes.get(id), Some(Node::Task(task)) if task.state == TaskState::Done);
        self.places.reserve(context.nodes.count());
        self.joined.reserve(context.nodes.count());
        for id in context.nodes.ids() {
            self.place(id);
        }
        for edge in &process.edges {
            let own = edge.via == "holds" && holds_its_own(context, &edge.from, &edge.to);
            if !done(&edge.from) && !done(&edge.to) && !own {
                self.add(&edge.from, &edge.to, &edge.via, Strength::Proved);
            }
        }
        let tasks = context
            .live_tasks()
            .map(|task| (task.id.as_str(), task.waits_for.as_ref()));
        let threads = process
            .threads
            .iter()
            .map(|thread| (thread.id.as_str(), thread.waits_for.as_ref()));
        for (id, wait) in tasks.chain(threads) {
            if let Some(wait) = wait
                && let Some(resource) = wait.resource.as_deref()
                && context.resource(resource).is_some()
            {
                self.add(id, resource, &wait.kind, Strength::Proved);
            }
        }
        for resource in &process.resources {
            for holder in resource.holders.iter().filter(|id| !done(id)) {
                let own = holds_its_own(context, &resource.id, holder);
                if context.nodes.contains(holder) && !own {
                    self.add(&resource.id, holder, "holds", Strength::Proved);
                }
            }
        }
        // A running task waits for whatever its thread waits for.
        for thread in &process.threads {
            if let (Some(task), Some(wait)) = (&thread.task, &thread.waits_for)
                && let Some(resource) = wait.resource.as_deref()
                && context.resource(resource).is_some()
                && context.task(task).is_some()
            {
                self.add(task, resource, &wait.kind, Strength::Proved);
            }
        }
    }

    /// Who took a lock by a plain `acquire()` cannot be told from the memory,
    /// but from the source around where it stands.
    fn add_source_holders(&mut self, context: &Context<'a>) {
        let resources = context.process.resources.iter();
        for resource in resources.filter(|resource| may_be_held_unseen(resource)) {
            for reference in context.referrers(&resource.id) {
                let live = context
                    .task(&reference.from)
                    .is_some_and(|task| task.state != TaskState::Done);
                if live && culprit::took(context, &reference.from, resource, &reference.path) {
                    self.add(&resource.id, &reference.from, "holds", Strength::Proved);
                }
            }
        }
    }

    /// Whoever waits for a timer or a file goes on only when its loop turns.
    fn add_loop_edges(&mut self, context: &Context<'a>) {
        let running: IdMap<'_, &str> = context
            .process
            .loops
            .iter()
            .filter_map(|event_loop| {
                let thread = context.thread(event_loop.thread.as_deref()?)?;
                Some((event_loop.id.as_str(), thread.task.as_deref()?))
            })
            .collect();
        for event_loop in &context.process.loops {
            if let Some(busy) = running.get(&event_loop.id) {
                self.add(&event_loop.id, busy, EVENT_LOOP, Strength::Proved);
            }
        }
        for task in context.live_tasks() {
            let Some(busy) = task.event_loop.as_deref().and_then(|id| running.get(id)) else {
                continue;
            };
            let place = self.place(&task.id);
            let alone = self.deps.neighbors(place).next().is_none();
            if *busy != task.id && alone {
                self.add(&task.id, busy, EVENT_LOOP, Strength::Proved);
            }
        }
    }

    /// A generator stands at its `yield` while the body of an `async for`
    /// runs: then it goes on after the task which runs that body.
    fn add_consumers(&mut self, context: &Context<'a>) {
        for coroutine in &context.process.coroutines {
            if coroutine.state != "async-generator" {
                continue;
            }
            for task in culprit::consumers(context, coroutine) {
                self.add(&coroutine.id, task, "async-generator", Strength::Proved);
            }
        }
    }

    fn add_references(&mut self, context: &Context<'a>) {
        for reference in &context.process.references {
            let live = match context.nodes.get(&reference.from) {
                Some(Node::Task(task)) => task.state != TaskState::Done,
                // Nobody will ever resume one that no task and no loop has.
                Some(Node::Coroutine(coroutine)) => {
                    coroutine.event_loop.is_some() || self.needs(&coroutine.id).next().is_some()
                }
                Some(_) => true,
                None => false,
            };
            if live && context.resource(&reference.to).is_some() {
                self.add(
                    &reference.to,
                    &reference.from,
                    "references",
                    Strength::Might,
                );
            }
        }
    }

    /// The node of an id.
    pub fn index(&self, id: &str) -> Option<NodeIndex> {
        self.places.get(id).copied()
    }

    pub fn id(&self, node: NodeIndex) -> &'a str {
        self.deps.node_weight(node).copied().unwrap_or_default()
    }

    /// Whether the node cannot go on by anything that we know of.
    pub fn stuck(&self, id: &str) -> bool {
        self.index(id)
            .is_some_and(|node| !self.alive.contains(node))
    }

    /// What `id` depends on, with the edge.
    pub fn needs(&self, id: &str) -> impl Iterator<Item = (&'a str, Dep<'a>)> {
        self.index(id)
            .into_iter()
            .flat_map(|node| self.deps.edges(node))
            .map(|edge| (self.id(edge.target()), *edge.weight()))
    }

    /// Who waits directly for `id`, with the edge.
    pub fn needed_by(&self, id: &str) -> impl Iterator<Item = (&'a str, Dep<'a>)> {
        self.index(id)
            .into_iter()
            .flat_map(|node| self.deps.edges_directed(node, Direction::Incoming))
            .map(|edge| (self.id(edge.source()), *edge.weight()))
    }

    /// All that wait, over any number of steps, behind one of `ids`; these too.
    pub fn behind<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> IdSet<'a> {
        let mut open: Vec<NodeIndex> = ids.into_iter().filter_map(|id| self.index(id)).collect();
        let mut found: FxHashSet<NodeIndex> = open.iter().copied().collect();
        while let Some(node) = open.pop() {
            for edge in self.deps.edges_directed(node, Direction::Incoming) {
                if edge.weight().strength == Strength::Proved && found.insert(edge.source()) {
                    open.push(edge.source());
                }
            }
        }
        found.into_iter().map(|node| self.id(node)).collect()
    }

    fn find_roots(&self) -> Vec<Root<'a>> {
        let stuck = self.deps.filter_map(
            |node, id| (!self.alive.contains(node)).then_some(*id),
            |_, dep| Some(dep.strength),
        );
        let components = kosaraju_scc(&stuck);
        let mut component_of = FxHashMap::default();
        for (at, nodes) in components.iter().enumerate() {
            component_of.extend(nodes.iter().map(|node| (*node, at)));
        }
        let is_root = |at: usize, nodes: &[NodeIndex]| {
            nodes
                .iter()
                .flat_map(|node| stuck.neighbors(*node))
                .all(|next| component_of.get(&next) == Some(&at))
        };
        let proved = stuck.filter_map(
            |_, id| Some(*id),
            |_, strength| (*strength == Strength::Proved).then_some(()),
        );
        let cycles: Vec<Vec<NodeIndex>> = kosaraju_scc(&proved)
            .into_iter()
            .filter(|nodes| circular(&proved, nodes))
            .collect();
        let name = |node: &NodeIndex| stuck.node_weight(*node).copied().unwrap_or_default();
        let mut cycles_of: FxHashMap<usize, Vec<Vec<&'a str>>> = FxHashMap::default();
        for cycle in &cycles {
            if let Some(at) = cycle.first().and_then(|node| component_of.get(node)) {
                let named = cycle.iter().map(name).collect();
                cycles_of.entry(*at).or_default().push(named);
            }
        }
        components
            .iter()
            .enumerate()
            .filter(|(at, nodes)| is_root(*at, nodes))
            .map(|(at, nodes)| Root {
                nodes: nodes.iter().map(name).collect(),
                cycles: cycles_of.remove(&at).unwrap_or_default(),
            })
            .collect()
    }
}

fn may_be_held_unseen(resource: &Resource) -> bool {
    matches!(resource.kind.as_str(), "lock" | "semaphore" | "thread-lock")
        && resource.holders.is_empty()
        && resource.locked != Some(false)
}

/// Whether a holder is also who waits, for something that it may have twice:
/// a server is held by the very task that waits for it to be closed.
fn holds_its_own(context: &Context<'_>, resource: &str, holder: &str) -> bool {
    const EXCLUSIVE: [&str; 8] = [
        "lock",
        "semaphore",
        "thread-lock",
        "thread-semaphore",
        "file-lock",
        "pool",
        "limiter",
        "memory-stream",
    ];
    let Some(resource) = context.resource(resource) else {
        return false;
    };
    let wait = match (context.task(holder), context.thread(holder)) {
        (Some(task), _) => task.waits_for.as_ref(),
        (None, Some(thread)) => thread.waits_for.as_ref(),
        _ => None,
    };
    let waits = wait.and_then(|wait| wait.resource.as_deref()) == Some(&resource.id);
    waits && !EXCLUSIVE.contains(&resource.kind.as_str())
}

fn circular(graph: &DiGraph<&str, ()>, nodes: &[NodeIndex]) -> bool {
    match nodes {
        [only] => graph.contains_edge(*only, *only),
        _ => nodes.len() > 1,
    }
}

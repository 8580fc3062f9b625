//! Who cannot go on before whom, and who cannot go on at all.
//!
//! A node goes on when all that it depends on can, or any of it where one is
//! enough (one of the holders of a semaphore, one worker of a pool). What can
//! go on is found from those who need nobody (timers, sockets, running code);
//! all the rest is stuck. The parts of the stuck rest that wait for nobody
//! outside of themselves are the roots.

use std::hash::BuildHasher;
use std::rc::Rc;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use petgraph::Direction;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::{EdgeFiltered, EdgeRef, NodeFiltered};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::alive::{self, Alive};
use super::context::Context;
use super::culprit;
use super::nodes::{Node, Nodes};
use crate::model::ids::IdMap;
use crate::model::{Process, Resource, TaskState};

/// One edge of the graph.
#[derive(Debug, Clone, Copy)]
pub enum Dep<'a> {
    /// Proved, and through what: it is awaited, or holds what is waited for.
    Proved(&'a str),
    /// It refers to what is waited for, so it might end the wait.
    Refers,
}

impl<'a> Dep<'a> {
    /// Through what the one depends on the other.
    pub fn via(&self) -> &'a str {
        match self {
            Self::Proved(via) => via,
            Self::Refers => "references",
        }
    }

    /// Whether the edge is needed for certain.
    pub fn is_proved(&self) -> bool {
        matches!(self, Self::Proved(_))
    }
}

/// A part of the stuck nodes that waits for nobody outside of itself.
#[derive(Debug, Clone)]
pub struct Root<'a> {
    pub nodes: Vec<&'a str>,
    /// Proved circles within it.
    pub cycles: Vec<Vec<&'a str>>,
}

/// The wait-for graph of one process; its nodes have the numbers that they have
/// among [`Nodes`].
#[derive(Debug, Default)]
pub struct Graph<'a> {
    pub deps: DiGraph<&'a str, Dep<'a>>,
    nodes: Rc<Nodes<'a>>,
    /// Ends of edges that are nothing which the process has.
    others: IdMap<'a, NodeIndex>,
    /// The edges by their ends, while they are added: a node may have one to each
    /// of a million others.
    joined: HashTable<EdgeIndex>,
    alive: Alive,
    pub roots: Vec<Root<'a>>,
}

/// What nobody can hold while waiting for it.
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

/// The edge of a ready task, or of a queued first step, to whom its loop runs.
pub const EVENT_LOOP: &str = "event-loop";

impl<'a> Graph<'a> {
    /// Builds the graph and finds the stuck nodes and the roots.
    pub fn build(context: &Context<'a>) -> Self {
        let mut graph = Self {
            nodes: Rc::clone(&context.nodes),
            ..Self::default()
        };
        for node in context.nodes.iter() {
            graph.deps.add_node(node.id());
        }
        graph.add_edges(context.process);
        graph.add_waits(context);
        graph.add_holders(context);
        graph.add_source_holders(context);
        graph.add_loop_edges(context);
        graph.add_consumers(context);
        graph.add_references(context);
        graph.joined = HashTable::new();
        graph.alive = alive::find(context, &graph);
        graph.roots = graph.find_roots();
        graph
    }

    fn place(&mut self, id: &'a str) -> NodeIndex {
        let known = self.nodes.number(id);
        known.unwrap_or_else(|| *self.others.entry(id, || self.deps.add_node(id)))
    }

    fn add(&mut self, from: NodeIndex, to: NodeIndex, dep: Dep<'a>) {
        let deps = &self.deps;
        let hash_of = |edge: &EdgeIndex| deps.edge_endpoints(*edge).map_or(0, hash);
        let is_known = |edge: &EdgeIndex| deps.edge_endpoints(*edge) == Some((from, to));
        let entry = self.joined.entry(hash((from, to)), is_known, hash_of);
        if let Entry::Vacant(vacant) = entry {
            vacant.insert(EdgeIndex::new(deps.edge_count()));
            self.deps.add_edge(from, to, dep);
        }
    }

    fn done(&self, node: NodeIndex) -> bool {
        matches!(self.nodes.at(node), Some(Node::Task(task)) if task.state == TaskState::Done)
    }

    fn add_edges(&mut self, process: &'a Process) {
        let most = process.edges.len() + process.tasks.len();
        let deps = &self.deps;
        let hash_of = |edge: &EdgeIndex| deps.edge_endpoints(*edge).map_or(0, hash);
        self.joined.reserve(most, hash_of);
        self.deps.reserve_edges(most);
        for edge in process.edges.iter() {
            let (from, to) = (self.place(&edge.from), self.place(&edge.to));
            let own = edge.via == "holds" && self.holds_its_own(from, to);
            if !self.done(from) && !self.done(to) && !own {
                self.add(from, to, Dep::Proved(&edge.via));
            }
        }
    }

    fn add_waits(&mut self, context: &Context<'a>) {
        let process = context.process;
        let tasks = context
            .live_nodes()
            .map(|(node, task)| (node, task.waits_for.as_ref()));
        let threads = process.threads.iter().filter_map(|thread| {
            let node = context.nodes.number(&thread.id)?;
            Some((node, thread.waits_for.as_ref()))
        });
        for (node, wait) in tasks.chain(threads) {
            if let Some(wait) = wait
                && let Some(resource) = self.resource(wait.resource.as_deref())
            {
                self.add(node, resource, Dep::Proved(&wait.kind));
            }
        }
    }

    fn add_holders(&mut self, context: &Context<'a>) {
        let process = context.process;
        for resource in &process.resources {
            let Some(node) = context.nodes.number(&resource.id) else {
                continue;
            };
            for holder in &resource.holders {
                if let Some(holder) = context.nodes.number(holder)
                    && !self.done(holder)
                    && !self.holds_its_own(node, holder)
                {
                    self.add(node, holder, Dep::Proved("holds"));
                }
            }
        }
        // A running task waits for whatever its thread waits for.
        for thread in &process.threads {
            if let (Some(task), Some(wait)) = (&thread.task, &thread.waits_for)
                && let Some(resource) = self.resource(wait.resource.as_deref())
                && let Some(task) = self.nodes.number(task)
                && let Some(Node::Task(_)) = self.nodes.at(task)
            {
                self.add(task, resource, Dep::Proved(&wait.kind));
            }
        }
    }

    /// The node of what is waited for, where it is a resource.
    fn resource(&self, id: Option<&str>) -> Option<NodeIndex> {
        let node = self.nodes.number(id?)?;
        matches!(self.nodes.at(node), Some(Node::Resource(_))).then_some(node)
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
                    let (resource, holder) =
                        (self.place(&resource.id), self.place(&reference.from));
                    self.add(resource, holder, Dep::Proved("holds"));
                }
            }
        }
    }

    /// Whoever waits for a timer or a file goes on only when its loop turns.
    fn add_loop_edges(&mut self, context: &Context<'a>) {
        let mut running: IdMap<'_, NodeIndex> = IdMap::default();
        for event_loop in &context.process.loops {
            let thread = event_loop.thread.as_deref();
            let thread = thread.and_then(|id| context.thread(id));
            if let Some(busy) = thread.and_then(|thread| thread.task.as_deref()) {
                running.insert(&event_loop.id, self.place(busy));
            }
        }
        for event_loop in &context.process.loops {
            if let Some(busy) = running.get(&event_loop.id) {
                let waiting = self.place(&event_loop.id);
                self.add(waiting, *busy, Dep::Proved(EVENT_LOOP));
            }
        }
        for (node, task) in context.live_nodes() {
            let Some(busy) = task.event_loop.as_deref().and_then(|id| running.get(id)) else {
                continue;
            };
            let alone = self.deps.neighbors(node).next().is_none();
            if *busy != node && alone {
                self.add(node, *busy, Dep::Proved(EVENT_LOOP));
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
                let (generator, task) = (self.place(&coroutine.id), self.place(task));
                self.add(generator, task, Dep::Proved("async-generator"));
            }
        }
    }

    fn add_references(&mut self, context: &Context<'a>) {
        for reference in &context.process.references {
            let Some(from) = context.nodes.number(&reference.from) else {
                continue;
            };
            let live = match context.nodes.at(from) {
                // Nobody will ever resume one that no task and no loop has.
                Some(Node::Coroutine(coroutine)) => {
                    coroutine.event_loop.is_some() || self.deps.edges(from).next().is_some()
                }
                _ => !self.done(from),
            };
            if live && let Some(resource) = self.resource(Some(&reference.to)) {
                self.add(resource, from, Dep::Refers);
            }
        }
    }

    /// The node of an id.
    pub fn index(&self, id: &str) -> Option<NodeIndex> {
        let known = self.nodes.number(id);
        known.or_else(|| self.others.get(id).copied())
    }

    pub fn id(&self, node: NodeIndex) -> &'a str {
        self.deps.node_weight(node).copied().unwrap_or_default()
    }

    /// Whether the node cannot go on by anything that we know of.
    pub fn stuck(&self, id: &str) -> bool {
        self.index(id).is_some_and(|node| self.is_stuck(node))
    }

    /// The same of a node.
    pub fn is_stuck(&self, node: NodeIndex) -> bool {
        !self.alive.contains(node)
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
    pub fn behind<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> FxHashSet<NodeIndex> {
        let mut open: Vec<NodeIndex> = ids.into_iter().filter_map(|id| self.index(id)).collect();
        let mut found: FxHashSet<NodeIndex> = open.iter().copied().collect();
        while let Some(node) = open.pop() {
            for edge in self.deps.edges_directed(node, Direction::Incoming) {
                if edge.weight().is_proved() && found.insert(edge.source()) {
                    open.push(edge.source());
                }
            }
        }
        found
    }

    fn find_roots(&self) -> Vec<Root<'a>> {
        if !self.deps.node_indices().any(|node| self.is_stuck(node)) {
            return Vec::new();
        }
        let stuck = NodeFiltered::from_fn(&self.deps, |node| self.is_stuck(node));
        let components = kosaraju_scc(&stuck);
        let mut component_of = vec![usize::MAX; self.deps.node_count()];
        for (at, nodes) in components.iter().enumerate() {
            for node in nodes {
                component_of[node.index()] = at;
            }
        }
        let is_root = |at: usize, nodes: &[NodeIndex]| {
            nodes
                .iter()
                .flat_map(|node| self.deps.neighbors(*node))
                .filter(|next| self.is_stuck(*next))
                .all(|next| component_of[next.index()] == at)
        };
        let proved = EdgeFiltered::from_fn(&stuck, |edge| edge.weight().is_proved());
        let mut cycles_of: FxHashMap<usize, Vec<Vec<&'a str>>> = FxHashMap::default();
        let cycles = kosaraju_scc(&proved).into_iter();
        for cycle in cycles.filter(|nodes| self.is_circular(nodes)) {
            if let Some(node) = cycle.first() {
                let of = cycles_of.entry(component_of[node.index()]).or_default();
                of.push(self.named(&cycle));
            }
        }
        components
            .iter()
            .enumerate()
            .filter(|(at, nodes)| is_root(*at, nodes))
            .map(|(at, nodes)| Root {
                nodes: self.named(nodes),
                cycles: cycles_of.remove(&at).unwrap_or_default(),
            })
            .collect()
    }

    fn named(&self, nodes: &[NodeIndex]) -> Vec<&'a str> {
        nodes.iter().map(|node| self.id(*node)).collect()
    }

    /// Whether a strongly connected part is a circle of proved edges.
    fn is_circular(&self, nodes: &[NodeIndex]) -> bool {
        match nodes {
            [only] => {
                (self.deps.edges_connecting(*only, *only)).any(|edge| edge.weight().is_proved())
            }
            _ => nodes.len() > 1,
        }
    }

    /// Whether a holder is also who waits, for something that it may have twice:
    /// a server is held by the very task that waits for it to be closed.
    fn holds_its_own(&self, resource: NodeIndex, holder: NodeIndex) -> bool {
        let Some(Node::Resource(resource)) = self.nodes.at(resource) else {
            return false;
        };
        let wait = match self.nodes.at(holder) {
            Some(Node::Task(task)) => task.waits_for.as_ref(),
            Some(Node::Thread(thread)) => thread.waits_for.as_ref(),
            _ => None,
        };
        let waits = wait.and_then(|wait| wait.resource.as_deref()) == Some(&resource.id);
        waits && !EXCLUSIVE.contains(&resource.kind.as_str())
    }
}

fn may_be_held_unseen(resource: &Resource) -> bool {
    matches!(resource.kind.as_str(), "lock" | "semaphore" | "thread-lock")
        && resource.holders.is_empty()
        && resource.locked != Some(false)
}

fn hash(ends: (NodeIndex, NodeIndex)) -> u64 {
    FxBuildHasher.hash_one(ends)
}

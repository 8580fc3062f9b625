//! Who cannot go on before whom: the edges of the wait-for graph.

use std::rc::Rc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashSet;

use super::culprit;
pub(super) use super::dependency::Dependency;
use super::enders::{self, Cancelled, Enders, Found};
use super::facts::Facts;
use super::other_ends;
use crate::model::{
    CoroutineState, EdgeKind, IdMap, Index, Item, ItemId, Process, Resource, ResourceKind,
    TaskState,
};

/// The dependencies of one process. The nodes have the numbers that the items
/// have in [`Index`]; ids that denote no item come after them.
#[derive(Debug, Default)]
pub(super) struct Dependencies<'a> {
    /// The edges lead from who waits to what it waits for.
    pub graph: DiGraph<ItemId, Dependency>,
    index: Rc<Index<'a>>,
    /// The nodes of ids that denote no item.
    unknown: IdMap<NodeIndex>,
    /// Who has taken what, and has no code left to run that gives it back.
    keepers: FxHashSet<(NodeIndex, NodeIndex)>,
    /// What was found out about the waits of the program's own code.
    search: Found,
}

impl<'a> Dependencies<'a> {
    /// Collects the dependencies from the facts.
    pub(super) fn find(facts: &Facts<'a>) -> Self {
        let mut builder = Builder {
            found: Self {
                index: Rc::clone(&facts.index),
                ..Self::default()
            },
            ends: FxHashSet::default(),
        };
        for item in facts.index.iter() {
            builder.found.graph.add_node(item.id());
        }
        builder.add_edges(facts.process);
        builder.add_waits(facts);
        builder.add_holders(facts);
        builder.add_source_holders(facts);
        builder.add_loop_edges(facts);
        builder.add_consumers(facts);
        builder.add_enders(facts);
        builder.add_resting(facts);
        builder.add_writers(facts);
        builder.add_job_results(facts);
        builder.add_other_ends(facts);
        builder.add_references(facts);
        builder.found
    }

    /// Who can end the wait for a resource. `None` if that was not searched.
    pub(super) fn enders(&self, resource: ItemId) -> Option<&Enders> {
        self.search.enders.get(&resource)
    }

    /// Whether no code of the program has a method that ends the wait for a resource.
    pub(super) fn is_unnamed(&self, resource: ItemId) -> bool {
        self.search.unnamed.contains(&resource)
    }

    /// Whether a handler of a signal may end the wait for a resource.
    pub(super) fn is_signalled(&self, resource: ItemId) -> bool {
        self.search.signalled.contains(&resource)
    }

    /// Whether the resource is a part of an object of a library that no rule knows.
    pub(super) fn is_in_library(&self, resource: ItemId) -> bool {
        self.search.in_libraries.contains(&resource)
    }

    /// Who may close asynchronous generators, or take their next item.
    pub(super) fn closers(&self) -> &[ItemId] {
        &self.search.closers
    }

    /// Who may use the pipes of a child, or end it.
    pub(super) fn serving_children(&self) -> &[ItemId] {
        &self.search.serving_children
    }

    /// Whether a timer of the kernel may raise an error in the main thread, whatever it waits for.
    pub(super) fn alarm_raises(&self) -> bool {
        self.search.alarm_raises
    }

    /// Whether it is a reentrant lock whose owner has no code left to run that gives it back.
    pub(super) fn is_abandoned(&self, resource: ItemId) -> bool {
        self.search.abandoned.contains(&resource)
    }

    /// Who may cancel tasks, of the program's own code.
    pub(super) fn cancellers(&self) -> &[(Vec<ItemId>, Cancelled)] {
        &self.search.cancellers
    }

    /// Whether the holder has no code left to run that gives the resource back.
    pub(super) fn keeps(&self, resource: NodeIndex, holder: NodeIndex) -> bool {
        self.keepers.contains(&(resource, holder))
    }

    /// Who may add a task to a group that raises an error, and so ends the group.
    pub(super) fn spawning(&self) -> &[ItemId] {
        &self.search.spawning
    }

    /// Tasks that may raise an error of their own.
    pub(super) fn raising(&self) -> &[ItemId] {
        &self.search.raising
    }

    /// The node of an id.
    pub(super) fn node(&self, id: ItemId) -> Option<NodeIndex> {
        let known = self.index.number(id).map(NodeIndex::new);
        known.or_else(|| self.unknown.get(&id).copied())
    }

    /// The item at a node.
    pub(super) fn item(&self, node: NodeIndex) -> Option<Item<'a>> {
        self.index.at(node.index())
    }

    /// The id of a node.
    pub(super) fn id(&self, node: NodeIndex) -> Option<ItemId> {
        self.graph.node_weight(node).copied()
    }

    /// The ids of nodes, in their order.
    pub(super) fn ids(&self, nodes: &[NodeIndex]) -> Vec<ItemId> {
        nodes.iter().filter_map(|node| self.id(*node)).collect()
    }

    /// What `id` depends on, and why.
    pub(super) fn needs(&self, id: ItemId) -> impl Iterator<Item = (ItemId, Dependency)> {
        let edges = (self.node(id).into_iter()).flat_map(|node| self.graph.edges(node));
        edges.filter_map(|edge| Some((self.id(edge.target())?, *edge.weight())))
    }

    /// Who waits directly for `id`, and why.
    pub(super) fn needed_by(&self, id: ItemId) -> impl Iterator<Item = (ItemId, Dependency)> {
        let edges = self
            .node(id)
            .into_iter()
            .flat_map(|node| self.graph.edges_directed(node, Direction::Incoming));
        edges.filter_map(|edge| Some((self.id(edge.source())?, *edge.weight())))
    }

    /// All that wait, over any number of steps, behind one of `ids`; these too.
    pub(super) fn behind(&self, ids: impl IntoIterator<Item = ItemId>) -> FxHashSet<NodeIndex> {
        let mut open: Vec<NodeIndex> = ids.into_iter().filter_map(|id| self.node(id)).collect();
        let mut found: FxHashSet<NodeIndex> = open.iter().copied().collect();
        while let Some(node) = open.pop() {
            for edge in self.graph.edges_directed(node, Direction::Incoming) {
                if edge.weight().is_proved() && found.insert(edge.source()) {
                    open.push(edge.source());
                }
            }
        }
        found
    }

    fn is_done(&self, node: NodeIndex) -> bool {
        matches!(self.item(node), Some(Item::Task(task)) if task.state == TaskState::Done)
    }

    /// The node of what is waited for, where it is a resource.
    fn resource(&self, id: Option<ItemId>) -> Option<NodeIndex> {
        let node = self.index.number(id?).map(NodeIndex::new)?;
        matches!(self.item(node), Some(Item::Resource(_))).then_some(node)
    }

    /// Whether other processes or threads of a pool may end the wait for it, to which it has
    /// edges.
    fn is_shared(&self, node: NodeIndex) -> bool {
        let resource = match self.item(node) {
            Some(Item::Resource(resource)) => resource,
            _ => return false,
        };
        resource.kind.is_shared() || resource.kind == ResourceKind::JobResult
    }

    /// Whether the holder of a resource also waits for it, and may do so: the
    /// task that waits for a server to close is also who holds the server.
    fn holds_its_own(&self, resource: NodeIndex, holder: NodeIndex) -> bool {
        let Some(Item::Resource(resource)) = self.item(resource) else {
            return false;
        };
        let wait = match self.item(holder) {
            Some(Item::Task(task)) => task.waits_for.as_ref(),
            Some(Item::Thread(thread)) => thread.waits_for.as_ref(),
            _ => None,
        };
        let waits = wait.and_then(|wait| wait.resource) == Some(resource.id);
        // A job may wait for its own result.
        let is_job = resource.kind == ResourceKind::ConcurrentFuture;
        waits && !resource.kind.is_exclusive() && !is_job
    }
}

struct Builder<'a> {
    found: Dependencies<'a>,
    /// The ends of all edges. A node may have an edge to each of a million
    /// others, so that looking through its edges would take too long.
    ends: FxHashSet<(NodeIndex, NodeIndex)>,
}

impl<'a> Builder<'a> {
    fn node(&mut self, id: ItemId) -> NodeIndex {
        let known = self.found.index.number(id).map(NodeIndex::new);
        known.unwrap_or_else(|| {
            let unknown = self.found.unknown.entry(id);
            *unknown.or_insert_with(|| self.found.graph.add_node(id))
        })
    }

    /// Adds an edge, unless there is one between the same ends.
    fn add(&mut self, from: NodeIndex, to: NodeIndex, why: Dependency) {
        if self.ends.insert((from, to)) {
            self.found.graph.add_edge(from, to, why);
        }
    }

    fn add_edges(&mut self, process: &Process) {
        let max = process.edges.len() + process.tasks.len();
        self.ends.reserve(max);
        self.found.graph.reserve_edges(max);
        for edge in process.edges.iter() {
            let (from, to) = (self.node(edge.from), self.node(edge.to));
            let own = edge.via == EdgeKind::Holds && self.found.holds_its_own(from, to);
            // Who shares it may end the wait, and need not.
            let shares = self.found.is_shared(from) && edge.via != EdgeKind::Holds;
            let why = match shares {
                true => Dependency::Refers,
                false => Dependency::Edge(edge.via),
            };
            if !self.found.is_done(from) && !self.found.is_done(to) && !own {
                self.add(from, to, why);
            }
        }
    }

    /// Adds what other processes wait for.
    fn add_resting(&mut self, facts: &Facts<'a>) {
        for (process, on) in facts.resting() {
            for item in on {
                let (process, item) = (self.node(*process), self.node(*item));
                self.add(process, item, Dependency::SUBPROCESS);
            }
        }
    }

    /// Adds all who may write into a pipe or socket from which a child reads.
    fn add_writers(&mut self, facts: &Facts<'a>) {
        let children = facts.process.children.iter();
        let reads = children.filter(|child| !child.peers.is_empty() && child.reads());
        for child in reads {
            for actor in other_ends::actors(facts) {
                let (child, actor) = (self.node(child.id), self.node(actor));
                self.add(child, actor, Dependency::Refers);
            }
        }
    }

    /// Adds that nobody else gives a result of a pool, or a job to its workers, than those to
    /// whom there are edges.
    fn add_job_results(&mut self, facts: &Facts<'a>) {
        let resources = facts.process.resources.iter();
        let known = resources.filter(|it| match it.kind {
            ResourceKind::JobResult => it.closed.is_some(),
            ResourceKind::ProcessPool => facts.resting().values().flatten().any(|on| *on == it.id),
            _ => false,
        });
        let enders = known.map(|resource| (resource.id, Enders::These(Vec::new())));
        self.found.search.enders.extend(enders);
    }

    fn add_waits(&mut self, facts: &Facts<'a>) {
        let tasks = facts
            .live_nodes()
            .map(|(node, task)| (node, task.waits_for.as_ref()));
        let threads = facts.process.threads.iter();
        let threads =
            threads.filter_map(|thread| Some((facts.node(thread.id)?, thread.waits_for.as_ref())));
        for (node, wait) in tasks.chain(threads) {
            if let Some(wait) = wait
                && let Some(resource) = self.found.resource(wait.resource)
            {
                self.add(node, resource, Dependency::Wait(wait.kind));
            }
        }
    }

    fn add_holders(&mut self, facts: &Facts<'a>) {
        for resource in facts.process.resources.iter() {
            let Some(node) = facts.node(resource.id) else {
                continue;
            };
            for holder in &resource.holders {
                if let Some(holder) = facts.node(*holder)
                    && !self.found.is_done(holder)
                    && !self.found.holds_its_own(node, holder)
                {
                    self.add(node, holder, Dependency::HOLDS);
                }
            }
        }
        // A running task waits for whatever its thread waits for.
        for thread in &facts.process.threads {
            if let (Some(task), Some(wait)) = (thread.task, &thread.waits_for)
                && let Some(resource) = self.found.resource(wait.resource)
                && let Some(task) = facts.node(task)
                && let Some(Item::Task(_)) = facts.item(task)
            {
                self.add(task, resource, Dependency::Wait(wait.kind));
            }
        }
    }

    /// The memory does not say who took a lock by a plain `acquire()`; the
    /// source around the line where a task stands may.
    fn add_source_holders(&mut self, facts: &Facts<'a>) {
        let resources = facts.process.resources.iter();
        for resource in resources.filter(|resource| may_have_hidden_holder(resource)) {
            for reference in facts.referrers(resource.id) {
                let Some(holder) = reference.from.item() else {
                    continue;
                };
                let task = facts.task(holder);
                let live = task.is_some_and(|task| task.state != TaskState::Done);
                if live && culprit::took(facts, holder, resource, &reference.path) {
                    let (resource, holder) = (self.node(resource.id), self.node(holder));
                    self.add(resource, holder, Dependency::HOLDS);
                }
            }
        }
    }

    /// Whoever waits for a timer or a file goes on only when its loop turns.
    fn add_loop_edges(&mut self, facts: &Facts<'a>) {
        let mut running: IdMap<NodeIndex> = IdMap::default();
        for event_loop in &facts.process.loops {
            let thread = event_loop.thread.and_then(|id| facts.thread(id));
            if let Some(busy) = thread.and_then(|thread| thread.task) {
                running.insert(event_loop.id, self.node(busy));
            }
        }
        // Who waits for a thread with a loop waits for the end of what the loop runs.
        for event_loop in &facts.process.loops {
            if let (Some(thread), Some(until)) = (event_loop.thread, event_loop.until) {
                let (thread, until) = (self.node(thread), self.node(until));
                let graph = &self.found.graph;
                let waiting = graph.edges_directed(thread, Direction::Incoming);
                let waiting: Vec<&Dependency> = waiting.map(|edge| edge.weight()).collect();
                // Whose turn it is waits for the loop to turn, and not for its end.
                let turns = waiting.contains(&&Dependency::EVENT_LOOP);
                if !waiting.is_empty() && !turns {
                    self.add(thread, until, Dependency::Runs);
                }
            }
        }
        for event_loop in &facts.process.loops {
            if let Some(busy) = running.get(&event_loop.id) {
                let waiting = self.node(event_loop.id);
                self.add(waiting, *busy, Dependency::EVENT_LOOP);
            }
        }
        for (node, task) in facts.live_nodes() {
            let Some(busy) = task.event_loop.and_then(|id| running.get(&id)) else {
                continue;
            };
            let alone = self.found.graph.neighbors(node).next().is_none();
            if *busy != node && alone {
                self.add(node, *busy, Dependency::EVENT_LOOP);
            }
        }
    }

    /// A generator stands at its `yield` while the body of an `async for` runs,
    /// so it goes on after the task that runs this body.
    fn add_consumers(&mut self, facts: &Facts<'a>) {
        for coroutine in &facts.process.coroutines {
            if coroutine.state != CoroutineState::AsyncGenerator {
                continue;
            }
            for task in culprit::consumers(facts, coroutine) {
                let (generator, task) = (self.node(coroutine.id), self.node(task));
                self.add(generator, task, Dependency::Consumer);
            }
        }
    }

    /// Adds who can end the waits of the program's own code.
    fn add_enders(&mut self, facts: &Facts<'a>) {
        let mut waiters: IdMap<Vec<ItemId>> = IdMap::default();
        for resource in facts.process.resources.iter() {
            let node = facts.node(resource.id);
            let waiting = node.into_iter().flat_map(|node| {
                let graph = &self.found.graph;
                graph.neighbors_directed(node, Direction::Incoming)
            });
            let waiting: Vec<ItemId> = waiting.filter_map(|node| self.found.id(node)).collect();
            if !waiting.is_empty() && facts.is_explored(resource.id) {
                waiters.insert(resource.id, waiting);
            }
        }
        let found = enders::find(facts, &waiters);
        for (resource, holder) in &found.holders {
            let (resource, holder) = (self.node(*resource), self.node(*holder));
            self.add(resource, holder, Dependency::HOLDS);
        }
        for lock in &found.abandoned {
            self.forget_holders(*lock);
        }
        // Whoever keeps a coroutine may await it later.
        for (coroutine, keeper) in &found.resumers {
            let (coroutine, keeper) = (self.node(*coroutine), self.node(*keeper));
            self.add(coroutine, keeper, Dependency::Refers);
        }
        for (resource, enders) in &found.enders {
            let Enders::These(ids) = enders else {
                continue;
            };
            for id in ids {
                let (resource, ender) = (self.node(*resource), self.node(*id));
                if self.may_run(facts, ender) {
                    self.add(resource, ender, Dependency::Refers);
                }
            }
        }
        for (resource, holder) in &found.keepers {
            let (resource, holder) = (self.node(*resource), self.node(*holder));
            self.found.keepers.insert((resource, holder));
        }
        let resources = facts.process.resources.iter();
        let limiters = resources.filter(|it| it.kind == ResourceKind::Limiter);
        for limiter in limiters {
            for id in &found.growing {
                let (limiter, who) = (self.node(limiter.id), self.node(*id));
                self.add(limiter, who, Dependency::Refers);
            }
        }
        self.found.search = found;
    }

    /// Removes the edges from a lock to those who have it.
    fn forget_holders(&mut self, lock: ItemId) {
        let node = self.node(lock);
        let graph = &mut self.found.graph;
        graph.retain_edges(|graph, edge| {
            graph
                .edge_endpoints(edge)
                .is_none_or(|(from, _)| from != node)
        });
    }

    /// Adds who may use the other ends of sockets and pipes that only this process has.
    fn add_other_ends(&mut self, facts: &Facts<'a>) {
        for end in other_ends::find(facts) {
            let resource = self.node(end.resource);
            for id in end.waiting {
                let waiting = self.node(id);
                self.add(resource, waiting, Dependency::OTHER_END);
            }
            for id in &end.users {
                let user = self.node(*id);
                if self.may_run(facts, user) {
                    self.add(resource, user, Dependency::Refers);
                }
            }
            let enders = Enders::These(end.users);
            self.found.search.enders.insert(end.resource, enders);
        }
    }

    /// Whether a task, thread, loop or coroutine may run code.
    fn may_run(&self, facts: &Facts<'a>, node: NodeIndex) -> bool {
        match facts.item(node) {
            // Nobody will ever resume one that no task and no loop has.
            Some(Item::Coroutine(coroutine)) => {
                let mut edges = self.found.graph.edges(node);
                coroutine.event_loop.is_some() || edges.next().is_some()
            }
            _ => !self.found.is_done(node),
        }
    }

    fn add_references(&mut self, facts: &Facts<'a>) {
        for reference in facts.process.references.iter() {
            let held = facts.resource(reference.to).is_some_and(Resource::is_held);
            if held || self.found.search.enders.contains_key(&reference.to) {
                continue;
            }
            let from = reference.from.item().and_then(|id| facts.node(id));
            let Some(from) = from else {
                continue;
            };
            if self.may_run(facts, from)
                && let Some(resource) = self.found.resource(Some(reference.to))
            {
                self.add(resource, from, Dependency::Refers);
            }
        }
    }
}

fn may_have_hidden_holder(resource: &Resource) -> bool {
    resource.kind.may_hide_holder() && resource.holders.is_empty() && resource.locked != Some(false)
}

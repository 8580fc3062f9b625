//! Builds the dependencies out of the facts, one source of edges after another.

use std::rc::Rc;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use rustc_hash::FxHashSet;

use super::{Dependencies, Dependency};
use crate::diagnosis::culprit;
use crate::diagnosis::enders::{self, Enders};
use crate::diagnosis::facts::Facts;
use crate::diagnosis::other_ends;
use crate::model::{
    CoroutineState, EdgeKind, IdMap, Item, ItemId, Process, Resource, ResourceKind, TaskState,
};

/// Collects the dependencies from the facts.
pub(super) fn find<'a>(facts: &Facts<'a>) -> Dependencies<'a> {
    let mut builder = Builder {
        found: Dependencies {
            index: Rc::clone(&facts.index),
            ..Dependencies::default()
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

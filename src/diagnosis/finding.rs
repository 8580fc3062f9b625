//! What the rules share when they put a finding together.

use std::rc::Rc;

use arcstr::ArcStr;
use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashSet;

use super::context::Context;
use super::nodes::Node;
use crate::model::ids::{IdMap, IdSet};
use crate::model::{Consistency, Diagnosis, Resource, Task, TaskState, Thread, ThreadState};

pub const CERTAIN: &str = "certain";
pub const LIKELY: &str = "likely";
pub const POSSIBLE: &str = "possible";

/// Share of a processor from which on a thread counts as computing.
pub const COMPUTING: f64 = 0.5;
/// The same for a thread that was seen running in every sample.
const SHARING: f64 = 0.05;

/// Edges over which the cancelling of the one that waits reaches the awaited.
const CANCELLED_ALONG: [&str; 6] = [
    "await",
    "task",
    "gather",
    "wait_for",
    "task-group",
    "future",
];

/// A finding of which only kind, summary and confidence are known.
pub fn finding(kind: &str, confidence: &str, summary: String) -> Diagnosis {
    Diagnosis {
        kind: kind.to_owned(),
        how: None,
        tasks: Vec::new(),
        threads: Vec::new(),
        resources: Vec::new(),
        summary,
        culprit: None,
        affected_tasks: 0,
        recovers_in_s: None,
        confidence: confidence.to_owned(),
        hint: None,
    }
}

/// Owned copies of ids, in the order of the process and each once.
pub fn ids<'i>(context: &Context<'_>, of: impl IntoIterator<Item = &'i str>) -> Vec<ArcStr> {
    let mut numbers: Vec<NodeIndex> = (of.into_iter())
        .filter_map(|id| context.nodes.number(id))
        .collect();
    numbers.sort_unstable();
    numbers.dedup();
    let nodes = numbers
        .into_iter()
        .filter_map(|node| context.nodes.at(node));
    let named =
        nodes.filter(|node| matches!(node, Node::Task(_) | Node::Thread(_) | Node::Resource(_)));
    named.map(|node| node.id().clone()).collect()
}

/// Who waits for a resource.
#[derive(Clone, Default)]
pub struct Waiters<'a> {
    all: Rc<[&'a str]>,
    tasks: Rc<[&'a str]>,
}

impl<'a> Context<'a> {
    /// How many tasks cannot go on before `ids`, these included.
    pub fn affected<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> u64 {
        let behind = self.graph.behind(ids);
        let tasks = behind.iter().filter(|node| {
            matches!(self.nodes.at(**node), Some(Node::Task(task)) if task.state != TaskState::Done)
        });
        tasks.count() as u64
    }

    /// When the nearest timeout cancels one of `tasks`, on it or on those that
    /// await it.
    pub fn recovery<'i>(&self, tasks: impl IntoIterator<Item = &'i str>) -> Option<f64> {
        if !self.any_guarded() {
            return None;
        }
        let graph = &self.graph;
        let mut open: Vec<NodeIndex> = tasks.into_iter().filter_map(|id| graph.index(id)).collect();
        let mut seen: FxHashSet<NodeIndex> = open.iter().copied().collect();
        let mut nearest: Option<f64> = None;
        while let Some(node) = open.pop() {
            let task = self.task(graph.id(node));
            let guards = task.map(|task| &*task.guards).unwrap_or_default();
            for guard in guards.iter().filter(|guard| guard.remaining_s >= 0.0) {
                nearest = Some(nearest.map_or(guard.remaining_s, |n| n.min(guard.remaining_s)));
            }
            for edge in graph.deps.edges_directed(node, Direction::Incoming) {
                let reaches = CANCELLED_ALONG.contains(&edge.weight().via());
                if reaches && seen.insert(edge.source()) {
                    open.push(edge.source());
                }
            }
        }
        nearest
    }

    /// Whether a timeout guards anything at all.
    fn any_guarded(&self) -> bool {
        *self.any_guarded.get_or_init(|| {
            let mut guards = self.process.tasks.iter().flat_map(|task| &task.guards);
            guards.any(|guard| guard.remaining_s >= 0.0)
        })
    }

    /// Whether a thread computed in all samples: by the time it used, or, as it
    /// may have to share its processor, by its state.
    pub fn computes(&self, thread: &Thread) -> bool {
        let share = self.progress.cpu(&thread.id);
        let runs = |thread: &Thread| {
            matches!(thread.state, ThreadState::Running | ThreadState::WaitingGil)
        };
        let ran = self.earlier.iter().all(|sample| {
            let mut threads = sample.threads.iter();
            threads.any(|old| old.id == thread.id && runs(old))
        });
        match share {
            Some(share) => share >= COMPUTING || (share >= SHARING && runs(thread) && ran),
            None => runs(thread) && ran,
        }
    }

    /// Confidence in what is proved by one look, if nothing was torn.
    pub fn proved<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> &'static str {
        let (mut unchanged, mut whole) = (true, true);
        for id in ids {
            unchanged &= self.progress.unchanged(id);
            whole &= !self.is_marked(id);
        }
        match (
            self.progress.known && unchanged,
            self.process.read.consistency,
        ) {
            (true, _) | (false, Consistency::Stopped) => CERTAIN,
            (false, Consistency::Verified) if whole => CERTAIN,
            (false, Consistency::Verified | Consistency::Running) => LIKELY,
        }
    }

    /// Whether something could not be read of what the id denotes, or it was not
    /// the same twice.
    fn is_marked(&self, id: &str) -> bool {
        match self.nodes.get(id) {
            Some(Node::Task(task)) => task.error.is_some(),
            Some(Node::Thread(thread)) => thread.error.is_some(),
            Some(Node::Resource(resource)) => resource.error.is_some(),
            Some(Node::Coroutine(coroutine)) => coroutine.error.is_some(),
            Some(Node::Loop(event_loop)) => event_loop.error.is_some(),
            Some(Node::Child(_)) | None => false,
        }
    }

    /// Confidence in what is seen only because nothing moves.
    pub fn observed<'i>(&self, ids: impl IntoIterator<Item = &'i str>) -> &'static str {
        let unchanged = ids.into_iter().all(|id| self.progress.unchanged(id));
        match unchanged && self.progress.known {
            true => LIKELY,
            false => POSSIBLE,
        }
    }

    /// Tasks and threads that wait directly for a resource, in its order.
    pub fn waiters(&self, resource: &Resource) -> Rc<[&'a str]> {
        self.who_waits(resource).all
    }

    /// Of these, the tasks.
    pub fn waiting_tasks(&self, resource: &Resource) -> Rc<[&'a str]> {
        self.who_waits(resource).tasks
    }

    fn who_waits(&self, resource: &Resource) -> Waiters<'a> {
        let Some(node) = self.graph.index(&resource.id) else {
            return Waiters::default();
        };
        if let Some(known) = self.waiters.borrow().get(&node) {
            return known.clone();
        }
        let all: Rc<[&str]> = self.find_waiters(resource, node).into();
        let is_task = |id: &&str| self.task(id).is_some();
        let tasks = match all.iter().all(is_task) {
            true => Rc::clone(&all),
            false => all.iter().copied().filter(is_task).collect(),
        };
        let waiters = Waiters { all, tasks };
        self.waiters.borrow_mut().insert(node, waiters.clone());
        waiters
    }

    fn find_waiters(&self, resource: &Resource, node: NodeIndex) -> Vec<&'a str> {
        let waiting = self
            .graph
            .deps
            .neighbors_directed(node, Direction::Incoming);
        let mut waiters: Vec<&str> = waiting
            .filter(|node| match self.nodes.at(*node) {
                Some(Node::Task(task)) => task.state != TaskState::Done && !self.is_copy(task),
                Some(Node::Thread(thread)) => thread.task.is_none(),
                _ => false,
            })
            .map(|node| self.graph.id(node))
            .collect();
        // The last that was added comes first.
        waiters.reverse();
        let mut pairs = waiters.iter().zip(&resource.waiters);
        let in_order = waiters.len() == resource.waiters.len()
            && pairs.all(|(known, id)| std::ptr::eq(*known, id.as_str()));
        if !in_order {
            let places: IdMap<'_, usize> = resource
                .waiters
                .iter()
                .enumerate()
                .map(|(place, id)| (id.as_str(), place))
                .collect();
            waiters.sort_by_cached_key(|id| (places.get(id).copied().unwrap_or(usize::MAX), *id));
        }
        waiters
    }

    /// Whether a task is the copy that a fork made of one of the parent: it is
    /// on a stack, but nobody runs its loop.
    pub fn is_copy(&self, task: &Task) -> bool {
        if task.state != TaskState::Running {
            return false;
        }
        let event_loop = task
            .event_loop
            .as_deref()
            .and_then(|id| self.event_loop(id));
        let thread = self.thread_of_running(task);
        let forked = thread.is_some_and(super::rules::is_forked_step);
        forked || event_loop.is_some_and(|event_loop| !event_loop.running)
    }

    /// Stuck resources that are waited for, that nobody holds, and of which
    /// all who know them wait behind them.
    pub fn dead_ends(&self) -> &[&'a Resource] {
        self.dead_ends.get_or_init(|| {
            let nodes = self.graph.roots.iter().flat_map(|root| &root.nodes);
            let ends: IdSet<'_> = nodes
                .filter_map(|id| self.resource(id))
                .filter(|resource| self.is_dead_end(resource))
                .map(|resource| resource.id.as_str())
                .collect();
            let resources = self.process.resources.iter();
            resources
                .filter(|resource| ends.contains(&resource.id))
                .collect()
        })
    }

    fn is_dead_end(&self, resource: &Resource) -> bool {
        let mut needs = self.graph.needs(&resource.id);
        let held = needs.any(|(_, dep)| dep.is_proved());
        !held && !self.waiters(resource).is_empty()
    }

    /// Whether something is left that is not stuck: tasks, servers, threads.
    pub fn others_live(&self) -> bool {
        *self.others_live.get_or_init(|| {
            let task = self
                .live_nodes()
                .any(|(node, _)| !self.graph.is_stuck(node));
            let threads = self.process.threads.iter();
            let mut active = threads.filter(|thread| {
                thread.event_loop.is_none()
                    && !self.graph.stuck(&thread.id)
                    && (thread.waits_for.is_none() || self.progress.works(&thread.id))
                    && !super::rules::is_idle_worker(thread)
            });
            task || active.next().is_some() || self.listeners().next().is_some()
        })
    }
}

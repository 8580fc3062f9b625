//! What every rule gets: the facts, the graph, and what several rules work out
//! of them.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use rustc_hash::{FxHashMap, FxHashSet};

use super::alive::fails_with_timeout;
use super::cycle::{Cycle, Shape, find_cycles};
use super::dependency::Dependency;
use super::facts::Facts;
use super::frames::is_idle_worker;
use super::graph::Graph;
use super::parked;
use super::source;
use super::sources::Sources;
use crate::model::{EdgeKind, Frame, IdMap, IdSet, Item, ItemId, Process, Resource, TaskState};

/// The facts about a process and the conclusions that rules share.
pub(super) struct Context<'a> {
    /// What was seen.
    pub facts: Facts<'a>,
    /// Who waits for whom, and who is stuck.
    pub graph: Graph<'a>,
    memo: Memo<'a>,
}

/// Conclusions that several rules ask for, each worked out once.
#[derive(Default)]
struct Memo<'a> {
    cycles: OnceCell<Vec<Cycle>>,
    dead_ends: OnceCell<Vec<&'a Resource>>,
    /// The root of each node of one.
    roots: OnceCell<IdMap<usize>>,
    others_live: OnceCell<bool>,
    any_guarded: OnceCell<bool>,
    group_limits: OnceCell<FxHashMap<NodeIndex, f64>>,
    /// Who waits for a resource, by its node.
    waiters: RefCell<FxHashMap<NodeIndex, Waiters>>,
}

/// Who waits for a resource.
#[derive(Clone, Default)]
struct Waiters {
    all: Rc<[ItemId]>,
    tasks: Rc<[ItemId]>,
}

impl<'a> Context<'a> {
    /// Collects the facts and builds the graph.
    ///
    /// `earlier` are the samples before the last one, oldest first, and
    /// `interval_s` is the planned time between two samples in seconds.
    pub(super) fn new(
        process: &'a Process,
        earlier: &'a [Process],
        interval_s: f64,
        sources: &'a dyn Sources,
    ) -> Self {
        let facts = Facts::new(process, earlier, interval_s, sources);
        let graph = Graph::build(&facts);
        Self {
            facts,
            graph,
            memo: Memo::default(),
        }
    }

    /// These tasks, threads and resources in the order of the process, each once.
    pub(super) fn in_order(&self, ids: impl IntoIterator<Item = ItemId>) -> Vec<ItemId> {
        let ids = ids.into_iter();
        let mut nodes: Vec<NodeIndex> = ids.filter_map(|id| self.facts.node(id)).collect();
        nodes.sort_unstable();
        nodes.dedup();
        let items = nodes.into_iter().filter_map(|node| self.facts.item(node));
        let shown = items
            .filter(|item| matches!(item, Item::Task(_) | Item::Thread(_) | Item::Resource(_)));
        shown.map(|item| item.id()).collect()
    }

    /// The circles that cannot be left.
    pub(super) fn cycles(&self) -> &[Cycle] {
        let find = || find_cycles(&self.facts, &self.graph);
        self.memo.cycles.get_or_init(find)
    }

    /// The circles of one shape.
    pub(super) fn cycles_of(&self, shape: Shape) -> Vec<&Cycle> {
        let cycles = self.cycles().iter();
        cycles.filter(|cycle| cycle.shape == shape).collect()
    }

    /// How many tasks cannot go on before `ids`, these included.
    pub(super) fn affected(&self, ids: impl IntoIterator<Item = ItemId>) -> u64 {
        let behind = self.graph.deps.behind(ids);
        let tasks = behind.iter().filter(|node| {
            matches!(self.facts.item(**node), Some(Item::Task(task)) if task.state != TaskState::Done)
        });
        tasks.count() as u64
    }

    /// Seconds until the nearest timeout ends the wait of one of these tasks and threads. The
    /// timeout may be around a task or around one that awaits it.
    pub(super) fn recovery(&self, tasks: impl IntoIterator<Item = ItemId>) -> Option<f64> {
        let tasks: Vec<ItemId> = tasks.into_iter().collect();
        // A thread ends its own wait only.
        let threads = tasks.iter().filter_map(|id| self.facts.thread(*id));
        let limits = threads.filter_map(|thread| self.facts.limit_of_call(thread));
        // A limit that has just passed: the thread goes on now.
        let mut nearest = limits.map(|left| left.max(0.0)).reduce(f64::min);
        if !self.any_guarded() {
            return nearest;
        }
        let deps = &self.graph.deps;
        let mut open: Vec<NodeIndex> = tasks.into_iter().filter_map(|id| deps.node(id)).collect();
        let mut visited: FxHashSet<NodeIndex> = open.iter().copied().collect();
        while let Some(node) = open.pop() {
            let guards = match self.facts.item(node) {
                Some(Item::Task(task)) => &*task.guards,
                _ => &[],
            };
            for guard in guards.iter().filter(|guard| guard.remaining_s >= 0.0) {
                nearest = Some(nearest.map_or(guard.remaining_s, |n| n.min(guard.remaining_s)));
            }
            for edge in deps.graph.edges_directed(node, Direction::Incoming) {
                let mut ends_in = |left: f64| {
                    nearest = Some(nearest.map_or(left, |nearest| nearest.min(left)));
                };
                // The timeout of another task of the group cancels this one.
                if *edge.weight() == Dependency::Edge(EdgeKind::TaskGroup)
                    && let Some(left) = self.group_limits().get(&edge.source())
                {
                    ends_in(*left);
                }
                if edge.weight().passes_cancellation() && visited.insert(edge.source()) {
                    open.push(edge.source());
                }
            }
        }
        nearest
    }

    /// Tasks that wait in a task group, each with the seconds until a timeout fails one of the
    /// group.
    fn group_limits(&self) -> &FxHashMap<NodeIndex, f64> {
        self.memo.group_limits.get_or_init(|| {
            let mut limits: FxHashMap<NodeIndex, f64> = FxHashMap::default();
            let edges = self.facts.process.edges.iter();
            for edge in edges.filter(|edge| edge.via == EdgeKind::TaskGroup) {
                let task = self.facts.task(edge.to);
                let limit = task.and_then(|task| {
                    let ahead = task.guards.iter().map(|guard| guard.remaining_s);
                    ahead.filter(|left| *left >= 0.0).reduce(f64::min)
                });
                let parent = self.facts.node(edge.from);
                if let (Some(task), Some(limit), Some(parent)) = (task, limit, parent)
                    && fails_with_timeout(&self.facts, task)
                {
                    let known = limits.entry(parent).or_insert(limit);
                    *known = known.min(limit);
                }
            }
            limits
        })
    }

    /// Whether a timeout guards any task.
    fn any_guarded(&self) -> bool {
        *self.memo.any_guarded.get_or_init(|| {
            let tasks = self.facts.process.tasks.iter();
            let mut guards = tasks.flat_map(|task| &task.guards);
            guards.any(|guard| guard.remaining_s >= 0.0)
        })
    }

    /// Tasks and threads that wait directly for a resource, in the order in
    /// which they will get it.
    pub(super) fn waiters(&self, resource: &Resource) -> Rc<[ItemId]> {
        self.known_waiters(resource).all
    }

    /// The tasks among [`Self::waiters`].
    pub(super) fn waiting_tasks(&self, resource: &Resource) -> Rc<[ItemId]> {
        self.known_waiters(resource).tasks
    }

    fn known_waiters(&self, resource: &Resource) -> Waiters {
        let Some(node) = self.graph.deps.node(resource.id) else {
            return Waiters::default();
        };
        if let Some(known) = self.memo.waiters.borrow().get(&node) {
            return known.clone();
        }
        let all: Rc<[ItemId]> = self.find_waiters(resource, node).into();
        let is_task = |id: &ItemId| self.facts.task(*id).is_some();
        let tasks = match all.iter().all(is_task) {
            true => Rc::clone(&all),
            false => all.iter().copied().filter(is_task).collect(),
        };
        let waiters = Waiters { all, tasks };
        let mut known = self.memo.waiters.borrow_mut();
        known.insert(node, waiters.clone());
        waiters
    }

    fn find_waiters(&self, resource: &Resource, node: NodeIndex) -> Vec<ItemId> {
        let deps = &self.graph.deps;
        let waiting = deps.graph.neighbors_directed(node, Direction::Incoming);
        let mut waiters: Vec<ItemId> = waiting
            .filter_map(|node| match self.facts.item(node)? {
                Item::Task(task) => {
                    let waits = task.state != TaskState::Done && !self.facts.is_copy(task);
                    waits.then_some(task.id)
                }
                Item::Thread(thread) => thread.task.is_none().then_some(thread.id),
                Item::Resource(_) | Item::Coroutine(_) | Item::Loop(_) | Item::Child(_) => None,
            })
            .collect();
        // The graph gives the edge that was added last first.
        waiters.reverse();
        if waiters != resource.waiters {
            let positions: IdMap<usize> = (resource.waiters.iter().enumerate())
                .map(|(position, id)| (*id, position))
                .collect();
            waiters.sort_by_cached_key(|id| match positions.get(id) {
                Some(position) => (*position, None),
                None => (usize::MAX, Some(id.to_string())),
            });
        }
        waiters
    }

    /// Stuck resources that are waited for, that nobody holds, and of which
    /// all who know them wait behind them.
    pub(super) fn dead_ends(&self) -> &[&'a Resource] {
        self.memo.dead_ends.get_or_init(|| {
            let nodes = self.graph.roots.iter().flat_map(|root| &root.nodes);
            let ends: IdSet = nodes
                .filter_map(|id| self.facts.resource(*id))
                .filter(|resource| self.is_dead_end(resource))
                .map(|resource| resource.id)
                .collect();
            let resources = self.facts.process.resources.iter();
            resources
                .filter(|resource| ends.contains(&resource.id))
                .collect()
        })
    }

    /// Index of the root to which the item belongs.
    pub(super) fn root_of(&self, id: ItemId) -> Option<usize> {
        let roots = self.memo.roots.get_or_init(|| {
            let roots = self.graph.roots.iter().enumerate();
            // An item that is in several belongs to the first.
            let mut of_nodes = IdMap::default();
            for (at, id) in roots.flat_map(|(at, root)| root.nodes.iter().map(move |id| (at, *id)))
            {
                of_nodes.entry(id).or_insert(at);
            }
            of_nodes
        });
        roots.get(&id).copied()
    }

    /// All stuck resources that are waited for and that nobody holds.
    pub(super) fn stuck_resources(&self) -> Vec<&'a Resource> {
        let resources = self.facts.process.resources.iter();
        resources
            .filter(|resource| self.graph.stuck(resource.id) && self.is_dead_end(resource))
            .collect()
    }

    fn is_dead_end(&self, resource: &Resource) -> bool {
        let deps = &self.graph.deps;
        let keeps = |id: ItemId| {
            let nodes = deps.node(resource.id).zip(deps.node(id));
            let keeps = |(resource, holder)| deps.keeps(resource, holder);
            // One who is stuck itself is the reason.
            !self.graph.stuck(id) && nodes.is_some_and(keeps)
        };
        let mut needs = deps.needs(resource.id);
        let held = needs.any(|(id, why)| why.is_proved() && !keeps(id));
        !held && !self.waiters(resource).is_empty()
    }

    /// Whether it is the main thread, or the task that it runs a loop for.
    pub(super) fn is_main(&self, id: ItemId) -> bool {
        parked::is_main(&self.facts, id)
    }

    /// Whether it is the main thread or task, and waits until a signal comes.
    pub(super) fn waits_for_signal(&self, id: ItemId) -> bool {
        self.is_main(id) && parked::waits_for_signal(&self.facts, &self.graph.deps, id)
    }

    /// Whether a task or thread stands in a loop that nothing leaves.
    pub(super) fn is_endless(&self, id: ItemId) -> bool {
        let mut own = self.facts.frames(id).iter().filter(|frame| !frame.library);
        own.any(|frame| self.loops_endlessly(frame))
    }

    /// Whether the frame stands in a loop that nothing leaves.
    pub(super) fn loops_endlessly(&self, frame: &Frame) -> bool {
        let module = frame.file.as_deref().and_then(|it| self.facts.module(it));
        match (module, frame.line) {
            (Some(module), Some(line)) => source::never_left(&module, line),
            _ => false,
        }
    }

    /// The main thread, or the task that it runs a loop for.
    pub(super) fn main(&self) -> Option<ItemId> {
        parked::main(&self.facts)
    }

    /// Whether the program goes on for ever, or until a signal comes: its main thread or task
    /// stands in a loop that nothing leaves, or all that go on do.
    pub(super) fn never_ends(&self) -> bool {
        let endless = |id: ItemId| self.is_endless(id) || self.waits_for_signal(id);
        let main = self.main().filter(|id| !self.graph.stuck(*id));
        if main.is_some_and(endless) {
            return true;
        }
        let tasks = self.facts.live_nodes();
        let tasks = tasks.filter(|(node, _)| !self.graph.is_stuck(*node));
        let threads = self.facts.process.threads.iter();
        let threads = threads.filter(|thread| {
            thread.event_loop.is_none()
                && thread.daemon != Some(true)
                && !self.graph.stuck(thread.id)
                && !is_idle_worker(thread)
        });
        let all = tasks.map(|(_, task)| task.id);
        let awaited = |id: ItemId| {
            let mut behind = self.graph.deps.needed_by(id);
            behind.any(|(id, why)| why.is_proved() && self.facts.resource(id).is_none())
        };
        all.chain(threads.map(|thread| thread.id))
            .all(|id| awaited(id) || endless(id))
    }

    /// Whether anything is left that is not stuck: tasks, servers, threads.
    pub(super) fn others_live(&self) -> bool {
        *self.memo.others_live.get_or_init(|| {
            let facts = &self.facts;
            let mut tasks = facts.live_nodes();
            let task = tasks.any(|(node, _)| !self.graph.is_stuck(node));
            let mut threads = facts.process.threads.iter();
            let thread = threads.any(|thread| {
                thread.event_loop.is_none()
                    && !self.graph.stuck(thread.id)
                    && !is_idle_worker(thread)
            });
            task || thread || facts.listeners().next().is_some()
        })
    }
}

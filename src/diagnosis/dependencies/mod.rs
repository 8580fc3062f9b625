//! Who cannot go on before whom: the edges of the wait-for graph.

mod build;

use std::rc::Rc;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashSet;

pub(in crate::diagnosis) use super::dependency::Dependency;
use super::enders::{Cancelled, Enders, Found};
use super::facts::Facts;
use crate::model::{IdMap, Index, Item, ItemId, ResourceKind, TaskState};

/// The dependencies of one process. The nodes have the numbers that the items
/// have in [`Index`]; ids that denote no item come after them.
#[derive(Debug, Default)]
pub(in crate::diagnosis) struct Dependencies<'a> {
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
    pub(in crate::diagnosis) fn find(facts: &Facts<'a>) -> Self {
        build::find(facts)
    }

    /// Who can end the wait for a resource. `None` if that was not searched.
    pub(in crate::diagnosis) fn enders(&self, resource: ItemId) -> Option<&Enders> {
        self.search.enders.get(&resource)
    }

    /// Whether no code of the program has a method that ends the wait for a resource.
    pub(in crate::diagnosis) fn is_unnamed(&self, resource: ItemId) -> bool {
        self.search.unnamed.contains(&resource)
    }

    /// Whether a handler of a signal may end the wait for a resource.
    pub(in crate::diagnosis) fn is_signalled(&self, resource: ItemId) -> bool {
        self.search.signalled.contains(&resource)
    }

    /// Whether the resource is a part of an object of a library that no rule knows.
    pub(in crate::diagnosis) fn is_in_library(&self, resource: ItemId) -> bool {
        self.search.in_libraries.contains(&resource)
    }

    /// Who may close asynchronous generators, or take their next item.
    pub(in crate::diagnosis) fn closers(&self) -> &[ItemId] {
        &self.search.closers
    }

    /// Who may use the pipes of a child, or end it.
    pub(in crate::diagnosis) fn serving_children(&self) -> &[ItemId] {
        &self.search.serving_children
    }

    /// Whether a timer of the kernel may raise an error in the main thread, whatever it waits for.
    pub(in crate::diagnosis) fn alarm_raises(&self) -> bool {
        self.search.alarm_raises
    }

    /// Whether it is a reentrant lock whose owner has no code left to run that gives it back.
    pub(in crate::diagnosis) fn is_abandoned(&self, resource: ItemId) -> bool {
        self.search.abandoned.contains(&resource)
    }

    /// Who may cancel tasks, of the program's own code.
    pub(in crate::diagnosis) fn cancellers(&self) -> &[(Vec<ItemId>, Cancelled)] {
        &self.search.cancellers
    }

    /// Whether the holder has no code left to run that gives the resource back.
    pub(in crate::diagnosis) fn keeps(&self, resource: NodeIndex, holder: NodeIndex) -> bool {
        self.keepers.contains(&(resource, holder))
    }

    /// Who may add a task to a group that raises an error, and so ends the group.
    pub(in crate::diagnosis) fn spawning(&self) -> &[ItemId] {
        &self.search.spawning
    }

    /// Tasks that may raise an error of their own.
    pub(in crate::diagnosis) fn raising(&self) -> &[ItemId] {
        &self.search.raising
    }

    /// The node of an id.
    pub(in crate::diagnosis) fn node(&self, id: ItemId) -> Option<NodeIndex> {
        let known = self.index.number(id).map(NodeIndex::new);
        known.or_else(|| self.unknown.get(&id).copied())
    }

    /// The item at a node.
    pub(in crate::diagnosis) fn item(&self, node: NodeIndex) -> Option<Item<'a>> {
        self.index.at(node.index())
    }

    /// The id of a node.
    pub(in crate::diagnosis) fn id(&self, node: NodeIndex) -> Option<ItemId> {
        self.graph.node_weight(node).copied()
    }

    /// The ids of nodes, in their order.
    pub(in crate::diagnosis) fn ids(&self, nodes: &[NodeIndex]) -> Vec<ItemId> {
        nodes.iter().filter_map(|node| self.id(*node)).collect()
    }

    /// What `id` depends on, and why.
    pub(in crate::diagnosis) fn needs(
        &self,
        id: ItemId,
    ) -> impl Iterator<Item = (ItemId, Dependency)> {
        let edges = (self.node(id).into_iter()).flat_map(|node| self.graph.edges(node));
        edges.filter_map(|edge| Some((self.id(edge.target())?, *edge.weight())))
    }

    /// Who waits directly for `id`, and why.
    pub(in crate::diagnosis) fn needed_by(
        &self,
        id: ItemId,
    ) -> impl Iterator<Item = (ItemId, Dependency)> {
        let edges = self
            .node(id)
            .into_iter()
            .flat_map(|node| self.graph.edges_directed(node, Direction::Incoming));
        edges.filter_map(|edge| Some((self.id(edge.source())?, *edge.weight())))
    }

    /// All that wait, over any number of steps, behind one of `ids`; these too.
    pub(in crate::diagnosis) fn behind(
        &self,
        ids: impl IntoIterator<Item = ItemId>,
    ) -> FxHashSet<NodeIndex> {
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

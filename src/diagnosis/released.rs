//! Tasks that others let go on, whatever they wait for: those that are cancelled, and the groups of
//! those that raise an error.

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;
use rustc_hash::FxHashSet;

use super::alive::Alive;
use super::dependencies::Dependencies;
use super::enders::Cancelled;
use super::facts::Facts;
use super::parked;
use crate::model::{EdgeKind, Framework, Item, ItemId, Task, TaskState};

/// Tasks that somebody who goes on may cancel and whose loop would deliver that, those that they
/// await, and what only these wait for.
pub(super) fn cancelled(
    facts: &Facts<'_>,
    deps: &Dependencies<'_>,
    alive: &Alive,
) -> Vec<NodeIndex> {
    let goes_on = |id: &ItemId| {
        let task = facts.task(*id);
        let is_done = task.is_some_and(|task| task.state == TaskState::Done);
        !is_done && deps.node(*id).is_some_and(|node| alive.contains(node))
    };
    let groups = deps.cancellers().iter();
    // Who waits until a signal comes cancels at the end of the program.
    let main = parked::main(facts).filter(|id| parked::waits_for_signal(facts, deps, *id));
    let cancelled: Vec<(&Cancelled, bool)> = groups
        .filter_map(|(ids, cancelled)| {
            let mut going = ids.iter().filter(|id| goes_on(id)).peekable();
            going.peek()?;
            Some((cancelled, going.all(|id| main == Some(*id))))
        })
        .collect();
    if cancelled.is_empty() {
        return Vec::new();
    }
    let is_cancelled = |task: &Task| {
        let mut each = cancelled.iter();
        each.any(|(one, at_end)| {
            one.includes(task) && !(*at_end && parked::waits_for_code(deps, task))
        })
    };
    let tasks = facts.live_nodes().filter(|(_, task)| {
        let event_loop = task.event_loop.and_then(|id| deps.node(id));
        // A trio task that was cancelled and waits all the same is shielded.
        let shielded = task.framework == Framework::Trio && task.cancelling > 0;
        !shielded && event_loop.is_none_or(|node| alive.contains(node)) && is_cancelled(task)
    });
    let mut open: Vec<NodeIndex> = tasks.map(|(node, _)| node).collect();
    let mut found: FxHashSet<NodeIndex> = open.iter().copied().collect();
    while let Some(node) = open.pop() {
        let edges = deps.graph.edges(node);
        for edge in edges.filter(|edge| edge.weight().passes_cancellation()) {
            let is_task = matches!(deps.item(edge.target()), Some(Item::Task(_)));
            if is_task && found.insert(edge.target()) {
                open.push(edge.target());
            }
        }
    }
    with_their_waits(facts, deps, found.into_iter())
}

/// Tasks that go on when one that goes on raises an error: those of its group, which are
/// cancelled, or are no longer gathered.
pub(super) fn released_by_errors(
    facts: &Facts<'_>,
    deps: &Dependencies<'_>,
    alive: &Alive,
) -> Vec<NodeIndex> {
    let is_task = |node: &NodeIndex| matches!(deps.item(*node), Some(Item::Task(_)));
    let raising = deps.raising().iter().filter_map(|id| deps.node(*id));
    let mut released = Vec::new();
    for node in raising.filter(|node| alive.contains(*node)) {
        let parents = deps.graph.neighbors_directed(node, Direction::Incoming);
        for parent in parents.filter(is_task) {
            let mut edges = facts.process.edges.iter();
            let parent_id = deps.id(parent);
            let is_group = edges.any(|edge| {
                Some(edge.from) == parent_id
                    && matches!(edge.via, EdgeKind::TaskGroup | EdgeKind::Gather)
            });
            let of_trio = parent_id.and_then(|id| facts.task(id));
            if is_group || of_trio.is_some_and(|task| task.framework == Framework::Trio) {
                released.push(parent);
                released.extend(deps.graph.neighbors(parent).filter(is_task));
            }
        }
    }
    let mut spawning = deps.spawning().iter().filter_map(|id| deps.node(*id));
    if spawning.any(|node| alive.contains(node)) {
        let edges = facts.process.edges.iter();
        let groups = edges.filter(|edge| edge.via == EdgeKind::TaskGroup);
        let all = groups.flat_map(|edge| [edge.from, edge.to]);
        released.extend(all.filter_map(|id| deps.node(id)));
    }
    with_their_waits(facts, deps, released.into_iter())
}

/// These tasks, and what only they wait for.
fn with_their_waits(
    facts: &Facts<'_>,
    deps: &Dependencies<'_>,
    tasks: impl Iterator<Item = NodeIndex>,
) -> Vec<NodeIndex> {
    let mut nodes: FxHashSet<NodeIndex> = tasks.collect();
    let resources = facts.process.resources.iter();
    let waited: Vec<NodeIndex> = resources
        .filter_map(|resource| deps.node(resource.id))
        .filter(|node| {
            let mut waiting = deps.graph.neighbors_directed(*node, Direction::Incoming);
            waiting.next().is_some_and(|node| nodes.contains(&node))
                && waiting.all(|node| nodes.contains(&node))
        })
        .collect();
    nodes.extend(waited);
    nodes.into_iter().collect()
}

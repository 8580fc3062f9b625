//! The wait-for graph: who cannot go on before whom, and who cannot go on at all.
//!
//! A node goes on when all that it depends on can, or any of it where one is
//! enough (one of the holders of a semaphore, one worker of a pool). The search
//! begins with the nodes that need nobody (timers, sockets, running code) and
//! finds all that can go on; the rest is stuck. A root is a part of the stuck
//! nodes that waits for nobody outside of itself.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::NodeIndex;
use petgraph::visit::{EdgeFiltered, NodeFiltered};
use rustc_hash::FxHashMap;

use super::alive::{self, Alive};
use super::dependencies::Dependencies;
use super::facts::Facts;
use crate::model::ItemId;

/// A part of the stuck nodes that waits for nobody outside of itself.
#[derive(Debug, Clone)]
pub(super) struct Root {
    /// Its nodes.
    pub nodes: Vec<ItemId>,
    /// Proved circles within it.
    pub cycles: Vec<Vec<ItemId>>,
}

/// The wait-for graph of one process.
#[derive(Debug)]
pub(super) struct Graph<'a> {
    /// Who waits for whom.
    pub deps: Dependencies<'a>,
    /// Where the stuck nodes begin.
    pub roots: Vec<Root>,
    alive: Alive,
}

impl<'a> Graph<'a> {
    /// Builds the graph and finds the stuck nodes and the roots.
    pub(super) fn build(facts: &Facts<'a>) -> Self {
        let deps = Dependencies::find(facts);
        let alive = alive::find(facts, &deps);
        let roots = find_roots(&deps, &alive);
        Self { deps, roots, alive }
    }

    /// Whether nothing that is known lets the item go on.
    pub(super) fn stuck(&self, id: ItemId) -> bool {
        self.deps.node(id).is_some_and(|node| self.is_stuck(node))
    }

    /// The same of a node.
    pub(super) fn is_stuck(&self, node: NodeIndex) -> bool {
        !self.alive.contains(node)
    }
}

fn find_roots(deps: &Dependencies<'_>, alive: &Alive) -> Vec<Root> {
    let graph = &deps.graph;
    let is_stuck = |node: NodeIndex| !alive.contains(node);
    if !graph.node_indices().any(is_stuck) {
        return Vec::new();
    }
    let stuck = NodeFiltered::from_fn(graph, is_stuck);
    let components = kosaraju_scc(&stuck);
    let mut component_of = vec![usize::MAX; graph.node_count()];
    for (number, nodes) in components.iter().enumerate() {
        for node in nodes {
            component_of[node.index()] = number;
        }
    }
    let is_root = |number: usize, nodes: &[NodeIndex]| {
        nodes
            .iter()
            .flat_map(|node| graph.neighbors(*node))
            .filter(|next| is_stuck(*next))
            .all(|next| component_of[next.index()] == number)
    };
    let proved = EdgeFiltered::from_fn(&stuck, |edge| edge.weight().is_proved());
    let mut cycles_of: FxHashMap<usize, Vec<Vec<ItemId>>> = FxHashMap::default();
    let cycles = kosaraju_scc(&proved).into_iter();
    for cycle in cycles.filter(|nodes| is_circular(deps, nodes)) {
        if let Some(node) = cycle.first() {
            let cycles = cycles_of.entry(component_of[node.index()]).or_default();
            cycles.push(deps.ids(&cycle));
        }
    }
    components
        .iter()
        .enumerate()
        .filter(|(number, nodes)| is_root(*number, nodes))
        .map(|(number, nodes)| Root {
            nodes: deps.ids(nodes),
            cycles: cycles_of.remove(&number).unwrap_or_default(),
        })
        .collect()
}

/// Whether a strongly connected part is a circle of proved edges.
fn is_circular(deps: &Dependencies<'_>, nodes: &[NodeIndex]) -> bool {
    match nodes {
        [only] => {
            let mut own = deps.graph.edges_connecting(*only, *only);
            own.any(|edge| edge.weight().is_proved())
        }
        _ => nodes.len() > 1,
    }
}

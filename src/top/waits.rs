//! The wait graph as a tree: whoever others wait for, with those that wait below it.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::words;
use crate::model::{EdgeKind, Index, Item, ItemId, Process, TaskState};

/// Lines of the tree that are made.
const MAX_NODES: usize = 500;
/// Depth of the tree.
const MAX_DEPTH: usize = 16;
/// More items than this that are alike share a line.
const FEW: usize = 3;
/// Steps along edges for one tree.
const MAX_STEPS: usize = 400_000;

/// A line of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// How deep it is: 0 for what waits for nobody else.
    pub depth: usize,
    /// The item. `None` for several.
    pub id: Option<ItemId>,
    /// What it is called.
    pub label: String,
    /// How it waits for the line above. `None` at depth 0.
    pub via: Option<EdgeKind>,
    /// How many tasks and threads wait for it, directly or not.
    pub behind: usize,
    /// How many more are like this one.
    pub more: usize,
    /// What it does or waits for itself.
    pub what: String,
    /// Whether it is above itself: those between wait for each other.
    pub is_cycle: bool,
}

/// Those that wait for an item, each with the way.
type Waiters = FxHashMap<ItemId, Vec<(ItemId, EdgeKind)>>;

struct Tree<'p, 'i> {
    index: &'i Index<'p>,
    waiters: Waiters,
    steps: usize,
    nodes: Vec<Node>,
    shown: FxHashSet<ItemId>,
}

/// The tree of a process, the greatest first.
pub fn nodes(process: &Process, index: &Index<'_>) -> Vec<Node> {
    let mut waiters = Waiters::default();
    let mut waits: FxHashSet<ItemId> = FxHashSet::default();
    for edge in process.edges.iter().filter(|edge| edge.from != edge.to) {
        waiters
            .entry(edge.to)
            .or_default()
            .push((edge.from, edge.via));
        waits.insert(edge.from);
    }
    let mut tree = Tree {
        index,
        steps: 0,
        nodes: Vec::new(),
        shown: FxHashSet::default(),
        waiters,
    };
    let all: Vec<ItemId> = tree.waiters.keys().copied().collect();
    let (in_waits, tops): (Vec<ItemId>, Vec<ItemId>) =
        all.into_iter().partition(|id| waits.contains(id));
    tree.add_tops(&tops);
    // What no top leads to waits in a circle.
    let mut reached = tree.below(&tops);
    let mut circles = in_waits;
    circles.retain(|id| !reached.contains(id));
    let mut circles: Vec<(usize, ItemId)> = circles
        .into_iter()
        .map(|id| (tree.behind(id), id))
        .collect();
    circles.sort_by_key(|(behind, id)| (Reverse(*behind), *id));
    let before = tree.nodes.len();
    for (behind, id) in circles {
        if !reached.contains(&id) {
            tree.add(id, behind, 0);
            reached.extend(tree.below(&[id]));
        }
    }
    // Circles never end by themselves: they come first.
    tree.nodes.rotate_left(before);
    tree.nodes
}

impl Tree<'_, '_> {
    /// Adds the items that wait for nobody else. Those that are alike share a line.
    fn add_tops(&mut self, tops: &[ItemId]) {
        let mut alike: BTreeMap<(Reverse<usize>, String), Vec<ItemId>> = BTreeMap::new();
        for top in tops {
            let behind = self.behind(*top);
            let key = (Reverse(behind), self.sort(*top));
            alike.entry(key).or_default().push(*top);
        }
        let mut alike: Vec<_> = alike.into_iter().collect();
        alike.sort_by_key(|((behind, _), ids)| (*behind, Reverse(ids.len())));
        for ((Reverse(behind), _), mut ids) in alike {
            ids.sort_unstable();
            let shown = if ids.len() > FEW { 1 } else { ids.len() };
            for id in &ids[..shown] {
                self.add(*id, behind, ids.len() - shown);
            }
        }
    }

    /// What those have in common that may share a line.
    fn sort(&self, id: ItemId) -> String {
        match self.index.get(id) {
            Some(Item::Task(task)) => format!("task {}", task.coroutine),
            Some(Item::Resource(resource)) => format!("{} {}", resource.kind, resource.type_name),
            _ => id.to_string(),
        }
    }

    /// How many tasks and threads wait for the item, directly or not.
    fn behind(&mut self, id: ItemId) -> usize {
        let mut found: FxHashSet<ItemId> = FxHashSet::default();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            for (waiter, _) in self.waiters.get(&id).into_iter().flatten() {
                self.steps += 1;
                if self.steps < MAX_STEPS && found.insert(*waiter) {
                    open.push(*waiter);
                }
            }
        }
        found.remove(&id);
        found.iter().filter(|id| id.is_actor()).count()
    }

    /// These items, and all that wait for them, directly or not.
    fn below(&self, ids: &[ItemId]) -> FxHashSet<ItemId> {
        let mut found: FxHashSet<ItemId> = ids.iter().copied().collect();
        let mut open = ids.to_vec();
        while let Some(id) = open.pop() {
            for (waiter, _) in self.waiters.get(&id).into_iter().flatten() {
                if found.insert(*waiter) {
                    open.push(*waiter);
                }
            }
        }
        found
    }

    /// Adds an item, and below it those that wait for it.
    fn add(&mut self, top: ItemId, behind: usize, more: usize) {
        let mut open = vec![(top, None, 0_usize, behind)];
        let mut path: Vec<ItemId> = Vec::new();
        while let Some((id, via, depth, behind)) = open.pop() {
            path.truncate(depth);
            let is_cycle = path.contains(&id);
            let is_new = self.shown.insert(id);
            if self.nodes.len() >= MAX_NODES {
                return;
            }
            self.nodes.push(Node {
                depth,
                id: Some(id),
                label: words::label(id, self.index),
                via,
                behind,
                more: if depth == 0 { more } else { 0 },
                what: self.what(id),
                is_cycle,
            });
            if is_cycle || depth >= MAX_DEPTH || !(is_new || depth == 0) {
                continue;
            }
            path.push(id);
            let below = self.add_alike(id, depth + 1);
            for (waiter, via) in below {
                let behind = self.behind(waiter);
                open.push((waiter, Some(via), depth + 1, behind));
            }
        }
    }

    /// Adds a line for each set of waiters that are alike and that nobody waits for. Returns the
    /// others, the greatest last.
    fn add_alike(&mut self, id: ItemId, depth: usize) -> Vec<(ItemId, EdgeKind)> {
        let waiters = self.waiters.get(&id).cloned().unwrap_or_default();
        let mut alike: BTreeMap<(EdgeKind, String), Vec<ItemId>> = BTreeMap::new();
        let mut others = Vec::new();
        for (waiter, via) in waiters {
            let task = self.index.task(waiter);
            let is_end = !self.waiters.contains_key(&waiter);
            match task.filter(|_| is_end) {
                Some(task) => {
                    let key = (via, words::group_label(&task.coroutine));
                    alike.entry(key).or_default().push(waiter);
                }
                None => others.push((waiter, via)),
            }
        }
        for ((via, label), ids) in alike {
            if ids.len() <= FEW {
                others.extend(ids.into_iter().map(|id| (id, via)));
                continue;
            }
            if self.nodes.len() < MAX_NODES {
                self.nodes.push(Node {
                    depth,
                    id: None,
                    label: format!("{} x {label}", words::grouped(ids.len())),
                    via: Some(via),
                    behind: 0,
                    more: 0,
                    what: ids.first().map_or(String::new(), |id| self.what(*id)),
                    is_cycle: false,
                });
            }
        }
        others.sort_by_key(|(id, _)| (self.waiters.get(id).map_or(0, Vec::len), Reverse(*id)));
        others
    }

    /// What the item does, or waits for itself.
    fn what(&self, id: ItemId) -> String {
        match self.index.get(id) {
            Some(Item::Task(task)) => {
                let line = words::line(&task.frames);
                let wait = task.waits_for.as_ref();
                let wait = wait.map(|wait| words::waits_for(wait, self.index));
                match (task.state, wait) {
                    (TaskState::Waiting, Some(wait)) => format!("waits: {wait}  {line}"),
                    (state, _) => format!("{}  {line}", super::tasks::state_word(state)),
                }
            }
            Some(Item::Thread(thread)) => words::line(&thread.frames),
            Some(Item::Resource(resource)) => crate::model::describe::state(resource),
            _ => String::new(),
        }
    }
}

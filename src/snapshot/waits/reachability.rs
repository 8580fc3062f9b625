//! Finds which objects can be reached from variables, and by which path.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cpython::{Reader, Step};

/// Maximum number of steps from a variable to a target.
const MAX_DEPTH: u8 = 5;
/// Maximum number of objects that are visited from one variable.
const MAX_OBJECTS: usize = 1_500;
/// Maximum number of objects that are visited in all.
const MAX_TOTAL: usize = 60_000;

/// A target that was reached.
pub struct Reached {
    /// Its address.
    pub target: u64,
    /// The shortest path to it.
    pub path: String,
    /// Addresses of the callables on the path: of functions, bound methods and partials.
    pub callables: Vec<u64>,
    /// Number of steps to it.
    pub steps: u8,
}

/// An object that the search from one root has found.
struct Node {
    object: u64,
    /// Number of steps from the root.
    depth: u8,
    /// Index of the object that refers to it, and the step from that one. `None` for the root.
    from: Option<(usize, Step)>,
}

/// A breadth-first search for a fixed set of targets. Results are cached by root.
pub struct Reachability<'r, 'm> {
    reader: &'r Reader<'m>,
    /// Addresses of the targets.
    targets: FxHashSet<u64>,
    /// Addresses of objects that are not searched further: loops, and shared objects.
    closed: FxHashSet<u64>,
    /// Results by the address of the root.
    cache: FxHashMap<u64, Rc<[Reached]>>,
    /// The result for roots from which no target can be reached.
    nothing: Rc<[Reached]>,
    /// The objects of the search from one root, in the order in which they are searched.
    nodes: Vec<Node>,
    /// Addresses of the objects of the search from one root.
    visited: FxHashSet<u64>,
    /// Number of objects that may still be visited.
    left: usize,
    /// Addresses of visited coroutines and asynchronous generators that do not run.
    pub coroutines: FxHashSet<u64>,
}

impl<'r, 'm> Reachability<'r, 'm> {
    /// A search for `targets` that does not go through `closed`.
    pub fn new(
        reader: &'r Reader<'m>,
        targets: impl IntoIterator<Item = u64>,
        closed: impl IntoIterator<Item = u64>,
    ) -> Self {
        Self {
            reader,
            targets: targets.into_iter().collect(),
            closed: closed.into_iter().collect(),
            cache: FxHashMap::default(),
            nothing: Rc::default(),
            nodes: Vec::new(),
            visited: FxHashSet::default(),
            left: MAX_TOTAL,
            coroutines: FxHashSet::default(),
        }
    }

    /// Whether there are no targets.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether the search ended before everything was searched.
    pub fn is_cut(&self) -> bool {
        self.left == 0
    }

    /// The targets that can be reached from the object at `root`, each with the shortest
    /// path.
    pub fn from(&mut self, root: u64) -> Rc<[Reached]> {
        if let Some(found) = self.cache.get(&root) {
            return found.clone();
        }
        if self.reader.is_scalar(root) {
            return Rc::clone(&self.nothing);
        }
        let found = match self.search(root) {
            found if found.is_empty() => Rc::clone(&self.nothing),
            found => found.into(),
        };
        self.cache.insert(root, found.clone());
        found
    }

    /// Searches from the object at `root`.
    fn search(&mut self, root: u64) -> Vec<Reached> {
        let mut found = Vec::new();
        self.visited.clear();
        self.visited.insert(root);
        self.nodes.clear();
        self.nodes.push(Node {
            object: root,
            depth: 0,
            from: None,
        });
        let mut index = 0;
        while let Some(&Node { object, depth, .. }) = self.nodes.get(index) {
            if self.targets.contains(&object) {
                found.push(self.reached(index));
            }
            let closed = self.closed.contains(&object);
            let opens = !closed && depth < MAX_DEPTH && self.left > 0;
            self.left -= usize::from(opens);
            if let Ok(ty) = self.reader.type_of(object) {
                if self.reader.is_idle_generator_of(object, ty.exact) {
                    self.coroutines.insert(object);
                }
                let parts = match opens {
                    true => self.reader.parts_of(object, &ty),
                    false => Vec::new(),
                };
                for (step, part) in parts {
                    if self.visited.len() < MAX_OBJECTS && self.visited.insert(part) {
                        self.nodes.push(Node {
                            object: part,
                            depth: depth + 1,
                            from: Some((index, step)),
                        });
                    }
                }
            }
            index += 1;
        }
        found
    }

    /// The object of node `index` as a target, with the path to it.
    fn reached(&self, index: usize) -> Reached {
        let mut steps = Vec::new();
        let mut callables = Vec::new();
        let mut at = index;
        while let Some((from, step)) = &self.nodes[at].from {
            if step.is_into_call() {
                callables.push(self.nodes[*from].object);
            }
            steps.push(step.clone());
            at = *from;
        }
        steps.reverse();
        callables.reverse();
        Reached {
            target: self.nodes[index].object,
            steps: self.nodes[index].depth,
            path: self.reader.path(&steps),
            callables,
        }
    }
}

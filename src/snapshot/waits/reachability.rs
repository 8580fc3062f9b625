//! Finds which objects can be reached from variables, and by which path.

use std::collections::VecDeque;
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
            left: MAX_TOTAL,
            coroutines: FxHashSet::default(),
        }
    }

    /// Whether there are no targets.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The targets that can be reached from the object at `root`, each with the shortest
    /// path.
    pub fn from(&mut self, root: u64) -> Rc<[Reached]> {
        if let Some(found) = self.cache.get(&root) {
            return found.clone();
        }
        let found: Rc<[Reached]> = self.search(root).into();
        self.cache.insert(root, found.clone());
        found
    }

    /// Searches from the object at `root`.
    fn search(&mut self, root: u64) -> Vec<Reached> {
        let mut found = Vec::new();
        let mut visited = FxHashSet::from_iter([root]);
        let mut queue = VecDeque::from([(root, Vec::new(), Vec::new(), 0u8)]);
        while let Some((object, path, callables, depth)) = queue.pop_front() {
            if self.targets.contains(&object) {
                found.push(Reached {
                    target: object,
                    path: self.reader.path(&path),
                    callables: callables.clone(),
                });
            }
            if self.reader.is_idle_generator(object) {
                self.coroutines.insert(object);
            }
            let closed = self.closed.contains(&object);
            if closed || depth >= MAX_DEPTH || self.left == 0 {
                continue;
            }
            self.left -= 1;
            for (step, part) in self.reader.parts(object) {
                if visited.len() < MAX_OBJECTS && visited.insert(part) {
                    let mut callables = callables.clone();
                    if step == Step::Bound {
                        callables.push(object);
                    }
                    let path = [&path[..], &[step]].concat();
                    queue.push_back((part, path, callables, depth + 1));
                }
            }
        }
        found
    }
}

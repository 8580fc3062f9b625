//! Which objects can be reached from whose variables, and on which way.

use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::cpython::Reader;

/// Steps from a variable to what is looked for.
const MAX_DEPTH: u8 = 5;
/// Objects that are looked at from one variable, and in all.
const MAX_OBJECTS: usize = 1_500;
const MAX_TOTAL: usize = 60_000;

/// One target that was reached, and the steps to it.
pub type Reached = Rc<[(u64, String)]>;

/// Searches for a fixed set of targets, remembering what each object leads to.
pub struct Reachability<'r, 'm> {
    reader: &'r Reader<'m>,
    targets: FxHashSet<u64>,
    /// Objects through which no way leads: loops, and what all share.
    closed: FxHashSet<u64>,
    known: FxHashMap<u64, Reached>,
    left: usize,
    /// Coroutines and asynchronous generators on the way that do not run.
    pub coroutines: FxHashSet<u64>,
}

impl<'r, 'm> Reachability<'r, 'm> {
    pub fn new(
        reader: &'r Reader<'m>,
        targets: impl IntoIterator<Item = u64>,
        closed: impl IntoIterator<Item = u64>,
    ) -> Self {
        Self {
            reader,
            targets: targets.into_iter().collect(),
            closed: closed.into_iter().collect(),
            known: FxHashMap::default(),
            left: MAX_TOTAL,
            coroutines: FxHashSet::default(),
        }
    }

    /// Whether there is anything to look for.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// The targets that can be reached from the object at `root`, each with
    /// the shortest way.
    pub fn from(&mut self, root: u64) -> Reached {
        if let Some(known) = self.known.get(&root) {
            return known.clone();
        }
        let found: Reached = self.search(root).into();
        self.known.insert(root, found.clone());
        found
    }

    fn search(&mut self, root: u64) -> Vec<(u64, String)> {
        let mut found = Vec::new();
        let mut seen = FxHashSet::from_iter([root]);
        let mut queue = VecDeque::from([(root, Vec::new(), 0u8)]);
        while let Some((object, path, depth)) = queue.pop_front() {
            if self.targets.contains(&object) {
                found.push((object, self.reader.path(&path)));
            }
            if self.reader.is_loose(object) {
                self.coroutines.insert(object);
            }
            let closed = self.closed.contains(&object);
            if closed || depth >= MAX_DEPTH || self.left == 0 {
                continue;
            }
            self.left -= 1;
            for (step, part) in self.reader.parts(object) {
                if seen.len() < MAX_OBJECTS && seen.insert(part) {
                    let path = [&path[..], &[step]].concat();
                    queue.push_back((part, path, depth + 1));
                }
            }
        }
        found
    }
}

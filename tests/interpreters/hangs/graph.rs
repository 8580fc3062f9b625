//! Who waits for whom, from task to task.

use std::collections::{BTreeMap, BTreeSet};

/// What a task is known as on both sides: its name where somebody gave it one,
/// else its coroutine, for default names differ between versions.
pub fn label(process: usize, name: Option<&str>, coroutine: &str, done: bool) -> String {
    let of_child = if process > 0 { "child:" } else { "" };
    match name {
        Some(name) => format!("{of_child}{name}"),
        None if done => format!("{of_child}{coroutine} (done)"),
        None => format!("{of_child}{coroutine}"),
    }
}

/// From one task to another, through things that are no tasks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Path {
    pub from: String,
    pub to: String,
    pub vias: Vec<String>,
    /// Right, but not asked for.
    pub optional: bool,
}

/// Nodes are named by id; those that are tasks have a label.
#[derive(Debug, Default)]
pub struct Graph {
    labels: BTreeMap<String, String>,
    edges: BTreeMap<String, Vec<(String, String, bool)>>,
}

impl Graph {
    pub fn task(&mut self, id: &str, label: &str) {
        self.labels.insert(id.to_owned(), label.to_owned());
    }

    pub fn edge(&mut self, from: &str, to: &str, via: &str, optional: bool) {
        let edges = self.edges.entry(from.to_owned()).or_default();
        edges.push((to.to_owned(), via.to_owned(), optional));
    }

    /// One shortest path for each pair of tasks that has one.
    pub fn between_tasks(&self) -> Vec<Path> {
        let mut paths = BTreeMap::new();
        for (id, label) in &self.labels {
            for path in self.paths_of(id, label) {
                let pair = (path.from.clone(), path.to.clone());
                paths.entry(pair).or_insert(path);
            }
        }
        paths.into_values().collect()
    }

    fn paths_of(&self, id: &str, label: &str) -> Vec<Path> {
        let mut found = Vec::new();
        let mut seen = BTreeSet::from([id.to_owned()]);
        let mut open = vec![(id.to_owned(), Vec::new(), false)];
        let mut next = 0;
        while let Some((node, vias, optional)) = open.get(next).cloned() {
            next += 1;
            for (to, via, may_lack) in self.edges.get(&node).into_iter().flatten() {
                let mut vias = vias.clone();
                vias.push(via.clone());
                let optional = optional || *may_lack;
                match self.labels.get(to) {
                    Some(target) => found.push(Path {
                        from: label.to_owned(),
                        to: target.clone(),
                        vias,
                        optional,
                    }),
                    None if seen.insert(to.clone()) => open.push((to.clone(), vias, optional)),
                    None => {}
                }
            }
        }
        found
    }
}

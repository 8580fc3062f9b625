//! A snapshot for people and programs: text, JSON and Graphviz DOT.
//!
//! `text` is the report for a terminal, `json` and `dot` are the other formats.
//! They print the model and read no memory. `words` gives the adapter the same
//! names and reasons as the report has.

pub mod describe;
pub mod dot;
#[cfg(test)]
pub(crate) mod fixtures;
mod index;
pub mod json;
pub mod select;
pub mod text;
pub(crate) mod wait_path;
pub(crate) mod words;

use std::collections::BTreeSet;

use index::Index;
pub(crate) use index::address;

/// Tasks and threads of one process chosen by name: indexes in its lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Indexes of tasks.
    pub tasks: BTreeSet<usize>,
    /// Indexes of threads.
    pub threads: BTreeSet<usize>,
}

impl Choice {
    /// Whether nothing was chosen.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.threads.is_empty()
    }
}

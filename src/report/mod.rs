//! A snapshot for people and programs: text, JSON and Graphviz DOT.
//!
//! Leaves over the plain model. Nothing here knows of a live process.

pub mod dot;
mod index;
pub mod json;
pub mod select;
pub mod text;
pub mod words;

pub mod describe;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod wait_path;

use std::collections::BTreeSet;

use index::{Index, address};

/// Tasks and threads of one process chosen by name: places in its lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    pub tasks: BTreeSet<usize>,
    pub threads: BTreeSet<usize>,
}

impl Choice {
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty() && self.threads.is_empty()
    }
}

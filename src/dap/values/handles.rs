//! The references that a client has to what it can expand.

use rustc_hash::FxHashMap;

use super::nodes::Node;
use crate::dap::protocol::failure::Failure;

/// References that a client may have of one stop. With more than that, the oldest
/// are forgotten.
const MAX_HANDLES: usize = 1 << 20;

/// All references of one stop. A number is never used again, so that a reference
/// of an earlier stop is recognised.
#[derive(Debug, Default)]
pub struct HandleTable {
    nodes: FxHashMap<i64, Node>,
    last: i64,
    oldest: i64,
}

impl HandleTable {
    /// A new reference.
    pub fn add(&mut self, node: Node) -> i64 {
        if self.nodes.len() >= MAX_HANDLES {
            self.nodes.remove(&self.oldest);
            self.oldest += 1;
        }
        self.last += 1;
        self.nodes.insert(self.last, node);
        self.last
    }

    /// What a reference stands for.
    ///
    /// # Errors
    /// When it is of an earlier stop.
    pub fn get(&self, reference: i64) -> Result<Node, Failure> {
        let node = self.nodes.get(&reference).cloned();
        node.ok_or_else(|| Failure::stale("variable"))
    }

    /// Forgets all references.
    pub fn clear(&mut self) {
        self.nodes.clear();
        self.oldest = self.last + 1;
    }
}

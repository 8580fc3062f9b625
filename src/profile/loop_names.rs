//! Names of loops, which stay the same over all looks: `#1 MainThread`.

use rustc_hash::FxHashMap;

use crate::model::{EventLoop, Index, ItemId};

/// The names of the loops that were seen, which count in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct LoopNames(FxHashMap<ItemId, String>);

impl LoopNames {
    /// The name of a loop of the process that `index` is of.
    pub fn of(&mut self, event_loop: &EventLoop, index: &Index<'_>) -> &str {
        let number = self.0.len() + 1;
        self.0.entry(event_loop.id).or_insert_with(|| {
            let thread = event_loop.thread.and_then(|id| index.thread(id));
            let thread = thread.map_or("no thread", |thread| &thread.name);
            format!("#{number} {thread}")
        })
    }
}

//! Names of loops, which stay the same over all looks: `#1 MainThread`.

use rustc_hash::FxHashMap;

use crate::model::{EventLoop, ItemId, Thread};

/// The names of the loops that were seen, which count in the order in which they came.
#[derive(Debug, Clone, Default)]
pub struct LoopNames(FxHashMap<ItemId, String>);

impl LoopNames {
    /// The name of a loop of the process that has these `threads`.
    pub fn of(&mut self, event_loop: &EventLoop, threads: &[Thread]) -> &str {
        let number = self.0.len() + 1;
        self.0.entry(event_loop.id).or_insert_with(|| {
            let thread = threads
                .iter()
                .find(|thread| Some(thread.id) == event_loop.thread);
            let thread = thread.map_or("no thread", |thread| &thread.name);
            format!("#{number} {thread}")
        })
    }
}

//! asyncio: tasks, futures, coroutines, chains, loops.

pub mod chain;
pub mod dependents;
pub mod enumerate;
pub mod future;
pub mod handles;
pub mod loops;
mod scan;
pub mod wait;
pub mod wait_table;

pub use chain::{ChainFrame, Links, RawChain};
pub use dependents::Dependents;
pub use enumerate::{FoundTasks, Heap, Seen, asyncio_is_imported, find_tasks, search_heap};
pub use future::{FutureState, RawFuture, RawTask, TaskName};
pub use handles::{LoopHandles, RawHandle, Timers};
pub use loops::RawLoop;
pub use scan::scan_heap;
pub use wait::{Outer, RawWait};

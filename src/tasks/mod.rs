//! asyncio: tasks, futures, coroutines, chains, loops.

pub mod chain;
pub mod dependents;
pub mod enumerate;
pub mod future;
pub mod loops;

pub use chain::{ChainFrame, RawChain};
pub use dependents::Dependents;
pub use enumerate::{FoundTasks, find_tasks, finished_tasks};
pub use future::{FutureState, RawFuture, RawTask, TaskName};
pub use loops::RawLoop;

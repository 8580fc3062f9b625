//! asyncio: tasks, futures, chains, loops and what each waits for.
//!
//! Everything here is read through a [`Reader`](crate::cpython::Reader), which
//! knows nothing of asyncio. The types of the output that other frameworks will
//! share are in [`crate::activity`].

pub mod chain;
pub mod dependents;
pub mod enumerate;
pub mod future;
pub mod handles;
pub mod iteration;
mod iteration_place;
pub mod loops;
mod scan;
mod since;
pub mod wait;
pub mod wait_table;

pub use dependents::Dependents;
pub use enumerate::{FoundIn, FoundTasks, Heap, asyncio_is_imported, find_tasks, search_heap};
pub use future::{FutureState, RawFuture, RawTask, TaskName};
pub use handles::{LoopHandles, RawHandle, Timers};
pub use iteration::ITERATION;
pub use iteration_place::{IterationPlace, Word};
pub use loops::RawLoop;
pub use scan::scan_heap;
pub use since::KnownTimes;
pub use wait::{Outer, RawWait};

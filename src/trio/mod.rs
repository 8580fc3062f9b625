//! trio: the runner of a thread, its tasks, and what each waits for.
//!
//! trio is pure Python, so all facts are attributes of its objects and variables of its
//! frames. They are those of trio 0.35 (`trio/_core/_run.py`, `trio/_sync.py`,
//! `trio/_channel.py`, `trio/_threads.py`). A runner is found by the frame of
//! `trio.run` on the stack of its thread: without one, nothing is read. In guest mode there
//! is no such frame, and the tasks are not found.

mod runner;
mod scopes;
mod task;
mod wait;

pub use runner::{RUNNER, RawRunner, Watched};
pub use scopes::{CANCEL_SCOPE, Scopes};
pub use task::{RawTask, is_default_name};
pub use wait::{Io, PLACEHOLDER, RawWait, TRAPS, WORKER_VARIABLE};

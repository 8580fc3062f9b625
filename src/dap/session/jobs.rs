//! Work that is done outside the thread of the session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::dap::values::opened_process::OpenedProcess;

/// What the owner `S` does with the result of a job.
pub type Done<S> = Box<dyn FnOnce(&mut S) + Send>;

/// Work on the inspected process. Its result goes to the owner `S`.
pub type Job<S> = Box<dyn FnOnce(&mut OpenedProcess) -> Done<S> + Send>;

/// Takes jobs of an owner `S` and does them one after the other.
pub trait Worker<S> {
    /// Does `job` at some time, and hands its result to the owner.
    fn submit(&mut self, job: Job<S>);
}

/// Whether a job was cancelled.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the job to end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the job was asked to end.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for code that knows nothing of jobs.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

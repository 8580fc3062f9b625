//! Work that is done beside the owner of the session.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Session;
use crate::dap::values::handles::Bench;

/// What is done with the result, by the owner.
pub type Done = Box<dyn FnOnce(&mut Session) + Send>;

/// Work on the bench; what it gives is handed to the owner.
pub type Job = Box<dyn FnOnce(&mut Bench) -> Done + Send>;

/// Takes jobs and does them one after the other.
pub trait Worker {
    /// Does `job` some time, and hands its result to the owner.
    fn submit(&mut self, job: Job);
}

/// Whether the client has lost interest in a job.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Asks the job to end.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The flag itself, for code that knows nothing of jobs.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

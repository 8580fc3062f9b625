//! Why nothing goes on: what each task and thread waits for, who holds it and
//! who could end the wait.
//!
//! [`WaitGraph`] does this in passes, in the order in which its methods stand.

mod children;
pub mod detached;
mod files;
pub mod frame_owners;
mod graph;
mod guards;
mod held;
pub mod holders;
mod jobs;
pub mod queue_position;
pub mod reachability;
mod references;
mod registry;
mod roots;
pub mod state;
pub mod summary;
mod task;
mod thread;
mod weak;

pub use graph::WaitGraph;

use super::frames::Frames;
use super::heap::Heap;
use super::threads::KernelThreads;
use crate::cpython::Reader;
use crate::model::{ChildProcess, Coroutine, Edge, Reference, Resource};
use crate::process::Descriptors;

/// What is searched for beyond what tasks and threads themselves show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Nothing.
    Nothing,
    /// Who refers to what is waited for.
    References,
    /// Also coroutines of no task: no walk over all objects was possible.
    Coroutines,
}

/// What waits are explained from, beside tasks, threads and loops.
pub struct WaitInputs<'r, 'm> {
    /// The process's memory.
    pub reader: &'r Reader<'m>,
    /// Makes frames of the model.
    pub frames: &'r Frames<'r, 'm>,
    /// What the kernel says of threads.
    pub kernel: &'r KernelThreads,
    /// What the kernel says of descriptors and children.
    pub descriptors: &'r Descriptors,
    /// Where coroutines of no task may be; `None` if they were not looked for.
    pub heap: Option<&'r Heap>,
    /// What to search for.
    pub search: Search,
    /// Interpreters whose modules are searched.
    pub interpreters: &'r [u64],
    /// `time.monotonic()` of the snapshot, in seconds.
    pub now: f64,
}

/// What the explanation adds to a process.
#[derive(Debug, Default)]
pub struct Explained {
    /// What is waited for or held.
    pub resources: Vec<Resource>,
    /// Who cannot go on before whom.
    pub edges: Vec<Edge>,
    /// Who refers to what.
    pub references: Vec<Reference>,
    /// Coroutines and asynchronous generators of no task.
    pub coroutines: Vec<Coroutine>,
    /// Processes that this one started.
    pub children: Vec<ChildProcess>,
}

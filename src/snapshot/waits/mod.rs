//! Explains waits: what each task and thread waits for, who holds it, and who could end
//! the wait.
//!
//! [`WaitGraph`] does this in passes. Its methods are in the order of the passes.

mod callbacks;
mod children;
mod context_values;
pub mod detached;
mod ends;
mod feeders;
mod files;
pub mod frame_owners;
mod graph;
mod greenlet;
mod guards;
mod held;
pub mod holders;
mod job_results;
mod jobs;
mod names;
mod native_locks;
mod pending;
mod polled;
mod pools;
pub mod queue_position;
pub mod reachability;
mod references;
mod registry;
mod resting;
mod roots;
mod since;
pub mod state;
pub mod summary;
mod task;
mod thread;
mod thread_ends;
mod thread_locks;
mod trio;
mod unshared;
mod variable_calls;
mod watched;
mod weak;

pub use callbacks::own_callback;
pub use graph::WaitGraph;

use super::frames::Frames;
use super::heap::Heap;
use super::kernel_threads::KernelThreads;
use crate::cpython::Reader;
use crate::greenlet::GreenletLinks;
use crate::model::{
    ChildProcess, Coroutine, Edge, IdMap, IdSet, PendingCode, Reference, Resource, RestingProcess,
    UserModule, VariableCall,
};
use crate::process::Descriptors;

/// What is searched for in addition to the waits of tasks and threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Nothing.
    Nothing,
    /// References to awaited resources.
    References,
    /// References, and coroutines without a task, because the heap could not be walked.
    Coroutines,
}

/// The inputs of the explanation besides tasks, threads and loops.
pub struct WaitInputs<'r, 'm> {
    /// The id of the process.
    pub pid: u32,
    /// The process's memory.
    pub reader: &'r Reader<'m>,
    /// Makes frames of the model.
    pub frames: &'r Frames<'r, 'm>,
    /// The kernel's data about threads.
    pub kernel: &'r KernelThreads,
    /// The kernel's data about descriptors and children.
    pub descriptors: &'r Descriptors,
    /// Objects found by the walk over the heap. `None` if there was no walk.
    pub heap: Option<&'r Heap>,
    /// Addresses of the coroutines and generators of tasks that are not shown.
    pub own_coroutines: &'r [u64],
    /// What refers to greenlets.
    pub greenlets: &'r GreenletLinks,
    /// What to search for.
    pub search: Search,
    /// Whether the functions are searched that loops and threads can call later. Only the diagnosis
    /// and the report need them.
    pub callbacks: bool,
    /// Addresses of the interpreters whose modules are searched.
    pub interpreters: &'r [u64],
    /// `time.monotonic()` of the process, in seconds, if it is known.
    pub clock: Option<f64>,
    /// `time.monotonic()` of the snapshot, in seconds.
    pub now: f64,
    /// The time of day of the snapshot, in seconds since 1970. `None` if it was
    /// not recorded.
    pub time_of_day: Option<f64>,
}

/// The parts of a process that the explanation adds.
#[derive(Debug, Default)]
pub struct Explained {
    /// Resources that are awaited or held.
    pub resources: Vec<Resource>,
    /// Who cannot go on before whom.
    pub edges: Vec<Edge>,
    /// References to awaited resources.
    pub references: Vec<Reference>,
    /// The program's own modules.
    pub modules: Vec<UserModule>,
    /// Coroutines and asynchronous generators that no task runs.
    pub coroutines: Vec<Coroutine>,
    /// Processes that this one started.
    pub children: Vec<ChildProcess>,
    /// What tasks and threads will run that is on no stack.
    pub pending: IdMap<Vec<PendingCode>>,
    /// Other processes that wait for what is in this one.
    pub resting: Vec<RestingProcess>,
    /// Awaited resources that nobody but their waiters refers to.
    pub unshared: IdSet,
    /// What the variables of the program's own frames have that can be called.
    pub variable_calls: Vec<VariableCall>,
}

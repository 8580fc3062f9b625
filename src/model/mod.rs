//! The plain data of one snapshot of one or more processes.
//!
//! Field names are those of the JSON contract (`docs/snapshot-json.md`). A value that
//! is not known is `None`, never a made-up one. Nothing here holds a handle to the
//! process.

pub mod describe;
mod findings;
#[cfg(test)]
pub(crate) mod fixtures;
pub mod float_bits;
mod frame;
pub mod id;
mod index;
mod iteration;
pub mod kind;
mod processes;
mod task;
pub mod text_enum;
mod thread;
mod waits;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use findings::*;
pub use frame::*;
pub use id::{IdMap, IdSet, ItemId};
pub use index::{Index, Item};
pub use iteration::{Batch, LoopSeen, Since};
pub use kind::*;
pub use processes::*;
pub use task::*;
pub use thread::*;
pub use waits::*;

/// Version of the JSON contract that these types serialise to.
pub const SCHEMA_VERSION: u32 = 1;

/// Everything that one run of the program found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// The program that took it.
    pub tool: Tool,
    /// When it was taken: RFC 3339 in UTC, with microseconds.
    pub taken_at: String,
    /// The requested process first, then its children if they were asked for.
    pub processes: Vec<Process>,
}

/// The program that took the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Name of the program.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// One Python process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its process id.
    pub pid: u32,
    /// Pid of its parent. `None` if it could not be read.
    pub parent_pid: Option<u32>,
    /// Its command line, one entry for each argument.
    pub command: Vec<String>,
    /// Path of its executable. `None` if it could not be read.
    pub executable: Option<String>,
    /// Its interpreter.
    pub python: PythonBuild,
    /// How its memory was read.
    pub read: ReadInfo,
    /// Threads with a Python thread state.
    pub threads: Vec<Thread>,
    /// Event loops that run, or that tasks belong to.
    pub loops: Vec<EventLoop>,
    /// Tasks. Snapshots share the tasks that are equal in both.
    pub tasks: Vec<Arc<Task>>,
    /// Coroutines and asynchronous generators that no task runs.
    pub coroutines: Vec<Coroutine>,
    /// Everything that tasks or threads wait for, and locks that threads hold. Copies of a
    /// snapshot share them.
    pub resources: Arc<Vec<Resource>>,
    /// Who cannot go on before whom. Snapshots share the edges if nothing changed
    /// between them.
    pub edges: Arc<Vec<Edge>>,
    /// References to awaited resources; each referrer could end the wait. Copies of a
    /// snapshot share them.
    pub references: Arc<Vec<Reference>>,
    /// Addresses on which the process accepts TCP connections.
    #[serde(default)]
    pub listening: Vec<String>,
    /// The program's own modules. Empty unless references were searched.
    #[serde(default)]
    pub modules: Vec<UserModule>,
    /// Processes that this one started and that still exist.
    pub children: Vec<ChildProcess>,
    /// The answer of the diagnosis. `None` until a diagnosis was made.
    pub verdict: Option<Verdict>,
    /// Findings, the root cause first. Empty until a diagnosis was made.
    pub diagnoses: Vec<Diagnosis>,
    /// What could not be read and belongs to no thread, loop or task.
    pub errors: Vec<String>,
    /// Whether `asyncio` has been imported in any interpreter.
    pub asyncio_imported: bool,
    /// Other processes that wait for what is here. For the diagnosis only.
    #[serde(skip)]
    pub resting: Vec<RestingProcess>,
    /// Awaited resources that nobody but their waiters refers to. For the diagnosis only.
    #[serde(skip)]
    pub unshared: IdSet,
    /// What the variables of the program's own frames have that can be called. For the diagnosis
    /// only.
    #[serde(skip)]
    pub variable_calls: Arc<[VariableCall]>,
    /// Its `time.monotonic()` at the moment of the snapshot, in seconds. `None` where the
    /// difference between its clock and ours is not known.
    #[serde(default)]
    pub clock_s: Option<f64>,
    /// Whether it has threads that no interpreter knows. They may call in. For the diagnosis
    /// only.
    #[serde(skip)]
    pub foreign_threads: bool,
    /// Whether it is known that it has no handler of a signal, other than the usual ones. For the
    /// diagnosis only.
    #[serde(skip)]
    pub ignores_signals: bool,
    /// Code of the program that tasks and threads will run though it is on no stack, by their
    /// ids. For the diagnosis only.
    #[serde(skip)]
    pub pending: Arc<IdMap<Vec<PendingCode>>>,
}

impl Process {
    /// The stacks of all tasks, each with the number of consecutive tasks that share it.
    pub fn task_stacks(&self) -> impl Iterator<Item = (&[Frame], usize)> {
        let shared = |one: &Arc<Task>, next: &Arc<Task>| Arc::ptr_eq(&one.frames, &next.frames);
        let tasks = self.tasks.chunk_by(shared);
        tasks.filter_map(|tasks| Some((&*tasks.first()?.frames, tasks.len())))
    }

    /// The stacks of all threads.
    pub fn thread_stacks(&self) -> impl Iterator<Item = &[Frame]> {
        self.threads.iter().map(|thread| &*thread.frames)
    }

    /// The frames of all tasks and threads. Frames that consecutive tasks share occur
    /// once.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        let tasks = self.task_stacks().map(|(frames, _)| frames);
        tasks.chain(self.thread_stacks()).flatten()
    }

    /// Writes down who holds a resource that had no holder, with their names.
    pub fn set_holders(&mut self, resource: ItemId, holders: &[(ItemId, String)]) {
        let ids: Vec<ItemId> = holders.iter().map(|(id, _)| *id).collect();
        let resources = Arc::make_mut(&mut self.resources);
        if let Some(held) = resources.iter_mut().find(|it| it.id == resource) {
            held.holders.clone_from(&ids);
            let names: Vec<&str> = holders.iter().map(|(_, name)| name.as_str()).collect();
            held.summary = describe::held(held, &names.join(", "));
        }
        let edges = Arc::make_mut(&mut self.edges);
        for to in &ids {
            let edge = Edge {
                from: resource,
                to: *to,
                via: EdgeKind::Holds,
            };
            if !edges.contains(&edge) {
                edges.push(edge);
            }
        }
        let waits_for_it = |wait: &Wait| wait.resource == Some(resource);
        for task in &mut self.tasks {
            if task.waits_for.as_ref().is_some_and(waits_for_it)
                && let Some(wait) = &mut Arc::make_mut(task).waits_for
            {
                wait.holders.clone_from(&ids);
            }
        }
        let threads = self.threads.iter_mut();
        let waits = threads.filter_map(|thread| thread.waits_for.as_mut());
        for wait in waits.filter(|wait| waits_for_it(wait)) {
            wait.holders.clone_from(&ids);
        }
    }
}

#[cfg(test)]
impl Process {
    /// The task at `index`, mutable.
    pub fn task_mut(&mut self, index: usize) -> &mut Task {
        Arc::make_mut(&mut self.tasks[index])
    }

    /// The edges, mutable.
    pub fn edges_mut(&mut self) -> &mut Vec<Edge> {
        Arc::make_mut(&mut self.edges)
    }

    /// All tasks, mutable.
    pub fn tasks_mut(&mut self) -> impl Iterator<Item = &mut Task> {
        self.tasks.iter_mut().map(Arc::make_mut)
    }
}

/// The interpreter inside the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonBuild {
    /// Its version: `3.13.0`.
    pub version: String,
    /// Whether it is a free-threaded build.
    pub free_threaded: bool,
    /// Whether it is a debug build.
    pub debug: bool,
    /// Where the offsets of its structures came from.
    pub layout: LayoutSource,
}

/// Where the offsets of CPython's structures came from.
pub use python_offsets::Source as LayoutSource;

/// How the memory of the process was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadInfo {
    /// Whether its parts fit together.
    pub consistency: Consistency,
    /// How long the process was stopped, in microseconds.
    pub stopped_us: u64,
    /// Bytes copied from the process.
    pub bytes: u64,
    /// Number of `process_vm_readv` calls.
    pub syscalls: u64,
    /// Reads that were discarded because a second read differed.
    pub rejected_reads: u64,
    /// Why the consistency is weaker than asked for. `None` if it is not.
    pub note: Option<String>,
}

/// How far the parts of a snapshot fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consistency {
    /// The process was stopped while it was read.
    Stopped,
    /// The process ran, and two reads gave the same.
    Verified,
    /// The process ran while it was read. Parts may not fit together.
    Running,
}

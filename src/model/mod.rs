//! The plain model of one look at one or more processes.
//!
//! Field names are those of the JSON contract (`docs/snapshot-json.md`).
//! Absent knowledge is `None`, never an invented value. Nothing here holds a
//! handle to the process.

mod findings;
pub mod ids;
mod waits;

use std::sync::Arc;

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

pub use findings::*;
pub use waits::*;

/// Version of the JSON contract that these types serialise to.
pub const SCHEMA_VERSION: u32 = 1;

/// What one run saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    pub schema_version: u32,
    pub tool: Tool,
    /// RFC 3339 in UTC, with microseconds.
    pub taken_at: String,
    /// The process asked for first, then its children where they were asked for.
    pub processes: Vec<Process>,
}

/// The program that took the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

/// One Python process.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Process {
    pub pid: u32,
    pub parent_pid: Option<u32>,
    pub command: Vec<String>,
    pub executable: Option<String>,
    pub python: PythonBuild,
    pub read: ReadInfo,
    pub threads: Vec<Thread>,
    pub loops: Vec<EventLoop>,
    /// Shared with other snapshots in which a task is just the same.
    pub tasks: Vec<Arc<Task>>,
    pub coroutines: Vec<Coroutine>,
    pub resources: Vec<Resource>,
    /// Shared with a look that found nothing changed.
    pub edges: Arc<Vec<Edge>>,
    /// Who refers to the resources that are waited for, and could end the wait.
    pub references: Vec<Reference>,
    /// Processes that this one started and that still exist.
    pub children: Vec<ChildProcess>,
    /// `None` until a diagnosis was made.
    pub verdict: Option<Verdict>,
    pub diagnoses: Vec<Diagnosis>,
    /// What could not be read, outside any thread, loop or task.
    pub errors: Vec<String>,
    /// Whether `asyncio` has been imported in any interpreter.
    pub asyncio_imported: bool,
}

impl Process {
    /// The stacks of all tasks, and how many tasks in a row share each.
    pub fn task_stacks(&self) -> impl Iterator<Item = (&[Frame], usize)> {
        let shared = |one: &Arc<Task>, next: &Arc<Task>| Arc::ptr_eq(&one.frames, &next.frames);
        let tasks = self.tasks.chunk_by(shared);
        tasks.filter_map(|tasks| Some((&*tasks.first()?.frames, tasks.len())))
    }

    /// The stacks of all threads.
    pub fn thread_stacks(&self) -> impl Iterator<Item = &[Frame]> {
        self.threads.iter().map(|thread| &*thread.frames)
    }

    /// The frames of all tasks and threads, those that tasks share mostly once.
    pub fn frames(&self) -> impl Iterator<Item = &Frame> {
        let tasks = self.task_stacks().map(|(frames, _)| frames);
        tasks.chain(self.thread_stacks()).flatten()
    }
}

#[cfg(test)]
impl Process {
    /// The task at this place, to be changed.
    pub fn task_mut(&mut self, place: usize) -> &mut Task {
        Arc::make_mut(&mut self.tasks[place])
    }

    /// The edges, to be changed.
    pub fn edges_mut(&mut self) -> &mut Vec<Edge> {
        Arc::make_mut(&mut self.edges)
    }

    /// All tasks, to be changed.
    pub fn tasks_mut(&mut self) -> impl Iterator<Item = &mut Task> {
        self.tasks.iter_mut().map(Arc::make_mut)
    }
}

/// The interpreter inside the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PythonBuild {
    pub version: String,
    pub free_threaded: bool,
    pub debug: bool,
    pub layout: LayoutSource,
}

/// Where the offsets came from.
pub use python_offsets::Source as LayoutSource;

/// How the memory of the process was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadInfo {
    pub consistency: Consistency,
    /// Microseconds for which the process stood still.
    pub stopped_us: u64,
    /// Bytes copied from the process.
    pub bytes: u64,
    /// `process_vm_readv` calls.
    pub syscalls: u64,
    /// Reads thrown away because a second read differed.
    pub rejected_reads: u64,
    /// Why the consistency is less than what was asked for.
    pub note: Option<String>,
}

/// What a snapshot promises about its own parts fitting together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Consistency {
    /// The process stood still.
    Stopped,
    /// Read twice, and equal.
    Verified,
    /// Read while it ran: parts may not fit together.
    Running,
}

/// One OS thread that has a Python thread state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// `thread:<native id>`.
    pub id: ArcStr,
    pub interpreter: i64,
    pub native_id: u64,
    pub name: String,
    pub state: ThreadState,
    pub holds_gil: Option<bool>,
    pub daemon: Option<bool>,
    /// Name of the system call it is blocked in.
    pub syscall: Option<String>,
    /// Id of the event loop that runs in it.
    #[serde(rename = "loop")]
    pub event_loop: Option<ArcStr>,
    /// Id of the task that runs in it.
    pub task: Option<ArcStr>,
    /// The lock, future, queue or the like that its call waits for.
    pub waits_for: Option<Wait>,
    /// Seconds of processor time that it has used so far.
    pub cpu_s: Option<f64>,
    /// How often it has begun to wait for something so far.
    pub waits_begun: Option<u64>,
    /// Innermost first.
    pub frames: Vec<Frame>,
    pub error: Option<String>,
}

/// What a thread does at the moment of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadState {
    Running,
    Blocked,
    WaitingGil,
    Unknown,
}

/// One event loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventLoop {
    /// `loop:0x<address>`.
    pub id: ArcStr,
    pub interpreter: i64,
    /// Full name, e.g. `asyncio.unix_events._UnixSelectorEventLoop`.
    #[serde(rename = "class")]
    pub class_name: String,
    pub thread: Option<ArcStr>,
    pub running: bool,
    pub closed: Option<bool>,
    pub debug: Option<bool>,
    pub state: LoopState,
    /// Handles in the ready queue.
    pub ready: Option<u64>,
    /// Scheduled timers.
    pub timers: Option<u64>,
    pub next_timer_s: Option<f64>,
    /// Seconds from which on debug mode calls a callback slow.
    pub slow_callback_s: Option<f64>,
    /// Id of the default executor, where one exists.
    pub executor: Option<String>,
    pub files: Vec<LoopFile>,
    pub error: Option<String>,
}

/// What a loop does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoopState {
    /// Its thread waits in the selector.
    Polling,
    /// A callback of it waits in a system call or for a lock.
    Blocked,
    /// A callback of it runs.
    Running,
    /// No thread runs it.
    Stopped,
}

/// A file descriptor that a loop watches.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LoopFile {
    pub fd: i64,
    pub events: String,
    pub local: Option<String>,
    pub peer: Option<String>,
    pub state: Option<String>,
    /// Bytes that the kernel holds unread and unsent.
    pub receive_queue: Option<u64>,
    pub send_queue: Option<u64>,
    /// What the loop calls when it is ready.
    pub callback: Option<String>,
    /// Tasks that wait for it.
    pub tasks: Vec<ArcStr>,
}

/// One asyncio task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// `task:0x<address>`.
    pub id: ArcStr,
    pub interpreter: i64,
    /// Empty where the version gives tasks no name (3.7).
    pub name: ArcStr,
    pub name_is_default: bool,
    /// Qualified name of the coroutine.
    pub coroutine: ArcStr,
    /// Full name of the type, e.g. `_asyncio.Task`.
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    pub state: TaskState,
    /// Whether the coroutine has run its first step; `None` when it is gone.
    pub started: Option<bool>,
    /// Cancel requests not yet taken back (`Task.cancelling()`).
    pub cancelling: u64,
    pub must_cancel: bool,
    pub outcome: Option<Outcome>,
    pub exception: Option<Box<ExceptionInfo>>,
    #[serde(rename = "loop")]
    pub event_loop: Option<ArcStr>,
    /// The thread that runs the task's loop.
    pub thread: Option<ArcStr>,
    /// Innermost first. Tasks at the same place share them.
    pub frames: Arc<[Frame]>,
    pub waits_for: Option<Wait>,
    /// Timeouts that will end the wait, the nearest first.
    pub guards: Box<[Guard]>,
    /// Ids of what cannot go on before this task does.
    pub awaited_by: Vec<ArcStr>,
    /// Where the task was created, innermost first; asyncio's debug mode only.
    pub created_at: Option<Box<[Frame]>>,
    /// Whether only weak references keep it (`None`: not looked for): it may
    /// vanish at the next garbage collection.
    pub weakly_held: Option<bool>,
    /// What could not be read of this task.
    pub error: Option<Box<str>>,
}

/// Where a task is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// What it awaits is not done.
    Waiting,
    /// It goes on as soon as its loop turns.
    Ready,
    /// It is on a thread's stack now.
    Running,
    Done,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    Result,
    Exception,
    Cancelled,
}

/// The exception a task ended with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExceptionInfo {
    #[serde(rename = "type")]
    pub type_name: String,
    pub message: String,
    pub retrieved: bool,
    /// Innermost first.
    pub frames: Vec<Frame>,
}

/// One frame of a chain or of a thread's stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Frame {
    pub function: ArcStr,
    pub qualname: ArcStr,
    pub file: Option<ArcStr>,
    pub line: Option<u32>,
    /// One-based, in UTF-8 bytes as CPython counts; 3.11 and later.
    pub column: Option<u32>,
    pub kind: FrameKind,
    /// Standard library or installed package.
    pub library: bool,
    /// In a thread's stack: the task whose coroutine the frame belongs to.
    pub owner: Option<ArcStr>,
    /// Only where locals were asked for.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub locals: Option<Vec<Local>>,
    pub error: Option<String>,
    /// Where it lies, for those who stay attached; not part of the JSON.
    #[serde(skip)]
    pub place: Option<FramePlace>,
}

/// Where a frame lay in the target's memory when the snapshot was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FramePlace {
    /// Address of the frame (`PyFrameObject` to 3.10, `_PyInterpreterFrame`).
    pub frame: u64,
    /// Address of its code object.
    pub code: u64,
}

/// What sort of code a frame runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrameKind {
    Function,
    Coroutine,
    Generator,
    AsyncGenerator,
    /// Not a Python frame: named, but opaque (Cython, own iterators).
    Native,
}

/// One local variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    pub name: ArcStr,
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    pub value: ArcStr,
}

/// A coroutine or asynchronous generator that no task runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coroutine {
    pub id: ArcStr,
    pub qualname: String,
    /// `created`, `suspended` or `async-generator`.
    pub state: String,
    pub frames: Vec<Frame>,
    /// What keeps it, as people would write it: `Startup.pending[0]`.
    pub referenced_by: Option<String>,
    /// The last attribute or variable on the way to it: `pending`.
    pub referenced_as: Option<String>,
    /// The loop in whose ready queue its first step is.
    #[serde(rename = "loop")]
    pub event_loop: Option<ArcStr>,
    /// What could not be read of it.
    pub error: Option<String>,
}

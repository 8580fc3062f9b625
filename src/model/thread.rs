//! Threads and event loops of a process.

use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::id::ItemId;
use super::iteration::Batch;
use super::kind::FileEvents;
use super::waits::{Callback, Wait};

/// One OS thread that has a Python thread state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Thread {
    /// `thread:<native_id>`.
    pub id: ItemId,
    /// Id of the interpreter of its thread state; 0 is the main interpreter.
    pub interpreter: i64,
    /// The kernel's thread id, in our own pid namespace.
    pub native_id: u64,
    /// Name of the `threading.Thread`, or the kernel's name if there is none.
    pub name: String,
    /// What the thread does.
    pub state: ThreadState,
    /// Whether it holds the GIL. `None` if it is not known, or the build has no GIL.
    pub holds_gil: Option<bool>,
    /// Whether it is a daemon thread. `None` if `threading` does not know it.
    pub daemon: Option<bool>,
    /// Name of the system call in which it is blocked. `None` if it is in none.
    pub syscall: Option<String>,
    /// Id of the event loop that runs in it. `None` if it runs no loop.
    #[serde(rename = "loop")]
    pub event_loop: Option<ItemId>,
    /// Id of the task on its stack. `None` if no task runs in it.
    pub task: Option<ItemId>,
    /// What its innermost call waits for. `None` if it does not wait, waits in the
    /// selector of a loop, or the reason is not known.
    pub waits_for: Option<Wait>,
    /// Processor time used so far, in seconds. `None` if it is not known.
    pub cpu_s: Option<f64>,
    /// Voluntary context switches so far. `None` if the number is not known.
    pub waits_begun: Option<u64>,
    /// Its stack, innermost frame first.
    pub frames: Vec<Frame>,
    /// Functions of the program that it may call later: what a thread with frames of libraries
    /// alone can reach, e.g. what a `threading.Timer` calls, and what runs at the end of a job.
    #[serde(default)]
    pub callbacks: Vec<Callback>,
    /// Whether `callbacks` has all functions of the program that it can call.
    #[serde(default)]
    pub callbacks_complete: bool,
    /// Awaited resources that these functions and their variables lead to. For the diagnosis
    /// only.
    #[serde(skip)]
    pub leads_to: Vec<ItemId>,
    /// Address of its `PyThreadState`. `None` if that does not have the whole stack, because greenlets
    /// have the rest.
    #[serde(skip)]
    pub thread_state: Option<u64>,
    /// What could not be read of the thread. `None` if all was read.
    pub error: Option<String>,
}

/// What a thread does at the moment of the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThreadState {
    /// It is on a processor, or ready to run.
    Running,
    /// It is in a system call.
    Blocked,
    /// It waits for the GIL.
    WaitingGil,
    /// The kernel did not say.
    Unknown,
}

/// What kept a thread from a processor while it was ready to run, in seconds.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Delays {
    /// Others had the processors, or its cgroup stood still (`run_delay`, schedstat(5) of the kernel).
    pub waited_s: f64,
    /// Its cgroups stood still, because they had used what they may (`cpu.stat`), on all processors
    /// together.
    pub stopped_s: f64,
}

impl Delays {
    /// Those since `before`: what others had the processors for, and what the cgroup stood still for.
    pub fn since(&self, before: &Self) -> Self {
        let all_s = (self.waited_s - before.waited_s).max(0.0);
        let stopped_s = (self.stopped_s - before.stopped_s).clamp(0.0, all_s);
        Self {
            waited_s: all_s - stopped_s,
            stopped_s,
        }
    }
}

/// What a light look tells of a thread that ran at the last whole look.
#[derive(Debug, Clone, PartialEq)]
pub enum StackSeen {
    /// It runs, with these frames, innermost first. Frames inside of them may be left out.
    Runs(Vec<Frame>),
    /// It waits for the GIL, with these frames.
    WaitsForGil(Vec<Frame>),
    /// It does something else, or its frames are not proved.
    NotKnown,
}

/// One event loop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EventLoop {
    /// `loop:0x<address>`.
    pub id: ItemId,
    /// Id of its interpreter; 0 is the main interpreter.
    pub interpreter: i64,
    /// Full name, e.g. `asyncio.unix_events._UnixSelectorEventLoop`.
    #[serde(rename = "class")]
    pub class_name: String,
    /// The thread that runs it. `None` if no thread does.
    pub thread: Option<ItemId>,
    /// Whether a thread runs it.
    pub running: bool,
    /// Whether it is closed. `None` if it is not known.
    pub closed: Option<bool>,
    /// Whether it is in debug mode. `None` if it is not known.
    pub debug: Option<bool>,
    /// What it does.
    pub state: LoopState,
    /// Handles in the ready queue. `None` for uvloop.
    pub ready: Option<u64>,
    /// Scheduled timers. `None` for uvloop.
    pub timers: Option<u64>,
    /// Seconds until the next timer is due, negative if it is overdue. `None` if
    /// there is none, and for uvloop.
    pub next_timer_s: Option<f64>,
    /// Seconds since it last came back from polling and began to run callbacks: since then
    /// it serves nobody else. Exact, by the clock of the process. `None` while it polls,
    /// for loops other than asyncio's own, and where it is not known.
    #[serde(default)]
    pub iteration_s: Option<f64>,
    /// The callbacks of that iteration. `None` before the first begins, and where
    /// `iteration_s` is.
    #[serde(default)]
    pub batch: Option<Batch>,
    /// Duration in seconds above which debug mode reports a callback as slow. `None`
    /// if it could not be read.
    pub slow_callback_s: Option<f64>,
    /// The task at whose end `run_until_complete()` returns. `None` if there is none, and
    /// for uvloop.
    #[serde(default)]
    pub until: Option<ItemId>,
    /// Id of the default executor. `None` if the loop has none.
    pub executor: Option<ItemId>,
    /// Callbacks of the program's own code: timers, ready callbacks, signal handlers and
    /// those of watched files.
    #[serde(default)]
    pub callbacks: Vec<Callback>,
    /// Whether `callbacks` has all functions of the program that the loop can call.
    #[serde(default)]
    pub callbacks_complete: bool,
    /// Awaited resources that its handles lead to. For the diagnosis only.
    #[serde(skip)]
    pub leads_to: Vec<ItemId>,
    /// Files that it watches. Empty for uvloop.
    pub files: Vec<LoopFile>,
    /// What could not be read of the loop. `None` if all was read.
    pub error: Option<String>,
}

/// What an event loop does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoopState {
    /// Its thread waits in the selector.
    Polling,
    /// One of its callbacks waits in a system call or for a lock.
    Blocked,
    /// One of its callbacks runs.
    Running,
    /// No thread runs it.
    Stopped,
}

/// A file descriptor that a loop watches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoopFile {
    /// The descriptor.
    pub fd: i64,
    /// What the loop watches it for.
    pub events: FileEvents,
    /// Local address. `None` unless the file is a TCP socket.
    pub local: Option<String>,
    /// Address of the other end, or path of the file. `None` if there is none, or it
    /// is not known.
    pub peer: Option<String>,
    /// State of the connection as netstat writes it. `None` unless the file is a TCP
    /// socket.
    pub state: Option<String>,
    /// Bytes received and not yet read. `None` unless the file is a TCP socket.
    pub receive_queue: Option<u64>,
    /// Bytes not yet sent, or not acknowledged. `None` unless the file is a TCP
    /// socket.
    pub send_queue: Option<u64>,
    /// Name of the callback for events on the file. `None` if it has no callback.
    pub callback: Option<String>,
    /// Tasks that wait for the file.
    pub tasks: Vec<ItemId>,
}

impl LoopFile {
    /// Whether it is the pipe by which other threads and signals wake the loop
    /// (Lib/asyncio/selector_events.py, `_read_from_self`).
    pub fn is_self_pipe(&self) -> bool {
        let callback = self.callback.as_deref();
        callback.is_some_and(|callback| callback.ends_with("._read_from_self"))
    }
}

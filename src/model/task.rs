//! Tasks of a process, and coroutines that no task runs.

use std::sync::Arc;

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

use super::frame::Frame;
use super::id::ItemId;
use super::kind::{CoroutineState, Framework};
use super::waits::{Callback, Guard, Wait};

/// One task of asyncio or trio.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// `task:0x<address>`.
    pub id: ItemId,
    /// Id of its interpreter; 0 is the main interpreter.
    pub interpreter: i64,
    /// The library whose loop runs it.
    #[serde(default)]
    pub framework: Framework,
    /// Its name. Empty on CPython 3.7, which gives tasks no names.
    pub name: ArcStr,
    /// Whether asyncio or trio chose the name.
    pub name_is_default: bool,
    /// Qualified name of the coroutine. Empty if it is not known.
    pub coroutine: ArcStr,
    /// Full name of the type, e.g. `_asyncio.Task`.
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    /// Its state.
    pub state: TaskState,
    /// Whether the coroutine has run its first step. `None` if the coroutine is gone.
    pub started: Option<bool>,
    /// Cancel requests not yet undone by `uncancel()` (`Task.cancelling()`). Always 0
    /// before CPython 3.11. Of a trio task: the cancelled scopes around it, up to a shield.
    pub cancelling: u64,
    /// Whether its next step raises `CancelledError` in it.
    pub must_cancel: bool,
    /// How it ended. `None` if it has not ended.
    pub outcome: Option<Outcome>,
    /// The exception with which it ended. `None` if there is none.
    pub exception: Option<Box<ExceptionInfo>>,
    /// Its event loop, or the runner of trio. `None` if it could not be read.
    #[serde(rename = "loop")]
    pub event_loop: Option<ItemId>,
    /// The thread that runs its event loop. `None` if no thread does.
    pub thread: Option<ItemId>,
    /// Its await chain, innermost frame first. Tasks with equal frames share them.
    pub frames: Arc<[Frame]>,
    /// What it waits for. `None` if it does not wait.
    pub waits_for: Option<Wait>,
    /// Timeouts that will end the wait, the earliest first.
    pub guards: Box<[Guard]>,
    /// Callbacks of the program's own code that run when it ends.
    #[serde(default)]
    pub callbacks: Box<[Callback]>,
    /// Ids of the tasks and threads that cannot go on before this task does.
    pub awaited_by: Vec<ItemId>,
    /// The stack at its creation, innermost frame first. `None` outside of asyncio's
    /// debug mode.
    pub created_at: Option<Box<[Frame]>>,
    /// Whether only weak references keep it, so that the next garbage collection may
    /// destroy it. `None` if this was not examined.
    pub weakly_held: Option<bool>,
    /// What could not be read of the task. `None` if all was read.
    pub error: Option<Box<str>>,
}

/// State of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskState {
    /// It awaits something that is not done.
    Waiting,
    /// It goes on with the next iteration of its loop.
    Ready,
    /// It is on the stack of a thread.
    Running,
    /// It has ended.
    Done,
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// With a result.
    Result,
    /// With an exception.
    Exception,
    /// It was cancelled.
    Cancelled,
}

/// The exception with which a task ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExceptionInfo {
    /// Full name of its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// The text that `str()` gives for it.
    pub message: String,
    /// Whether somebody retrieved it from the task.
    pub retrieved: bool,
    /// Its traceback, innermost frame first.
    pub frames: Vec<Frame>,
}

/// A coroutine or asynchronous generator that no task runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coroutine {
    /// `coroutine:0x<address>`.
    pub id: ItemId,
    /// Its qualified name.
    pub qualname: String,
    /// Its state.
    pub state: CoroutineState,
    /// Its await chain, innermost frame first.
    pub frames: Vec<Frame>,
    /// Path of the reference that keeps it: `Startup.pending[0]`. `None` if none was
    /// found.
    pub referenced_by: Option<String>,
    /// The last attribute or variable on that path: `pending`. `None` if no reference
    /// was found.
    pub referenced_as: Option<String>,
    /// Tasks, threads and coroutines whose variables lead to it, each with the path. For the
    /// diagnosis only.
    #[serde(skip)]
    pub kept_by: Vec<(ItemId, ArcStr)>,
    /// Whether a callback or another callable has it, and may start it. For the diagnosis only.
    #[serde(skip)]
    pub is_of_callable: bool,
    /// The loop that has its first step in the ready queue. `None` if no loop has.
    #[serde(rename = "loop")]
    pub event_loop: Option<ItemId>,
    /// What could not be read of the coroutine. `None` if all was read.
    pub error: Option<String>,
}

//! Who waits for what: waits, resources, edges, and who else could matter.

use arcstr::ArcStr;
use serde::{Deserialize, Serialize};

/// A timeout around a wait.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// `timeout`, `wait_for` or `cancel-scope`.
    pub kind: ArcStr,
    /// Negative: overdue, its loop did not turn.
    pub remaining_s: f64,
}

/// What the innermost frame of a task, or of a thread, waits for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Wait {
    /// One of the kinds in the JSON contract.
    pub kind: ArcStr,
    /// Full name of the type of the object waited for.
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    pub summary: ArcStr,
    pub resource: Option<ArcStr>,
    pub holders: Vec<ArcStr>,
    pub waiters_ahead: Option<u64>,
    pub remaining_s: Option<f64>,
    pub peer: Option<ArcStr>,
    /// Of those that are waited for together (`gather`), how many are done.
    pub done: Option<u64>,
    /// How many are waited for together.
    pub total: Option<u64>,
}

/// A lock, queue, pool or the like that tasks or threads wait for, or hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Resource {
    /// `<kind>:0x<address>`, or `<kind>:<name>` for what the kernel keeps.
    pub id: ArcStr,
    pub kind: ArcStr,
    #[serde(rename = "type")]
    pub type_name: ArcStr,
    /// As people would write it: `Account.lock`; `None` where nothing names it.
    pub name: Option<String>,
    pub summary: String,
    pub holders: Vec<ArcStr>,
    /// Where each known holder took it.
    pub taken_at: Vec<Taken>,
    /// In the order in which they will get it, where it keeps one.
    pub waiters: Vec<ArcStr>,
    pub locked: Option<bool>,
    /// Whether an event is set.
    pub set: Option<bool>,
    /// Permits or tokens left.
    pub value: Option<i64>,
    /// Most that it can give out or hold: workers, connections, items.
    pub limit: Option<i64>,
    /// Of those, how many are given out.
    pub used: Option<i64>,
    /// Items in it, or jobs that are queued.
    pub size: Option<u64>,
    /// Items taken out or still in, for which `task_done()` is outstanding.
    pub unfinished: Option<u64>,
    /// Unread bytes in our buffer (streams, sockets).
    pub buffered: Option<u64>,
    pub closed: Option<bool>,
    /// What could not be read of it.
    pub error: Option<String>,
}

/// Where a holder took what it holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    pub by: ArcStr,
    pub function: ArcStr,
    pub file: Option<ArcStr>,
    pub line: Option<u32>,
}

/// Somebody who refers to a resource that is waited for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Reference {
    /// Id of a task (of a finished one: through its traceback), a coroutine, a
    /// thread, or a loop (through a timer, signal handler or reader of it).
    pub from: ArcStr,
    /// Id of the resource.
    pub to: ArcStr,
    /// The way from the one to the other: `self.loaded`.
    pub path: ArcStr,
    /// Seconds until the timer of a loop that refers to it is due.
    pub due_s: Option<f64>,
    /// Why it may not be so.
    pub error: Option<ArcStr>,
}

/// A process that this one started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildProcess {
    /// `process:<pid>`.
    pub id: ArcStr,
    pub pid: u32,
    pub command: Vec<String>,
    /// The kernel's letter: `R`, `S`, `D`, `T`, `Z`.
    pub state: String,
    /// Name of the system call it is blocked in.
    pub syscall: Option<String>,
    /// The descriptor that this call is about.
    pub fd: Option<i64>,
    /// Who has the other end of that pipe or socket, ids.
    pub peers: Vec<ArcStr>,
    pub is_python: bool,
}

/// `from` cannot go on before `to` does.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    pub from: ArcStr,
    pub to: ArcStr,
    pub via: ArcStr,
}

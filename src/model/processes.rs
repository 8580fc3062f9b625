//! Other processes: those that this one started, and those that wait for what is here.

use serde::{Deserialize, Serialize};

use super::ItemId;

/// A process that this one started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChildProcess {
    /// `process:<pid>`.
    pub id: ItemId,
    /// Its process id.
    pub pid: u32,
    /// Its command line, one entry for each argument.
    pub command: Vec<String>,
    /// The kernel's letter for the state of its main thread: `R`, `S`, `D`, `T`, `Z`.
    pub state: String,
    /// Name of the system call in which its main thread is blocked. `None` if it is
    /// not blocked.
    pub syscall: Option<String>,
    /// The descriptor that this call works on. `None` if it has none.
    pub fd: Option<i64>,
    /// Tasks and threads that wait for the child and hold the other end of that
    /// pipe or socket.
    pub peers: Vec<ItemId>,
    /// Whether it runs CPython.
    pub is_python: bool,
}

/// The kernel's letters for a process that computes, that a signal has stopped, and that has ended
/// (proc_pid_stat(5)).
const RUNNING: &str = "R";
const STOPPED: &str = "T";
const ZOMBIE: &str = "Z";

/// System calls that read.
const READING: [&str; 4] = ["read", "readv", "recvfrom", "recvmsg"];

impl ChildProcess {
    /// Whether its main thread is blocked in a call that reads.
    pub fn reads(&self) -> bool {
        self.syscall
            .as_deref()
            .is_some_and(|call| READING.contains(&call))
    }

    /// Whether its main thread computes.
    pub fn computes(&self) -> bool {
        self.state == RUNNING
    }

    /// Whether a signal has stopped it.
    pub fn is_stopped(&self) -> bool {
        self.state == STOPPED
    }

    /// Whether it has ended, and nobody has asked how.
    pub fn has_ended(&self) -> bool {
        self.state == ZOMBIE
    }
}

/// What the threads of another process wait for, as the kernel says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RestingProcess {
    /// `process:<pid>`.
    pub id: ItemId,
    /// Its threads, the main thread first.
    pub threads: Vec<Resting>,
    /// Whether it catches signals, other than that of the keyboard and those of faults.
    pub handles_signals: bool,
}

/// A thread of another process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resting {
    /// Its id.
    pub tid: u32,
    /// What of the snapshot it waits for without a time limit. `None` if it does anything else.
    pub on: Option<ItemId>,
    /// How often it has begun to wait so far.
    pub waits_begun: u32,
}

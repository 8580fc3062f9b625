//! Why a process cannot be inspected: a sentence for each reason, and its fix.

use std::time::Duration;

use python_offsets::SUPPORTED;
use thiserror::Error;

/// The fix for a process that cannot be stopped.
pub(super) const NO_PAUSE: &str = "`--no-pause` reads it without stopping it";

/// A process that could not be attached to or read as a whole.
///
/// Errors of one task, frame or value are not here: they are stated on that item in
/// the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such process.
    #[error("there is no process with pid {pid}")]
    NoSuchProcess {
        /// Its pid.
        pid: u32,
    },
    /// It has ended, and its parent has not collected it.
    #[error("process {pid} is a zombie: it has ended and waits for its parent to collect it")]
    Zombie {
        /// Its pid.
        pid: u32,
    },
    /// It is a thread of the kernel.
    #[error("process {pid} is a kernel thread, not a program")]
    KernelThread {
        /// Its pid.
        pid: u32,
    },
    /// The kernel does not let us read it.
    #[error("no permission to read the memory of process {pid}: {reason}")]
    Permission {
        /// Its pid.
        pid: u32,
        /// Why.
        reason: String,
        /// The flag, capability, sysctl or command that grants it.
        fix: String,
    },
    /// It does not run CPython, or is not recognised.
    #[error("process {pid} is not running CPython: {reason}")]
    NotPython {
        /// Its pid.
        pid: u32,
        /// Why.
        reason: String,
    },
    /// It runs a version or build of CPython whose layout is not known.
    #[error("CPython {version} of process {pid} is not supported: {reason}")]
    UnsupportedVersion {
        /// Its pid.
        pid: u32,
        /// The version, as `3.14`.
        version: String,
        /// Why.
        reason: String,
    },
    /// It has no interpreter yet.
    #[error("the Python interpreter of process {pid} is still starting")]
    Starting {
        /// Its pid.
        pid: u32,
    },
    /// Its interpreter is being torn down.
    #[error("the Python interpreter of process {pid} is shutting down")]
    Finalizing {
        /// Its pid.
        pid: u32,
    },
    /// It has ended.
    #[error("process {pid} went away while it was being read")]
    Gone {
        /// Its pid.
        pid: u32,
    },
    /// It cannot be traced.
    #[error("process {pid} could not be stopped: {reason}")]
    Stop {
        /// Its pid.
        pid: u32,
        /// Why.
        reason: String,
        /// What would help.
        fix: String,
    },
    /// It was let go at once and runs on.
    #[error("process {pid} could not be stopped: thread {tid} did not stop within {allowed:?}")]
    SlowToStop {
        /// Its pid.
        pid: u32,
        /// The thread that did not stop.
        tid: u32,
        /// The time that it had.
        allowed: Duration,
    },
    /// Anything else.
    #[error("process {pid} could not be read: {reason}")]
    Unreadable {
        /// Its pid.
        pid: u32,
        /// Why.
        reason: String,
    },
}

impl Error {
    /// A stable word for scripts (`--json` prints it as `error.code`).
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchProcess { .. } => "no-such-process",
            Self::Zombie { .. } => "zombie",
            Self::KernelThread { .. } => "kernel-thread",
            Self::Permission { .. } => "permission",
            Self::NotPython { .. } => "not-python",
            Self::UnsupportedVersion { .. } => "unsupported-version",
            Self::Starting { .. } => "starting",
            Self::Finalizing { .. } => "finalizing",
            Self::Gone { .. } => "gone",
            Self::Stop { .. } | Self::SlowToStop { .. } => "stop-failed",
            Self::Unreadable { .. } => "unreadable",
        }
    }

    /// What the user can do about it. `None` when there is nothing.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Permission { fix, .. } | Self::Stop { fix, .. } => Some(fix.clone()),
            Self::NoSuchProcess { .. } | Self::NotPython { .. } => {
                Some("`dapper-attach ps` lists the Python processes that you may inspect".into())
            }
            Self::KernelThread { .. } => {
                Some("`dapper-attach ps` lists the Python processes that you may inspect".into())
            }
            Self::SlowToStop { .. } => Some(format!(
                "{NO_PAUSE}; a larger `--max-pause` gives it more time"
            )),
            Self::Starting { .. } => Some("try again in a moment".into()),
            Self::UnsupportedVersion { .. } => Some(format!(
                "dapper-attach reads CPython {SUPPORTED} on Linux x86-64"
            )),
            Self::Zombie { .. } | Self::Finalizing { .. } | Self::Gone { .. } => None,
            Self::Unreadable { .. } => None,
        }
    }
}

//! Why a process cannot be looked into: one sentence each, with its fix.

use std::time::Duration;

use python_offsets::SUPPORTED;
use thiserror::Error;

/// The fix for whatever cannot be stopped.
pub(super) const NO_PAUSE: &str = "`--no-pause` reads it without stopping it";

/// A process that could not be attached to or read as a whole.
///
/// Errors that hit one task, frame or value do not appear here: they are
/// written on that item in the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Error {
    #[error("there is no process with pid {pid}")]
    NoSuchProcess { pid: u32 },
    #[error("process {pid} is a zombie: it has ended and waits for its parent to collect it")]
    Zombie { pid: u32 },
    #[error("process {pid} is a kernel thread, not a program")]
    KernelThread { pid: u32 },
    #[error("no permission to read the memory of process {pid}: {reason}")]
    Permission {
        pid: u32,
        reason: String,
        /// The flag, capability, sysctl or command that grants it.
        fix: String,
    },
    #[error("process {pid} is not running CPython: {reason}")]
    NotPython { pid: u32, reason: String },
    #[error("CPython {version} of process {pid} is not supported: {reason}")]
    UnsupportedVersion {
        pid: u32,
        version: String,
        reason: String,
    },
    #[error("the Python interpreter of process {pid} is still starting")]
    Starting { pid: u32 },
    #[error("the Python interpreter of process {pid} is shutting down")]
    Finalizing { pid: u32 },
    #[error("process {pid} went away while it was being read")]
    Gone { pid: u32 },
    #[error("process {pid} could not be stopped: {reason}")]
    Stop {
        pid: u32,
        reason: String,
        fix: String,
    },
    /// It was let go at once; nothing else is wrong with it.
    #[error("process {pid} could not be stopped: thread {tid} did not stop within {allowed:?}")]
    SlowToStop {
        pid: u32,
        tid: u32,
        allowed: Duration,
    },
    #[error("process {pid} could not be read: {reason}")]
    Unreadable { pid: u32, reason: String },
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

    /// What the user can do about it, where there is something.
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

//! Options of a snapshot.

use std::time::Duration;

use crate::limits::Limits;

/// How much of a process is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything that a snapshot shows.
    Everything,
    /// Only what shows whether anything moves. The heap is not walked, and references
    /// are not searched.
    Movement,
    /// What each task and thread does and waits for, again and again. Besides what is left out of
    /// `Movement`, nobody is looked for who has the other end of a pipe or socket.
    States,
    /// Only threads. Tasks are read only if the state of a thread depends on them.
    Threads,
}

/// How a process is read.
#[derive(Debug, Clone)]
pub struct SampleOptions {
    /// Whether the variables of all frames are decoded.
    pub locals: bool,
    /// Whether the process may never be stopped.
    pub no_pause: bool,
    /// Longest time for which the process may be stopped, all stops together.
    pub max_pause: Duration,
    /// How much of it is read.
    pub scope: Scope,
    /// Limits on the work that a process can cause.
    pub limits: Limits,
}

/// Longest time for which a process may be stopped, unless said otherwise.
const DEFAULT_MAX_PAUSE: Duration = Duration::from_millis(100);

impl Default for SampleOptions {
    fn default() -> Self {
        Self {
            locals: false,
            no_pause: false,
            max_pause: DEFAULT_MAX_PAUSE,
            scope: Scope::Everything,
            limits: Limits::default(),
        }
    }
}

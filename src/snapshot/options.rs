//! What is wanted of a snapshot.

use std::time::Duration;

use crate::limits::Limits;

/// How much of a process is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Everything that a snapshot shows.
    Everything,
    /// Only what tells whether anything moves: no walk over all objects, no
    /// search for who refers to what.
    Movement,
    /// Only threads, and of tasks no more than says what threads do.
    Threads,
}

/// How a process is read.
#[derive(Debug, Clone)]
pub struct TakeOptions {
    /// Decode the variables of all frames.
    pub locals: bool,
    /// Never stop the process.
    pub no_pause: bool,
    /// Longest time for which the process may stand still.
    pub max_pause: Duration,
    /// How much of it is read.
    pub scope: Scope,
    /// Bounds on what the process can make us do.
    pub limits: Limits,
}

//! What can be looked at: a process that runs, or one that was recorded.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::inspection::{Capture, Captured};
use super::live::Live;
use super::recording::Recording;
use crate::diagnosis::Sources;
use crate::model::Process;
use crate::process::Error;
use crate::sampling::retained::Kept;

/// Processes that can be sampled.
pub trait Target: fmt::Debug {
    /// Takes all samples of all processes that `capture` asks for.
    ///
    /// # Errors
    /// When the process asked for cannot be read.
    fn samples(&self, capture: &Capture) -> Result<Captured, Error>;

    /// Takes all samples of the one process and stays attached to it.
    ///
    /// `None` when `go_on` said no in between. The process is frozen for at most
    /// `freeze` where that is given and where it runs.
    ///
    /// # Errors
    /// When the process cannot be read.
    fn attach(
        &self,
        capture: &Capture,
        freeze: Option<Duration>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Attached>, Error>;

    /// The source files of the process `pid`.
    fn files(&self, pid: u32) -> Box<dyn Sources + Send>;
}

/// A process that was sampled and can be read further.
#[derive(Debug)]
pub struct Attached {
    /// The last sample.
    pub process: Process,
    /// For reading on in it.
    pub kept: Kept,
    /// The samples before the last, oldest first.
    pub earlier: Vec<Process>,
    /// When the first of them was taken; `None` where the clock does not reach
    /// back that far.
    pub began: Option<Instant>,
}

/// Where processes are looked at.
#[derive(Debug, Clone, Default)]
pub enum Source {
    /// On this machine, as they run.
    #[default]
    Live,
    /// In what was recorded.
    Recorded(Arc<Recording>),
}

impl Source {
    /// The recording, where there is one.
    pub fn recording(&self) -> Option<&Arc<Recording>> {
        match self {
            Self::Live => None,
            Self::Recorded(recording) => Some(recording),
        }
    }

    /// The source files of the process `pid`.
    pub fn files(&self, pid: u32) -> Box<dyn Sources + Send> {
        self.target().files(pid)
    }

    /// What is looked at.
    pub fn target(&self) -> &dyn Target {
        match self {
            Self::Live => &Live,
            Self::Recorded(recording) => &**recording,
        }
    }
}

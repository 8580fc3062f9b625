//! Processes that can be sampled: running ones and recorded ones.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::inspection::{Inspection, InspectionSamples};
use super::live::Live;
use super::recording::Recording;
use crate::diagnosis::Sources;
use crate::model::Process;
use crate::process::Error;
use crate::sampling::retained::RetainedSnapshot;

/// Processes that can be sampled.
pub trait Target: fmt::Debug {
    /// Takes all samples of all processes that `capture` asks for.
    ///
    /// # Errors
    /// If the requested process cannot be read.
    fn samples(&self, capture: &Inspection) -> Result<InspectionSamples, Error>;

    /// Takes all samples of the one process and stays attached to it.
    ///
    /// With `freeze`, a running process stays stopped afterwards, for at most that
    /// time. Returns `None` if `go_on` returned false in between.
    ///
    /// # Errors
    /// If the process cannot be read.
    fn attach(
        &self,
        capture: &Inspection,
        freeze: Option<Duration>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Attached>, Error>;

    /// The source files of the process `pid`.
    fn files(&self, pid: u32) -> Box<dyn Sources + Send>;
}

/// A process that was sampled, and from whose memory more can be read.
#[derive(Debug)]
pub struct Attached {
    /// The last sample.
    pub process: Process,
    /// For reading more of its memory.
    pub kept: RetainedSnapshot,
    /// The samples before the last, oldest first.
    pub earlier: Vec<Process>,
    /// When the first sample was taken. `None` if that is before the clock began.
    pub began: Option<Instant>,
}

/// Where processes are sampled.
#[derive(Debug, Clone, Default)]
pub enum Source {
    /// Running processes of this machine.
    #[default]
    Live,
    /// Processes of a recording.
    Recorded(Arc<Recording>),
}

impl Source {
    /// The recording. `None` for running processes.
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

    /// The processes as a [`Target`].
    pub fn target(&self) -> &dyn Target {
        match self {
            Self::Live => &Live,
            Self::Recorded(recording) => &**recording,
        }
    }
}

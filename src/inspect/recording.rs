//! Recorded processes with all of their samples.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::inspection::{Inspection, InspectionSamples, snapshot_of};
use super::target::{Attached, Target};
use crate::diagnosis::Sources;
use crate::model::Process;
use crate::process::Error;
use crate::sampling::recorded::RecordedProcess;

/// Everything that one run recorded.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Recording {
    /// Whether data that the report does not need was removed.
    pub redacted: bool,
    /// When the snapshot was taken: RFC 3339 in UTC, with microseconds.
    pub taken_at: String,
    /// Planned time between two samples, in nanoseconds.
    pub interval_ns: u64,
    /// The requested process, then its descendants if they were asked for.
    pub processes: Vec<Recorded>,
    /// An error for each descendant that could not be read.
    pub lost: Vec<String>,
}

/// One process, with the source files that the diagnosis reads.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Recorded {
    /// The process with its samples.
    pub process: RecordedProcess,
    /// The source files.
    pub sources: RecordedSources,
}

/// Source files of a recorded process.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RecordedSources {
    /// Text of each file by its path; `None` for a file that could not be read.
    pub(crate) files: BTreeMap<String, Option<String>>,
    /// Command line of the parent process. `None` if it was not read.
    pub(crate) parent_command: Option<Vec<String>>,
}

impl Sources for RecordedSources {
    fn read(&self, file: &str) -> Option<String> {
        self.files.get(file).cloned().flatten()
    }

    fn parent_command(&self, _parent_pid: u32) -> Option<Vec<String>> {
        self.parent_command.clone()
    }
}

impl Recording {
    /// Pid of the requested process; 0 if the recording is empty.
    pub fn pid(&self) -> u32 {
        self.first().map_or(0, RecordedProcess::pid)
    }

    /// The requested process. `None` if the recording is empty.
    pub fn first(&self) -> Option<&RecordedProcess> {
        self.processes.first().map(|it| &it.process)
    }

    /// Number of samples of the requested process.
    pub fn samples(&self) -> u32 {
        let samples = self.first().map_or(0, |process| process.samples.len());
        u32::try_from(samples).unwrap_or(u32::MAX)
    }

    /// Planned time between two samples.
    pub fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval_ns)
    }

    /// Decodes the samples before the last.
    fn earlier(
        &self,
        process: &RecordedProcess,
        capture: &Inspection,
    ) -> Result<Vec<Process>, Error> {
        let movement = capture.movement();
        (0..process.samples.len().saturating_sub(1))
            .map(|index| process.take(index, &movement))
            .collect()
    }
}

impl Target for Recording {
    fn samples(&self, capture: &Inspection) -> Result<InspectionSamples, Error> {
        let mut earlier: FxHashMap<u32, Vec<Process>> = FxHashMap::default();
        let mut processes = Vec::new();
        for Recorded { process, .. } in &self.processes {
            let last = process.samples.len().saturating_sub(1);
            processes.push(process.take(last, &capture.options)?);
            if capture.samples > 1 {
                earlier.insert(process.pid(), self.earlier(process, capture)?);
            }
        }
        match processes.first_mut() {
            Some(first) => first.errors.extend(self.lost.iter().cloned()),
            None => return Err(no_process()),
        }
        Ok(InspectionSamples {
            snapshot: snapshot_of(self.taken_at.clone(), processes),
            earlier,
        })
    }

    fn attach(
        &self,
        capture: &Inspection,
        _freeze: Option<Duration>,
        _go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Attached>, Error> {
        let recorded = self.first().ok_or_else(no_process)?;
        let earlier = self.earlier(recorded, capture)?;
        let (process, kept) = recorded.keep(&capture.options)?;
        let samples_before = self.samples().saturating_sub(1);
        let before = capture.interval.saturating_mul(samples_before);
        Ok(Some(Attached {
            process,
            kept,
            earlier,
            began: Instant::now().checked_sub(before),
        }))
    }

    fn files(&self, pid: u32) -> Box<dyn Sources + Send> {
        let mut processes = self.processes.iter();
        let recorded = processes.find(|recorded| recorded.process.pid() == pid);
        Box::new(
            recorded
                .map(|recorded| recorded.sources.clone())
                .unwrap_or_default(),
        )
    }
}

/// The error for a recording without processes.
fn no_process() -> Error {
    Error::Unreadable {
        pid: 0,
        reason: "there is no process in the capture".into(),
    }
}

//! Looks at processes that were recorded, and recording them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::inspection::{Capture, Captured, judge, now, snapshot_of};
use super::redact;
use super::sources::ProcessSources;
use crate::diagnosis::Sources;
use crate::diagnosis::{across, checks, source};
use crate::model::{Process, Snapshot};
use crate::process::Error;
use crate::sampling::recorded::{Extent, RecordedProcess, Sample};
use crate::sampling::take::take_kept;
use crate::snapshot::options::TakeOptions;

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
        match self {
            Self::Live => Box::new(ProcessSources::new(pid)),
            Self::Recorded(recording) => {
                let recorded = recording
                    .processes
                    .iter()
                    .find(|it| it.process.pid() == pid);
                Box::new(recorded.map(|it| it.sources.clone()).unwrap_or_default())
            }
        }
    }
}

/// All that was recorded in one take.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Recording {
    /// Whether what the report does not need was left out.
    pub redacted: bool,
    /// When the snapshot was taken.
    pub taken_at: String,
    /// Time between two samples, in nanoseconds.
    pub interval_ns: u64,
    /// The one that was asked for, and those below it.
    pub processes: Vec<Recorded>,
    /// What could not be looked at.
    pub lost: Vec<String>,
}

/// One process, with the source files that the diagnosis reads.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Recorded {
    pub process: RecordedProcess,
    pub sources: RecordedSources,
}

/// Source files of a process that was recorded.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RecordedSources {
    /// Text by name; none for files that could not be read.
    files: BTreeMap<String, Option<String>>,
    parent_command: Option<Vec<String>>,
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
    /// The process that was asked for; 0 where there is none.
    pub fn pid(&self) -> u32 {
        self.first().map_or(0, RecordedProcess::pid)
    }

    /// The process that was asked for.
    pub fn first(&self) -> Option<&RecordedProcess> {
        self.processes.first().map(|it| &it.process)
    }

    /// Samples of the process that was asked for.
    pub fn samples(&self) -> u32 {
        let samples = self.first().map_or(0, |process| process.samples.len());
        u32::try_from(samples).unwrap_or(u32::MAX)
    }

    /// Time between two samples.
    pub fn interval(&self) -> Duration {
        Duration::from_nanos(self.interval_ns)
    }

    /// All samples, without a diagnosis: the last, and those before it where
    /// they are wanted too.
    pub(crate) fn take(&self, capture: &Capture) -> Result<Captured, Error> {
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
            None => {
                return Err(Error::Unreadable {
                    pid: 0,
                    reason: "there is no process in the capture".into(),
                });
            }
        }
        Ok(Captured {
            snapshot: snapshot_of(self.taken_at.clone(), processes),
            earlier,
        })
    }

    /// The samples before the last.
    pub(crate) fn earlier(
        &self,
        process: &RecordedProcess,
        capture: &Capture,
    ) -> Result<Vec<Process>, Error> {
        let movement = capture.movement();
        (0..process.samples.len().saturating_sub(1))
            .map(|place| process.take(place, &movement))
            .collect()
    }
}

/// What recording gave.
#[derive(Debug)]
pub struct Taken {
    /// The very snapshot that was recorded, with its diagnosis.
    pub snapshot: Snapshot,
    pub recording: Recording,
    /// Processes of which the recording does not give the very same again.
    pub inexact: Vec<u32>,
}

impl Capture {
    /// A look into a recording, with all its samples.
    pub fn of(recording: Arc<Recording>, options: TakeOptions) -> Self {
        Self {
            pid: recording.pid(),
            children: recording.processes.len() > 1,
            samples: recording.samples(),
            interval: recording.interval(),
            source: Source::Recorded(recording),
            options,
        }
    }

    /// Looks as [`Capture::diagnosed`] does, and records what it looks at.
    /// `redact` leaves out all that the report without variables does not need.
    ///
    /// # Errors
    /// As for [`Capture::diagnosed`].
    pub fn record(&self, redact: bool) -> Result<Taken, Error> {
        let movement = self.movement();
        let last = TakeOptions {
            locals: !redact,
            ..self.options.clone()
        };
        let mut taking = Taking::new(redact, self.options.locals);
        for _ in 1..self.samples {
            taking.earlier(self.pid, &movement)?;
            for child in self.below()? {
                // Whether it can be read is said of the last sample.
                let _ = taking.earlier(child, &movement);
            }
            sleep(self.interval);
        }
        let taken_at = now();
        taking.last(self.pid, &last)?;
        for child in self.below()? {
            if let Err(error) = taking.last(child, &last) {
                taking.lost.push(format!("child {child}: {error}"));
            }
        }
        Ok(taking.finish(taken_at, self.interval))
    }
}

/// A recording on its way.
struct Taking {
    redact: bool,
    /// Whether variables are wanted in the snapshot; they are always recorded.
    locals: bool,
    earlier: FxHashMap<u32, (Vec<Process>, Vec<Sample>)>,
    /// With the command as it was.
    done: Vec<(Process, Recorded, Vec<String>)>,
    lost: Vec<String>,
    inexact: Vec<u32>,
}

impl Taking {
    fn new(redact: bool, locals: bool) -> Self {
        Self {
            redact,
            locals,
            earlier: FxHashMap::default(),
            done: Vec::new(),
            lost: Vec::new(),
            inexact: Vec::new(),
        }
    }

    fn earlier(&mut self, pid: u32, options: &TakeOptions) -> Result<(), Error> {
        let extent = match self.redact {
            true => Extent::Needed,
            false => Extent::Bytes,
        };
        let (mut seen, mut sample, _) = self.sample(pid, options, extent)?;
        if self.redact {
            redact::sample(&mut sample, &seen.command);
            redact::snapshot(&mut seen);
        }
        let (processes, samples) = self.earlier.entry(pid).or_default();
        processes.push(seen);
        samples.push(sample);
        Ok(())
    }

    fn last(&mut self, pid: u32, options: &TakeOptions) -> Result<(), Error> {
        let extent = match self.redact {
            true => Extent::Needed,
            false => Extent::Pages,
        };
        let (mut seen, mut sample, mut process) = self.sample(pid, options, extent)?;
        let command = seen.command.clone();
        if self.redact {
            redact::sample(&mut sample, &command);
            redact::snapshot(&mut seen);
            process.facts.command = redact::command(&command);
        }
        if let Some((_, samples)) = self.earlier.get_mut(&pid) {
            process.samples.append(samples);
        }
        process.samples.push(sample);
        let recorded = Recorded {
            process,
            sources: RecordedSources::default(),
        };
        self.done.push((seen, recorded, command));
        Ok(())
    }

    fn sample(
        &mut self,
        pid: u32,
        options: &TakeOptions,
        extent: Extent,
    ) -> Result<(Process, Sample, RecordedProcess), Error> {
        let (mut seen, kept) = take_kept(pid, options)?;
        let (sample, exact) = kept.record(&seen, options, extent)?;
        if options.locals && !self.locals {
            let locals = false;
            seen = kept.again(
                &seen,
                &TakeOptions {
                    locals,
                    ..options.clone()
                },
            )?;
        }
        if !exact && !self.inexact.contains(&pid) {
            self.inexact.push(pid);
        }
        Ok((seen, sample, kept.recorded_process()))
    }

    /// Says what is wrong, and notes which files were read for that.
    fn finish(mut self, taken_at: String, interval: Duration) -> Taken {
        let mut processes = Vec::new();
        let mut recorded = Vec::new();
        let lost = &self.lost;
        for (place, (mut process, mut record, command)) in self.done.into_iter().enumerate() {
            if place == 0 {
                process.errors.extend(lost.iter().cloned());
            }
            let earlier = self.earlier.remove(&process.pid);
            let earlier = earlier.map(|(earlier, _)| earlier).unwrap_or_default();
            let sources = NotedSources::new(process.pid, self.redact.then_some(command));
            judge(&mut process, &earlier, interval, &sources);
            // What only `check` reads is wanted too.
            let _ = checks(&process, &earlier, &sources);
            record.sources = sources.noted.into_inner();
            processes.push(process);
            recorded.push(record);
        }
        across(&mut processes);
        Taken {
            recording: Recording {
                redacted: self.redact,
                taken_at: taken_at.clone(),
                interval_ns: u64::try_from(interval.as_nanos()).unwrap_or(u64::MAX),
                processes: recorded,
                lost: self.lost,
            },
            snapshot: snapshot_of(taken_at, processes),
            inexact: self.inexact,
        }
    }
}

/// Reads files of a process, and notes what it read.
struct NotedSources {
    files: ProcessSources,
    /// The command of the process, where something is to be left out.
    redact: Option<Vec<String>>,
    noted: RefCell<RecordedSources>,
}

impl NotedSources {
    fn new(pid: u32, redact: Option<Vec<String>>) -> Self {
        Self {
            files: ProcessSources::new(pid),
            redact,
            noted: RefCell::default(),
        }
    }
}

impl Sources for NotedSources {
    fn read(&self, file: &str) -> Option<String> {
        if let Some(known) = self.noted.borrow().files.get(file) {
            return known.clone();
        }
        let mut text = self.files.read(file);
        if self.redact.is_some() {
            text = text.and_then(|text| source::masked(&text));
        }
        let mut noted = self.noted.borrow_mut();
        noted.files.insert(file.to_owned(), text.clone());
        text
    }

    fn parent_command(&self, parent_pid: u32) -> Option<Vec<String>> {
        let mut command = self.files.parent_command(parent_pid);
        if let Some(ours) = &self.redact {
            command = command.map(|command| redact::other_command(&command, ours));
        }
        self.noted.borrow_mut().parent_command.clone_from(&command);
        command
    }
}

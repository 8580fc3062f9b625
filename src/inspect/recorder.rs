//! Records the input of a report.

use std::cell::{Ref, RefCell};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::inspection::{Inspection, judge, now, snapshot_of};
use super::live::children_of;
use super::recording::{Recorded, RecordedSources, Recording};
use super::redact;
use super::sources::ProcessSources;
use super::target::Source;
use crate::diagnosis::{Sources, across, checks, source};
use crate::model::{Process, Snapshot};
use crate::process::Error;
use crate::sampling::recorded::{Extent, RecordedProcess, Sample};
use crate::sampling::sample::sample_and_retain;
use crate::snapshot::options::SampleOptions;

/// A recording together with the snapshot that was made from it.
#[derive(Debug)]
pub struct RecordedInspection {
    /// The snapshot, with its diagnosis.
    pub snapshot: Snapshot,
    /// The recording.
    pub recording: Recording,
    /// Pids of processes whose snapshot, made again from the recording, differs.
    pub inexact: Vec<u32>,
}

impl Inspection {
    /// A capture of all samples of a recording.
    pub fn of(recording: Arc<Recording>, options: SampleOptions) -> Self {
        Self {
            pid: recording.pid(),
            children: recording.processes.len() > 1,
            samples: recording.samples(),
            interval: recording.interval(),
            source: Source::Recorded(recording),
            options,
        }
    }

    /// Like [`Inspection::diagnosed`], and records all samples. `redact` removes all data
    /// that a report without variables does not need.
    ///
    /// # Errors
    /// If the requested process cannot be read.
    pub fn record(&self, redact: bool) -> Result<RecordedInspection, Error> {
        let movement = self.movement();
        let last = SampleOptions {
            locals: !redact,
            ..self.options.clone()
        };
        let mut taking = RecordingInProgress::new(redact, self.options.locals);
        for _ in 1..self.samples {
            taking.earlier(self.pid, &movement)?;
            for child in children_of(self)? {
                // Whether the child can be read is reported with the last sample.
                let _ = taking.earlier(child, &movement);
            }
            sleep(self.interval);
        }
        let taken_at = now();
        taking.last(self.pid, &last)?;
        for child in children_of(self)? {
            if let Err(error) = taking.last(child, &last) {
                taking.lost.push(format!("child {child}: {error}"));
            }
        }
        Ok(taking.finish(taken_at, self.interval))
    }
}

/// A recording that is being made.
struct RecordingInProgress {
    /// Whether data that the report does not need is removed.
    redact: bool,
    /// Whether the snapshot has variables. They are recorded in any case.
    locals: bool,
    /// The samples before the last, by pid.
    earlier: FxHashMap<u32, (Vec<Process>, Vec<Sample>)>,
    /// Last samples, with the command line before its redaction.
    done: Vec<(Process, Recorded, Vec<String>)>,
    /// An error for each child that could not be read.
    lost: Vec<String>,
    /// Pids of processes whose snapshot, made again, differs.
    inexact: Vec<u32>,
}

impl RecordingInProgress {
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

    /// Takes and records a sample before the last.
    fn earlier(&mut self, pid: u32, options: &SampleOptions) -> Result<(), Error> {
        let extent = match self.redact {
            true => Extent::Needed,
            false => Extent::Bytes,
        };
        let (mut process, mut sample, _) = self.sample(pid, options, extent)?;
        if self.redact {
            redact::sample(&mut sample, &process.command);
            redact::snapshot(&mut process);
        }
        let (processes, samples) = self.earlier.entry(pid).or_default();
        processes.push(process);
        samples.push(sample);
        Ok(())
    }

    /// Takes and records the last sample.
    fn last(&mut self, pid: u32, options: &SampleOptions) -> Result<(), Error> {
        let extent = match self.redact {
            true => Extent::Needed,
            false => Extent::Pages,
        };
        let (mut process, mut sample, mut recorded_process) = self.sample(pid, options, extent)?;
        let command = process.command.clone();
        if self.redact {
            redact::sample(&mut sample, &command);
            redact::snapshot(&mut process);
            recorded_process.facts.command = redact::command(&command);
        }
        if let Some((_, samples)) = self.earlier.get_mut(&pid) {
            recorded_process.samples.append(samples);
        }
        recorded_process.samples.push(sample);
        let recorded = Recorded {
            process: recorded_process,
            sources: RecordedSources::default(),
        };
        self.done.push((process, recorded, command));
        Ok(())
    }

    /// Takes one sample and its recording.
    fn sample(
        &mut self,
        pid: u32,
        options: &SampleOptions,
        extent: Extent,
    ) -> Result<(Process, Sample, RecordedProcess), Error> {
        let (mut process, kept) = sample_and_retain(pid, options)?;
        let (sample, exact) = kept.record(&process, options, extent)?;
        if options.locals && !self.locals {
            let locals = false;
            process = kept.again(
                &process,
                &SampleOptions {
                    locals,
                    ..options.clone()
                },
            )?;
        }
        if !exact && !self.inexact.contains(&pid) {
            self.inexact.push(pid);
        }
        Ok((process, sample, kept.recorded_process()))
    }

    /// Diagnoses the processes, and records the source files read for that.
    fn finish(mut self, taken_at: String, interval: Duration) -> RecordedInspection {
        let mut processes = Vec::new();
        let mut recorded = Vec::new();
        let lost = &self.lost;
        for (index, (mut process, mut record, command)) in self.done.into_iter().enumerate() {
            if index == 0 {
                process.errors.extend(lost.iter().cloned());
            }
            let earlier = self.earlier.remove(&process.pid);
            let earlier = earlier.map(|(earlier, _)| earlier).unwrap_or_default();
            let sources = RecordingSources::new(process.pid, self.redact.then_some(command));
            judge(&mut process, &earlier, interval, &sources);
            // `check` reads further files, which the recording needs as well.
            let _ = checks(&process, &earlier, &sources);
            record.sources = sources.recorded.into_inner();
            processes.push(process);
            recorded.push(record);
        }
        across(&mut processes);
        RecordedInspection {
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

/// Reads source files of a process, and records them.
pub(super) struct RecordingSources {
    files: ProcessSources,
    /// The command of the process. `None` if nothing is to be removed.
    redact: Option<Vec<String>>,
    recorded: RefCell<RecordedSources>,
}

impl RecordingSources {
    pub(super) fn new(pid: u32, redact: Option<Vec<String>>) -> Self {
        Self {
            files: ProcessSources::new(pid),
            redact,
            recorded: RefCell::default(),
        }
    }

    /// What was read so far.
    pub(super) fn recorded(&self) -> Ref<'_, RecordedSources> {
        self.recorded.borrow()
    }
}

impl Sources for RecordingSources {
    fn read(&self, file: &str) -> Option<String> {
        if let Some(known) = self.recorded.borrow().files.get(file) {
            return known.clone();
        }
        let mut text = self.files.read(file);
        if self.redact.is_some() {
            text = text.and_then(|text| source::masked(&text));
        }
        let mut recorded = self.recorded.borrow_mut();
        recorded.files.insert(file.to_owned(), text.clone());
        text
    }

    fn parent_command(&self, parent_pid: u32) -> Option<Vec<String>> {
        let mut command = self.files.parent_command(parent_pid);
        if let Some(ours) = &self.redact {
            command = command.map(|command| redact::other_command(&command, ours));
        }
        self.recorded
            .borrow_mut()
            .parent_command
            .clone_from(&command);
        command
    }
}

//! Recording what a report is made from.

use std::cell::RefCell;
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use rustc_hash::FxHashMap;

use super::inspection::{Capture, judge, now, snapshot_of};
use super::live::children_of;
use super::recording::{Recorded, RecordedSources, Recording};
use super::redact;
use super::sources::ProcessSources;
use super::target::Source;
use crate::diagnosis::{Sources, across, checks, source};
use crate::model::{Process, Snapshot};
use crate::process::Error;
use crate::sampling::recorded::{Extent, RecordedProcess, Sample};
use crate::sampling::take::take_kept;
use crate::snapshot::options::TakeOptions;

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
            for child in children_of(self)? {
                // Whether it can be read is said of the last sample.
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

//! Taking the snapshot of one process, or of a whole tree.

use std::collections::hash_map::Entry;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use time::OffsetDateTime;

use super::recording::{Recording, Source};
use crate::diagnosis::{Sources, across, diagnose};
use crate::model::{Process, SCHEMA_VERSION, Snapshot, Tool};
use crate::process;
use crate::sampling::retained::Kept;
use crate::sampling::watch::Watch;
use crate::snapshot::options::{Scope, TakeOptions};

/// How often a wait between two samples looks whether to go on.
const LOOK_UP: Duration = Duration::from_millis(20);

/// What is looked at, and how often.
#[derive(Debug, Clone)]
pub struct Capture {
    pub source: Source,
    pub pid: u32,
    /// Every process below it as well.
    pub children: bool,
    /// Looks that a verdict is made from, at least one.
    pub samples: u32,
    /// Time between two of them.
    pub interval: Duration,
    pub options: TakeOptions,
}

/// A snapshot, and the samples before it by process, oldest first.
#[derive(Debug)]
pub struct Captured {
    pub snapshot: Snapshot,
    pub earlier: FxHashMap<u32, Vec<Process>>,
}

/// A look at one process that goes on.
#[derive(Debug)]
pub struct Looked {
    /// With its diagnosis.
    pub process: Process,
    /// For reading on.
    pub kept: Kept,
    /// The first of several samples, and when it was taken.
    pub first: Option<(Instant, Process)>,
}

impl Capture {
    /// Looks at the processes and says what is wrong with them. A child that
    /// cannot be read is named among the errors of the process asked for.
    pub fn diagnosed(&self) -> Result<Snapshot, process::Error> {
        let Captured {
            mut snapshot,
            earlier,
        } = self.take()?;
        for process in &mut snapshot.processes {
            let before = earlier.get(&process.pid).map_or(&[][..], Vec::as_slice);
            let sources = self.source.files(process.pid);
            judge(process, before, self.interval, &*sources);
        }
        across(&mut snapshot.processes);
        Ok(snapshot)
    }

    /// Looks at the one process, says what is wrong with it, and stays attached
    /// to it; frozen for as long as `freeze` at most, where that is asked for.
    /// `None` when `go_on` said no in between.
    ///
    /// # Errors
    /// As for [`Watch::look`].
    pub fn kept(
        &self,
        freeze: Option<Duration>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Looked>, process::Error> {
        if let Some(recording) = self.source.recording() {
            return self.kept_of(recording).map(Some);
        }
        let mut watch = Watch::open(self.pid, &self.options, true)?;
        let began = Instant::now();
        let mut earlier = Vec::new();
        for _ in 1..self.samples {
            earlier.push(watch.glance()?);
            let until = Instant::now() + self.interval;
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                if !go_on() {
                    return Ok(None);
                }
                sleep(left.min(LOOK_UP));
            }
        }
        let (mut process, stop) = match freeze {
            None => (watch.look()?, None),
            Some(limit) => watch.freeze(limit).map(|(seen, stop)| (seen, Some(stop)))?,
        };
        let kept = watch.kept(stop)?;
        let sources = self.source.files(self.pid);
        judge(&mut process, &earlier, self.interval, &*sources);
        let first = (!earlier.is_empty()).then(|| (began, earlier.swap_remove(0)));
        Ok(go_on().then_some(Looked {
            process,
            kept,
            first,
        }))
    }

    /// The same of what was recorded.
    fn kept_of(&self, recording: &Recording) -> Result<Looked, process::Error> {
        let recorded = recording.first().ok_or(process::Error::Unreadable {
            pid: self.pid,
            reason: "there is no process in the capture".into(),
        })?;
        let mut earlier = recording.earlier(recorded, self)?;
        let (mut process, kept) = recorded.keep(&self.options)?;
        let sources = self.source.files(self.pid);
        judge(&mut process, &earlier, self.interval, &*sources);
        let before = self
            .interval
            .saturating_mul(recording.samples().saturating_sub(1));
        let began = Instant::now().checked_sub(before);
        let first =
            (began.filter(|_| !earlier.is_empty())).map(|began| (began, earlier.swap_remove(0)));
        Ok(Looked {
            process,
            kept,
            first,
        })
    }

    /// The same of threads only: one look at them.
    pub fn of_threads(self) -> Self {
        let mut options = self.options;
        options.scope = Scope::Threads;
        Self {
            samples: 1,
            options,
            ..self
        }
    }

    /// How the samples before the last are taken.
    pub(crate) fn movement(&self) -> TakeOptions {
        TakeOptions {
            scope: Scope::Movement,
            locals: false,
            ..self.options.clone()
        }
    }

    /// All samples, without a diagnosis.
    pub fn take(&self) -> Result<Captured, process::Error> {
        if let Some(recording) = self.source.recording() {
            return recording.take(self);
        }
        let mut earlier: FxHashMap<u32, Vec<Process>> = FxHashMap::default();
        let mut asked = Watch::open(self.pid, &self.options, false)?;
        let mut below: FxHashMap<u32, Watch> = FxHashMap::default();
        let open = |child| Watch::open(child, &self.options, false);
        for _ in 1..self.samples {
            earlier.entry(self.pid).or_default().push(asked.glance()?);
            for child in self.below()? {
                // Whether it can be read is said of the last sample.
                if let Entry::Vacant(place) = below.entry(child)
                    && let Ok(watch) = open(child)
                {
                    place.insert(watch);
                }
                if let Some(Ok(process)) = below.get_mut(&child).map(Watch::glance) {
                    earlier.entry(child).or_default().push(process);
                }
            }
            sleep(self.interval);
        }
        let taken_at = now();
        let mut processes = vec![asked.look()?];
        for child in self.below()? {
            let watch = below.remove(&child).map_or_else(|| open(child), Ok);
            match watch.and_then(|mut watch| watch.look()) {
                Ok(process) => processes.push(process),
                Err(error) => processes[0].errors.push(format!("child {child}: {error}")),
            }
        }
        Ok(Captured {
            snapshot: snapshot_of(taken_at, processes),
            earlier,
        })
    }

    pub(crate) fn below(&self) -> Result<Vec<u32>, process::Error> {
        match self.children {
            true => Ok(process::Process::open(self.pid)?.children()),
            false => Ok(Vec::new()),
        }
    }
}

/// Says of `process` what is wrong with it.
pub(crate) fn judge(
    process: &mut Process,
    earlier: &[Process],
    interval: Duration,
    sources: &dyn Sources,
) {
    let (verdict, diagnoses) = diagnose(process, earlier, interval.as_secs_f64(), sources);
    process.verdict = Some(verdict);
    process.diagnoses = diagnoses;
}

/// The snapshot of these processes.
pub(crate) fn snapshot_of(taken_at: String, processes: Vec<Process>) -> Snapshot {
    Snapshot {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        taken_at,
        processes,
    }
}

/// The time as snapshots have it.
pub(crate) fn now() -> String {
    rfc3339(OffsetDateTime::now_utc())
}

/// In UTC, with microseconds.
fn rfc3339(at: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond(),
    )
}

#[cfg(test)]
mod tests {
    use crate::inspect::inspection::*;

    #[test]
    fn times_have_all_their_digits() {
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_795_313_621_000_042_999).unwrap();
        assert_eq!(rfc3339(at), "2026-11-22T02:13:41.000042Z");
    }
}

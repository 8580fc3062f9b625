//! Taking the snapshot of one process, or of a whole tree.

use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use time::OffsetDateTime;

use super::target::Source;
use crate::diagnosis::{Sources, across, diagnose};
use crate::model::{Process, SCHEMA_VERSION, Snapshot, Tool};
use crate::process;
use crate::sampling::retained::Kept;
use crate::snapshot::options::{Scope, TakeOptions};

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
    /// Looks at the processes and says what is wrong with them.
    ///
    /// A child that cannot be read is named among the errors of the process asked
    /// for.
    ///
    /// # Errors
    /// When the process asked for cannot be read.
    pub fn diagnosed(&self) -> Result<Snapshot, process::Error> {
        let Captured {
            mut snapshot,
            earlier,
        } = self.take()?;
        for process in &mut snapshot.processes {
            let before = earlier.get(&process.pid).map_or(&[][..], Vec::as_slice);
            let sources = self.source.target().files(process.pid);
            judge(process, before, self.interval, &*sources);
        }
        across(&mut snapshot.processes);
        Ok(snapshot)
    }

    /// Looks at the one process, says what is wrong with it, and stays attached
    /// to it.
    ///
    /// The process is frozen for at most `freeze` where that is given. `None` when
    /// `go_on` said no in between.
    ///
    /// # Errors
    /// As for [`Watch::look`](crate::sampling::watch::Watch::look).
    pub fn kept(
        &self,
        freeze: Option<Duration>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Looked>, process::Error> {
        let target = self.source.target();
        let Some(mut attached) = target.attach(self, freeze, go_on)? else {
            return Ok(None);
        };
        let sources = target.files(self.pid);
        let earlier = &attached.earlier;
        judge(&mut attached.process, earlier, self.interval, &*sources);
        let began = attached.began;
        let first = attached.earlier.into_iter().next();
        Ok(go_on().then_some(Looked {
            process: attached.process,
            kept: attached.kept,
            first: began.zip(first),
        }))
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
    ///
    /// # Errors
    /// When the process asked for cannot be read.
    pub fn take(&self) -> Result<Captured, process::Error> {
        self.source.target().samples(self)
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

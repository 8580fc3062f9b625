//! Snapshots of one process, or of a process and its descendants.

use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;
use time::OffsetDateTime;

use super::target::Source;
use crate::diagnosis::{Sources, across, diagnose};
use crate::model::{Process, SCHEMA_VERSION, Snapshot, Tool};
use crate::process;
use crate::sampling::retained::RetainedSnapshot;
use crate::snapshot::options::{SampleOptions, Scope};

/// Which processes are sampled, how, and how often.
#[derive(Debug, Clone)]
pub struct Inspection {
    /// Where the processes are.
    pub source: Source,
    /// Pid of the requested process.
    pub pid: u32,
    /// Whether its descendants are sampled as well.
    pub children: bool,
    /// Number of samples, at least one. The last one is shown; the earlier ones tell
    /// what moves.
    pub samples: u32,
    /// Time between two samples.
    pub interval: Duration,
    /// How each sample is taken.
    pub options: SampleOptions,
}

/// A snapshot with the samples before it.
#[derive(Debug)]
pub struct InspectionSamples {
    /// The last sample of each process, without a diagnosis.
    pub snapshot: Snapshot,
    /// The samples before the last, by pid, oldest first.
    pub earlier: FxHashMap<u32, Vec<Process>>,
}

/// A diagnosed process from whose memory more can be read.
#[derive(Debug)]
pub struct Inspected {
    /// The last sample, with its diagnosis.
    pub process: Process,
    /// For reading more of its memory.
    pub kept: RetainedSnapshot,
    /// The first sample and the time at which it was taken. `None` if there was only
    /// one sample.
    pub first: Option<(Instant, Process)>,
}

/// Time between two samples, unless said otherwise.
const DEFAULT_INTERVAL: Duration = Duration::from_millis(500);

impl Inspection {
    /// Two samples of the process with this pid, half a second apart, each with a pause
    /// of at most 100 ms.
    pub fn new(pid: u32) -> Self {
        Self {
            source: Source::Live,
            pid,
            children: false,
            samples: 2,
            interval: DEFAULT_INTERVAL,
            options: SampleOptions::default(),
        }
    }

    /// Samples the processes and diagnoses them.
    ///
    /// A child that cannot be read is listed in the errors of the requested process.
    ///
    /// # Errors
    /// If the requested process cannot be read.
    pub fn diagnosed(&self) -> Result<Snapshot, process::Error> {
        let InspectionSamples {
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

    /// Samples the requested process, diagnoses it, and stays attached to it.
    ///
    /// With `freeze`, the process stays stopped afterwards, for at most that time.
    /// Returns `None` if `go_on` returned false in between.
    ///
    /// # Errors
    /// The errors of [`Sampler::look`](crate::sampling::sampler::Sampler::look).
    pub fn kept(
        &self,
        freeze: Option<Duration>,
        go_on: &dyn Fn() -> bool,
    ) -> Result<Option<Inspected>, process::Error> {
        let target = self.source.target();
        let Some(mut attached) = target.attach(self, freeze, go_on)? else {
            return Ok(None);
        };
        let sources = target.files(self.pid);
        let earlier = &attached.earlier;
        judge(&mut attached.process, earlier, self.interval, &*sources);
        let began = attached.began;
        let first = attached.earlier.into_iter().next();
        Ok(go_on().then_some(Inspected {
            process: attached.process,
            kept: attached.kept,
            first: began.zip(first),
        }))
    }

    /// The same capture, reduced to one sample of the threads.
    pub fn of_threads(self) -> Self {
        let mut options = self.options;
        options.scope = Scope::Threads;
        Self {
            samples: 1,
            options,
            ..self
        }
    }

    /// Options for the samples before the last.
    pub(crate) fn movement(&self) -> SampleOptions {
        SampleOptions {
            scope: Scope::Movement,
            locals: false,
            ..self.options.clone()
        }
    }

    /// Takes all samples, without a diagnosis.
    ///
    /// # Errors
    /// If the requested process cannot be read.
    pub fn take(&self) -> Result<InspectionSamples, process::Error> {
        self.source.target().samples(self)
    }
}

/// Diagnoses `process`, and writes verdict and findings into it.
pub(crate) fn judge(
    process: &mut Process,
    earlier: &[Process],
    interval: Duration,
    sources: &dyn Sources,
) {
    let judged = diagnose(process, earlier, interval.as_secs_f64(), sources);
    process.verdict = Some(judged.verdict);
    process.diagnoses = judged.diagnoses;
    for (resource, holders) in judged.holders {
        process.set_holders(resource, &holders);
    }
}

/// A snapshot of `processes` taken at `taken_at`.
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

/// The current time in the format of `Snapshot::taken_at`.
pub(crate) fn now() -> String {
    rfc3339(OffsetDateTime::now_utc())
}

/// A time in nanoseconds since 1970, in the format of `Snapshot::taken_at`.
pub(crate) fn rfc3339_ns(at_ns: u64) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(at_ns.into()).map_or_else(|_| now(), rfc3339)
}

/// `at` as RFC 3339, with microseconds. `at` must be in UTC.
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

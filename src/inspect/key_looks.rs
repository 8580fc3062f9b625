//! Whole looks at a process beside a recording over time: each is what a full report is made from.
//! They are taken in a thread of their own, so that the recording goes on meanwhile.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::inspection::{judge, now};
use super::on_demand::OnDemand;
use super::recorder::RecordingSources;
use super::recording::RecordedSources;
use crate::diagnosis::checks;
use crate::model::{Process, Verdict};
use crate::process::Error;
use crate::sampling::recorded::{Extent, RecordedProcess};
use crate::sampling::sample::sample_and_retain;
use crate::snapshot::options::SampleOptions;

/// One whole look.
#[derive(Debug)]
pub struct KeyLook {
    /// When it was taken: RFC 3339 in UTC, with microseconds.
    pub taken_at: String,
    /// The same by our own clock.
    pub taken: Instant,
    /// The same by the clock of the process. `None` if it is not known.
    pub clock_s: Option<f64>,
    /// The time since the look before. `None` for the first one: it only serves for comparison with
    /// the next, because one look alone does not tell what moves.
    pub interval: Option<Duration>,
    /// How long it took to take it.
    pub cost: Duration,
    /// What is wrong at this look. `None` if it could not be judged.
    pub verdict: Option<Verdict>,
    /// The process with this one sample.
    pub process: RecordedProcess,
    /// The source files that no look before has.
    pub sources: RecordedSources,
}

/// A thread that takes whole looks when it is asked to. `T` is what becomes of each there.
pub type KeyLooks<T> = OnDemand<Result<T, Error>>;

/// Starts such a thread for the process `pid`. `encode` makes of each look what is kept.
pub fn start<T: Send + 'static>(
    pid: u32,
    mut encode: impl FnMut(KeyLook) -> T + Send + 'static,
) -> KeyLooks<T> {
    OnDemand::start(move || {
        let mut looker = Looker::new(pid);
        move || looker.look().map(&mut encode)
    })
}

/// Takes looks one after the other.
struct Looker {
    pid: u32,
    options: SampleOptions,
    sources: RecordingSources,
    /// Paths of the source files that the looks before have.
    told: BTreeSet<String>,
    /// The look before, and when it was taken.
    before: Option<(Process, Instant)>,
}

impl Looker {
    fn new(pid: u32) -> Self {
        Self {
            pid,
            options: SampleOptions {
                no_pause: true,
                // To decode the variables of thousands of tasks takes seconds. Their pages are
                // recorded all the same, as far as the sampler touches them.
                locals: false,
                ..SampleOptions::default()
            },
            sources: RecordingSources::new(pid, None),
            told: BTreeSet::new(),
            before: None,
        }
    }

    fn look(&mut self) -> Result<KeyLook, Error> {
        let (taken_at, taken) = (now(), Instant::now());
        let (mut process, kept) = sample_and_retain(self.pid, &self.options)?;
        // How far it fits together is in its `read`, which a report shows.
        let (sample, _) = kept.record(&process, &self.options, Extent::Pages)?;
        let mut recorded = kept.recorded_process();
        recorded.samples.push(sample);
        let before = self.before.as_ref();
        let interval = before.map(|(_, at)| taken.saturating_duration_since(*at));
        let verdict = self.judged(&mut process, interval.unwrap_or_default());
        let clock_s = process.clock_s;
        self.before = Some((process, taken));
        Ok(KeyLook {
            taken_at,
            taken,
            clock_s,
            interval,
            cost: taken.elapsed(),
            verdict,
            process: recorded,
            sources: self.new_sources(),
        })
    }

    /// Diagnoses the process, which also finds the source files that a report reads.
    fn judged(&self, process: &mut Process, interval: Duration) -> Option<Verdict> {
        let before = self.before.as_ref().map(|(before, _)| before);
        let earlier = before.map_or(&[][..], std::slice::from_ref);
        judge(process, earlier, interval, &self.sources);
        // `check` reads further files.
        let _ = checks(process, earlier, &self.sources);
        process.verdict.clone()
    }

    fn new_sources(&mut self) -> RecordedSources {
        let all = self.sources.recorded();
        let files = (all.files.iter()).filter(|(path, _)| !self.told.contains(*path));
        let new = RecordedSources {
            files: files
                .map(|(path, text)| (path.clone(), text.clone()))
                .collect(),
            parent_command: all.parent_command.clone(),
        };
        drop(all);
        self.told.extend(new.files.keys().cloned());
        new
    }
}

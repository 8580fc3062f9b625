//! Watches a process until it ends: light looks for steps that block a loop, and a verdict from
//! time to time.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::inspection::Inspection;
use super::profiling::{Failing, own_cpu};
use crate::model::{Culprit, Process, VerdictState};
use crate::process::Error;
use crate::profile::steps::{SlowStep, SlowSteps};
use crate::sampling::sampler::Sampler;
use crate::sampling::schedule::Schedule;
use crate::snapshot::options::{SampleOptions, Scope};

/// Longest time between two calls of `tell` or `go_on`.
const GO_ON_PERIOD: Duration = Duration::from_millis(50);
/// Looks after which the rate is checked against what they cost.
const COST_PERIOD: u64 = 16;
/// A change of the rate by less than this part is not worth a word.
const RATE_CHANGE: f64 = 0.2;

/// What is watched for.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// The process.
    pub pid: u32,
    /// Looks a second.
    pub rate: f64,
    /// From which length on a step is told, in seconds.
    pub slow_s: f64,
    /// Time between two verdicts.
    pub verdict_every: Duration,
    /// Part of a processor that the looks may use: 0.01 is 1 %.
    pub max_overhead: f64,
    /// How long to watch. `None` until the process ends.
    pub lasts: Option<Duration>,
}

/// Something that happened.
#[derive(Debug)]
pub enum Event {
    /// A loop was or is blocked.
    Slow(SlowStep),
    /// The process began to hang, or its loop is blocked for good.
    Hang {
        /// What it is.
        state: VerdictState,
        /// The verdict in one line.
        summary: String,
        /// The line that is the cause. `None` if none is known.
        culprit: Option<Culprit>,
    },
    /// It no longer hangs.
    HangOver {
        /// How long it did, at most, in seconds.
        lasted_s: f64,
    },
    /// Fewer looks a second are taken than were asked for.
    Thinned {
        /// The rate now.
        rate: f64,
    },
    /// The process has ended.
    Gone,
}

/// A process that is watched.
pub struct Watcher {
    options: WatchOptions,
    sampler: Sampler,
    schedule: Schedule,
    rate: f64,
    steps: SlowSteps,
    began: Instant,
    verdict_at: Instant,
    hangs_since: Option<Instant>,
    looks: u64,
    cost: Duration,
    /// Classes of loops whose iterations cannot be read.
    unseen: Vec<String>,
}

impl Watcher {
    /// Opens the process.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(options: WatchOptions) -> Result<Self, Error> {
        let sampled = SampleOptions {
            no_pause: true,
            scope: Scope::Threads,
            ..SampleOptions::default()
        };
        let mut sampler = Sampler::open(options.pid, &sampled, false)?.deciding_soon();
        let process = sampler.look()?;
        let loops = process.loops.iter().map(|it| it.class_name.clone());
        let unseen = loops.filter(|class| !class.starts_with(ASYNCIO)).collect();
        let began = Instant::now();
        Ok(Self {
            unseen,
            sampler,
            schedule: Schedule::new(began, options.rate),
            rate: options.rate,
            steps: SlowSteps::new(options.slow_s),
            began,
            verdict_at: began,
            hangs_since: None,
            looks: 0,
            cost: Duration::ZERO,
            options,
        })
    }

    /// Classes of loops, such as `uvloop.Loop`, of which no slow step can be told.
    pub fn unseen(&self) -> &[String] {
        &self.unseen
    }

    /// Watches until the time is over, the process has ended, or `go_on` returns false. Calls
    /// `tell` with each event; it returns whether to go on.
    ///
    /// # Errors
    /// If the process exists, and cannot be read any more.
    pub fn run(
        &mut self,
        go_on: &dyn Fn() -> bool,
        tell: &mut dyn FnMut(&Event) -> bool,
    ) -> Result<(), Error> {
        let mut failing = Failing::default();
        loop {
            let until = self.schedule.after(Instant::now());
            while let Some(left) = until.checked_duration_since(Instant::now()) {
                if !go_on() || self.is_over() {
                    return Ok(());
                }
                sleep(left.min(GO_ON_PERIOD));
            }
            if !go_on() || self.is_over() {
                return Ok(());
            }
            let events = match self.look() {
                Ok(events) => {
                    failing.ends();
                    events
                }
                Err(Error::Gone { .. }) => {
                    tell(&Event::Gone);
                    return Ok(());
                }
                Err(error) => {
                    failing.goes_on(error)?;
                    Vec::new()
                }
            };
            if !events.iter().all(&mut *tell) {
                return Ok(());
            }
        }
    }

    fn is_over(&self) -> bool {
        (self.options.lasts).is_some_and(|lasts| self.began.elapsed() >= lasts)
    }

    /// One light look, and a verdict if one is due.
    fn look(&mut self) -> Result<Vec<Event>, Error> {
        let before = own_cpu();
        let process = self.sampler.look()?;
        let mut events: Vec<Event> = match process.clock_s {
            Some(clock_s) => {
                let told = self.steps.look(&process, clock_s);
                told.into_iter().map(Event::Slow).collect()
            }
            // Without its clock, the age of an iteration says nothing.
            None => Vec::new(),
        };
        self.looks += 1;
        self.cost += own_cpu().saturating_sub(before);
        events.extend(self.thin());
        if self.verdict_at.elapsed() >= self.options.verdict_every {
            self.verdict_at = Instant::now();
            events.extend(self.verdict()?);
        }
        Ok(events)
    }

    /// Takes fewer looks where they cost more than they may.
    fn thin(&mut self) -> Option<Event> {
        if !self.looks.is_multiple_of(COST_PERIOD) {
            return None;
        }
        let mean = self.cost.as_secs_f64() / self.looks as f64;
        let affordable = self.options.max_overhead / mean.max(f64::MIN_POSITIVE);
        let rate = affordable.min(self.options.rate).max(MIN_RATE);
        let changes = (rate - self.rate).abs() > RATE_CHANGE * self.rate;
        changes.then(|| {
            self.rate = rate;
            self.schedule.set_rate(rate);
            Event::Thinned { rate }
        })
    }

    /// Whether it hangs now, if that has changed.
    fn verdict(&mut self) -> Result<Option<Event>, Error> {
        let mut inspection = Inspection::new(self.options.pid);
        inspection.options.no_pause = true;
        let snapshot = inspection.diagnosed()?;
        let process: Option<&Process> = snapshot.processes.first();
        let Some((process, verdict)) = process.and_then(|it| Some((it, it.verdict.as_ref()?)))
        else {
            return Ok(None);
        };
        let hangs = match verdict.state {
            VerdictState::Hung | VerdictState::BlockedLoop | VerdictState::Livelock => true,
            VerdictState::Busy
            | VerdictState::Waiting
            | VerdictState::Idle
            | VerdictState::Starting
            | VerdictState::Unknown => false,
        };
        Ok(match (hangs, self.hangs_since) {
            (true, None) => {
                self.hangs_since = Some(Instant::now());
                Some(Event::Hang {
                    state: verdict.state,
                    summary: verdict.summary.clone(),
                    culprit: (process.diagnoses.first()).and_then(|it| it.culprit.clone()),
                })
            }
            (false, Some(since)) => {
                self.hangs_since = None;
                Some(Event::HangOver {
                    lasted_s: (since.elapsed() + self.options.verdict_every).as_secs_f64(),
                })
            }
            (true, Some(_)) | (false, None) => None,
        })
    }
}

/// Package of the loops whose iterations are read.
const ASYNCIO: &str = "asyncio.";

/// Looks a second that are taken whatever they cost.
const MIN_RATE: f64 = 1.0;

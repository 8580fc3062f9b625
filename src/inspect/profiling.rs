//! Looks at a process at a rate, and records what its tasks and threads do.

use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::budget::{Budget, own_cpu, thread_cpu};
use super::inspection::{now, rfc3339_ns};
use crate::model::Process;
use crate::process::Error;
use crate::profile::{About, Part, Profile, Ring, Timeline, Told, Trust};
use crate::sampling::running_stacks::RunningStacks;
use crate::sampling::sampler::Sampler;
use crate::sampling::schedule::Schedule;
use crate::snapshot::options::{SampleOptions, Scope};

/// Longest time between two calls of `go_on`.
const GO_ON_PERIOD: Duration = Duration::from_millis(50);

/// A process that is being recorded. It is never stopped.
pub struct Recorder {
    sampler: Sampler,
    schedule: Schedule,
    /// The threads that run, and when they are looked at between whole looks.
    stacks: RunningStacks,
    stack_schedule: Schedule,
    /// Whole looks a second that the budget allows.
    rate: f64,
    timeline: Timeline,
    /// What was taken out of it.
    told: Told,
    trust: Trust,
    began: Instant,
    /// The same in UTC: as text, and in nanoseconds since 1970.
    began_at: (String, u64),
    /// The clock of the process when the recording began. `None` until it is known.
    clock: Option<f64>,
    own_cpu: Duration,
    /// The process as it was at the last look.
    last: Process,
    /// When that was, since the beginning.
    last_at: Duration,
    /// When a look failed for the first time after it. `None` if none did.
    failed_at: Option<Duration>,
    /// What is kept, if not all is. `None` if all is.
    ring: Option<Ring>,
    /// How much the looks may cost. `None` if any.
    budget: Option<Budget>,
}

/// Why a recording ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Its time is over.
    InTime,
    /// The caller asked for it.
    Asked,
    /// The process has ended.
    Gone,
}

/// What the caller of a recording wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To go on.
    Look,
    /// To end the recording.
    End,
}

impl Recorder {
    /// Opens the process `pid`, and looks at it for the first time. `rate` is looks a second.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(pid: u32, rate: f64) -> Result<Self, Error> {
        let options = SampleOptions {
            no_pause: true,
            scope: Scope::States,
            ..SampleOptions::default()
        };
        let mut sampler = Sampler::open(pid, &options, false)?
            .deciding_soon()
            .without_remaining_times();
        // The first looks find the runtime and all that stays as it is, and where stacks end.
        for _ in 0..FIRST_LOOKS {
            sampler.look()?;
        }
        let began = Instant::now();
        let mut recorder = Self {
            schedule: Schedule::new(began, rate),
            stacks: sampler.running_stacks(),
            stack_schedule: Schedule::new(began, rate),
            rate,
            timeline: Timeline::default(),
            told: Told::default(),
            trust: Trust {
                asked_rate: rate,
                ..Trust::default()
            },
            began,
            began_at: (now(), unix_ns()),
            clock: None,
            own_cpu: own_cpu(),
            last_at: Duration::ZERO,
            failed_at: None,
            ring: None,
            budget: None,
            last: sampler.look()?,
            sampler,
        };
        recorder.add();
        Ok(recorder)
    }

    /// From now on keeps the last `keep` only, and up to a tenth more. [`Self::profile`] is what is
    /// kept then.
    pub fn keep(&mut self, keep: Duration) {
        self.ring = Some(Ring::new(keep));
    }

    /// Takes fewer looks where they would use more than `part` of a processor (0.01 is 1 %).
    pub fn limit(&mut self, part: f64) {
        self.budget = Some(Budget::new(part, self.trust.asked_rate, MIN_RATE));
    }

    /// Looks until `lasts` is over, the process ends, or `go_on` says so. `go_on` is called between
    /// looks, several times a second.
    ///
    /// # Errors
    /// If the process exists, and cannot be read any more.
    pub fn run(
        &mut self,
        lasts: Option<Duration>,
        go_on: &mut dyn FnMut(&mut Self) -> Next,
    ) -> Result<Ended, Error> {
        let end = lasts.map(|lasts| self.began + lasts);
        let mut failing = Failing::default();
        let mut whole_at = self.next_whole();
        loop {
            let next = match self.follows_stacks() {
                true => whole_at.min(self.stack_schedule.after(Instant::now())),
                false => whole_at,
            };
            let until = end.map_or(next, |end| end.min(next));
            loop {
                if go_on(self) == Next::End {
                    return Ok(Ended::Asked);
                }
                match until.checked_duration_since(Instant::now()) {
                    Some(left) if !left.is_zero() => sleep(left.min(GO_ON_PERIOD)),
                    _ => break,
                }
            }
            if end.is_some_and(|end| end <= Instant::now()) {
                return Ok(Ended::InTime);
            }
            if Instant::now() < whole_at {
                self.look_at_stacks();
                continue;
            }
            let before = thread_cpu();
            let looked = self.sampler.look();
            self.spend(thread_cpu().saturating_sub(before));
            match looked {
                Ok(process) => {
                    failing.ends();
                    self.last = process;
                    self.add();
                    self.sampler.note_running(&self.last, &mut self.stacks);
                }
                Err(Error::Gone { .. }) => {
                    self.failed_at.get_or_insert(self.began.elapsed());
                    return Ok(Ended::Gone);
                }
                Err(error) => {
                    self.failed_at.get_or_insert(self.began.elapsed());
                    self.trust.failed += 1;
                    failing.goes_on(error)?;
                }
            }
            whole_at = self.next_whole();
        }
    }

    /// When the next whole look is taken.
    fn next_whole(&mut self) -> Instant {
        let follows = self.follows_stacks();
        let rate = match follows {
            true => self.rate.min(WHOLE_RATE),
            false => self.rate,
        };
        self.schedule.set_rate(rate);
        let before = self.schedule.missed();
        let next = self.schedule.after(Instant::now());
        // While stacks are looked at, their schedule counts what was missed.
        if !follows {
            self.trust.missed += self.schedule.missed() - before;
            self.stack_schedule.begin(Instant::now());
        }
        next
    }

    /// Whether looks at the stacks of running threads alone are taken between whole ones.
    fn follows_stacks(&self) -> bool {
        self.trust.asked_rate > WHOLE_RATE && self.rate >= WHOLE_RATE && self.stacks.has_threads()
    }

    /// Looks at the threads that ran at the last whole look.
    fn look_at_stacks(&mut self) {
        let (seen, clock_s) = self.sampler.look_at_stacks(&mut self.stacks);
        let known = self.last.clock_s.map(|_| clock_s);
        let at = nanoseconds(self.since_began(known, Instant::now()));
        for (thread, seen) in &seen {
            self.timeline.glimpse(*thread, seen, at);
        }
        self.trust.glimpses += 1;
    }

    /// How long it has recorded.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How many looks it has taken.
    pub fn looks(&self) -> u64 {
        self.trust.looks
    }

    /// The process at the last look.
    pub fn process(&self) -> &Process {
        &self.last
    }

    /// What was recorded so far, or what is kept of it.
    pub fn profile(&self) -> Profile {
        let lasted = self.began.elapsed();
        let (until_ns, trust) = (nanoseconds(self.seen_until(lasted)), self.trust(lasted));
        let mut about = self.about();
        let Some(ring) = &self.ring else {
            let mut timeline = self.timeline.clone();
            timeline.finish(until_ns);
            return Profile {
                about,
                timeline,
                trust,
            };
        };
        let kept = ring.kept(&self.timeline, until_ns, &trust);
        about.began_ns = about.began_ns.saturating_add(kept.from_ns);
        about.began = rfc3339_ns(about.began_ns);
        Profile {
            about,
            timeline: kept.timeline,
            trust: kept.trust,
        }
    }

    /// Which process is recorded, and since when.
    pub fn about(&self) -> About {
        About {
            pid: self.last.pid,
            python: self.last.python.version.clone(),
            command: self.last.command.clone(),
            began: self.began_at.0.clone(),
            began_ns: self.began_at.1,
        }
    }

    /// Takes out what was recorded since the last call, so that it can be written at once.
    /// [`Self::profile`] does not have it any more.
    pub fn take_part(&mut self) -> (Part, Trust) {
        let lasted = self.began.elapsed();
        let part = (self.timeline).take_part(&mut self.told, nanoseconds(lasted));
        (part, self.trust(lasted))
    }

    /// Ends all intervals, and takes out the last part.
    pub fn take_last_part(&mut self) -> (Part, Trust) {
        let lasted = self.began.elapsed();
        let until = nanoseconds(self.seen_until(lasted));
        self.timeline.finish(until);
        let part = self.timeline.take_part(&mut self.told, until);
        (part, self.trust(lasted))
    }

    /// When the process was so, since the beginning of the recording: by its own clock if that is
    /// known, else by ours.
    pub fn since_began(&self, clock_s: Option<f64>, taken: Instant) -> Duration {
        let ours = taken.saturating_duration_since(self.began);
        match (clock_s, self.clock) {
            (Some(now), Some(began)) => Duration::try_from_secs_f64(now - began).unwrap_or(ours),
            _ => ours,
        }
    }

    /// What was there at the last look ended somewhere between it and the first that failed.
    fn seen_until(&self, lasted: Duration) -> Duration {
        match self.failed_at {
            Some(failed_at) => self.last_at + failed_at.saturating_sub(self.last_at) / 2,
            None => lasted,
        }
    }

    fn trust(&self, lasted: Duration) -> Trust {
        Trust {
            missed: self.trust.missed + self.stack_schedule.missed(),
            own_cpu: own_cpu().saturating_sub(self.own_cpu),
            lasted,
            ..self.trust.clone()
        }
    }

    /// Adds the last look to the timeline.
    fn add(&mut self) {
        if self.clock.is_none() {
            self.clock = self.last.clock_s;
        }
        let at = self.since_began(self.last.clock_s, Instant::now());
        self.last_at = at;
        self.failed_at = None;
        let looked = self.timeline.look(&self.last, nanoseconds(at));
        self.trust.looks += 1;
        self.trust.read += looked.read;
        self.trust.rejected += looked.rejected;
        self.trust.tasks = self.trust.tasks.max(looked.tasks);
        let trust = self.trust(at);
        if let Some(ring) = &mut self.ring {
            ring.turn(&mut self.timeline, nanoseconds(at), &trust);
        }
    }

    /// Notes what a look cost.
    fn spend(&mut self, cost: Duration) {
        let rate = self.budget.as_mut().and_then(|it| it.looked(cost));
        if let Some(rate) = rate {
            self.rate = rate;
        }
    }
}

/// Looks that fail one after the other. Threads that start and end can make one fail, and an
/// interpreter that ends cannot be read until its process is gone.
#[derive(Debug, Default)]
pub(super) struct Failing {
    since: Option<Instant>,
}

impl Failing {
    /// A look did not fail.
    pub(super) fn ends(&mut self) {
        self.since = None;
    }

    /// A look failed with `error`.
    ///
    /// # Errors
    /// That error, if looks have failed for too long.
    pub(super) fn goes_on(&mut self, error: Error) -> Result<(), Error> {
        let since = *self.since.get_or_insert_with(Instant::now);
        match since.elapsed() < MAX_FAILING {
            true => Ok(()),
            false => Err(error),
        }
    }
}

/// Whole looks a second at most, while the stacks of running threads are looked at between them:
/// these cost a small part of a whole look.
const WHOLE_RATE: f64 = 200.0;
/// Looks before the first one that is recorded.
const FIRST_LOOKS: u32 = 4;
/// Looks a second that are taken whatever they cost.
const MIN_RATE: f64 = 0.1;
/// For how long looks may fail.
const MAX_FAILING: Duration = Duration::from_secs(10);

fn unix_ns() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, nanoseconds)
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

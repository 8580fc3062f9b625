//! Watches a process until it ends: light looks for steps that block a loop, whole looks at threads
//! and loops where those find something and now and then, and a verdict from time to time, made
//! meanwhile.

mod changes;
mod looks;
mod program;
mod verdicts;
mod whole;

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::budget::own_cpu;
use super::profiling::Failing;
use crate::model::{Culprit, ItemId, Process, VerdictState};
use crate::process::{self, Error};
use crate::profile::growth::{Grown, Unawaited};
use crate::profile::pools::PoolChange;
use crate::profile::steps::SlowStep;
use changes::Changes;
use looks::Looks;
use program::Program;
pub use verdicts::VERDICT_EVERY;
use verdicts::{VerdictGap, Verdicts};

/// Longest time between two calls of `tell` or `go_on`.
const GO_ON_PERIOD: Duration = Duration::from_millis(50);

/// What is watched for.
#[derive(Debug, Clone)]
pub struct WatchOptions {
    /// The process.
    pub pid: u32,
    /// Looks a second.
    pub rate: f64,
    /// From which length on a step is told, in seconds.
    pub slow_s: f64,
    /// Time between two verdicts. `None`: [`VERDICT_EVERY`], or longer where verdicts cost so much.
    pub verdict_every: Option<Duration>,
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
    /// It is judged more rarely than every [`VERDICT_EVERY`].
    JudgedRarely {
        /// Time between two verdicts now, in seconds.
        every_s: f64,
    },
    /// A group of tasks grows.
    Grown(Grown),
    /// A coroutine was created, and nobody awaits it.
    Unawaited(Unawaited),
    /// A pool got to its limit while somebody waits for a place, or is no longer.
    Pool(PoolChange),
    /// It has a child that it had not at the verdict before.
    ChildBegan {
        /// The child.
        pid: u32,
        /// Its command line.
        command: String,
    },
    /// A child that it had at the verdict before is gone.
    ChildEnded {
        /// The child.
        pid: u32,
        /// Its command line.
        command: String,
    },
    /// It runs another program, or the same from its beginning.
    Executed {
        /// Its command line now.
        command: Vec<String>,
    },
    /// What was seen before an alarm was written to a file.
    Kept {
        /// The file.
        path: PathBuf,
    },
    /// The process has ended.
    Gone,
}

/// Who watches.
pub trait Watch {
    /// Whether to go on. Called between looks, several times a second.
    fn go_on(&mut self) -> bool;

    /// What a whole look at a random moment found: the process with its threads and loops, or
    /// nothing if it failed.
    fn looked(&mut self, process: Option<&Process>);

    /// What a light look found: how old the iteration of a loop was, in seconds, 0 if it polled.
    fn glimpsed(&mut self, event_loop: ItemId, age_s: f64);

    /// The process as it was judged, and whether it hangs.
    fn judged(&mut self, process: &Process, hangs: bool);

    /// An event. Returns whether to go on.
    fn tell(&mut self, event: &Event) -> bool;
}

/// A process that is watched.
pub struct Watcher {
    options: WatchOptions,
    looks: Looks,
    began: Instant,
    verdicts: Verdicts,
    verdict_at: Instant,
    verdict_gap: VerdictGap,
    hangs_since: Option<Instant>,
    changes: Changes,
    program: Program,
    /// Classes of loops whose iterations cannot be read.
    unseen: Vec<String>,
}

impl Watcher {
    /// Opens the process.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(options: WatchOptions) -> Result<Self, Error> {
        let (looks, process) = Looks::open(&options)?;
        let loops = process.loops.iter().filter(|it| !it.has_iterations());
        let unseen = loops.map(|it| it.class_name.clone()).collect();
        let began = Instant::now();
        Ok(Self {
            unseen,
            looks,
            began,
            verdicts: verdicts::start(options.pid),
            verdict_at: began,
            verdict_gap: VerdictGap::new(options.verdict_every, options.max_overhead),
            hangs_since: None,
            changes: Changes::new(),
            program: Program::of(options.pid),
            options,
        })
    }

    /// Processor time that this program has used.
    pub fn own_cpu() -> Duration {
        own_cpu()
    }

    /// Classes of loops, such as `uvloop.Loop`, of which no slow step can be told.
    pub fn unseen(&self) -> &[String] {
        &self.unseen
    }

    /// Watches until the time is over, the process has ended, or `watch` does not want to go on.
    ///
    /// # Errors
    /// If the process exists, and cannot be read any more.
    pub fn run(&mut self, watch: &mut dyn Watch) -> Result<(), Error> {
        let mut failing = Failing::default();
        loop {
            let until = self.looks.next();
            loop {
                if !watch.go_on() || self.is_over() {
                    return Ok(());
                }
                match until.checked_duration_since(Instant::now()) {
                    Some(left) if !left.is_zero() => sleep(left.min(GO_ON_PERIOD)),
                    _ => break,
                }
            }
            if let Some(executed) = self.open_again() {
                let (command, result) = executed;
                if !watch.tell(&Event::Executed { command }) {
                    return Ok(());
                }
                result?;
                failing.ends();
            }
            let (events, looked) = self.look(watch);
            if !events.iter().all(|event| watch.tell(event)) {
                return Ok(());
            }
            match looked {
                Ok(true) => failing.ends(),
                Ok(false) => {}
                Err(Error::Gone { .. }) => {
                    watch.tell(&Event::Gone);
                    return Ok(());
                }
                Err(error) => failing.goes_on(error)?,
            }
        }
    }

    /// Opens the process again if it runs another program now. Returns the command line of that,
    /// and an error if it cannot be watched.
    fn open_again(&mut self) -> Option<(Vec<String>, Result<(), Error>)> {
        let pid = self.options.pid;
        let since = self.program.changed_since()?;
        let result = match Looks::open(&self.options) {
            Ok((looks, _)) => {
                self.looks = looks;
                self.changes = Changes::new();
                Ok(())
            }
            // Where it loads Python as a library, it has not done so yet.
            Err(error @ Error::NotPython { .. }) if since.elapsed() >= LOADING => Err(error),
            Err(_) => return None,
        };
        self.program = Program::of(pid);
        let command = process::Process::open(pid).ok()?.command();
        Some((command, result))
    }

    fn is_over(&self) -> bool {
        (self.options.lasts).is_some_and(|lasts| self.began.elapsed() >= lasts)
    }

    /// One look, and what was judged meanwhile: the events, and whether a whole look is among it. If
    /// that fails, what was judged counts.
    fn look(&mut self, watch: &mut dyn Watch) -> (Vec<Event>, Result<bool, Error>) {
        let mut events = Vec::new();
        // The looks tell if it cannot be read.
        if let Some(verdict) = self.verdicts.ready() {
            let rarely = self.verdict_gap.judged(verdict.cost);
            events.extend(rarely.map(|every| Event::JudgedRarely {
                every_s: every.as_secs_f64(),
            }));
            if let Ok(process) = verdict.judged {
                events.extend(self.judged(&process, watch));
                events.extend(self.changes.judged(&process));
            }
        }
        if self.verdict_at.elapsed() >= self.verdict_gap.every() && self.verdicts.ask() {
            self.verdict_at = Instant::now();
        }
        let looked = self.looks.take(watch, &mut events);
        (events, looked)
    }

    /// Whether it hangs now, if that has changed.
    fn judged(&mut self, process: &Process, watch: &mut dyn Watch) -> Option<Event> {
        let verdict = process.verdict.as_ref()?;
        let hangs = match verdict.state {
            VerdictState::Hung | VerdictState::BlockedLoop | VerdictState::Livelock => true,
            VerdictState::Busy
            | VerdictState::Waiting
            | VerdictState::Idle
            | VerdictState::Starting
            | VerdictState::Unknown => false,
        };
        watch.judged(process, hangs);
        match (hangs, self.hangs_since) {
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
                    lasted_s: (since.elapsed() + self.verdict_gap.every()).as_secs_f64(),
                })
            }
            (true, Some(_)) | (false, None) => None,
        }
    }
}

/// A program that has no Python after this time will have none.
pub const LOADING: Duration = Duration::from_secs(3);

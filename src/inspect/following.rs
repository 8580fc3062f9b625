//! Looks at a process for a live view, without stopping it: often at its threads and loops, less
//! often at everything, and from time to time for a verdict. Each of the three has a thread of its
//! own, and a part of the processor time that the looks may use.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use super::budget::{own_cpu, thread_cpu};
use super::inspection::Inspection;
use crate::model::{Diagnosis, Frame, ItemId, Process, Verdict};
use crate::process::{self, Error};
use crate::sampling::sampler::Sampler;
use crate::sampling::schedule::Schedule;
use crate::snapshot::options::{SampleOptions, Scope};

/// Longest time for which a thread sleeps before it sees what is wanted of it.
const PERIOD: Duration = Duration::from_millis(50);
/// Light looks a second, at least as many as looks at everything.
const LIGHT_RATE: f64 = 25.0;
/// Looks a second that are taken whatever they cost.
const MIN_RATE: f64 = 0.1;
/// Looks that may wait to be taken in.
const MAX_WAITING: usize = 4;
/// A change of the rate by less than this part changes nothing.
const RATE_CHANGE: f64 = 0.1;
/// Weight of the last look in the mean cost of all.
const WEIGHT: f64 = 0.2;
/// Whether a process that is not looked at still exists is asked so often.
const ALIVE_PERIOD: Duration = Duration::from_millis(500);

/// Looks may fail for so long while threads start and end, and nothing is said of it.
const FEW_FAILURES: Duration = Duration::from_secs(2);
/// A process that cannot be read is opened again so often.
const OPEN_PERIOD: Duration = Duration::from_secs(1);

/// Parts of the processor time that the looks may use.
const LIGHT_PART: f64 = 0.4;
const FULL_PART: f64 = 0.45;
const VERDICT_PART: f64 = 0.15;

/// How a process is followed.
#[derive(Debug, Clone)]
pub struct FollowOptions {
    /// The process.
    pub pid: u32,
    /// Looks a second at everything.
    pub rate: f64,
    /// Part of a processor that all looks together may use: 0.1 is 10 %.
    pub max_overhead: f64,
    /// Least time between two verdicts.
    pub verdict_every: Duration,
}

/// What a look found.
#[derive(Debug)]
pub enum News {
    /// Everything, and when it was read.
    Look(Box<Process>, Instant),
    /// Only threads and loops.
    LightLook(Box<Process>, Instant),
    /// A verdict with its findings.
    Judged(Box<Verdict>, Vec<Diagnosis>, Instant),
    /// The frames of a task with their variables; `None` if they were not the same twice.
    Variables(ItemId, Option<Arc<[Frame]>>, Instant),
    /// The process cannot be read at present, and why.
    Failed(String),
    /// It has ended.
    Gone(Instant),
}

/// What is wanted of the threads.
#[derive(Debug)]
struct Control {
    ended: AtomicBool,
    paused: AtomicBool,
    /// Bits of a number of looks a second.
    rate: AtomicU64,
}

/// A process that is being followed.
#[derive(Debug)]
pub struct Follower {
    pid: u32,
    control: Arc<Control>,
    sender: SyncSender<News>,
    /// What the looks find.
    pub news: Receiver<News>,
}

/// Which looks a thread takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Light,
    Full,
}

impl Follower {
    /// Opens the process, looks at it once, and goes on looking.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn open(options: &FollowOptions) -> Result<Self, Error> {
        let (sender, news) = sync_channel(MAX_WAITING);
        let mut full = Kind::Full.sampler(options.pid)?;
        // The first look finds the runtime and all that stays as it is.
        full.look()?;
        let light = Kind::Light.sampler(options.pid)?;
        let control = Arc::new(Control {
            ended: AtomicBool::new(false),
            paused: AtomicBool::new(false),
            rate: AtomicU64::new(options.rate.to_bits()),
        });
        for (kind, sampler) in [(Kind::Full, full), (Kind::Light, light)] {
            let looks = Looks {
                kind,
                pid: options.pid,
                sampler,
                control: Arc::clone(&control),
                sender: sender.clone(),
                budget: options.max_overhead * kind.part(),
                cost_s: None,
                failing: None,
            };
            thread::spawn(move || looks.run());
        }
        let (its_options, its_control) = (options.clone(), Arc::clone(&control));
        let its_sender = sender.clone();
        thread::spawn(move || judge(&its_options, &its_control, &its_sender));
        Ok(Self {
            pid: options.pid,
            control,
            sender,
            news,
        })
    }

    /// Stops looking, or goes on.
    pub fn pause(&self, paused: bool) {
        self.control.paused.store(paused, Ordering::Relaxed);
    }

    /// Changes how many looks at everything are taken a second.
    pub fn set_rate(&self, rate: f64) {
        self.control.rate.store(rate.to_bits(), Ordering::Relaxed);
    }

    /// Reads the variables of a task, once. All tasks are read for it.
    pub fn read_variables(&self, task: ItemId) {
        let (pid, sender) = (self.pid, self.sender.clone());
        thread::spawn(move || {
            let frames = variables(pid, task);
            // If nobody takes it in, the view has ended.
            let _ = sender.send(News::Variables(task, frames, Instant::now()));
        });
    }

    /// Processor time that this program has used.
    pub fn own_cpu() -> Duration {
        own_cpu()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.control.ended.store(true, Ordering::Relaxed);
    }
}

impl Control {
    fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Relaxed)
    }

    fn rate(&self) -> f64 {
        f64::from_bits(self.rate.load(Ordering::Relaxed))
    }

    /// Sleeps until then. Returns whether to look: false if something else is wanted meanwhile.
    fn wait_until(&self, until: Instant) -> bool {
        let rate = self.rate();
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            if self.is_ended() || self.is_paused() || self.rate() != rate {
                return false;
            }
            sleep(left.min(PERIOD));
        }
        !self.is_ended() && !self.is_paused()
    }
}

impl Kind {
    const fn part(self) -> f64 {
        match self {
            Self::Light => LIGHT_PART,
            Self::Full => FULL_PART,
        }
    }

    fn sampler(self, pid: u32) -> Result<Sampler, Error> {
        let options = SampleOptions {
            no_pause: true,
            scope: match self {
                Self::Light => Scope::Threads,
                Self::Full => Scope::States,
            },
            ..SampleOptions::default()
        };
        Ok(Sampler::open(pid, &options, false)?.deciding_soon())
    }

    fn news(self, process: Process, at: Instant) -> News {
        match self {
            Self::Light => News::LightLook(Box::new(process), at),
            Self::Full => News::Look(Box::new(process), at),
        }
    }
}

/// One of the threads that look.
struct Looks {
    kind: Kind,
    pid: u32,
    sampler: Sampler,
    control: Arc<Control>,
    sender: SyncSender<News>,
    budget: f64,
    /// Mean processor time of a look, in seconds.
    cost_s: Option<f64>,
    /// Since when looks fail, and when the process was opened again. `None` while they do not.
    failing: Option<(Instant, Instant)>,
}

impl Looks {
    fn run(mut self) {
        let mut rate = self.affordable();
        let mut schedule = Schedule::new(Instant::now(), rate);
        // The first one at once.
        let mut until = Instant::now();
        while !self.control.is_ended() {
            if self.control.is_paused() {
                if !self.is_alive_while_paused() {
                    return;
                }
                until = Instant::now();
                continue;
            }
            if !self.control.wait_until(until) {
                let wanted = self.affordable();
                if wanted != rate {
                    rate = wanted;
                    schedule = Schedule::new(Instant::now(), rate);
                    until = schedule.after(Instant::now());
                }
                continue;
            }
            if !self.look() {
                return;
            }
            let wanted = self.affordable();
            if (wanted - rate).abs() > RATE_CHANGE * rate {
                rate = wanted;
                schedule.set_rate(rate);
            }
            until = schedule.after(Instant::now());
        }
    }

    /// One look. Returns whether to go on.
    fn look(&mut self) -> bool {
        let before = thread_cpu();
        let looked = self.sampler.look();
        let cost_s = thread_cpu().saturating_sub(before).as_secs_f64();
        let mean = self.cost_s.unwrap_or(cost_s);
        self.cost_s = Some(mean + WEIGHT * (cost_s - mean));
        let news = match looked {
            Ok(process) => {
                self.failing = None;
                self.kind.news(process, Instant::now())
            }
            Err(Error::Gone { .. }) => {
                let _ = self.sender.send(News::Gone(Instant::now()));
                return false;
            }
            Err(error) => {
                let now = Instant::now();
                let (since, opened) = self.failing.get_or_insert((now, now));
                if now - *since < FEW_FAILURES {
                    return true;
                }
                // It may run another program now.
                if now - *opened >= OPEN_PERIOD {
                    *opened = now;
                    if let Ok(sampler) = self.kind.sampler(self.pid) {
                        self.sampler = sampler;
                    }
                }
                News::Failed(error.to_string())
            }
        };
        // Nobody takes it in any more: the view has ended.
        self.sender.send(news).is_ok()
    }

    /// Looks a second that are wanted, and that may be had for the budget.
    fn affordable(&self) -> f64 {
        let wanted = match self.kind {
            Kind::Light => self.control.rate().max(LIGHT_RATE),
            Kind::Full => self.control.rate(),
        };
        let cost_s = self.cost_s.unwrap_or_default();
        let affordable = self.budget / cost_s.max(f64::MIN_POSITIVE);
        wanted.min(affordable.max(MIN_RATE))
    }

    /// Waits a little. Returns whether the process still exists; if not, that is told.
    fn is_alive_while_paused(&self) -> bool {
        let until = Instant::now() + ALIVE_PERIOD;
        while self.control.is_paused() && !self.control.is_ended() && Instant::now() < until {
            sleep(PERIOD);
        }
        let alive = process::Process::open(self.pid).is_ok_and(|it| it.is_alive());
        if !alive {
            let _ = self.sender.send(News::Gone(Instant::now()));
        }
        alive
    }
}

/// The frames of a task with their variables, if these are proved.
fn variables(pid: u32, task: ItemId) -> Option<Arc<[Frame]>> {
    let options = SampleOptions {
        locals: true,
        no_pause: true,
        scope: Scope::States,
        ..SampleOptions::default()
    };
    let sampler = Sampler::open(pid, &options, false).ok()?;
    let process = sampler.deciding_soon().look().ok()?;
    let found = process.tasks.iter().find(|it| it.id == task)?;
    (found.error.is_none()).then(|| Arc::clone(&found.frames))
}

/// Makes verdicts until the view ends.
fn judge(options: &FollowOptions, control: &Control, sender: &SyncSender<News>) {
    let mut inspection = Inspection::new(options.pid);
    inspection.options.no_pause = true;
    let budget = options.max_overhead * VERDICT_PART;
    while !control.is_ended() {
        let before = thread_cpu();
        let began = Instant::now();
        match inspection.diagnosed() {
            Ok(mut snapshot) if !snapshot.processes.is_empty() => {
                let process = snapshot.processes.swap_remove(0);
                if let Some(verdict) = process.verdict {
                    let news = News::Judged(Box::new(verdict), process.diagnoses, Instant::now());
                    if sender.send(news).is_err() {
                        return;
                    }
                }
            }
            Err(Error::Gone { .. }) => return,
            // The looks tell if it cannot be read.
            Ok(_) | Err(_) => {}
        }
        let cost_s = thread_cpu().saturating_sub(before).as_secs_f64();
        let apart = options.verdict_every.as_secs_f64().max(cost_s / budget);
        let until = began + Duration::from_secs_f64(apart.min(MAX_APART_S));
        while Instant::now() < until || control.is_paused() {
            if control.is_ended() {
                return;
            }
            sleep(PERIOD);
        }
    }
}

/// Longest time between two verdicts, in seconds.
const MAX_APART_S: f64 = 600.0;

//! dapper-attach does no harm to its target, whatever happens to dapper-attach meanwhile.
//!
//! `random_moments_*`: something happens to dapper-attach (a signal, a reader
//! that goes away, a full disk, too little memory) at a moment that is uniform
//! over the time of an undisturbed run. The target has no other thread, or 100.
//! After each round the target goes on, none of its threads is stopped or traced,
//! and every signal that was sent to it has arrived once. No heartbeat was late by
//! more than `--max-pause` (or the time of the freeze) and twice the longest delay
//! of a control: a second process of the same kind that is never inspected. Its
//! longest delay is taken over that round and up to 40 rounds before it.
//!
//! `DAPPER_ATTACH_HARM_ROUNDS=2000 cargo test --test interpreters -- harm::3.13::random`
//! is the long version: so many rounds in each mode instead of 10 (4 with the debug adapter).
//! `DAPPER_ATTACH_HARM_SEED` repeats the moments of an earlier run.

mod copies;
mod heart;
mod injury;
pub mod session;
mod situations;

use std::env;
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use libtest_mimic::Trial;

use self::heart::Heart;
use self::injury::{INJURIES, Injury, Run};
use self::session::Session;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::on_every_leg;
use crate::support::{Outcome, attach, ensure};

/// One leg for each way in which asyncio stores its tasks.
const LEGS: [&str; 3] = ["3.8", "3.13", "3.15"];
const ROUNDS: usize = 10;
/// A session with two stops takes much longer than a report.
const SESSIONS: usize = 4;
/// `--max-pause` where none is given.
const MAX_PAUSE: Duration = Duration::from_millis(100);
/// Number of undisturbed runs that measure the usual time and memory.
const UNDISTURBED: usize = 4;
/// At least so many rounds a late heartbeat of the control excuses one of the target.
const EXCUSED: usize = 20;

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let manifest = Manifest {
        legs: (manifest.legs.iter())
            .filter(|leg| LEGS.contains(&&*leg.leg))
            .cloned()
            .collect(),
        ..manifest.clone()
    };
    let mut trials = on_every_leg(
        &manifest,
        "harm",
        |_| None,
        &[
            ("random_moments_by_default", |leg| {
                random(leg, Mode::DEFAULT)
            }),
            ("random_moments_no_pause", |leg| random(leg, Mode::NO_PAUSE)),
            ("random_moments_threads", |leg| random(leg, Mode::THREADS)),
            ("random_moments_json", |leg| random(leg, Mode::JSON)),
            ("random_moments_one_sample", |leg| {
                random(leg, Mode::ONE_SAMPLE)
            }),
            ("random_moments_freeze", |leg| random(leg, Mode::FREEZE)),
        ],
    );
    trials.extend(situations::trials(&manifest));
    trials.extend(copies::trials(&manifest));
    trials
}

/// A way to look at a process.
pub struct Mode {
    name: &'static str,
    arguments: &'static [&'static str],
}

impl Mode {
    // The time between two looks, in which nothing can go wrong, is short.
    const DEFAULT: Self = Self::new("by default", &["--interval", "0.02"]);
    const NO_PAUSE: Self = Self::new("--no-pause", &["--no-pause", "--interval", "0.02"]);
    const THREADS: Self = Self::new("--threads", &["--threads"]);
    const JSON: Self = Self::new("--json", &["--json", "--locals", "--interval", "0.02"]);
    const ONE_SAMPLE: Self = Self::new("--samples 1", &["--samples", "1"]);
    /// The debug adapter, with a process that stands still.
    const FREEZE: Self = Self::new("dap freeze", &[]);

    const fn new(name: &'static str, arguments: &'static [&'static str]) -> Self {
        Self { name, arguments }
    }

    fn is_adapter(&self) -> bool {
        self.arguments.is_empty()
    }

    fn arguments(&self, pid: u32) -> Vec<String> {
        if self.is_adapter() {
            return vec!["dap".into()];
        }
        let mut arguments = vec!["--pid".into(), pid.to_string()];
        arguments.extend(self.arguments.iter().map(|it| (*it).to_owned()));
        arguments
    }
}

/// Random numbers that a seed repeats (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Uniform from 0 to `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }
}

fn number(variable: &str) -> Option<u64> {
    env::var(variable).ok()?.parse().ok()
}

/// A number of rounds, or as many as asked for.
fn rounds(usual: usize) -> usize {
    let asked = number("DAPPER_ATTACH_HARM_ROUNDS");
    asked
        .and_then(|asked| usize::try_from(asked).ok())
        .unwrap_or(usual)
}

fn seed() -> u64 {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let fresh = now.as_secs() * 1_000_000_000 + u64::from(now.subsec_nanos());
    number("DAPPER_ATTACH_HARM_SEED").unwrap_or(fresh)
}

/// Time and memory of an undisturbed run.
struct Undisturbed {
    time: Duration,
    /// Bytes of address space, at most.
    memory: u64,
}

fn undisturbed(mode: &Mode, pid: u32) -> Result<Undisturbed, String> {
    let mut most = Undisturbed {
        time: Duration::ZERO,
        memory: 0,
    };
    for _ in 0..UNDISTURBED {
        let start = Instant::now();
        let mut command = Command::new(attach::binary());
        command
            .args(mode.arguments(pid))
            .stdin(Stdio::piped())
            .stdout(match mode.is_adapter() {
                true => Stdio::piped(),
                false => Stdio::null(),
            });
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let session = match mode.is_adapter() {
            true => Some(Session::start(&mut child, pid, true)?),
            false => None,
        };
        let status = loop {
            most.memory = most.memory.max(address_space(child.id()));
            if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
                break status;
            }
        };
        ensure(status.code() == Some(0), || {
            format!("undisturbed, it ended with {status}")
        })?;
        session.into_iter().for_each(Session::wait);
        most.time = most.time.max(start.elapsed());
    }
    Ok(most)
}

/// The largest address space that a process has had, in bytes.
fn address_space(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}

fn random(leg: &Leg, mode: Mode) -> Outcome {
    let seed = seed();
    let rounds = rounds(match mode.is_adapter() {
        true => SESSIONS,
        false => ROUNDS,
    });
    let mut counts = [0_usize; INJURIES.len()];
    let mut latest = Duration::ZERO;
    let outcome = Rounds::of(leg, &mode, seed)
        .and_then(|mut all| (0..rounds).try_for_each(|_| all.round(&mut counts, &mut latest)));
    let injuries: Vec<_> = INJURIES.iter().zip(counts).collect();
    let told = format!(
        "harm on {}, {}: {rounds} rounds, seed {seed}, {injuries:?}, latest heartbeat {latest:?}",
        leg.leg, mode.name
    );
    // At once: the other modes of a long run take their time.
    let why = outcome.as_ref().err().map_or("", String::as_str);
    println!("{told} {why}");
    outcome.map_err(|why| format!("{why}\n{told}"))
}

/// The processes that are looked at, and what is known of a look.
struct Rounds<'a> {
    mode: &'a Mode,
    hearts: Vec<(Heart, Undisturbed)>,
    /// The control, which is never inspected: its delays are those of the machine.
    control: Heart,
    /// Its longest gap in the rounds before those that are being excused now.
    control_before: Duration,
    random: Random,
    done: usize,
}

impl<'a> Rounds<'a> {
    fn of(leg: &Leg, mode: &'a Mode, seed: u64) -> Result<Self, String> {
        let mut control = Heart::start(leg, 0, "")?;
        control.begin_epoch()?;
        let mut hearts = Vec::new();
        for threads in [0, 100] {
            let heart = Heart::start(leg, threads, "")?;
            let takes = undisturbed(mode, heart.pid())?;
            hearts.push((heart, takes));
        }
        Ok(Self {
            mode,
            hearts,
            control,
            control_before: Duration::ZERO,
            random: Random(seed),
            done: 0,
        })
    }

    fn round(&mut self, counts: &mut [usize], latest: &mut Duration) -> Outcome {
        if self.done.is_multiple_of(EXCUSED) {
            self.control_before = self.control.longest_gap();
            self.control.begin_epoch()?;
        }
        let which = self.done % self.hearts.len();
        self.done += 1;
        let (heart, takes) = &mut self.hearts[which];
        let kind = self.random.below(INJURIES.len() as u64) as usize;
        let injury = INJURIES[kind];
        // A little more than it takes: what comes too late must do no harm either.
        let limit = takes.time.as_micros() as u64 * 11 / 10;
        let after = Duration::from_micros(self.random.below(limit));
        let memory = takes.memory / 5 + self.random.below(takes.memory * 4 / 5);
        let failed = |why| {
            let round = self.done;
            format!("round {round}: {injury:?} after {after:?} ({memory} bytes): {why}")
        };
        let gap = one(self.mode, heart, injury, after, memory).map_err(failed)?;
        counts[kind] += 1;
        *latest = (*latest).max(gap.longest);
        let allowance = self.control.longest_gap().max(self.control_before) * 2;
        let budget = gap.held_at_most + allowance;
        ensure(gap.longest <= budget, || {
            failed(format!(
                "a heartbeat came after {:?}, not {:?} and {allowance:?}",
                gap.longest, gap.held_at_most
            ))
        })
    }
}

struct Gap {
    longest: Duration,
    /// The longest time that the process may have been stopped.
    held_at_most: Duration,
}

fn one(
    mode: &Mode,
    heart: &mut Heart,
    injury: Injury,
    after: Duration,
    memory: u64,
) -> Result<Gap, String> {
    heart.begin_epoch()?;
    let start = Instant::now();
    let mut run = Run::start(mode, heart.pid(), injury, memory)?;
    run.injure(heart, start + after)?;
    run.end(heart)?;
    let held_at_most = match mode.is_adapter() {
        true => start.elapsed(),
        false => MAX_PAUSE,
    };
    heart.is_free()?;
    heart.goes_on()?;
    heart.got_all_signals()?;
    Ok(Gap {
        longest: heart.longest_gap(),
        held_at_most,
    })
}

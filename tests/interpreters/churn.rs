//! Snapshots of programs whose tasks, threads and objects are created and destroyed
//! as fast as possible: none fails, and what is said to be exact is true.
//!
//! In `churn_tasks.py` every worker has functions and names of its own, so each
//! task shows whose child it is and which frames it can have. A *stopped* or
//! *verified* snapshot has every worker exactly once; no child is under the worker
//! of another, has a frame of another, or is there twice; and every chain is
//! possible. An item with an `error` of its own is not judged, but counted:
//! `bounds` limits how many such items there are, and how many snapshots may be
//! *running*, of which nothing is judged.
//!
//! `DAPPER_ATTACH_CHURN_SNAPSHOTS=1000 cargo test --test interpreters -- churn::3.13`
//! is the long version: so many snapshots in each mode.

mod bounds;
mod truth;

use std::env;

use libtest_mimic::Trial;

use self::bounds::{Bounds, STOPPED, Tally, UNPAUSED};
use self::truth::Judged;
use crate::support::legs::{Leg, Manifest};
use crate::support::snapshot::Process;
use crate::support::suite::{on_every_leg, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, ensure, none, pause};

const LEGS: [&str; 6] = ["3.8", "3.11", "3.13", "3.13t", "3.14", "3.15"];
/// At most so many mismatches are listed.
const LISTED: usize = 12;

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
        "churn",
        |_| None,
        &[
            ("of_20_workers", |leg| churn(leg, 20, &[], 8)),
            ("of_200_workers", |leg| churn(leg, 200, &[], 4)),
            ("of_1000_workers", |leg| churn(leg, 1000, &[], 2)),
            ("of_everything", |leg| churn(leg, 20, &ALL, 6)),
            ("of_nothing", stands_still),
        ],
    );
    trials.push(vec![once("churn", "BOUNDS", None, bounds::can_fail)]);
    trials
}

const ALL: [&str; 4] = ["threads", "imports", "gc", "fork"];

/// A way to take a snapshot, and what its snapshots must reach.
struct Mode {
    name: &'static str,
    take: fn(u32, &[&str]) -> Result<Process, String>,
    arguments: &'static [&'static str],
    bounds: Bounds,
}

const MODES: [Mode; 5] = [
    Mode {
        name: "stopped",
        take: attach::process,
        arguments: &pause::AMPLE,
        bounds: STOPPED,
    },
    Mode {
        name: "stopped, locals",
        take: attach::process,
        arguments: &[pause::AMPLE[0], pause::AMPLE[1], "--locals"],
        bounds: STOPPED,
    },
    // Of several snapshots with the shipped pause one is stopped; each of the
    // others keeps the promise of `--max-pause`.
    Mode {
        name: "stopped in the shipped pause",
        take: pause::shipped_process,
        arguments: &[],
        bounds: STOPPED,
    },
    Mode {
        name: "no pause",
        take: attach::process,
        arguments: &["--no-pause"],
        bounds: UNPAUSED,
    },
    Mode {
        name: "no pause, locals",
        take: attach::process,
        arguments: &["--no-pause", "--locals"],
        bounds: UNPAUSED,
    },
];

fn snapshots(usual: usize) -> usize {
    let asked = env::var("DAPPER_ATTACH_CHURN_SNAPSHOTS").ok();
    // In each mode, with and without variables.
    let halves = asked.and_then(|asked| asked.parse().ok());
    halves.map_or(usual, |asked: usize| asked.div_ceil(2))
}

fn churn(leg: &Leg, workers: usize, kinds: &[&str], usual: usize) -> Outcome {
    let mut command = target::python(leg);
    command
        .arg(target::programs().join("churn_tasks.py"))
        .arg(workers.to_string())
        .args(kinds);
    let mut target = Target::start("churn_tasks.py", command)?;
    target.wait_ready()?;
    let rounds = snapshots(usual);
    let mut wrong = Vec::new();
    for mode in MODES {
        let mut tally = Tally::default();
        for round in 0..rounds {
            match mode.judged(&target, workers, kinds) {
                Ok(judged) => tally.add(round, judged),
                Err(why) => tally.wrong.push(format!("snapshot {round} fails: {why}")),
            }
        }
        println!(
            "churn on {}, {workers} workers {kinds:?}, {}: {tally}",
            leg.leg, mode.name
        );
        tally.wrong.truncate(LISTED);
        let breaches = mode.bounds.breaches(&tally);
        tally.wrong.extend(breaches);
        let of_mode = tally.wrong.into_iter();
        wrong.extend(of_mode.map(|why| format!("{}: {why}", mode.name)));
    }
    none(&wrong)?;
    ensure(target.is_running_freely(), || {
        "it is stopped or traced".into()
    })
}

/// Without a pause, nothing is marked in a program that stands still.
fn stands_still(leg: &Leg) -> Outcome {
    let program = target::programs().join("../hangs/lock_abba_transfer.py");
    let mut command = target::python(leg);
    command.arg(program);
    let mut target = Target::start("lock_abba_transfer.py", command)?;
    target.wait_ready()?;
    let wait = ["--no-pause", "--samples", "2", "--interval", "0.2"];
    let process = attach::process(target.pid(), &wait)?;
    let tasks = process.tasks.iter().filter_map(|it| it.error.clone());
    let threads = process.threads.iter().filter_map(|it| it.error.clone());
    let wrong: Vec<String> = tasks.chain(threads).collect();
    none(&wrong)?;
    ensure(process.read.consistency == "verified", || {
        format!("it is {}", process.read.consistency)
    })?;
    ensure(process.tasks.len() >= 4, || {
        format!("{} tasks instead of 4 and more", process.tasks.len())
    })
}

impl Mode {
    fn judged(&self, target: &Target, workers: usize, kinds: &[&str]) -> Result<Judged, String> {
        let mut arguments = vec!["--samples", "1"];
        arguments.extend(self.arguments);
        let process = (self.take)(target.pid(), &arguments)?;
        Ok(truth::judge(&process, workers, kinds))
    }
}

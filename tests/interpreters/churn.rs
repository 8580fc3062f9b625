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
use crate::support::suite::{on_every_leg, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, ensure, none};

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
        ],
    );
    trials.push(vec![once("churn", "BOUNDS", None, bounds::can_fail)]);
    trials
}

const ALL: [&str; 4] = ["threads", "imports", "gc", "fork"];

const MODES: [(&str, &[&str], Bounds); 4] = [
    ("stopped", &[], STOPPED),
    ("stopped, locals", &["--locals"], STOPPED),
    ("no pause", &["--no-pause"], UNPAUSED),
    ("no pause, locals", &["--no-pause", "--locals"], UNPAUSED),
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
    for (mode, arguments, bounds) in MODES {
        let mut tally = Tally::default();
        for round in 0..rounds {
            match judged(&target, arguments, workers, kinds) {
                Ok(judged) => tally.add(round, judged),
                Err(why) => tally.wrong.push(format!("snapshot {round} fails: {why}")),
            }
        }
        println!(
            "churn on {}, {workers} workers {kinds:?}, {mode}: {tally}",
            leg.leg
        );
        tally.wrong.truncate(LISTED);
        tally.wrong.extend(bounds.breaches(&tally));
        wrong.extend(tally.wrong.into_iter().map(|why| format!("{mode}: {why}")));
    }
    none(&wrong)?;
    ensure(target.is_running_freely(), || {
        "it is stopped or traced".into()
    })
}

fn judged(
    target: &Target,
    arguments: &[&str],
    workers: usize,
    kinds: &[&str],
) -> Result<Judged, String> {
    let mut all = vec!["--samples", "1"];
    all.extend(arguments);
    let process = attach::process(target.pid(), &all)?;
    Ok(truth::judge(&process, workers, kinds))
}

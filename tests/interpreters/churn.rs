//! Snapshots of programs whose tasks, threads and objects come and go as fast as
//! they can: none fails, and what is said to be exact is true.
//!
//! `churn_tasks.py` gives every worker functions and names of its own, so that
//! each task that is shown says itself whose child it is, and which frames it
//! can have. In *stopped* and *verified* all workers are there, once; no child
//! is under another's worker, has a frame of another, or is there twice; no
//! chain is one that cannot be. An item that says of itself that it could not
//! be read (`error`) is not judged, but counted.
//!
//! `DAPPER_ATTACH_CHURN_SNAPSHOTS=1000 cargo test --test interpreters -- churn::3.13`
//! is the long version: so many snapshots in each mode.

mod truth;

use std::collections::BTreeMap;
use std::env;

use libtest_mimic::Trial;

use self::truth::Seen;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::on_every_leg;
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, ensure, none};

const LEGS: [&str; 6] = ["3.8", "3.11", "3.13", "3.13t", "3.14", "3.15"];
/// Most mismatches that are listed.
const LISTED: usize = 12;

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let manifest = Manifest {
        legs: (manifest.legs.iter())
            .filter(|leg| LEGS.contains(&&*leg.leg))
            .cloned()
            .collect(),
        ..manifest.clone()
    };
    on_every_leg(
        &manifest,
        "churn",
        |_| None,
        &[
            ("of_20_workers", |leg| churn(leg, 20, &[], 8)),
            ("of_200_workers", |leg| churn(leg, 200, &[], 4)),
            ("of_1000_workers", |leg| churn(leg, 1000, &[], 2)),
            ("of_everything", |leg| churn(leg, 20, &ALL, 6)),
        ],
    )
}

const ALL: [&str; 4] = ["threads", "imports", "gc", "fork"];

const MODES: [(&str, &[&str]); 4] = [
    ("stopped", &[]),
    ("stopped, locals", &["--locals"]),
    ("no pause", &["--no-pause"]),
    ("no pause, locals", &["--no-pause", "--locals"]),
];

fn snapshots(usual: usize) -> usize {
    let asked = env::var("DAPPER_ATTACH_CHURN_SNAPSHOTS").ok();
    // In each mode, with and without variables.
    let halves = asked.and_then(|asked| asked.parse().ok());
    halves.map_or(usual, |asked: usize| asked.div_ceil(2))
}

/// What came of the snapshots of one mode.
#[derive(Default)]
struct Tally {
    by_consistency: BTreeMap<String, usize>,
    /// Tasks and threads that said of themselves that they could not be read.
    unread: usize,
    items: usize,
    wrong: Vec<String>,
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
    for (mode, arguments) in MODES {
        let mut tally = Tally::default();
        for round in 0..rounds {
            let seen = look(&target, arguments, workers, kinds);
            match seen {
                Ok(seen) => tally.add(round, seen),
                Err(why) => tally.wrong.push(format!("snapshot {round} fails: {why}")),
            }
        }
        let count = tally.wrong.len();
        println!(
            "churn on {}, {workers} workers {kinds:?}, {mode}: {rounds} snapshots, {:?}, \
             {} of {} items unread, {count} mismatches",
            leg.leg, tally.by_consistency, tally.unread, tally.items
        );
        tally.wrong.truncate(LISTED);
        wrong.extend(tally.wrong.into_iter().map(|why| format!("{mode}: {why}")));
    }
    none(&wrong)?;
    ensure(target.is_running_freely(), || {
        "it is stopped or traced".into()
    })
}

fn look(
    target: &Target,
    arguments: &[&str],
    workers: usize,
    kinds: &[&str],
) -> Result<Seen, String> {
    let mut all = vec!["--samples", "1"];
    all.extend(arguments);
    let process = attach::process(target.pid(), &all)?;
    Ok(truth::judge(&process, workers, kinds))
}

impl Tally {
    fn add(&mut self, round: usize, seen: Seen) {
        *self.by_consistency.entry(seen.consistency).or_default() += 1;
        self.unread += seen.unread;
        self.items += seen.items;
        let wrong = seen.wrong.into_iter();
        self.wrong
            .extend(wrong.map(|why| format!("snapshot {round}: {why}")));
    }
}

//! Which thread holds the GIL, and which threads wait for it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde::Deserialize;

use crate::support::compare::Mismatches;
use crate::support::legs::{Leg, Manifest};
use crate::support::snapshot::{Process, Thread};
use crate::support::suite::{Test, on_every_leg};
use crate::support::target::Target;
use crate::support::{Outcome, attach, none, truth};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let lacks = |leg: &Leg| leg.free_threaded.then(|| "there is no GIL".to_owned());
    let tests: &[(&str, Test)] = &[("holder_and_waiters", holder_and_waiters)];
    on_every_leg(manifest, "gil", lacks, tests)
}

#[derive(Deserialize)]
struct Truth {
    native_ids: BTreeMap<String, u64>,
}

/// The program prints READY just before its last Python code ends. Soon after that,
/// one thread holds the GIL forever.
fn look_once_it_is_held(target: &Target, holder: u64) -> Result<Process, String> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let process = attach::process(target.pid(), &["--max-pause", "30000"])?;
        let holds = |t: &Thread| t.native_id == holder && t.holds_gil == Some(true);
        if process.threads.iter().any(holds) || Instant::now() > deadline {
            return Ok(process);
        }
    }
}

fn holder_and_waiters(leg: &Leg) -> Outcome {
    let (target, path) = Target::program(leg, "gil.py")?;
    let truth: Truth = truth::read(&path)?;
    let holder = truth.native_ids["MainThread"];
    look_once_it_is_held(&target, holder)?;
    let process = look_once_it_is_held(&target, holder)?;
    let mut mismatches = Vec::new();
    let expected = [
        ("MainThread", "running", true, "hold"),
        ("spinner-1", "waiting-gil", false, "spin"),
        ("spinner-2", "waiting-gil", false, "spin"),
        ("sleeper", "blocked", false, "run"),
    ];
    for (name, state, holds_gil, innermost) in expected {
        let native_id = truth.native_ids[name];
        let Some(thread) = process.threads.iter().find(|t| t.native_id == native_id) else {
            mismatches.push(format!("thread {name} is missing"));
            continue;
        };
        let mut found = Mismatches::of(format!("thread {name}"));
        found.equal("state", &&*thread.state, &state);
        found.equal("holds_gil", &thread.holds_gil, &Some(holds_gil));
        let function = thread.frames.first().map(|frame| &*frame.function);
        found.equal("innermost frame", &function, &Some(innermost));
        mismatches.append(&mut found.found);
    }
    none(&mismatches)
}

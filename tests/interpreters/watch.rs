//! `watch`: steps that block a loop, and the end of the process.

use libtest_mimic::Trial;
use serde_json::Value;

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, ensure};

/// For how long `tests/programs/record.py` blocks its loop each time, in seconds.
const BLOCKS_S: f64 = 0.06;
/// `end_time` is taken a moment after polling.
const TICK_S: f64 = 0.001;

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let tests: &[(&str, Test)] = &[
        ("slow_steps_until_it_ends", slow_steps_until_it_ends),
        (
            "a_command_is_run_when_it_hangs",
            a_command_is_run_when_it_hangs,
        ),
    ];
    let mut trials = on_every_leg(manifest, "watch", |_| None, tests);
    trials.push(vec![once(
        "watch",
        "no_such_process",
        None,
        no_such_process,
    )]);
    trials
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn slow_steps_until_it_ends(leg: &Leg) -> Outcome {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = target::python(leg);
    command
        .arg(target::programs().join("record.py"))
        .arg(directory.path().join("truth.json"))
        .arg("say-ready");
    let mut target = Target::start("record.py", command)?;
    target.wait_ready()?;
    let pid = target.pid().to_string();
    let output = attach::run(&[
        "watch",
        "--pid",
        &pid,
        "--slow",
        "40ms",
        "--rate",
        "200",
        "--max-overhead",
        "100",
        "--every",
        "1h",
        "--log",
        "json",
    ])?;
    ensure(output.code() == Some(0), || format!("{output:?}"))?;
    let events = output.stdout.lines().map(serde_json::from_str);
    let events: Result<Vec<Value>, _> = events.collect();
    let events = events.map_err(|error| format!("{error}: {output:?}"))?;
    let last = events.last().map(|last| &last["event"]);
    ensure(last.is_some_and(|last| last == "gone"), || {
        format!("{output:?}")
    })?;
    let steps: Vec<&Value> = events
        .iter()
        .filter(|it| it["event"] == "slow_step")
        .collect();
    ensure(!steps.is_empty(), || format!("no slow step: {output:?}"))?;
    for step in &steps {
        let (least, most) = (number(&step["lasted_s"]), number(&step["at_most_s"]));
        let is_block = step["function"] == "block";
        let long_enough = !is_block || most >= BLOCKS_S - TICK_S;
        ensure(least >= 0.04 && most >= least && long_enough, || {
            step.to_string()
        })?;
    }
    let named = steps.iter().filter(|step| step["function"] == "block");
    ensure(named.count() > 0, || {
        format!("none is in block(): {output:?}")
    })
}

fn a_command_is_run_when_it_hangs(leg: &Leg) -> Outcome {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let told = directory.path().join("told");
    let mut command = target::python(leg);
    command.arg(target::programs().join("../hangs/future_never_set.py"));
    let mut target = Target::start("future_never_set.py", command)?;
    target.wait_ready()?;
    let pid = target.pid().to_string();
    let run = format!(
        "echo \"$DAPPER_ATTACH_PID $DAPPER_ATTACH_VERDICT $DAPPER_ATTACH_CULPRIT\" > '{0}.new' && \
         mv '{0}.new' '{0}'; kill $DAPPER_ATTACH_PID",
        told.display()
    );
    let output = attach::run(&["watch", "--pid", &pid, "--every", "1s", "--on-hang", &run])?;
    ensure(output.code() == Some(0), || format!("{output:?}"))?;
    let text = std::fs::read_to_string(&told).map_err(|error| format!("{error}: {output:?}"))?;
    let begin = format!("{pid} hung ");
    let right = text.starts_with(&begin) && text.contains("future_never_set.py:");
    ensure(right, || format!("{text:?} {output:?}"))
}

fn no_such_process() -> Outcome {
    let output = attach::run(&["watch", "--pid", "4194304"])?;
    let right = output.code() == Some(1) && output.stderr.contains("no process with pid");
    ensure(right, || format!("{output:?}"))
}

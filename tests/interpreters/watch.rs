//! `watch`: steps that block a loop, and the end of the process.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

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
            "light_looks_tell_no_step_that_was_not",
            light_looks_tell_no_step_that_was_not,
        ),
        (
            "a_step_that_waited_for_a_processor_says_so",
            a_step_that_waited_for_a_processor_says_so,
        ),
        (
            "a_step_that_waits_for_the_gil_says_who_has_it",
            a_step_that_waits_for_the_gil_says_who_has_it,
        ),
        (
            "a_command_is_run_when_it_hangs",
            a_command_is_run_when_it_hangs,
        ),
        (
            "what_was_before_a_hang_is_kept",
            what_was_before_a_hang_is_kept,
        ),
        ("children_are_watched", children_are_watched),
        (
            "what_the_process_starts_and_forgets_is_told",
            what_the_process_starts_and_forgets_is_told,
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

/// Every step that is told was one, and its bounds are right. How many are found depends on what else
/// the machine does.
fn light_looks_tell_no_step_that_was_not(leg: &Leg) -> Outcome {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let truth = directory.path().join("truth.json");
    let mut command = target::python(leg);
    command.arg(target::programs().join("steps.py")).arg(&truth);
    let mut target = Target::start("steps.py", command)?;
    target.wait_ready()?;
    let pid = target.pid().to_string();
    let output = attach::run(&[
        "watch",
        "--pid",
        &pid,
        "--slow",
        "20ms",
        "--rate",
        "1000",
        "--max-overhead",
        "100",
        "--every",
        "1h",
        "--log",
        "json",
    ])?;
    ensure(output.code() == Some(0), || format!("{output:?}"))?;
    let truth = std::fs::read_to_string(&truth).map_err(|error| error.to_string())?;
    let truth: Spans = serde_json::from_str(&truth).map_err(|error| error.to_string())?;
    let events = output.stdout.lines().map(serde_json::from_str);
    let events: Result<Vec<Value>, _> = events.collect();
    let events = events.map_err(|error| format!("{error}: {output:?}"))?;
    let steps = events.iter().filter(|it| it["event"] == "slow_step");
    let steps: Vec<&Value> = steps.filter(|it| it["loop"] == "#1 MainThread").collect();
    ensure(steps.len() * 2 >= truth.len(), || {
        format!("{} of {} steps are told", steps.len(), truth.len())
    })?;
    // In their order, each is the first that it can be.
    let mut left = truth.iter();
    for step in &steps {
        let (least, most) = (number(&step["lasted_s"]), number(&step["at_most_s"]));
        let is_it = |(shortest, longest): &(f64, f64)| {
            least <= longest + TICK_S && most >= shortest - TICK_S
        };
        ensure(left.any(&is_it), || {
            format!("{step} of {steps:?} is none of {truth:?}")
        })?;
    }
    Ok(())
}

/// Of each step of a program, two times in seconds.
type Spans = Vec<(f64, f64)>;

/// The slow steps that are told of `held_up.py KIND`; and of each of its own steps, how long it lasted
/// and for how long it did not compute, in seconds.
fn held_up(leg: &Leg, kind: &str) -> Result<(Vec<Value>, Spans), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let truth = directory.path().join("truth.json");
    let mut command = target::python(leg);
    let program = target::programs().join("held_up.py");
    command.arg(program).arg(kind).arg(&truth);
    let mut target = Target::start("held_up.py", command)?;
    target.wait_ready()?;
    let pid = target.pid().to_string();
    let output = attach::run(&[
        "watch",
        "--pid",
        &pid,
        "--slow",
        "30ms",
        "--rate",
        "500",
        "--max-overhead",
        "100",
        "--every",
        "1h",
        "--log",
        "json",
    ])?;
    ensure(output.code() == Some(0), || format!("{output:?}"))?;
    let truth = std::fs::read_to_string(&truth).map_err(|error| error.to_string())?;
    let truth = serde_json::from_str(&truth).map_err(|error| error.to_string())?;
    let events = output.stdout.lines().map(serde_json::from_str);
    let events: Result<Vec<Value>, _> = events.collect();
    let mut events = events.map_err(|error| format!("{error}: {output:?}"))?;
    events.retain(|event| event["event"] == "slow_step");
    Ok((events, truth))
}

fn a_step_that_waited_for_a_processor_says_so(leg: &Leg) -> Outcome {
    let (steps, truth) = held_up(leg, "processor")?;
    let mut left = truth.iter();
    let (mut told_s, mut held_s) = (0.0, 0.0);
    for step in &steps {
        let (least, most) = (number(&step["lasted_s"]), number(&step["at_most_s"]));
        let delay = |name: &str| step[name].as_f64().unwrap_or_default();
        let delay_s = delay("waited_for_processor_s") + delay("stopped_by_cgroup_s");
        // In their order, each is the first that it can be.
        let is_it = |(lasted, _): &&(f64, f64)| (least - TICK_S..=most + TICK_S).contains(lasted);
        let Some((lasted, held)) = left.find(is_it) else {
            continue;
        };
        let computed = lasted - held;
        ensure(delay_s <= most - computed + TICK_S, || {
            format!("it computed for {computed:.3} s: {step}")
        })?;
        told_s += delay_s;
        held_s += held;
    }
    ensure(told_s > held_s / 2.0 && held_s > 0.0, || {
        format!("told of {told_s:.3} s of {held_s:.3} s: {steps:?}, {truth:?}")
    })
}

fn a_step_that_waits_for_the_gil_says_who_has_it(leg: &Leg) -> Outcome {
    if leg.free_threaded {
        return Ok(());
    }
    let (steps, _) = held_up(leg, "gil")?;
    let whose = "waits for the GIL, which keeper has in keep_gil (held_up.py:";
    let says = |step: &Value| {
        step["why"]
            .as_str()
            .is_some_and(|why| why.starts_with(whose))
    };
    ensure(steps.iter().any(says), || format!("{steps:?}"))
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

/// `watch` of a process, for a minute at most.
struct Watching {
    child: Child,
    lines: Box<dyn Iterator<Item = String>>,
}

impl Watching {
    fn start(pid: u32, more: &[&str]) -> Result<Self, String> {
        let mut child = Command::new(attach::binary())
            .args(["watch", "--pid", &pid.to_string(), "--log", "json"])
            .args(["--duration", "60s", "--every", "1s"])
            .args(["--max-overhead", "100"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        let output = child.stdout.take().ok_or("no stdout")?;
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        Ok(Self {
            child,
            lines: Box::new(lines),
        })
    }

    /// The next event of this kind.
    fn event(&mut self, event: &str) -> Result<Value, String> {
        let mut seen = Vec::new();
        let found = self.lines.find_map(|line| {
            let value: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
            seen.push(line);
            (value["event"] == event).then_some(value)
        });
        found.ok_or_else(|| format!("no {event} in {seen:?}"))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn what_the_process_starts_and_forgets_is_told(leg: &Leg) -> Outcome {
    let mut command = target::python(leg);
    command.arg(target::programs().join("changes.py"));
    let mut target = Target::start_with_input("changes.py", command)?;
    target.wait_ready()?;
    let mut watching = Watching::start(target.pid(), &[])?;
    let unawaited = watching.event("never_awaited")?;
    let is_right = unawaited["function"] == "forgotten"
        && unawaited["line"].is_u64()
        && number(&unawaited["lasted_s"]) > 0.0;
    ensure(is_right, || unawaited.to_string())?;
    target.write_line("child")?;
    let began = watching.event("child_began")?;
    ensure(began["command"] == "sleep 600", || began.to_string())?;
    target.write_line("end")?;
    let ended = watching.event("child_ended")?;
    ensure(ended["child"] == began["child"], || ended.to_string())?;
    target.write_line("exec")?;
    target.wait_ready()?;
    let executed = watching.event("executed")?;
    let arguments = executed["arguments"].as_array();
    let last = arguments.and_then(|all| all.last());
    ensure(last.is_some_and(|last| last == "again"), || {
        executed.to_string()
    })?;
    // It is watched on.
    watching.event("never_awaited").map(drop)
}

/// A child that begins later is watched as well.
fn children_are_watched(leg: &Leg) -> Outcome {
    let mut command = target::python(leg);
    command.arg(target::programs().join("changes.py"));
    let mut target = Target::start_with_input("changes.py", command)?;
    target.wait_ready()?;
    let mut watching = Watching::start(target.pid(), &["--children"])?;
    let own = watching.event("never_awaited")?;
    ensure(own["pid"] == target.pid(), || own.to_string())?;
    target.write_line("fork")?;
    let began = watching.event("child_began")?;
    let of_child = watching.event("never_awaited")?;
    ensure(of_child["pid"] == began["child"], || {
        format!("{began} {of_child}")
    })?;
    // The child ends with its parent's input.
    target.write_line("stop")?;
    watching.event("gone").map(drop)
}

fn what_was_before_a_hang_is_kept(leg: &Leg) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut command = target::python(leg);
    command.arg(target::programs().join("turns.py"));
    let mut target = Target::start_with_input("turns.py", command)?;
    target.wait_ready()?;
    target.write_line("go")?;
    target.wait_line("HUNG")?;
    let keep_in = folder.path().to_str().ok_or("odd path")?;
    let keep = ["--keep", "1m", "--keep-in", keep_in];
    let kept = Watching::start(target.pid(), &keep)?.event("kept")?;
    let file = kept["recording"].as_str().ok_or("no file is named")?;
    ensure(
        file.starts_with(keep_in) && file.ends_with("-hang.dapper"),
        || kept.to_string(),
    )?;
    let report = attach::run(&["--capture", file, "--json"])?;
    let json: Value = serde_json::from_str(&report.stdout).map_err(|error| error.to_string())?;
    ensure(json["processes"][0]["verdict"]["state"] == "hung", || {
        format!("{report:?}")
    })?;
    let lines = attach::run(&["convert", file, "-f", "jsonl", "-o", "-"])?;
    let is_whole = lines.stderr.is_empty() && lines.stdout.lines().count() > 1;
    ensure(lines.code() == Some(0) && is_whole, || format!("{lines:?}"))
}

fn no_such_process() -> Outcome {
    let output = attach::run(&["watch", "--pid", "4194304"])?;
    let right = output.code() == Some(1) && output.stderr.contains("no process with pid");
    ensure(right, || format!("{output:?}"))
}

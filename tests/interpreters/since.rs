//! Since when a loop is blocked, and since when a task waits: by the clock of the process.
//!
//! `tests/programs/since.py` writes two moments down, between which it began.

use std::process::Command;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use nix::time::{ClockId, clock_gettime};
use serde_json::Value;

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg};
use crate::support::target::{self, Target, programs};
use crate::support::{Outcome, attach, ensure};

/// Looks at each program.
const LOOKS: usize = 3;
/// Nothing is said of a process that was let go before all was read.
const AMPLE_PAUSE: [&str; 2] = ["--max-pause", "30000"];
const NO_PAUSE: &str = "--no-pause";
/// How long the program may take to get there after READY.
const PATIENCE: Duration = Duration::from_secs(20);
/// Seconds by which the clock of the other time namespace is ahead.
const AHEAD_S: f64 = 5_000.0;
/// asyncio adds the resolution of its clock, 3.15 at least the last bit of the time.
const TICK_S: f64 = 1e-6;

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let tests: &[(&str, Test)] = &[
        ("first_callback", first_callback),
        ("third_of_a_batch", third_of_a_batch),
        ("step_of_a_task", step_of_a_task),
        ("selector_of_a_callback", selector_of_a_callback),
        ("computes", computes),
        ("polls", polls),
        ("without_a_stop", without_a_stop),
    ];
    let in_namespace: &[(&str, Test)] = &[("other_time_namespace", other_time_namespace)];
    let mut trials = on_every_leg(manifest, "since", |_| None, tests);
    trials.extend(on_every_leg(
        manifest,
        "since",
        lacks_namespaces,
        in_namespace,
    ));
    trials
}

fn lacks_namespaces(_: &Leg) -> Option<String> {
    if !attach::is_root() {
        return Some("needs root".to_owned());
    }
    let offsets = std::path::Path::new("/proc/self/timens_offsets").exists();
    (!attach::installed("unshare") || !offsets).then(|| "no time namespaces".to_owned())
}

/// `time.monotonic()` of this process.
fn clock() -> f64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).expect("there is a clock");
    Duration::from(now).as_secs_f64()
}

/// A program that runs, the pid of its interpreter, and the moments that it wrote down.
struct Program {
    _target: Target,
    pid: u32,
    /// How far its clock is ahead of ours, in seconds.
    ahead: f64,
    began: (f64, f64),
}

impl Program {
    fn start(leg: &Leg, mode: &str) -> Result<Self, String> {
        let mut command = target::python(leg);
        command.arg(programs().join("since.py")).arg(mode);
        let mut target = Target::start(mode, command)?;
        let began = moments(&target.wait_ready()?)?;
        Ok(Self {
            pid: target.pid(),
            _target: target,
            ahead: 0.0,
            began,
        })
    }

    /// Looks until the loop is in this state. The clock of the look is right.
    fn look(&self, state: &str, more: &[&str]) -> Result<Look, String> {
        let pid = self.pid.to_string();
        let mut arguments = vec!["--pid", &pid, "--json", "--samples", "1"];
        if !more.contains(&NO_PAUSE) {
            arguments.extend(AMPLE_PAUSE);
        }
        arguments.extend(more);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let before = clock() + self.ahead;
            let output = attach::run(&arguments)?;
            let after = clock() + self.ahead;
            let text = output.stdout;
            let mut snapshot: Value = serde_json::from_str(&text)
                .map_err(|error| format!("{error}: {text}{}", output.stderr))?;
            let process = snapshot["processes"][0].take();
            let look = Look { process };
            if look.event_loop()["state"] != state && Instant::now() < deadline {
                continue;
            }
            let now = look.clock()?;
            ensure(look.event_loop()["state"] == state, || {
                format!("not {state}: {}", look.event_loop())
            })?;
            ensure(before <= now && now <= after, || {
                format!("the clock says {now}, outside of {before} to {after}")
            })?;
            return Ok(look);
        }
    }

    /// Whether something that lasts for `age` seconds began when it did.
    fn began_then(&self, look: &Look, age: &Value) -> Outcome {
        let age = number(age)?;
        let began = look.clock()? - age;
        let (from, to) = self.began;
        ensure(from <= began && began <= to + TICK_S, || {
            format!("it lasts for {age} s, and so began at {began}, not from {from} to {to}")
        })
    }

    /// Looks several times at a loop in this state, whose iteration began then.
    fn iteration(&self, state: &str, more: &[&str]) -> Result<Look, String> {
        for _ in 1..LOOKS {
            let look = self.look(state, more)?;
            self.began_then(&look, &look.event_loop()["iteration_s"])?;
        }
        let look = self.look(state, more)?;
        self.began_then(&look, &look.event_loop()["iteration_s"])?;
        Ok(look)
    }
}

/// The process in a look.
struct Look {
    process: Value,
}

impl Look {
    fn event_loop(&self) -> &Value {
        &self.process["loops"][0]
    }

    fn clock(&self) -> Result<f64, String> {
        number(&self.process["clock_s"])
    }

    /// Its batch has come as far, and runs this callback.
    fn has_batch(&self, begun: u64, of: u64, callback: &str) -> Outcome {
        let batch = &self.event_loop()["batch"];
        let right = batch["begun"] == begun && batch["of"] == of && batch["callback"] == callback;
        ensure(right, || {
            format!("not {begun} of {of} in {callback}: {batch}")
        })
    }
}

fn moments(text: &str) -> Result<(f64, f64), String> {
    serde_json::from_str(text).map_err(|error| format!("{text}: {error}"))
}

fn number(value: &Value) -> Result<f64, String> {
    value.as_f64().ok_or_else(|| format!("no number: {value}"))
}

fn first_callback(leg: &Leg) -> Outcome {
    let program = Program::start(leg, "first")?;
    program.iteration("blocked", &[])?.has_batch(1, 1, "block")
}

fn third_of_a_batch(leg: &Leg) -> Outcome {
    let program = Program::start(leg, "third")?;
    let look = program.iteration("blocked", &[])?;
    look.has_batch(3, 4, "block")?;
    let batch = &look.event_loop()["batch"];
    ensure(batch["task"].is_null(), || format!("of a task: {batch}"))
}

fn step_of_a_task(leg: &Leg) -> Outcome {
    let program = Program::start(leg, "in_a_task")?;
    let look = program.iteration("blocked", &[])?;
    let batch = &look.event_loop()["batch"];
    let tasks = look.process["tasks"].as_array();
    let mut running = tasks
        .into_iter()
        .flatten()
        .filter(|it| it["state"] == "running");
    let task = running.next().ok_or("no task runs")?;
    ensure(batch["task"] == task["id"], || {
        format!("not of {}: {batch}", task["id"])
    })
}

/// It waits in a selector, but not in that of the loop.
fn selector_of_a_callback(leg: &Leg) -> Outcome {
    let program = Program::start(leg, "selects")?;
    program.iteration("blocked", &[])?.has_batch(1, 1, "select")
}

/// The program reads its clock all the time: what it read last is not after the moment of
/// the look. (How near it is says how busy the machine is; see `scripts/measure-since`.)
fn computes(leg: &Leg) -> Outcome {
    let program = Program::start(leg, "computes")?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let look = program.iteration("running", &["--locals"])?;
        look.has_batch(1, 1, "compute")?;
        let frames = look.process["threads"][0]["frames"].as_array();
        let locals = |frame: &Value| frame["locals"].as_array().cloned();
        let mut locals = frames.into_iter().flatten().filter_map(locals).flatten();
        if let Some(now) = locals.find(|local| local["name"] == "now") {
            let now = now["value"].as_str().map(str::parse::<f64>);
            let now = now.and_then(Result::ok).ok_or("its clock is no number")?;
            let late = look.clock()? - now;
            return ensure(late >= 0.0, || format!("{} s before its own clock", -late));
        }
        ensure(Instant::now() < deadline, || "it never begins".to_owned())?;
    }
}

/// A loop that polls has no iteration; its task sleeps since it called `asyncio.sleep`.
fn polls(leg: &Leg) -> Outcome {
    let program = Program::start(leg, "polls")?;
    for more in [&[][..], &[NO_PAUSE]] {
        let look = program.look("polling", more)?;
        let shown = look.event_loop();
        ensure(
            shown["iteration_s"].is_null() && shown["batch"].is_null(),
            || format!("it polls: {shown}"),
        )?;
        let tasks = look.process["tasks"].as_array();
        let mut tasks = tasks.into_iter().flatten();
        let sleeping = |task: &&Value| task["coroutine"].as_str().is_some_and(ends_in_sleep);
        let task = tasks.find(sleeping).ok_or("no task sleeps")?;
        let wait = &task["waits_for"];
        program.began_then(&look, &wait["since_s"])?;
        let whole = number(&wait["since_s"])? + number(&wait["remaining_s"])?;
        ensure((whole - 3_600.0).abs() < TICK_S, || {
            format!("not an hour: {wait}")
        })?;
    }
    Ok(())
}

/// Code objects have no qualified names before 3.11.
fn ends_in_sleep(coroutine: &str) -> bool {
    coroutine.rsplit('.').next() == Some("sleep")
}

fn without_a_stop(leg: &Leg) -> Outcome {
    let program = Program::start(leg, "third")?;
    let look = program.iteration("blocked", &[NO_PAUSE])?;
    look.has_batch(3, 4, "block")
}

fn other_time_namespace(leg: &Leg) -> Outcome {
    let mut command = target::environment(Command::new("unshare"), leg);
    command
        .args([
            "--time",
            "--monotonic",
            &format!("{AHEAD_S}"),
            "--fork",
            "--kill-child",
        ])
        .arg(leg.python())
        .arg(programs().join("since.py"))
        .arg("first");
    let mut target = Target::start("an interpreter in a time namespace", command)?;
    let began = moments(&target.wait_ready()?)?;
    let program = Program {
        pid: target.child()?,
        _target: target,
        ahead: AHEAD_S,
        began,
    };
    program.iteration("blocked", &[])?.has_batch(1, 1, "block")
}

//! `record`: intervals with reasons, against programs that know their shares of time.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::support::attach::{self, Output};
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{on_every_leg, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, ensure};

/// The status with which `tests/programs/record.py` exits.
const STATUS: i32 = 7;
/// How long a recording may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(30);

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let mut trials = on_every_leg(
        manifest,
        "record",
        |_| None,
        &[
            ("shares_of_a_program", shares_of_a_program),
            ("interrupted", interrupted),
            (
                "children_have_files_of_their_own",
                children_have_files_of_their_own,
            ),
        ],
    );
    trials.push(vec![
        once("record", "no_such_process", None, no_such_process),
        once("record", "no_such_program", None, no_such_program),
        once("record", "a_program_without_python", None, without_python),
        once("record", "wrong_usage", None, wrong_usage),
        once("record", "no_such_directory", None, no_such_directory),
    ]);
    trials
}

/// The parts of a recording in JSON lines.
struct Recording {
    about: Value,
    intervals: Vec<Value>,
}

impl Recording {
    fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().map(serde_json::from_str);
        let lines: Result<Vec<Value>, _> = lines.collect();
        let mut lines = lines
            .map_err(|error| format!("{error} in {text}"))?
            .into_iter();
        let about = lines.next().ok_or("no line at all")?;
        Ok(Self {
            about,
            intervals: lines.collect(),
        })
    }

    /// Seconds in the intervals of a group for which `is_one` is true.
    fn seconds(&self, group: &str, is_one: impl Fn(&Value) -> bool) -> f64 {
        let own = self.intervals.iter().filter(|it| it["group"] == group);
        own.filter(|it| is_one(it)).map(length).sum()
    }

    /// What is wrong with the intervals of each item: they follow each other without gap, and lie
    /// within the recording.
    fn are_whole(&self) -> Outcome {
        let lasted = number(&self.about["duration_s"]);
        let mut ends: BTreeMap<&str, f64> = BTreeMap::new();
        for interval in &self.intervals {
            let item = interval["item"].as_str().ok_or("an interval of nobody")?;
            let (from, to) = (number(&interval["from_s"]), number(&interval["to_s"]));
            ensure(from <= to && from >= 0.0 && to <= lasted + 0.1, || {
                format!("{interval} of {lasted} s")
            })?;
            let before = ends.insert(item, to);
            ensure(before.is_none_or(|before| before == from), || {
                format!("{before:?} comes before {interval}")
            })?;
        }
        Ok(())
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn length(interval: &Value) -> f64 {
    number(&interval["to_s"]) - number(&interval["from_s"])
}

fn shares_of_a_program(leg: &Leg) -> Outcome {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let truth = directory.path().join("truth.json");
    let python = target::python(leg);
    let program = target::programs().join("record.py");
    let mut command = target::environment(std::process::Command::new(attach::binary()), leg);
    command
        .args([
            "record", "--rate", "50", "--format", "jsonl", "--output", "-", "--",
        ])
        .arg(python.get_program())
        .args(python.get_args())
        .arg(program)
        .arg(&truth);
    let output = attach::run_command(command)?;
    ensure(output.code() == Some(STATUS), || format!("{output:?}"))?;
    let recording = Recording::parse(&output.stdout)?;
    recording.are_whole()?;
    let truth = fs::read(&truth).map_err(|error| error.to_string())?;
    let truth: Value = serde_json::from_slice(&truth).map_err(|error| error.to_string())?;
    let blocked = number(&truth["blocked_s"]);
    let share = blocked / (blocked + number(&truth["slept_s"]));
    let is = |key: &'static str, text: &'static str| move |it: &Value| it[key] == text;
    let looks = number(&recording.about["looks"]);
    ensure(looks >= 20.0, || format!("only {looks} looks"))?;
    let blocks = recording.seconds("main", is("kind", "sleep"));
    let sleeps = recording.seconds("main", is("kind", "timer"));
    let seen = blocks / (blocks + sleeps);
    // Four standard deviations of the looks while the task was there, and the border between two
    // states.
    let there = looks * (blocks + sleeps) / number(&recording.about["duration_s"]);
    let tolerance = 4.0 * (0.25 / there).sqrt() + 0.05;
    ensure((seen - share).abs() <= tolerance, || {
        format!("blocks for {seen:.3} of its time, in truth {share:.3} (+- {tolerance:.3})")
    })?;
    for (group, kind) in [("wants_the_lock", "lock"), ("has_the_lock", "timer")] {
        let all = recording.seconds(group, |_| true);
        let waits = recording.seconds(group, |it| it["kind"] == kind);
        ensure(all > 1.0 && waits >= 0.9 * all, || {
            format!("{group} waits for {kind} for {waits:.3} of {all:.3} s")
        })?;
    }
    let held = recording.seconds("wants_the_lock", |it| {
        let reason = it["reason"].as_str().unwrap_or_default();
        reason.ends_with("held by has_the_lock")
    });
    ensure(held > 1.0, || "does not say who has the lock".into())
}

/// Ctrl-C ends a recording, which is written; the process goes on.
fn interrupted(leg: &Leg) -> Outcome {
    let mut command = target::python(leg);
    command.arg(target::programs().join("heartbeat.py"));
    let mut target = Target::start("heartbeat.py", command)?;
    target.wait_ready()?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let page = directory.path().join("page.html");
    let pid = target.pid().to_string();
    let mut recorder = std::process::Command::new(attach::binary())
        .args(["record", "--pid", &pid, "--output"])
        .arg(&page)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let own = Pid::from_raw(i32::try_from(recorder.id()).map_err(|error| error.to_string())?);
    // SIGUSR1 writes what there is, and the recording goes on.
    let started = Instant::now();
    let mut ended = None;
    while !page.exists() && ended.is_none() && started.elapsed() < PATIENCE {
        if handles_signals(recorder.id()) {
            kill(own, Signal::SIGUSR1).map_err(|error| error.to_string())?;
        }
        std::thread::sleep(Duration::from_millis(50));
        ended = recorder.try_wait().map_err(|error| error.to_string())?;
    }
    let written_early = page.exists() && ended.is_none();
    kill(own, Signal::SIGINT).map_err(|error| error.to_string())?;
    let output = recorder
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let output = Output {
        status: output.status,
        stdout: String::new(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    };
    ensure(written_early && output.code() == Some(0), || {
        format!("{output:?}")
    })?;
    ensure(output.stderr.contains("looks a second"), || {
        format!("{output:?}")
    })?;
    let page = fs::read_to_string(&page).map_err(|error| error.to_string())?;
    let (_, json) = page
        .split_once("id=\"recording\">")
        .ok_or("the page has no recording")?;
    let (json, _) = json
        .split_once("</script>")
        .ok_or("the recording does not end")?;
    let json: Value = serde_json::from_str(json).map_err(|error| error.to_string())?;
    ensure(
        json["pid"] == target.pid() && !json["stacks"].as_array().is_none_or(Vec::is_empty),
        || json.to_string(),
    )?;
    target.discard_lines();
    target.wait_beats(3)?;
    ensure(target.is_running_freely(), || {
        "the target is stopped or traced".into()
    })
}

/// Whether the process has handlers for SIGINT and SIGUSR1: without one, the signal ends it.
fn handles_signals(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    let needed = [Signal::SIGINT, Signal::SIGUSR1];
    caught.is_some_and(|mask| needed.iter().all(|it| mask >> (*it as i32 - 1) & 1 == 1))
}

/// One sentence on stderr, perhaps with its fix below.
fn fails_with(arguments: &[&str], status: i32, part: &str) -> Outcome {
    let output = attach::run(arguments)?;
    let right = output.code() == Some(status) && output.stderr.contains(part);
    ensure(right && !output.stderr.contains("panicked"), || {
        format!("{arguments:?}: {output:?}")
    })
}

/// The process and its child are recorded at the same time.
fn children_have_files_of_their_own(leg: &Leg) -> Outcome {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = directory.path().join("seen.jsonl");
    let mut command = target::python(leg);
    command.arg(target::programs().join("family.py"));
    let mut target = Target::start_with_input("family.py", command)?;
    let child = target.wait_ready()?;
    let pid = target.pid().to_string();
    let shown = file.to_str().ok_or("odd path")?;
    let output = attach::run(&[
        "record",
        "--pid",
        &pid,
        "--children",
        "-d",
        "2",
        "-o",
        shown,
    ])?;
    ensure(output.code() == Some(0), || format!("{output:?}"))?;
    for (name, pid) in [
        ("seen.jsonl".into(), pid),
        (format!("seen-{child}.jsonl"), child),
    ] {
        let text = fs::read_to_string(directory.path().join(&name));
        let text = text.map_err(|error| format!("{name}: {error}: {output:?}"))?;
        let recording = Recording::parse(&text)?;
        recording.are_whole()?;
        let is_its = recording.about["pid"].as_u64() == pid.parse().ok();
        ensure(is_its && !recording.intervals.is_empty(), || {
            format!("{name}: {} of {output:?}", recording.about)
        })?;
    }
    Ok(())
}

fn no_such_process() -> Outcome {
    fails_with(
        &["record", "--pid", "4194304"],
        1,
        "no process with pid 4194304",
    )
}

fn no_such_program() -> Outcome {
    fails_with(&["record", "--", "no-such-program"], 1, "cannot be started")
}

/// A program that never runs Python leaves no recording, and its status is passed on.
fn without_python() -> Outcome {
    let output = attach::run(&[
        "record",
        "--output",
        "/dev/null",
        "--",
        "sh",
        "-c",
        "exit 5",
    ])?;
    ensure(output.code() == Some(5), || format!("{output:?}"))
}

fn wrong_usage() -> Outcome {
    fails_with(&["record"], 2, "--pid")?;
    fails_with(
        &["record", "--pid", "1", "--", "python3"],
        2,
        "cannot be used with",
    )?;
    fails_with(&["record", "--pid", "1", "--rate", "fast"], 2, "--rate")?;
    fails_with(
        &["record", "--pid", "1", "--children", "-o", "-"],
        1,
        "a file for each process",
    )?;
    fails_with(&["record", "--pid", "1", "--duration=-1"], 2, "--duration")
}

fn no_such_directory() -> Outcome {
    let mut command = std::process::Command::new(attach::binary());
    command.args([
        "record",
        "-d",
        "0.1",
        "-o",
        "/nonexistent/x.html",
        "--",
        "sh",
        "-c",
        "exit 0",
    ]);
    let output = attach::run_command(command)?;
    ensure(!output.stderr.contains("panicked"), || {
        format!("{output:?}")
    })
}

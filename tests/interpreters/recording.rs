//! `record` into `.dapper` files: `convert`, `--at`, and what is left of a recording that was ended
//! in the middle.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::Value;
use tempfile::TempDir;

use crate::dap::walked;
use crate::support::attach::{self, Output};
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, ensure};

/// How long a recording may take until a file has what is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

const ONCE: [(&str, Test); 6] = [
    ("what_waits_longer_is_found_by_diff", compared),
    ("a_killed_recorder_leaves_what_it_wrote", killed),
    ("each_look_has_the_report_of_its_time", of_its_time),
    ("memory_can_be_left_out", without_memory),
    ("goes_through_pipes", through_pipes),
    ("a_full_disk_is_said_in_one_sentence", full_disk),
];

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let mut trials = on_every_leg(
        manifest,
        "recording",
        |_| None,
        &[("is_converted_into_every_format", every_format)],
    );
    let one = Manifest {
        legs: (manifest.legs.iter())
            .filter(|leg| leg.leg == "3.13")
            .cloned()
            .collect(),
        ..manifest.clone()
    };
    trials.extend(on_every_leg(&one, "recording", |_| None, &ONCE));
    trials.push(vec![once("recording", "wrong_usage", None, wrong_usage)]);
    trials
}

fn folder() -> Result<TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| "odd path".into())
}

/// Runs dapper-attach, which must succeed.
fn succeeds(arguments: &[&str]) -> Result<Output, String> {
    let output = attach::run(arguments)?;
    match output.code() {
        Some(0) => Ok(output),
        _ => Err(format!("{arguments:?}: {output:?}")),
    }
}

/// Exit status `status`, and one sentence with `part` on stderr.
fn fails(arguments: &[&str], status: i32, part: &str) -> Outcome {
    let output = attach::run(arguments)?;
    let is_right = output.code() == Some(status) && output.stderr.contains(part);
    ensure(is_right && !output.stderr.contains("panicked"), || {
        format!("{arguments:?}: {output:?}")
    })
}

/// `record.py` under `record`, and where its recording is.
fn recorded(leg: &Leg, folder: &TempDir, more: &[&str]) -> Result<PathBuf, String> {
    let file = folder.path().join("a.dapper");
    let python = target::python(leg);
    let mut command = target::environment(Command::new(attach::binary()), leg);
    command
        .args(["record", "--rate", "50", "--output"])
        .arg(&file)
        .args(more)
        .arg("--")
        .arg(python.get_program())
        .args(python.get_args())
        .arg(target::programs().join("record.py"))
        .arg(folder.path().join("truth.json"));
    let output = attach::run_command(command)?;
    ensure(output.code() == Some(7), || format!("{output:?}"))?;
    ensure(output.stderr.contains("looks a second"), || {
        format!("no line of trust: {output:?}")
    })?;
    Ok(file)
}

/// The objects of a recording that was converted to JSON lines.
fn lines(file: &Path) -> Result<Vec<Value>, String> {
    let output = succeeds(&["convert", text(file)?, "-f", "jsonl", "-o", "-"])?;
    let lines = output.stdout.lines().map(serde_json::from_str);
    lines
        .collect::<Result<_, _>>()
        .map_err(|error| format!("{error} in {output:?}"))
}

fn every_format(leg: &Leg) -> Outcome {
    let folder = folder()?;
    let file = recorded(leg, &folder, &[])?;
    let all = lines(&file)?;
    let seconds = |group: &str, kind: &str| -> f64 {
        let own = all
            .iter()
            .filter(|it| it["group"] == group && it["kind"] == kind);
        let length = |it: &Value| Some(it["to_s"].as_f64()? - it["from_s"].as_f64()?);
        own.filter_map(length).sum()
    };
    for (group, kind) in [("wants_the_lock", "lock"), ("has_the_lock", "timer")] {
        let seconds = seconds(group, kind);
        ensure(seconds > 1.0, || format!("{group} {kind} {seconds}"))?;
    }
    for (name, begin) in [
        ("b.html", &b"<!"[..]),
        ("b.speedscope.json", b"{\"$schema\""),
        ("b.pb.gz", b"\x1f\x8b"),
        ("b.firefox.json.gz", b"\x1f\x8b"),
        ("b.perfetto-trace", b"\x0a"),
        ("b.collapsed", b""),
        ("b.jsonl", b"{\"record\""),
    ] {
        let to = folder.path().join(name);
        succeeds(&["convert", text(&file)?, "--output", text(&to)?])?;
        let bytes = fs::read(&to).map_err(|error| error.to_string())?;
        ensure(bytes.len() > 50 && bytes.starts_with(begin), || {
            name.to_owned()
        })?;
    }
    let report = succeeds(&["--capture", text(&file)?, "--at", "last"])?;
    ensure(
        report.stdout.contains("record.py") && report.stderr.contains("after the beginning"),
        || format!("{report:?}"),
    )
}

/// A recorder of a process, which a test ends.
struct Recorder {
    child: Child,
    file: PathBuf,
}

impl Recorder {
    fn start(pid: u32, folder: &TempDir) -> Result<Self, String> {
        let file = folder.path().join("b.dapper");
        let child = Command::new(attach::binary())
            .args(["record", "--rate", "20", "--pid", &pid.to_string(), "-o"])
            .arg(&file)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        Ok(Self { child, file })
    }

    /// Waits until the report of its last look, as JSON, is as wanted.
    fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Outcome {
        let started = Instant::now();
        let mut last = String::new();
        while started.elapsed() < PATIENCE {
            let output = attach::run(&["--capture", text(&self.file)?, "--json"])?;
            let report = serde_json::from_str(&output.stdout).unwrap_or(Value::Null);
            if wanted(&report) {
                return Ok(());
            }
            last = format!("{output:?}");
            std::thread::sleep(Duration::from_millis(100));
        }
        Err(format!("not in {PATIENCE:?}: {last}"))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn verdict(report: &Value) -> &Value {
    &report["processes"][0]["verdict"]["state"]
}

fn killed(leg: &Leg) -> Outcome {
    let (folder, mut command) = (folder()?, target::python(leg));
    command.arg(target::programs().join("heartbeat.py"));
    let mut target = Target::start("heartbeat.py", command)?;
    target.wait_ready()?;
    let mut recorder = Recorder::start(target.pid(), &folder)?;
    recorder.until(|report| verdict(report).is_string())?;
    let file = recorder.file.clone();
    // SIGKILL: nothing can be written any more.
    drop(recorder);
    let output = attach::run(&["convert", text(&file)?, "-f", "jsonl", "-o", "-"])?;
    ensure(
        output.code() == Some(0) && output.stderr.contains("it is cut short; it is read up to"),
        || format!("{output:?}"),
    )?;
    target.wait_beats(3)?;
    ensure(target.is_running_freely(), || {
        "the target is stopped or traced".into()
    })
}

fn of_its_time(leg: &Leg) -> Outcome {
    let (folder, mut command) = (folder()?, target::python(leg));
    command.arg(target::programs().join("turns.py"));
    let mut target = Target::start_with_input("turns.py", command)?;
    target.wait_ready()?;
    let mut recorder = Recorder::start(target.pid(), &folder)?;
    recorder.until(|report| verdict(report).is_string())?;
    target.write_line("go")?;
    target.wait_line("HUNG")?;
    recorder.until(|report| verdict(report) == "hung")?;
    let file = recorder.file.clone();
    drop(recorder);
    let at = |time: &str| -> Result<(Value, String), String> {
        let output = succeeds(&["--capture", text(&file)?, "--json", "--at", time])?;
        let report = serde_json::from_str(&output.stdout).map_err(|error| error.to_string())?;
        Ok((report, output.stderr))
    };
    let (last, said) = at("last")?;
    ensure(
        verdict(&last) == "hung" && said.contains("and the last"),
        || format!("{said} {}", verdict(&last)),
    )?;
    let first = said_look(&file, "1e9")?;
    ensure(first.contains("and the last"), || first)?;
    let time = first_time(&file)?;
    let (before, said) = at(&time)?;
    ensure(
        verdict(&before) != "hung" && said.contains("it is the first"),
        || format!("{said} {}", verdict(&before)),
    )?;
    walked(text(&file)?, &time)
}

/// A time soon after the first look, from the sentence that names all of them.
fn first_time(file: &Path) -> Result<String, String> {
    let output = attach::run(&["--capture", text(file)?, "--at", "0"])?;
    let named = output
        .stderr
        .split_once("no whole look at or before 0.0 s; there are: ");
    let named = named.filter(|_| output.code() == Some(1));
    let first = named.and_then(|(_, times)| times.split([',', ' ']).next());
    let first: Option<f64> = first.and_then(|time| time.parse().ok());
    // The sentence has tenths of a second.
    first
        .map(|time| format!("{:.1}", time + 0.1))
        .ok_or_else(|| format!("{output:?}"))
}

fn said_look(file: &Path, time: &str) -> Result<String, String> {
    Ok(succeeds(&["--capture", text(file)?, "--at", time])?.stderr)
}

fn without_memory(leg: &Leg) -> Outcome {
    let folder = folder()?;
    let file = recorded(leg, &folder, &["--no-memory"])?;
    let size = fs::metadata(&file)
        .map_err(|error| error.to_string())?
        .len();
    ensure(size < 100_000 && lines(&file)?.len() > 10, || {
        size.to_string()
    })?;
    fails(&["--capture", text(&file)?], 1, "it has no whole look")
}

fn through_pipes(leg: &Leg) -> Outcome {
    let folder = folder()?;
    let file = recorded(leg, &folder, &[])?;
    let bytes = fs::read(&file).map_err(|error| error.to_string())?;
    let mut child = Command::new(attach::binary())
        .args(["convert", "-", "-f", "jsonl", "-o", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut input = child.stdin.take().ok_or("no stdin")?;
    input.write_all(&bytes).map_err(|error| error.to_string())?;
    drop(input);
    let output = child
        .wait_with_output()
        .map_err(|error| error.to_string())?;
    let direct = succeeds(&["convert", text(&file)?, "-f", "jsonl", "-o", "-"])?;
    ensure(output.stdout == direct.stdout.as_bytes(), || {
        String::from_utf8_lossy(&output.stderr).into_owned()
    })
}

fn full_disk(leg: &Leg) -> Outcome {
    let mut command = target::python(leg);
    command.arg(target::programs().join("heartbeat.py"));
    let mut target = Target::start("heartbeat.py", command)?;
    target.wait_ready()?;
    let pid = target.pid().to_string();
    fails(
        &[
            "record",
            "--pid",
            &pid,
            "-d",
            "5",
            "-f",
            "dapper",
            "-o",
            "/dev/full",
        ],
        1,
        "was not written to its end: No space left on device",
    )
}

fn wrong_usage() -> Outcome {
    let folder = folder()?;
    let garbage = folder.path().join("garbage.dapper");
    fs::write(&garbage, "hello").map_err(|error| error.to_string())?;
    let garbage = text(&garbage)?;
    fails(
        &["convert", garbage],
        1,
        "it is not a capture of dapper-attach",
    )?;
    fails(&["convert", "/nonexistent.dapper"], 1, "cannot be read")?;
    fails(&["convert", garbage, "-f", "dapper"], 2, "invalid value")?;
    fails(
        &["--capture", garbage, "--at", "soon"],
        2,
        "it must be seconds",
    )?;
    fails(&["--pid", "1", "--at", "3"], 2, "cannot be used with")?;
    fails(&["record", "--pid", "1", "--no-memory"], 2, "--no-memory")
}

/// A recording of no more than whether a service waits longer for its lock.
fn served(leg: &Leg, folder: &TempDir, name: &str, lock_ms: &str) -> Result<PathBuf, String> {
    let mut command = target::python(leg);
    command
        .arg(target::programs().join("locked_service.py"))
        .arg(lock_ms);
    let mut target = Target::start("locked_service.py", command)?;
    target.wait_ready()?;
    let file = folder.path().join(name);
    let pid = target.pid().to_string();
    let arguments = [
        "record",
        "--pid",
        &pid,
        "-r",
        "50",
        "-d",
        "10",
        "--no-memory",
        "-o",
    ];
    succeeds(&[&arguments[..], &[text(&file)?]].concat())?;
    Ok(file)
}

fn compared(leg: &Leg) -> Outcome {
    let folder = folder()?;
    let before = served(leg, &folder, "before.dapper", "10")?;
    let after = served(leg, &folder, "after.dapper", "200")?;
    let (a, b) = (text(&before)?, text(&after)?);
    let output = attach::run(&["diff", a, b, "--json", "--fail-on", "wait:lock>+10%"])?;
    let diff: Value = serde_json::from_str(&output.stdout).map_err(|error| error.to_string())?;
    let row = &diff["rows"][0];
    ensure(
        output.code() == Some(3)
            && output.stderr.contains("wait:lock>+10% failed: ")
            && row["group"] == "handle"
            && diff["rules"][0]["failed"] == true,
        || format!("{output:?}"),
    )?;
    // The other way round, nothing grew.
    let output = attach::run(&["diff", b, a, "--fail-on", "wait:lock>+10%", "--width", "80"])?;
    ensure(
        output.code() == Some(0) && output.stdout.contains("ok wait:lock>+10%"),
        || format!("{output:?}"),
    )?;
    let is_plain = !output.stdout.contains('\u{1b}');
    ensure(is_plain, || "colours without a terminal".into())?;
    let coloured = succeeds(&["diff", a, b, "--color", "always"])?;
    ensure(coloured.stdout.contains("\u{1b}[31m"), || {
        format!("{coloured:?}")
    })?;
    let page = folder.path().join("diff.html");
    succeeds(&["diff", a, b, "-o", text(&page)?])?;
    let page = fs::read_to_string(&page).map_err(|error| error.to_string())?;
    ensure(
        page.contains("after.dapper compared with before.dapper"),
        || "the page has no title".into(),
    )?;
    fails(
        &["diff", a, b, "--fail-on", "wait:lokc>+1%"],
        2,
        "a rule is like",
    )?;
    fails(&["diff", a, "/nonexistent"], 1, "cannot be read")
}

//! Captures: the replayed output equals the live one, and `--redact` leaves out
//! what it promises to leave out.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use flate2::read::DeflateDecoder;
use libtest_mimic::Trial;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::dap::secrets_of;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg};
use crate::support::target::{Target, programs, python};
use crate::support::{Outcome, attach, ensure, pause};

const TESTS: [(&str, Test); 4] = [
    ("gives_the_json_that_was_seen", gives_the_json_that_was_seen),
    ("redacted_has_no_secret", redacted_has_no_secret),
    ("processes_below_are_in_it", processes_below_are_in_it),
    ("of_a_busy_process", of_a_busy_process),
];
const ONCE: [(&str, Test); 4] = [
    ("damaged_is_refused", damaged_is_refused),
    ("is_for_its_owner_alone", is_for_its_owner_alone),
    ("goes_through_pipes", goes_through_pipes),
    (
        "is_shown_by_the_debug_adapter",
        is_shown_by_the_debug_adapter,
    ),
];

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let of_leg = |wanted: fn(&Leg) -> bool| Manifest {
        legs: manifest
            .legs
            .iter()
            .filter(|leg| wanted(leg))
            .cloned()
            .collect(),
        ..manifest.clone()
    };
    let no_uvloop = |leg: &Leg| {
        let has = leg.packages.contains_key("uvloop");
        (!has).then(|| "it has no uvloop".to_owned())
    };
    let mut trials = on_every_leg(manifest, "capture", |_| None, &TESTS);
    let on_uvloop: [(&str, Test); 1] = [("of_uvloop", of_uvloop)];
    trials.extend(on_every_leg(manifest, "capture", no_uvloop, &on_uvloop));
    let one = of_leg(|leg| leg.leg == "3.13");
    trials.extend(on_every_leg(&one, "capture", |_| None, &ONCE));
    trials
}

/// A text and a number that must not be in a redacted capture.
const TEXT: &str = "Kx7dQ2vT9z";
const NUMBER: u64 = 917_364_528_190_463;

/// A program with secrets that hangs.
fn hanging(leg: &Leg) -> Result<Target, String> {
    let mut command = python(leg);
    command.arg(programs().join("captured.py"));
    command.arg(TEXT).arg(NUMBER.to_string());
    command.env("CAPTURED_SECRET", format!("environment {TEXT}"));
    let mut target = Target::start("captured.py", command)?;
    target.wait_ready()?;
    Ok(target)
}

/// A capture in a folder of its own, and the JSON that was printed when it was made.
struct Made {
    folder: TempDir,
    seen: String,
}

impl Made {
    /// Without `--no-pause` the process was stopped in time.
    fn of(pid: u32, more: &[&str]) -> Result<Self, String> {
        if more.contains(&"--no-pause") {
            return Self::once(pid, more);
        }
        let look = || {
            let made = Self::once(pid, more)?;
            let seen = attach::parse(&made.seen)?;
            Ok((made, seen))
        };
        let (made, _) = pause::until_stopped(look, |(_, seen)| &seen.processes)?;
        Ok(made)
    }

    fn once(pid: u32, more: &[&str]) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let (file, json) = (folder.path().join("a"), folder.path().join("json"));
        let pid = pid.to_string();
        let mut arguments = vec!["capture", "--pid", &pid, "-o", shown(&file)?];
        arguments.extend(["--json", shown(&json)?]);
        arguments.extend(more);
        succeeds(&arguments)?;
        let seen = fs::read_to_string(&json).map_err(|error| error.to_string())?;
        Ok(Self { folder, seen })
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("a")
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        fs::read(self.path()).map_err(|error| error.to_string())
    }

    /// Output of a command for this capture.
    fn says(&self, command: &[&str], more: &[&str]) -> Result<String, String> {
        let file = self.path();
        let arguments = [command, &["--capture", shown(&file)?], more].concat();
        succeeds(&arguments)
    }

    fn says_the_same(&self, more: &[&str]) -> Outcome {
        let said = self.says(&[], &[&["--json"], more].concat())?;
        ensure(said == self.seen, || difference(&self.seen, &said))
    }
}

fn shown(path: &Path) -> Result<&str, String> {
    path.to_str().ok_or_else(|| "odd path".into())
}

fn succeeds(arguments: &[&str]) -> Result<String, String> {
    let output = attach::run(arguments)?;
    match output.code() {
        Some(0) => Ok(output.stdout),
        _ => Err(format!(
            "{arguments:?}: {}\n{}",
            output.status, output.stderr
        )),
    }
}

/// Both texts around their first difference.
fn difference(seen: &str, said: &str) -> String {
    let same = seen.bytes().zip(said.bytes()).take_while(|(a, b)| a == b);
    let from = same.count().saturating_sub(120);
    let part = |text: &str| -> String {
        let bytes = text.as_bytes().iter().skip(from).take(240).copied();
        String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
    };
    format!("seen: …{}\nsaid: …{}", part(seen), part(said))
}

fn gives_the_json_that_was_seen(leg: &Leg) -> Outcome {
    let target = hanging(leg)?;
    let plain = Made::of(target.pid(), &[])?;
    let with_locals = Made::of(target.pid(), &["--locals"])?;
    let redacted = Made::of(target.pid(), &["--redact"])?;
    let running = Made::of(target.pid(), &["--no-pause", "--samples", "3"])?;
    drop(target);
    plain.says_the_same(&[])?;
    with_locals.says_the_same(&["--locals"])?;
    redacted.says_the_same(&[])?;
    running.says_the_same(&[])?;
    let found: Value = serde_json::from_str(&plain.seen).map_err(|error| error.to_string())?;
    let verdict = &found["processes"][0]["verdict"]["state"];
    ensure(verdict == "hung", || format!("the verdict is {verdict}"))?;
    // Variables are captured also without --locals.
    let locals = plain.says(&[], &["--json", "--locals"])?;
    ensure(locals.contains(&format!("local {TEXT}")), || {
        "the variables are not in the capture".into()
    })?;
    for (command, more) in [
        (&[][..], &["--threads"][..]),
        (&[], &["--dot"]),
        (&[], &["--task", "*", "--all-frames"]),
        (&["check"], &[]),
        (&["check"], &["--json"]),
    ] {
        for made in [&plain, &redacted] {
            let said = made.says(command, more)?;
            ensure(!said.contains("not in the capture"), || said.clone())?;
        }
    }
    Ok(())
}

/// The unpacked body of a capture.
fn unpacked(file: &[u8]) -> Result<Vec<u8>, String> {
    let version = usize::from(file[10]);
    let mut body = Vec::new();
    let packed = &file[11 + version + 20..];
    (DeflateDecoder::new(packed).read_to_end(&mut body)).map_err(|error| error.to_string())?;
    Ok(body)
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

/// The number as CPython stores it: 30 bits in each four bytes.
fn digits(number: u64) -> Vec<u8> {
    let digits = [number & 0x3fff_ffff, number >> 30];
    digits
        .iter()
        .flat_map(|digit| (*digit as u32).to_le_bytes())
        .collect()
}

fn redacted_has_no_secret(leg: &Leg) -> Outcome {
    let target = hanging(leg)?;
    let plain = unpacked(&Made::of(target.pid(), &[])?.bytes()?)?;
    let made = Made::of(target.pid(), &["--redact"])?;
    drop(target);
    let redacted = unpacked(&made.bytes()?)?;
    ensure(holds(&plain, format!("local {TEXT}").as_bytes()), || {
        "the plain capture has not the variable".into()
    })?;
    ensure(holds(&plain, &digits(NUMBER + 1)), || {
        "the plain capture has not the number".into()
    })?;
    // It is in variables, arguments, attributes, keys, the environment and the command line.
    ensure(!holds(&redacted, TEXT.as_bytes()), || {
        "a text is in it".into()
    })?;
    for number in NUMBER..NUMBER + 4 {
        let found = holds(&redacted, &digits(number))
            || holds(&redacted, &number.to_le_bytes())
            || holds(&redacted, number.to_string().as_bytes());
        ensure(!found, || "a number is in it".into())?;
    }
    let said = made.says(&[], &["--json"])?;
    for name in ["captured.py", "transfer", "asyncio.locks.Lock"] {
        ensure(said.contains(name), || format!("{name} is not in it"))?;
    }
    let file = made.path();
    let refused = attach::run(&["--capture", shown(&file)?, "--locals"])?;
    ensure(
        refused.code() == Some(1) && refused.stderr.contains("recorded with --redact"),
        || format!("{refused:?}"),
    )
}

fn processes_below_are_in_it(leg: &Leg) -> Outcome {
    let mut command = python(leg);
    command.arg(programs().join("family.py"));
    let mut target = Target::start_with_input("family.py", command)?;
    target.wait_ready()?;
    let made = Made::of(target.pid(), &["--children"])?;
    let redacted = Made::of(target.pid(), &["--children", "--redact"])?;
    drop(target);
    made.says_the_same(&[])?;
    redacted.says_the_same(&[])?;
    let snapshot = attach::parse(&made.seen)?;
    ensure(snapshot.processes.len() == 2, || {
        format!("{} processes", snapshot.processes.len())
    })
}

fn of_a_busy_process(leg: &Leg) -> Outcome {
    let (target, _) = Target::program(leg, "running.py")?;
    let made = Made::of(target.pid(), &["--interval", "0.1", "--samples", "3"])?;
    let redacted = Made::of(target.pid(), &["--redact", "--interval", "0"])?;
    drop(target);
    made.says_the_same(&[])?;
    redacted.says_the_same(&[])
}

fn of_uvloop(leg: &Leg) -> Outcome {
    let (target, _) = Target::program(leg, "uvloop_tasks.py")?;
    let made = Made::of(target.pid(), &["--locals"])?;
    let redacted = Made::of(target.pid(), &["--redact"])?;
    drop(target);
    made.says_the_same(&["--locals"])?;
    redacted.says_the_same(&[])
}

fn damaged_is_refused(leg: &Leg) -> Outcome {
    let target = hanging(leg)?;
    let made = Made::of(target.pid(), &["--redact"])?;
    drop(target);
    let whole = made.bytes()?;
    let mut other_version = whole.clone();
    other_version[8] = 99;
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 4;
    for (bytes, says) in [
        (&whole[..whole.len() - 1], "it is cut short"),
        (&whole[..4], "it is cut short"),
        (&whole[..0], "it is not a capture"),
        (&b"#!/bin/sh\nexit 0\n"[..], "it is not a capture"),
        (&other_version, "in format 99"),
        (&flipped, "its checksum is wrong"),
    ] {
        let file = made.path();
        fs::write(&file, bytes).map_err(|error| error.to_string())?;
        refused(&["--capture", shown(&file)?, "--json"], says)?;
        refused(&["check", "--capture", shown(&file)?], says)?;
    }
    refused(&["--capture", "/no/such/file"], "No such file")?;
    refused(&["--capture", "/proc/self/mem"], "cannot be read")
}

/// The command fails with one sentence, and says the same as JSON.
fn refused(arguments: &[&str], says: &str) -> Outcome {
    let output = attach::run(arguments)?;
    let is_told = output.code() == Some(1) && output.stderr.contains(says);
    ensure(is_told, || format!("{arguments:?}: {output:?}"))?;
    if arguments.contains(&"--json") {
        let answer: Value = serde_json::from_str(&output.stdout).map_err(|it| it.to_string())?;
        ensure(answer["error"]["code"] == "capture", || answer.to_string())?;
    }
    Ok(())
}

fn is_for_its_owner_alone(leg: &Leg) -> Outcome {
    let target = hanging(leg)?;
    let made = Made::of(target.pid(), &["--redact"])?;
    let mode = fs::metadata(made.path()).map_err(|error| error.to_string())?;
    let mode = mode.permissions().mode() & 0o777;
    ensure(mode == 0o600, || format!("the mode is {mode:o}"))?;
    let pid = target.pid().to_string();
    let is_told = |output: &attach::Output| {
        output.code() == Some(1) && output.stderr.contains("was not written")
    };
    for path in ["/dev/full", "/no/such/folder/a", "/"] {
        let output = attach::run(&["capture", "--pid", &pid, "-o", path])?;
        ensure(is_told(&output), || format!("{path}: {output:?}"))?;
    }
    // The size of files is limited, which acts like a full disk.
    let limited = format!(
        "trap '' XFSZ; ulimit -f 4; exec '{}' capture --pid {pid} -o '{}'",
        attach::binary().display(),
        made.folder.path().join("b").display()
    );
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &limited]);
    let output = attach::run_command(shell)?;
    ensure(is_told(&output), || format!("{output:?}"))?;
    let left = fs::read_dir(made.folder.path()).map_err(|error| error.to_string())?;
    ensure(left.count() == 2, || "something is left behind".into())
}

fn goes_through_pipes(leg: &Leg) -> Outcome {
    let target = hanging(leg)?;
    let pipe = format!(
        "'{0}' capture --pid {1} --redact -o - | '{0}' --capture - --json",
        attach::binary().display(),
        target.pid()
    );
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &pipe]);
    let output = attach::run_command(shell)?;
    ensure(attach::parse(&output.stdout)?.processes.len() == 1, || {
        format!("{output:?}")
    })
}

fn is_shown_by_the_debug_adapter(leg: &Leg) -> Outcome {
    let target = hanging(leg)?;
    let made = Made::of(target.pid(), &[])?;
    let redacted = Made::of(target.pid(), &["--redact"])?;
    drop(target);
    let file = made.path();
    for (arguments, attach) in [
        (&["--capture", shown(&file)?][..], json!({})),
        (&[], json!({ "capture": shown(&file)? })),
    ] {
        let values = secrets_of(arguments, &attach)?;
        let expected = format!("'local {TEXT}'");
        ensure(
            values == [expected.clone(), (NUMBER + 1).to_string()],
            || format!("{values:?}"),
        )?;
    }
    let file = redacted.path();
    let attach = json!({ "capture": shown(&file)? });
    let values = secrets_of(&[], &attach)?;
    ensure(
        values.iter().all(|it| it.contains("not in the capture")),
        || format!("{values:?}"),
    )
}

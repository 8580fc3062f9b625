//! Processes that are in an unusual state already: each has a clear answer.

use std::fs;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use libtest_mimic::Trial;

use super::heart::{Heart, is_traced};
use super::{Random, rounds, seed};
use crate::support::attach::{self, Output};
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::on_every_leg;
use crate::support::target::thread_states;
use crate::support::{Outcome, ensure, target};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let mut trials = on_every_leg(
        manifest,
        "harm",
        |_| None,
        &[
            ("stopped_by_its_owner", stopped_by_its_owner),
            ("zombie", zombie),
            ("replacing_itself", replacing_itself),
            ("ending", ending),
            ("forking", forking),
            ("in_a_sandbox", in_a_sandbox),
            ("short_of_memory", short_of_memory),
        ],
    );
    trials.extend(on_every_leg(
        manifest,
        "harm",
        |_| lacks("strace"),
        &[("traced_by_strace", traced_by_strace)],
    ));
    trials.extend(on_every_leg(
        manifest,
        "harm",
        |_| lacks("gdb"),
        &[("traced_by_gdb", traced_by_gdb)],
    ));
    trials
}

fn lacks(program: &str) -> Option<String> {
    (!attach::installed(program)).then(|| format!("no {program}"))
}

fn look(pid: u32, more: &[&str]) -> Result<Output, String> {
    let pid = pid.to_string();
    let mut arguments = vec!["--pid", &pid, "--json", "--interval", "0.02"];
    arguments.extend(more);
    attach::run(&arguments)
}

/// The code of the one sentence that a look failed with; nothing where it did not fail.
fn refusal(output: &Output) -> Result<Option<(String, String)>, String> {
    let answer: serde_json::Value =
        serde_json::from_str(&output.stdout).map_err(|error| format!("{error}: {output:?}"))?;
    if output.code() == Some(0) {
        return Ok(None);
    }
    let said = |field: &str| {
        answer["error"][field]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let (code, message) = (said("code"), said("message"));
    let first = output.stderr.lines().next().unwrap_or_default();
    let clear = output.code() == Some(1)
        && !code.is_empty()
        && first.starts_with("dapper-attach: ")
        && first.contains(&message)
        && output
            .stderr
            .lines()
            .skip(1)
            .all(|line| line.starts_with("  fix: "));
    ensure(clear, || format!("no clear answer: {output:?}"))?;
    Ok(Some((code, message)))
}

/// That a look succeeded, or was refused with one of these codes.
fn answered(output: &Output, codes: &[&str]) -> Result<bool, String> {
    match refusal(output)? {
        None => Ok(true),
        Some((code, _)) if codes.contains(&&*code) => Ok(false),
        Some((_, message)) => Err(format!("it is refused: {message}")),
    }
}

fn shows_it(pid: u32, more: &[&str], consistency: &[&str]) -> Outcome {
    let output = look(pid, more)?;
    answered(&output, &[])?;
    let snapshot = attach::parse(&output.stdout)?;
    let read = &snapshot.processes[0].read;
    ensure(
        consistency.contains(&&*read.consistency) && !snapshot.processes[0].tasks.is_empty(),
        || format!("{read:?}"),
    )
}

// ---------------------------------------------------------------- stopped, traced

fn only_stopped(heart: &Heart) -> bool {
    let states = thread_states(heart.pid());
    !states.is_empty() && states.chars().all(|state| state == 'T')
}

/// Whom its owner has stopped with SIGSTOP is shown, and stays so.
fn stopped_by_its_owner(leg: &Leg) -> Outcome {
    let heart = Heart::start(leg, 10, "")?;
    heart.signal(libc::SIGSTOP)?;
    heart.until("its owner's stop", only_stopped)?;
    for more in [&[][..], &["--no-pause"]] {
        shows_it(heart.pid(), more, &["stopped", "verified"])?;
        heart.until("its owner's stop again", only_stopped)?;
    }
    let mut random = Random(seed());
    for _ in 0..rounds(10) {
        let mut run = Command::new(attach::binary());
        run.args(["--samples", "1", "--pid", &heart.pid().to_string()]);
        let mut run = run
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        thread::sleep(Duration::from_micros(random.below(40_000)));
        let _ = run.kill();
        let _ = run.wait();
        heart.until("its owner's stop after our end", only_stopped)?;
    }
    heart.signal(libc::SIGCONT)?;
    heart.is_free()?;
    heart.goes_on()
}

/// A debugger that is attached to a process.
struct Debugger(Child);

impl Debugger {
    fn attach(command: &mut Command, heart: &Heart) -> Result<Self, String> {
        let quiet = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let debugger = Self(quiet.spawn().map_err(|error| error.to_string())?);
        heart.until("the debugger", |heart| is_traced(heart.pid()))?;
        Ok(debugger)
    }
}

impl Drop for Debugger {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Refused with the debugger's name; shown with `--no-pause`.
fn traced_by(heart: &Heart, name: &str, pid: u32) -> Outcome {
    let output = look(heart.pid(), &[])?;
    let (code, message) = refusal(&output)?.ok_or("it is not refused")?;
    let named = message.contains(&format!("traced by {name} (pid {pid})"));
    let way_out = output.stderr.contains("--no-pause");
    ensure(code == "stop-failed" && named && way_out, || {
        format!("{output:?}")
    })?;
    shows_it(heart.pid(), &["--no-pause"], &["verified", "running"])?;
    ensure(is_traced(heart.pid()), || "it lost its debugger".into())
}

fn traced_by_strace(leg: &Leg) -> Outcome {
    let heart = Heart::start(leg, 3, "")?;
    let mut strace = Command::new("strace");
    strace.args(["-f", "-o", "/dev/null", "-p", &heart.pid().to_string()]);
    let strace = Debugger::attach(&mut strace, &heart)?;
    heart.goes_on()?;
    traced_by(&heart, "strace", strace.0.id())?;
    heart.goes_on()?;
    drop(strace);
    heart.is_free()?;
    heart.goes_on()
}

fn traced_by_gdb(leg: &Leg) -> Outcome {
    let heart = Heart::start(leg, 3, "")?;
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-q", "-p", &heart.pid().to_string()]);
    gdb.args([
        "-iex",
        "set auto-load off",
        "-iex",
        "set debuginfod enabled off",
    ]);
    gdb.args(["-iex", "set auto-solib-add off"]);
    let mut gdb = Debugger::attach(&mut gdb, &heart)?;
    heart.until("gdb's stop", |heart| {
        let states = thread_states(heart.pid());
        !states.is_empty() && states.chars().all(|state| state == 't')
    })?;
    traced_by(&heart, "gdb", gdb.0.id())?;
    if let Some(mut input) = gdb.0.stdin.take() {
        let said = input.write_all(b"detach\nquit\n");
        said.map_err(|error| error.to_string())?;
    }
    heart.is_free()?;
    heart.goes_on()
}

// ---------------------------------------------------------------- coming and going

/// What a process may be when it is not there for a whole look.
const GOING: [&str; 8] = [
    "no-such-process",
    "zombie",
    "gone",
    "starting",
    "finalizing",
    "unreadable",
    "not-python",
    "stop-failed",
];

fn zombie(leg: &Leg) -> Outcome {
    let mut command = target::python(leg);
    let mut child = (command.args(["-c", "pass"]).spawn()).map_err(|error| error.to_string())?;
    let stat = format!("/proc/{}/stat", child.id());
    while !fs::read_to_string(&stat)
        .unwrap_or_default()
        .contains(") Z ")
    {
        thread::sleep(Duration::from_millis(1));
    }
    let refused = look(child.id(), &[]).and_then(|output| refusal(&output));
    let status = child.wait().map_err(|error| error.to_string())?;
    let refused = refused?.ok_or("a zombie is shown")?;
    ensure(refused.0 == "zombie" && status.success(), || {
        format!("{refused:?}, {status}")
    })
}

/// A program that replaces itself by itself all the time.
fn replacing_itself(leg: &Leg) -> Outcome {
    let heart = Heart::start(leg, 3, "exec")?;
    let mut random = Random(seed());
    for round in 0..rounds(12) {
        thread::sleep(Duration::from_micros(random.below(30_000)));
        let more: &[&str] = if round % 3 == 0 { &["--no-pause"] } else { &[] };
        answered(&look(heart.pid(), more)?, &GOING)?;
    }
    let before = heart.rounds();
    heart.until("more rounds", |heart| heart.rounds() > before + 2)
}

/// Programs that end while they are looked at.
fn ending(leg: &Leg) -> Outcome {
    let mut random = Random(seed());
    for round in 0..rounds(12) {
        let mut command = target::python(leg);
        command.args(["-c", "import asyncio; asyncio.run(asyncio.sleep(0.03))"]);
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        thread::sleep(Duration::from_micros(random.below(150_000)));
        let more: &[&str] = if round % 3 == 0 { &["--no-pause"] } else { &[] };
        let output = look(child.id(), more);
        let status = child.wait().map_err(|error| error.to_string())?;
        answered(&output?, &GOING)?;
        ensure(status.success(), || format!("it ended with {status}"))?;
    }
    Ok(())
}

/// A program that starts a child all the time; no child is held or lost.
fn forking(leg: &Leg) -> Outcome {
    let mut heart = Heart::start(leg, 3, "fork")?;
    let mut random = Random(seed());
    for round in 0..rounds(12) {
        heart.send_more()?;
        if round % 3 == 2 {
            let mut run = Command::new(attach::binary());
            run.args(["--samples", "1", "--pid", &heart.pid().to_string()]);
            let run = run.stdout(Stdio::null()).spawn();
            let mut run = run.map_err(|error| error.to_string())?;
            thread::sleep(Duration::from_micros(random.below(40_000)));
            let _ = run.kill();
            let _ = run.wait();
        } else {
            let more: &[&str] = if round % 3 == 0 { &["--no-pause"] } else { &[] };
            shows_it(heart.pid(), more, &["stopped", "verified", "running"])?;
        }
        let before = heart.rounds();
        heart.until("more children", |heart| heart.rounds() > before + 2)?;
    }
    heart.is_free()?;
    heart.goes_on()?;
    heart.got_all_signals()?;
    ensure(heart.wrong() == 0, || {
        format!(
            "{} children ended otherwise than they should",
            heart.wrong()
        )
    })
}

/// Where memory runs out, the kernel ends the one with the highest score, and a
/// program may be much larger than we are: ours has to be the highest there is.
fn short_of_memory(leg: &Leg) -> Outcome {
    let heart = Heart::start(leg, 0, "")?;
    let score = |pid: u32| fs::read_to_string(format!("/proc/{pid}/oom_score_adj"));
    let before = score(heart.pid()).map_err(|error| error.to_string())?;
    let mut run = Command::new(attach::binary());
    run.args(["--pid", &heart.pid().to_string(), "--interval", "60"]);
    let run = run.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut run = run.map_err(|error| error.to_string())?;
    let mut ended = None;
    while ended.is_none() && score(run.id()).is_ok_and(|score| score.trim() != "1000") {
        thread::sleep(Duration::from_millis(1));
        ended = run.try_wait().map_err(|error| error.to_string())?;
    }
    let after = score(heart.pid()).map_err(|error| error.to_string());
    let _ = run.kill();
    let _ = run.wait();
    ensure(ended.is_none(), || {
        format!("it ended before its score was the highest: {ended:?}")
    })?;
    let after = after?;
    ensure(after == before, || {
        format!("the score of the process is {after}, it was {before}")
    })
}

/// A program that may neither open files nor start programs, and that is killed
/// when it traces or reads a process.
fn in_a_sandbox(leg: &Leg) -> Outcome {
    let mut heart = Heart::start(leg, 3, "seccomp")?;
    let status = fs::read_to_string(format!("/proc/{}/status", heart.pid()));
    ensure(status.unwrap_or_default().contains("Seccomp:\t2"), || {
        "it has no sandbox".into()
    })?;
    heart.begin_epoch()?;
    heart.send_more()?;
    shows_it(heart.pid(), &[], &["stopped"])?;
    shows_it(heart.pid(), &["--no-pause"], &["verified", "running"])?;
    heart.is_free()?;
    heart.goes_on()?;
    heart.got_all_signals()
}

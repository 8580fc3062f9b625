//! The target is not changed: nothing is written to it, and it goes on running.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use crate::harm::session::Session;
use crate::support::attach::Output;
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::on_every_leg;
use crate::support::target::{self, Target};
use crate::support::{Outcome, attach, ensure, none};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let lacks = |_: &Leg| (!attach::installed("strace")).then(|| "no strace".to_owned());
    let mut trials = on_every_leg(
        manifest,
        "untouched",
        lacks,
        &[
            ("system_calls_by_default", system_calls_by_default),
            ("system_calls_without_pause", system_calls_without_pause),
            ("system_calls_of_each_command", system_calls_of_each_command),
            (
                "system_calls_of_a_debug_session",
                system_calls_of_a_debug_session,
            ),
        ],
    );
    trials.extend(on_every_leg(
        manifest,
        "untouched",
        |_| None,
        &[("survives_our_death", survives_our_death)],
    ));
    trials
}

/// The allowed ptrace requests: stop the process, let it go, and read.
const PTRACE_ALLOWED: [&str; 8] = [
    "PTRACE_SEIZE",
    "PTRACE_INTERRUPT",
    "PTRACE_DETACH",
    "PTRACE_CONT",
    "PTRACE_LISTEN",
    "PTRACE_GETREGS",
    "PTRACE_GETREGSET",
    "PTRACE_GETSIGINFO",
];

/// Calls that change another process, whatever their arguments.
const FORBIDDEN: [&str; 9] = [
    "process_vm_writev",
    "process_madvise",
    "kill",
    "tkill",
    "tgkill",
    "rt_sigqueueinfo",
    "rt_tgsigqueueinfo",
    "pidfd_send_signal",
    "pidfd_getfd",
];

const OPENED_FOR_WRITING: [&str; 5] = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];

/// The one file that may be written: our own score, which makes the kernel end
/// dapper-attach before other processes when memory runs out.
const OUR_OWN: &str = "\"/proc/self/oom_score_adj\"";

fn heartbeat(leg: &Leg) -> Result<Target, String> {
    let mut command = target::python(leg);
    command.arg(target::programs().join("heartbeat.py"));
    let mut target = Target::start("heartbeat.py", command)?;
    target.wait_ready()?;
    Ok(target)
}

fn goes_on(target: &mut Target) -> Outcome {
    target.discard_lines();
    for _ in 0..3 {
        target.wait_line("beat")?;
    }
    ensure(target.is_running_freely(), || {
        "the target is stopped or traced".into()
    })
}

/// A command that runs dapper-attach and writes its system calls to `file`.
fn traced(file: &Path) -> Command {
    let mut command = Command::new("strace");
    command
        .args(["-f", "-s", "256", "-o"])
        .arg(file)
        .arg(attach::binary());
    command
}

fn lines(file: &Path) -> Result<Vec<String>, String> {
    let trace = fs::read_to_string(file).map_err(|error| format!("the trace: {error}"))?;
    Ok(trace.lines().map(str::to_owned).collect())
}

/// Runs dapper-attach under strace; gives what it printed and the lines of the trace.
fn trace_of(arguments: &[&str]) -> Result<(Output, Vec<String>), String> {
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = directory.path().join("trace");
    let mut command = traced(&file);
    command.args(arguments);
    let output = attach::run_command(command)?;
    ensure(output.code() == Some(0), || {
        format!("{arguments:?}: {output:?}")
    })?;
    Ok((output, lines(&file)?))
}

/// Runs the report under strace; returns the lines of the trace.
fn trace(pid: u32, more: &[&str]) -> Result<Vec<String>, String> {
    let pid = pid.to_string();
    let mut arguments = vec!["--json", "--pid", &pid];
    arguments.extend(more);
    let (output, lines) = trace_of(&arguments)?;
    attach::parse(&output.stdout)?;
    Ok(lines)
}

/// What is wrong with one line of a trace, e.g. `123 ptrace(PTRACE_SEIZE, 7, …) = 0`.
fn complaint(line: &str) -> Option<&'static str> {
    let call = line.split_once(' ')?.1.trim_start();
    let (name, arguments) = call.split_once('(')?;
    // Signal 0 is never delivered: the call only asks whether a signal may be sent.
    let asks = name == "kill" && arguments.split(',').nth(1).is_some_and(is_zero);
    if FORBIDDEN.contains(&name) && !asks {
        return Some("changes another process");
    }
    if name == "ptrace" {
        let request = arguments.split([',', ' ', ')']).next()?;
        if !PTRACE_ALLOWED.contains(&request) || arguments.contains("EXITKILL") {
            return Some("is more than stopping and reading");
        }
    }
    let opens = ["open", "openat", "openat2", "creat"].contains(&name);
    let ours = arguments.split(", ").nth(1) == Some(OUR_OWN);
    if opens
        && !ours
        && (name == "creat"
            || OPENED_FOR_WRITING
                .iter()
                .any(|flag| arguments.contains(flag)))
    {
        return Some("opens for writing");
    }
    None
}

fn is_zero(argument: &str) -> bool {
    argument.trim_start().split([')', ' ']).next() == Some("0")
}

fn judge(lines: &[String]) -> Outcome {
    let reads = lines
        .iter()
        .filter(|line| line.contains("process_vm_readv("))
        .count();
    ensure(reads > 0, || "the trace shows no reading at all".into())?;
    let complaints = lines.iter().filter_map(|line| {
        let why = complaint(line)?;
        Some(format!("{why}: {line}"))
    });
    none(&complaints.collect::<Vec<_>>())
}

fn system_calls_by_default(leg: &Leg) -> Outcome {
    let mut target = heartbeat(leg)?;
    let lines = trace(target.pid(), &["--locals"])?;
    judge(&lines)?;
    goes_on(&mut target)
}

fn system_calls_without_pause(leg: &Leg) -> Outcome {
    let mut target = heartbeat(leg)?;
    let lines = trace(target.pid(), &["--locals", "--no-pause"])?;
    judge(&lines)?;
    let traced = lines.iter().find(|line| line.contains("ptrace(PTRACE_"));
    ensure(traced.is_none(), || {
        format!("--no-pause, and yet {traced:?}")
    })?;
    goes_on(&mut target)?;
    let process = attach::process(target.pid(), &["--no-pause"])?;
    let read = &process.read;
    ensure(
        read.consistency != "stopped" && read.stopped_us == 0,
        || format!("{read:?}"),
    )
}

/// Every command that looks at a process which is there already, and every way
/// to print it. (`demo` starts its own, and ends it.)
fn system_calls_of_each_command(leg: &Leg) -> Outcome {
    let mut target = heartbeat(leg)?;
    let pid = target.pid().to_string();
    let commands: [&[&str]; 11] = [
        &["--pid", &pid, "--interval", "0.05"],
        &["--pid", &pid, "--children", "--samples", "1"],
        &["--pid", &pid, "--threads"],
        &["--pid", &pid, "--dot", "--samples", "1"],
        &["--pid", &pid, "--task", "*", "--all-frames", "--locals"],
        &["check", "--pid", &pid],
        &["check", "--pid", &pid, "--no-pause", "--json"],
        &["ps"],
        &["capture", "--pid", &pid, "--redact", "-o", "-"],
        &["watch", "--pid", &pid, "-d", "0.5", "--every", "0.2"],
        &[
            "record", "--pid", &pid, "-d", "0.5", "-f", "jsonl", "-o", "-",
        ],
    ];
    for arguments in commands {
        let (_, lines) = trace_of(arguments)?;
        judge(&lines).map_err(|why| format!("{arguments:?}: {why}"))?;
        goes_on(&mut target)?;
    }
    Ok(())
}

/// A session in which the process stands still, with variables and expressions.
fn system_calls_of_a_debug_session(leg: &Leg) -> Outcome {
    let mut target = heartbeat(leg)?;
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = directory.path().join("trace");
    let mut adapter = traced(&file)
        .arg("dap")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    Session::start(&mut adapter, target.pid(), true)?.wait();
    let status = adapter.wait().map_err(|error| error.to_string())?;
    ensure(status.success(), || {
        format!("the adapter ended with {status}")
    })?;
    let lines = lines(&file)?;
    judge(&lines)?;
    let asked = lines.iter().any(|line| line.contains("evaluate"));
    ensure(asked, || "no expression was asked for".into())?;
    goes_on(&mut target)
}

/// Killed at any moment, dapper-attach leaves a process that runs.
fn survives_our_death(leg: &Leg) -> Outcome {
    let mut target = heartbeat(leg)?;
    for milliseconds in 1..=25 {
        let mut looking = Command::new(attach::binary())
            .args(["--json", "--locals", "--pid", &target.pid().to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        // Not a wait for something: the test varies the moment of death.
        std::thread::sleep(Duration::from_millis(milliseconds * 2));
        // Fails only when it has ended already.
        let _ = looking.kill();
        looking.wait().map_err(|error| error.to_string())?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while !target.is_running_freely() {
            ensure(Instant::now() < deadline, || {
                format!(
                    "killed after {} ms, it left a stopped process",
                    milliseconds * 2
                )
            })?;
        }
    }
    goes_on(&mut target)
}

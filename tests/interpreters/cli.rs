//! The command line against real processes: exit codes, errors, filters, lists.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use serde_json::Value;

use crate::support::attach::{self, Output};
use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg, once};
use crate::support::target::{self, Target};
use crate::support::{Outcome, ensure};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let mut trials = on_every_leg(
        manifest,
        "cli",
        |_| None,
        &[
            ("asyncio_not_imported", asyncio_not_imported),
            ("ps_lists_it", ps_lists_it),
            ("demo", demo),
            ("children", children),
            ("filters", filters),
            ("report_names_every_task", report_names_every_task),
            ("broken_pipe", broken_pipe),
        ],
    );
    let no_dot = |_: &Leg| (!attach::installed("dot")).then(|| "no dot".to_owned());
    let graph: &[(&str, Test)] = &[("graph_for_graphviz", graph_for_graphviz)];
    trials.extend(on_every_leg(manifest, "cli", no_dot, graph));
    let no_setpriv = if !attach::is_root() {
        Some("needs root to be another user".to_owned())
    } else {
        (!attach::installed("setpriv")).then(|| "no setpriv".to_owned())
    };
    trials.push(vec![
        once("cli", "no_such_process", None, no_such_process),
        once("cli", "not_python", None, not_python),
        once(
            "cli",
            "process_of_another_user",
            no_setpriv,
            process_of_another_user,
        ),
        once("cli", "wrong_usage", None, wrong_usage),
        once(
            "cli",
            "short_forms_print_the_same",
            None,
            short_forms_print_the_same,
        ),
        once(
            "cli",
            "completions_and_manual",
            None,
            completions_and_manual,
        ),
    ]);
    trials
}

fn plain(leg: &Leg) -> Result<Target, String> {
    start(leg, "plain.py")
}

fn start(leg: &Leg, program: &str) -> Result<Target, String> {
    let mut command = target::python(leg);
    command.arg(target::programs().join(program));
    let mut target = Target::start(program, command)?;
    target.wait_ready()?;
    Ok(target)
}

// ---------------------------------------------------------------- failures

/// One sentence on stderr, perhaps with its fix below, and exit code 1.
fn is_one_sentence(output: &Output) -> Outcome {
    let mut lines = output.stderr.lines();
    let first = lines.next().unwrap_or_default();
    let rest_is_a_fix = lines.all(|line| line.starts_with("  "));
    let right = output.code() == Some(1) && first.starts_with("dapper-attach: ") && rest_is_a_fix;
    ensure(right && !output.stderr.contains("panicked"), || {
        format!("{output:?}")
    })
}

fn fails_with(pid: u32, code: &str) -> Outcome {
    let pid = pid.to_string();
    is_one_sentence(&attach::run(&["--pid", &pid])?)?;
    let output = attach::run(&["--pid", &pid, "--json"])?;
    is_one_sentence(&output)?;
    error_code_is(&output, code)
}

fn error_code_is(output: &Output, code: &str) -> Outcome {
    let error: Value =
        serde_json::from_str(&output.stdout).map_err(|why| format!("{why}: {output:?}"))?;
    let right = error["error"]["code"] == code && error["error"]["message"].is_string();
    ensure(right, || {
        format!("the code is not {code}: {}", output.stdout)
    })
}

fn no_such_process() -> Outcome {
    // Above the kernel's highest pid.
    fails_with(4_194_305, "no-such-process")
}

fn not_python() -> Outcome {
    let mut command = Command::new("sleep");
    command.arg("600");
    let target = Target::start("sleep", command)?;
    let before = Instant::now();
    fails_with(target.pid(), "not-python")?;
    let took = before.elapsed();
    ensure(took < Duration::from_secs(20), || {
        format!("it took {took:?} to see that")
    })
}

fn process_of_another_user() -> Outcome {
    // The target belongs to root. The tool runs as `nobody`, who must be able to reach the binary.
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(directory.path(), open).map_err(|error| error.to_string())?;
    let binary = directory.path().join("dapper-attach");
    fs::copy(attach::binary(), &binary).map_err(|error| error.to_string())?;
    let mut command = Command::new("sleep");
    command.arg("600");
    let target = Target::start("sleep", command)?;
    let mut asking = Command::new("setpriv");
    asking
        .args([
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
            "--inh-caps=-all",
        ])
        .arg(&binary)
        .args(["--json", "--pid", &target.pid().to_string()]);
    let output = attach::run_command(asking)?;
    is_one_sentence(&output)?;
    error_code_is(&output, "permission")
}

fn wrong_usage() -> Outcome {
    for arguments in [
        &[][..],
        &["--pid", "0"],
        &["--pid", "many"],
        &["--pid", "1", "--no-such-option"],
        &["--pid", "1", "--json", "--dot"],
        &["--pid", "1", "--json", "--format", "json"],
        &["--pid", "1", "--dot", "--format", "text"],
        &["--pid", "1", "--format", "xml"],
        &["--pid", "1", "--threads", "--json"],
        &["--pid", "1", "--threads", "--format", "json"],
        &["demo", "--threads", "--format", "dot"],
        &["ps", "--format", "dot"],
        &["ps", "--json", "--format", "json"],
        &["check", "--pid", "1", "--json", "--format", "text"],
        &["--pid", "1", "--no-pause", "--max-pause", "5"],
        &["no-such-command"],
    ] {
        let output = attach::run(arguments)?;
        ensure(
            output.code() == Some(2) && !output.stderr.is_empty(),
            || format!("{arguments:?}: {output:?}"),
        )?;
    }
    Ok(())
}

/// On a capture, where nothing changes between two runs.
fn short_forms_print_the_same() -> Outcome {
    let captures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/captures");
    let capture = format!("{captures}/3.13.dapper");
    let cases: [(&[&str], &str, &str); 3] = [
        (&[], "--json", "json"),
        (&[], "--dot", "dot"),
        (&["check"], "--json", "json"),
    ];
    for (command, short, format) in cases {
        let print = |words: &[&str]| {
            attach::run(&[command, &["--capture", capture.as_str()], words].concat())
        };
        let (by_name, by_short_form) = (print(&["--format", format])?, print(&[short])?);
        let equal = by_name.code() == Some(0) && by_name.stdout == by_short_form.stdout;
        ensure(equal && !by_name.stdout.is_empty(), || {
            format!("{command:?} {short}: {by_name:?} is not {by_short_form:?}")
        })?;
    }
    let missing = ["--capture", "no-such-file.dapper", "--format", "json"];
    error_code_is(&attach::run(&missing)?, "capture")
}

fn completions_and_manual() -> Outcome {
    for arguments in [
        &["completions", "bash"][..],
        &["completions", "zsh"],
        &["completions", "fish"],
        &["man"],
        &["--version"],
        &["--help"],
    ] {
        let output = attach::run(arguments)?;
        let right = output.code() == Some(0) && output.stdout.contains("dapper-attach");
        ensure(right, || format!("{arguments:?}: {output:?}"))?;
    }
    Ok(())
}

/// When the reader of the output closes it, there is no panic and no message.
fn broken_pipe(leg: &Leg) -> Outcome {
    let (target, _) = Target::program(leg, "many_threads.py")?;
    let pid = target.pid().to_string();
    for more in [&["--json"][..], &["--dot"], &["--all-frames"]] {
        let mut child = Command::new(attach::binary())
            .args(["--pid", &pid])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        drop(child.stdout.take());
        let output = child
            .wait_with_output()
            .map_err(|error| error.to_string())?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure(
            output.status.code() != Some(101) && !errors.contains("panicked"),
            || format!("{more:?}: {output:?}"),
        )?;
    }
    Ok(())
}

// ---------------------------------------------------------------- one process

/// A program without asyncio is not an error.
fn asyncio_not_imported(leg: &Leg) -> Outcome {
    let target = plain(leg)?;
    let process = attach::process(target.pid(), &["--max-pause", "30000"])?;
    let empty = process.tasks.is_empty() && process.loops.is_empty() && process.errors.is_empty();
    ensure(
        empty && !process.asyncio_imported && process.threads.len() == 2,
        || format!("{process:?}"),
    )?;
    let output = attach::run(&["--pid", &target.pid().to_string()])?;
    ensure(
        output.code() == Some(0) && output.stdout.contains("no asyncio"),
        || format!("{output:?}"),
    )
}

fn ps_lists_it(leg: &Leg) -> Outcome {
    let target = start(leg, "heartbeat.py")?;
    let output = attach::run(&["ps", "--json"])?;
    let list: Value =
        serde_json::from_str(&output.stdout).map_err(|why| format!("{why}: {output:?}"))?;
    let found = list
        .as_array()
        .into_iter()
        .flatten()
        .find(|row| row["pid"] == target.pid());
    let row = found.ok_or("it is not in the list")?;
    let right = row["python"]["version"] == *leg.version
        && row["threads"] == 1
        && row["tasks"] == 7
        && row["verdict"]["state"].is_string();
    ensure(right, || format!("its row is {row}"))?;
    let output = attach::run(&["ps", "--no-verdict"])?;
    let pid = target.pid().to_string();
    let listed = output
        .stdout
        .lines()
        .any(|line| line.split_whitespace().next() == Some(&pid) && line.contains(&leg.version));
    ensure(output.code() == Some(0) && listed, || output.stdout.clone())
}

fn demo(leg: &Leg) -> Outcome {
    let python = leg.python();
    let python = python.to_string_lossy();
    let output = attach::run(&["demo", "--python", &python, "--json"])?;
    ensure(output.code() == Some(0), || format!("{output:?}"))?;
    let snapshot = attach::parse(&output.stdout)?;
    let tasks = snapshot
        .processes
        .iter()
        .map(|process| process.tasks.len())
        .sum::<usize>();
    ensure(tasks > 1, || format!("{tasks} tasks"))?;
    let output = attach::run(&["demo", "--python", &python])?;
    let told = output.stdout.contains("TASKS") && output.stdout.contains("transfer");
    ensure(output.code() == Some(0) && told, || format!("{output:?}"))
}

fn children(leg: &Leg) -> Outcome {
    let mut command = target::python(leg);
    command.arg(target::programs().join("family.py"));
    let mut target = Target::start_with_input("family.py", command)?;
    let child: u32 = target
        .wait_ready()?
        .parse()
        .map_err(|error| format!("{error}"))?;
    let snapshot = attach::snapshot(target.pid(), &["--children"])?;
    let pids: Vec<_> = snapshot
        .processes
        .iter()
        .map(|process| process.pid)
        .collect();
    ensure(pids == [target.pid(), child], || format!("{pids:?}"))?;
    let parent = snapshot.processes[1].parent_pid;
    ensure(parent == Some(target.pid()), || {
        format!("the child's parent is {parent:?}")
    })?;
    let alone = attach::snapshot(target.pid(), &[])?.processes.len();
    ensure(alone == 1, || {
        format!("{alone} processes without --children")
    })
}

fn filters(leg: &Leg) -> Outcome {
    let (target, _) = Target::program(leg, "loops.py")?;
    let coroutine = "two_that_idle";
    let process = attach::process(target.pid(), &["--task", coroutine])?;
    let coroutines: Vec<_> = process.tasks.iter().map(|task| &*task.coroutine).collect();
    ensure(coroutines == [coroutine], || {
        format!("--task: {coroutines:?}")
    })?;
    let process = attach::process(target.pid(), &["--thread", "idle-2"])?;
    let threads: Vec<_> = process.threads.iter().map(|thread| &*thread.name).collect();
    ensure(threads == ["idle-2"], || format!("--thread: {threads:?}"))?;
    let pid = target.pid().to_string();
    let output = attach::run(&["--pid", &pid, "--task", "nobody is called that", "--json"])?;
    error_code_is(&output, "no-such-task")
}

// ---------------------------------------------------------------- output for people and graphs

/// Names cannot send control sequences to the terminal either.
fn report_names_every_task(leg: &Leg) -> Outcome {
    let (target, _) = Target::program(leg, "states.py")?;
    let pid = target.pid().to_string();
    let output = attach::run(&["--pid", &pid, "--group-above", "0", "--all-frames"])?;
    ensure(output.code() == Some(0), || format!("{output:?}"))?;
    let bad = output.stdout.chars().find(|c| c.is_control() && *c != '\n');
    ensure(bad.is_none(), || format!("the report holds {bad:?}"))?;
    for coroutine in [
        "native_task",
        "name_lazily_formatted",
        "Handler.Inner.run",
        "größe",
    ] {
        ensure(output.stdout.contains(coroutine), || {
            format!("{coroutine} is not in the report:\n{}", output.stdout)
        })?;
    }
    Ok(())
}

fn graph_for_graphviz(leg: &Leg) -> Outcome {
    let (target, _) = Target::program(leg, "edges.py")?;
    let output = attach::run(&["--pid", &target.pid().to_string(), "--dot"])?;
    let starts = output.stdout.starts_with("digraph") && output.stdout.contains("->");
    ensure(output.code() == Some(0) && starts, || format!("{output:?}"))?;
    let mut dot = Command::new("dot")
        .arg("-Tcanon")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    let mut input = dot.stdin.take().expect("stdin was asked for");
    input
        .write_all(output.stdout.as_bytes())
        .map_err(|error| format!("dot: {error}"))?;
    drop(input);
    let judged = dot.wait_with_output().map_err(|error| error.to_string())?;
    ensure(judged.status.success() && judged.stderr.is_empty(), || {
        String::from_utf8_lossy(&judged.stderr).into_owned()
    })
}

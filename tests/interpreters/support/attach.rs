//! Runs dapper-attach as a user would.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::snapshot::{Process, Snapshot};

const TIMEOUT: Duration = Duration::from_secs(120);

/// The binary under test.
pub fn binary() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_dapper-attach"))
}

/// Output and exit status of a run.
#[derive(Debug)]
pub struct Output {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    pub fn code(&self) -> Option<i32> {
        self.status.code()
    }
}

/// Runs `command` to its end; one that does not end is killed.
pub fn run_command(mut command: Command) -> Result<Output, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {command:?}: {error}"))?;
    let mut stdout = child.stdout.take().expect("stdout was asked for");
    let mut stderr = child.stderr.take().expect("stderr was asked for");
    let out = thread::spawn(move || read_all(&mut stdout));
    let err = thread::spawn(move || read_all(&mut stderr));
    let deadline = Instant::now() + TIMEOUT;
    let status = loop {
        match child.try_wait().map_err(|error| error.to_string())? {
            Some(status) => break status,
            None if Instant::now() > deadline => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("{command:?} did not end in {TIMEOUT:?}"));
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    Ok(Output {
        status,
        stdout: out.join().map_err(|_| "reading stdout panicked")?,
        stderr: err.join().map_err(|_| "reading stderr panicked")?,
    })
}

fn read_all(source: &mut impl Read) -> String {
    let mut bytes = Vec::new();
    // After an error the test judges what was read before it.
    let _ = source.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Runs dapper-attach with `arguments`.
pub fn run(arguments: &[&str]) -> Result<Output, String> {
    let mut command = Command::new(binary());
    command.args(arguments);
    run_command(command)
}

/// Runs `dapper-attach --pid PID --json` with more arguments, and reads what it prints.
pub fn snapshot(pid: u32, more: &[&str]) -> Result<Snapshot, String> {
    let pid = pid.to_string();
    let mut arguments = vec!["--pid", &pid, "--json"];
    arguments.extend(more);
    let output = run(&arguments)?;
    if output.code() != Some(0) {
        return Err(format!(
            "dapper-attach {}: {}\n{}",
            arguments.join(" "),
            output.status,
            output.stderr
        ));
    }
    parse(&output.stdout)
}

/// A snapshot of `pid`, which must have exactly one process.
pub fn process(pid: u32, more: &[&str]) -> Result<Process, String> {
    let mut snapshot = snapshot(pid, more)?;
    match snapshot.processes.len() {
        1 => Ok(snapshot.processes.remove(0)),
        count => Err(format!("{count} processes instead of one")),
    }
}

pub fn parse(text: &str) -> Result<Snapshot, String> {
    serde_json::from_str(text).map_err(|error| format!("the JSON breaks the contract: {error}"))
}

/// Whether `program` is installed.
pub fn installed(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Whether the tests run as root, which some of them need.
pub fn is_root() -> bool {
    Path::new("/proc/self").exists() && nix::unistd::geteuid().is_root()
}

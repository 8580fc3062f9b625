//! `dapper-attach demo`

use std::fs;
use std::io::{ErrorKind, Read};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use super::args::DemoArguments;
use super::failure::Failure;
use super::report;
use crate::model::Snapshot;

const PROGRAM: &str = include_str!("demo.py");
/// Time for the interpreter to start and for the program to hang.
const READY_TIMEOUT: Duration = Duration::from_secs(20);
/// Maximum length of the program's output, in bytes.
const MAX_OUTPUT: usize = 64 << 10;

/// Starts a small program that hangs, and reports on it.
///
/// # Errors
/// If the program does not start or cannot be read, or the report cannot be written.
pub(super) fn run(arguments: &DemoArguments) -> Result<(), Failure> {
    let snapshot = inspect(arguments)?;
    report::print(snapshot, &arguments.show, arguments.read.locals)
}

/// Starts the program, inspects it, and removes its process and file. A signal
/// that arrives meanwhile is delivered after that.
fn inspect(arguments: &DemoArguments) -> Result<Snapshot, Failure> {
    // Declared first, so that it is dropped last.
    let signals;
    let folder = tempfile::Builder::new()
        .prefix("dapper-attach-demo-")
        .tempdir()
        .map_err(|error| unwritable(&error))?;
    let path = folder.path().join("demo.py");
    fs::write(&path, PROGRAM).map_err(|error| unwritable(&error))?;
    let mut program = Program::start(&arguments.python, &path)?;
    // Not before the program has started: it would inherit the blocked signals.
    signals = BlockedSignals::new();
    let pid = program.wait_until_ready(&signals)?;
    Ok(arguments.read.live(pid, false).diagnosed()?)
}

/// The running demo program, killed when dropped.
struct Program {
    child: Child,
    stdout: ChildStdout,
}

impl Program {
    fn start(python: &Path, path: &Path) -> Result<Self, Failure> {
        let spawned = Command::new(python)
            .arg(path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = spawned.map_err(|error| {
            let message = format!("{} could not be started: {error}", python.display());
            let hint = match error.kind() {
                ErrorKind::NotFound => {
                    "install Python 3.7 or later, or name one with --python PATH"
                }
                _ => "name another interpreter with --python PATH",
            };
            Failure::new("demo-python", message, Some(hint.into()))
        })?;
        match child.stdout.take() {
            Some(stdout) => Ok(Self { child, stdout }),
            None => Err(not_ready("it has no output")),
        }
    }

    /// Waits until the program hangs, and returns the pid of its interpreter.
    fn wait_until_ready(&mut self, signals: &BlockedSignals) -> Result<u32, Failure> {
        let deadline = Instant::now() + READY_TIMEOUT;
        let mut output = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seconds = READY_TIMEOUT.as_secs();
                return Err(not_ready(&format!("it was not ready after {seconds} s")));
            }
            let readable = wait_for(&self.stdout, signals, left)?;
            if signals.pending() {
                return Err(Failure::new(
                    "interrupted",
                    "the demo was interrupted",
                    None,
                ));
            }
            if !readable {
                continue;
            }
            let mut buffer = [0; 4096];
            match self.stdout.read(&mut buffer) {
                Ok(0) => return Err(not_ready(&self.end_reason())),
                Ok(count) => output.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(not_ready(&error.to_string())),
            }
            if let Some(pid) = ready_pid(&output) {
                return Ok(pid);
            }
            if output.len() > MAX_OUTPUT {
                return Err(not_ready("it printed too much"));
            }
        }
    }

    /// Why the program ended: the last line of its errors.
    fn end_reason(&mut self) -> String {
        let mut errors = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            // What was read before an error is still useful.
            let _ = stderr.take(MAX_OUTPUT as u64).read_to_end(&mut errors);
        }
        let errors = String::from_utf8_lossy(&errors);
        match errors.lines().rfind(|line| !line.trim().is_empty()) {
            Some(line) => format!("it ended: {line}"),
            None => "it ended".to_owned(),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Both fail only if the child has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The pid in the line `READY <pid>`. `None` until that line is complete.
fn ready_pid(output: &[u8]) -> Option<u32> {
    let output = String::from_utf8_lossy(output);
    let lines = output
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    lines
        .filter_map(|line| line.trim().strip_prefix("READY "))
        .find_map(|pid| pid.parse().ok())
}

/// Waits for output, a signal, or the end of the time `left`. Returns whether there
/// is output, or its end.
fn wait_for(
    stdout: &ChildStdout,
    signals: &BlockedSignals,
    left: Duration,
) -> Result<bool, Failure> {
    let mut waited = vec![PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
    if let Some(fd) = &signals.fd {
        waited.push(PollFd::new(fd.as_fd(), PollFlags::POLLIN));
    }
    let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
    match poll(&mut waited, timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(waited[0].any().unwrap_or(false)),
        Err(error) => Err(not_ready(&error.to_string())),
    }
}

/// Blocks the signals that would end this process, until it is dropped.
struct BlockedSignals {
    mask: SigSet,
    fd: Option<SignalFd>,
}

impl BlockedSignals {
    fn new() -> Self {
        let mask = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
        // If this fails, a signal ends this process at once, as it would without it.
        let fd = mask.thread_block().and_then(|()| {
            SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        });
        Self { mask, fd: fd.ok() }
    }

    /// Whether a signal has arrived.
    fn pending(&self) -> bool {
        let Some(fd) = &self.fd else { return false };
        let mut waited = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
        matches!(poll(&mut waited, PollTimeout::ZERO), Ok(count) if count > 0)
    }
}

impl Drop for BlockedSignals {
    fn drop(&mut self) {
        let _ = self.mask.thread_unblock();
    }
}

fn not_ready(why: &str) -> Failure {
    let hint = "try another interpreter with --python PATH".to_owned();
    Failure::new(
        "demo",
        format!("the demo program did not start: {why}"),
        Some(hint),
    )
}

fn unwritable(error: &std::io::Error) -> Failure {
    let hint = "set TMPDIR to a directory that you can write to".to_owned();
    Failure::new(
        "demo",
        format!("the demo program could not be written: {error}"),
        Some(hint),
    )
}

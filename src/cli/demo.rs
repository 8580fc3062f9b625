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
/// Time for the interpreter to start and for the program to get stuck.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of the program's output that are kept to find its word in.
const MAX_SAID: usize = 64 << 10;

pub fn run(arguments: &DemoArguments) -> Result<(), Failure> {
    let snapshot = look(arguments)?;
    report::print(snapshot, &arguments.show, arguments.read.locals)
}

/// Starts the program, looks into it, and leaves neither process nor file
/// behind, also when interrupted meanwhile: the signal is delivered afterwards.
fn look(arguments: &DemoArguments) -> Result<Snapshot, Failure> {
    // Declared first, and so released last.
    let signals;
    let folder = tempfile::Builder::new()
        .prefix("dapper-attach-demo-")
        .tempdir()
        .map_err(|error| unwritable(&error))?;
    let path = folder.path().join("demo.py");
    fs::write(&path, PROGRAM).map_err(|error| unwritable(&error))?;
    let mut program = Program::start(&arguments.python, &path)?;
    // Held back only now: the program must not inherit that.
    signals = HeldSignals::new();
    let pid = program.wait_until_ready(&signals)?;
    Ok(arguments.read.capture(pid, false).diagnosed()?)
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
            None => Err(broken("it has no output")),
        }
    }

    /// The pid of the interpreter that runs the program, as soon as it hangs.
    fn wait_until_ready(&mut self, signals: &HeldSignals) -> Result<u32, Failure> {
        let deadline = Instant::now() + PATIENCE;
        let mut said = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let seconds = PATIENCE.as_secs();
                return Err(broken(&format!("it was not ready after {seconds} s")));
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
                Ok(0) => return Err(broken(&self.last_words())),
                Ok(count) => said.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(broken(&error.to_string())),
            }
            if let Some(pid) = ready_pid(&said) {
                return Ok(pid);
            }
            if said.len() > MAX_SAID {
                return Err(broken("it says what it should not"));
            }
        }
    }

    /// Why the program ended: the last line of its errors.
    fn last_words(&mut self) -> String {
        let mut errors = Vec::new();
        if let Some(stderr) = self.child.stderr.take() {
            // What was read before an error is still worth telling.
            let _ = stderr.take(MAX_SAID as u64).read_to_end(&mut errors);
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
        // Both fail only for a child that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The pid in the line `READY <pid>`, once that line is complete.
fn ready_pid(said: &[u8]) -> Option<u32> {
    let said = String::from_utf8_lossy(said);
    let lines = said
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    lines
        .filter_map(|line| line.trim().strip_prefix("READY "))
        .find_map(|pid| pid.parse().ok())
}

/// Waits for output or a signal: whether there is output (or its end).
fn wait_for(stdout: &ChildStdout, signals: &HeldSignals, left: Duration) -> Result<bool, Failure> {
    let mut waited = vec![PollFd::new(stdout.as_fd(), PollFlags::POLLIN)];
    if let Some(fd) = &signals.fd {
        waited.push(PollFd::new(fd.as_fd(), PollFlags::POLLIN));
    }
    let timeout = PollTimeout::try_from(left).unwrap_or(PollTimeout::MAX);
    match poll(&mut waited, timeout) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(waited[0].any().unwrap_or(false)),
        Err(error) => Err(broken(&error.to_string())),
    }
}

/// Signals that would end us, held back until this is dropped.
struct HeldSignals {
    mask: SigSet,
    fd: Option<SignalFd>,
}

impl HeldSignals {
    fn new() -> Self {
        let mask = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP]);
        // Without it an interrupt ends us at once, as it would have before.
        let fd = mask.thread_block().and_then(|()| {
            SignalFd::with_flags(&mask, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
        });
        Self { mask, fd: fd.ok() }
    }

    /// Whether one has arrived.
    fn pending(&self) -> bool {
        let Some(fd) = &self.fd else { return false };
        let mut waited = [PollFd::new(fd.as_fd(), PollFlags::POLLIN)];
        matches!(poll(&mut waited, PollTimeout::ZERO), Ok(count) if count > 0)
    }
}

impl Drop for HeldSignals {
    fn drop(&mut self) {
        let _ = self.mask.thread_unblock();
    }
}

fn broken(why: &str) -> Failure {
    let hint = "try another interpreter with --python PATH".to_owned();
    Failure::new(
        "demo",
        format!("the demo program did not get ready: {why}"),
        Some(hint),
    )
}

fn unwritable(error: &std::io::Error) -> Failure {
    let hint = "set TMPDIR to a folder that you may write to".to_owned();
    Failure::new(
        "demo",
        format!("the demo program could not be written: {error}"),
        Some(hint),
    )
}

//! A process under test. It is started, it prints READY, and it is killed when its value is dropped.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::legs::Leg;

/// Generous, for loaded machines. Only a failing test waits as long.
const READY_TIMEOUT: Duration = Duration::from_secs(180);

/// The folder of the test programs.
pub fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs")
}

/// A command that runs the interpreter of `leg` without touching the source tree.
pub fn python(leg: &Leg) -> Command {
    environment(Command::new(leg.python()), leg)
}

/// Gives `command` the environment that the interpreter of `leg` needs.
pub fn environment(mut command: Command, leg: &Leg) -> Command {
    command.envs(&leg.env).env("PYTHONUNBUFFERED", "1");
    if leg.minor() >= (3, 8) {
        let cache = std::env::temp_dir().join(format!("dapper-attach-pycache-{}", leg.leg));
        command.env("PYTHONPYCACHEPREFIX", cache);
    } else {
        command.env("PYTHONDONTWRITEBYTECODE", "1");
    }
    if let Some(packages) = &leg.site_packages {
        command.env("PYTHONPATH", packages);
    }
    command
}

fn temporary_directory() -> Result<TempDir, String> {
    tempfile::tempdir().map_err(|error| format!("no temporary directory: {error}"))
}

/// The states of all threads of a process as the kernel names them, for example `RSS`.
pub fn thread_states(pid: u32) -> String {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let state = |entry: std::io::Result<fs::DirEntry>| {
        // A thread may have any bytes as its name.
        let stat = fs::read(entry.ok()?.path().join("stat")).ok()?;
        let stat = String::from_utf8_lossy(&stat).into_owned();
        stat.rsplit_once(") ")?.1.chars().next()
    };
    threads.into_iter().flatten().filter_map(state).collect()
}

/// A running process that ends when this value does.
pub struct Target {
    what: String,
    child: Child,
    lines: Receiver<String>,
    directory: TempDir,
}

impl Target {
    /// Starts `command`. Its stdout is read line by line; its stderr goes to a file that failures quote.
    pub fn start(what: &str, mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::null());
        Self::start_in(temporary_directory()?, what, command)
    }

    /// Like `start`, with an input that ends when the target is dropped or the test dies.
    pub fn start_with_input(what: &str, mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped());
        Self::start_in(temporary_directory()?, what, command)
    }

    fn start_in(directory: TempDir, what: &str, mut command: Command) -> Result<Self, String> {
        let errors = File::create(directory.path().join("stderr"))
            .map_err(|error| format!("{what}: {error}"))?;
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .map_err(|error| format!("{what}: cannot start {command:?}: {error}"))?;
        let stdout = child.stdout.take().expect("stdout was asked for");
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            what: what.to_owned(),
            child,
            lines,
            directory,
        })
    }

    /// Starts a program of `tests/programs` and waits until it has written its truth.
    pub fn program(leg: &Leg, program: &str) -> Result<(Self, PathBuf), String> {
        let directory = temporary_directory()?;
        let truth = directory.path().join("truth.json");
        let mut command = python(leg);
        command.arg(programs().join(program)).arg(&truth);
        let what = format!("{program} on {}", leg.version);
        let mut target = Self::start_in(directory, &what, command)?;
        target.wait_ready()?;
        Ok((target, truth))
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The process that it started, where `unshare --fork` stands before the interpreter.
    pub fn child(&self) -> Result<u32, String> {
        let pid = self.pid();
        let path = format!("/proc/{pid}/task/{pid}/children");
        let children = fs::read_to_string(path).map_err(|error| error.to_string())?;
        let first = children
            .split_whitespace()
            .next()
            .ok_or("it has no child")?;
        first.parse().map_err(|error| format!("{first}: {error}"))
    }

    /// Waits for the line READY and returns what follows this word.
    pub fn wait_ready(&mut self) -> Result<String, String> {
        self.wait_line("READY")
            .map(|line| line["READY".len()..].trim().to_owned())
    }

    /// Waits for the next line of output that starts with `start`.
    pub fn wait_line(&mut self, start: &str) -> Result<String, String> {
        let deadline = Instant::now() + READY_TIMEOUT;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) if line.starts_with(start) => return Ok(line),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    return Err(self.failure(&format!("no {start} in {READY_TIMEOUT:?}")));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let status = self.child.wait();
                    return Err(self.failure(&format!("ended before {start}: {status:?}")));
                }
            }
        }
    }

    /// Writes a line to its input.
    pub fn write_line(&mut self, line: &str) -> Result<(), String> {
        let input = self.child.stdin.as_mut().ok_or("it has no input")?;
        let written = writeln!(input, "{line}").and_then(|()| input.flush());
        written.map_err(|error| error.to_string())
    }

    /// Drops lines that were printed but not read.
    pub fn discard_lines(&mut self) {
        while self.lines.try_recv().is_ok() {}
    }

    /// Waits for lines that `heartbeat.py` prints from now on.
    pub fn wait_beats(&mut self, count: usize) -> Result<(), String> {
        self.discard_lines();
        for _ in 0..count {
            self.wait_line("beat")?;
        }
        Ok(())
    }

    /// Whether it still runs, and is neither stopped nor traced.
    pub fn is_running_freely(&mut self) -> bool {
        let alive = matches!(self.child.try_wait(), Ok(None));
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.and_then(|line| line.split_whitespace().next())
        };
        let runs = matches!(field("State:"), Some("R" | "S" | "D"));
        alive && runs && field("TracerPid:") == Some("0")
    }

    fn failure(&self, reason: &str) -> String {
        let errors = fs::read_to_string(self.directory.path().join("stderr")).unwrap_or_default();
        format!("{}: {reason}\n{}", self.what, errors.trim_end())
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        // A target with an input ends, with its children, when the input ends.
        if self.child.stdin.take().is_some() {
            let deadline = Instant::now() + Duration::from_secs(5);
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(5));
            }
        }
        // Both calls fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

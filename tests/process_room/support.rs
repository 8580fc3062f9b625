//! Test programs: built and started here, and ended with the test.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, Once};
use std::time::{Duration, Instant};

use dapper_attach::process::{Memory, Process};

/// How long a condition may take before the test fails.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// A started program. It is killed when this is dropped.
pub struct Target {
    pub child: Child,
    /// The addresses that it printed before it was ready.
    pub addresses: HashMap<String, u64>,
    output: BufReader<ChildStdout>,
}

impl Target {
    /// Starts `command` and waits until it prints that it is ready.
    pub fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut target = Self {
            child,
            addresses: HashMap::new(),
            output,
        };
        loop {
            let line = target.line();
            if line == "ready" {
                return target;
            }
            let (name, value) = line.split_once(' ').unwrap();
            let value = u64::from_str_radix(value.trim_start_matches("0x"), 16).unwrap();
            target.addresses.insert(name.into(), value);
        }
    }

    /// The usual program, with `arguments`.
    pub fn usual(arguments: &[&str]) -> Self {
        Self::start(Command::new(usual_program()).args(arguments))
    }

    /// The next line of its output.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "the program has ended");
        line.trim_end().to_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn open(&self) -> Process {
        Process::open(self.pid()).unwrap()
    }

    /// One of the program's counters.
    pub fn counter(&self, name: &str) -> u64 {
        let mut bytes = [0; 8];
        let memory = self.open().memory();
        memory.read(self.addresses[name], &mut bytes).unwrap();
        u64::from_le_bytes(bytes)
    }

    /// Waits until its counter has moved.
    pub fn beats(&self) {
        let before = self.counter("beats");
        until("a beat", || self.counter("beats") > before);
    }

    pub fn signal(&self, signal: i32) {
        send(self.pid(), signal);
    }

    /// The state letters of its threads, read from `/proc` without our own code.
    pub fn states(&self) -> String {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid()));
        let tasks = tasks.into_iter().flatten().flatten();
        tasks
            .filter_map(|task| {
                let stat = std::fs::read(task.path().join("stat")).ok()?;
                let stat = String::from_utf8_lossy(&stat).into_owned();
                stat.rsplit_once(") ")?.1.chars().next()
            })
            .collect()
    }
}

impl Drop for Target {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends `signal` to a process that the test has started.
pub fn send(pid: u32, signal: i32) {
    // SAFETY: kill() takes numbers; the process was started by this test.
    let result = unsafe { libc::kill(pid.cast_signed(), signal) };
    assert_eq!(result, 0);
}

/// Waits for `condition`.
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < MAX_WAIT, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A new directory of this test run.
pub fn fresh_directory() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    static CLEANED: Once = Once::new();
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("process_room");
    CLEANED.call_once(|| remove_directories_of_the_dead(&all));
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let directory = all.join(format!("{}-{number}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    directory
}

/// Removes the directories of former test runs.
fn remove_directories_of_the_dead(all: &Path) {
    for entry in std::fs::read_dir(all).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let pid = name.to_str().and_then(|name| name.split_once('-'));
        if pid.is_some_and(|(pid, _)| !Path::new("/proc").join(pid).exists()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

/// Compiles a program of `programs/` with further `flags`, once for each set of flags.
pub fn compiled(source: &str, flags: &[&str]) -> PathBuf {
    static BUILT: LazyLock<Mutex<HashMap<String, PathBuf>>> = LazyLock::new(Mutex::default);
    let key = format!("{source} {}", flags.join(" "));
    let mut built = BUILT
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let program = built.entry(key).or_insert_with(|| {
        let program = fresh_directory().join(source.trim_end_matches(".c"));
        let programs = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/process_room/programs");
        let status = Command::new("cc")
            .args(["-O1", "-g", "-w", "-Wl,--build-id", "-o"])
            .arg(&program)
            .arg(Path::new(programs).join(source))
            .args(flags)
            .arg("-pthread")
            .status();
        assert!(status.unwrap().success(), "cc failed");
        program
    });
    program.clone()
}

/// The program for tests in which the way of linking does not matter.
pub fn usual_program() -> PathBuf {
    compiled("target.c", &["-rdynamic"])
}

/// Runs one ignored test of this binary in a separate process, for target `pid`.
pub fn helper(test: &str, pid: u32) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([test, "--exact", "--ignored", "--nocapture", "--quiet"])
        .env("TARGET_PID", pid.to_string());
    command
}

/// The target of a helper.
pub fn helper_pid() -> u32 {
    std::env::var("TARGET_PID").unwrap().parse().unwrap()
}

/// Whether this runs as root. Tests with other users and root directories need it.
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Makes `command` run as the user "nobody".
pub fn as_nobody(command: &mut Command) -> &mut Command {
    command.uid(65_534).gid(65_534)
}

//! A program whose heartbeats, signals and threads are watched from outside.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::legs::Leg;
use crate::support::target::{self, Target, thread_states};
use crate::support::{Outcome, ensure};

/// Generous, for loaded machines. Only a failing test waits as long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Slots of the file, as in `harm_heart.py`.
const THREAD: u64 = 0;
const TASK: u64 = 3;
const ASKED_EPOCH: u64 = 6;
const RT_SIGNALS: u64 = 7;
const USR1_SIGNALS: u64 = 8;
const ROUNDS: u64 = 9;
const WRONG: u64 = 10;

/// A running `harm_heart.py`.
pub struct Heart {
    pub target: Target,
    file: File,
    epoch: u64,
    /// Signals that were sent and must arrive once each.
    sent_numbered: u64,
    sent_usr1: u64,
    _directory: TempDir,
}

impl Heart {
    /// Starts it with so many idle threads; `what` it does beside beating.
    pub fn start(leg: &Leg, threads: usize, what: &str) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let path = directory.path().join("heart");
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .map_err(|error| error.to_string())?;
        let mut command = target::python(leg);
        command
            .arg(target::programs().join("harm_heart.py"))
            .arg(&path)
            .args([&threads.to_string(), what]);
        let mut target = Target::start(&format!("harm_heart.py {what}"), command)?;
        target.wait_ready()?;
        Ok(Self {
            target,
            file,
            epoch: 0,
            sent_numbered: 0,
            sent_usr1: 0,
            _directory: directory,
        })
    }

    pub fn pid(&self) -> u32 {
        self.target.pid()
    }

    fn slot(&self, number: u64) -> u64 {
        let mut bytes = [0; 8];
        match self.file.read_exact_at(&mut bytes, number * 8) {
            Ok(()) => u64::from_ne_bytes(bytes),
            Err(_) => 0,
        }
    }

    /// Number of times that it has forked or replaced itself.
    pub fn rounds(&self) -> u64 {
        self.slot(ROUNDS)
    }

    /// Number of its children that did not end as expected.
    pub fn wrong(&self) -> u64 {
        self.slot(WRONG)
    }

    /// Starts a new epoch, without the gaps so far.
    pub fn begin_epoch(&mut self) -> Outcome {
        self.epoch += 1;
        self.file
            .write_all_at(&self.epoch.to_ne_bytes(), ASKED_EPOCH * 8)
            .map_err(|error| error.to_string())?;
        let epoch = self.epoch;
        self.until("a new epoch", |heart| {
            [THREAD, TASK].map(|first| heart.slot(first + 2)) == [epoch; 2]
        })
    }

    /// The longest time between two beats of this epoch, of the thread and the task.
    pub fn longest_gap(&self) -> Duration {
        let gaps = [THREAD, TASK].map(|first| self.slot(first + 1));
        Duration::from_nanos(gaps[0].max(gaps[1]))
    }

    /// Waits until both the thread and the task have beaten three times more.
    pub fn goes_on(&self) -> Outcome {
        let beats = |heart: &Self| [THREAD, TASK].map(|first| heart.slot(first));
        let before = beats(self);
        self.until("beats", |heart| {
            let now = beats(heart);
            now.iter()
                .zip(before)
                .all(|(now, before)| *now >= before + 3)
        })
    }

    /// Waits for `condition`.
    pub fn until(&self, what: &str, condition: impl Fn(&Self) -> bool) -> Outcome {
        let start = Instant::now();
        while !condition(self) {
            ensure(start.elapsed() < PATIENCE, || {
                format!(
                    "waited in vain for {what}; its threads: {}",
                    thread_states(self.pid())
                )
            })?;
            thread::sleep(Duration::from_micros(500));
        }
        Ok(())
    }

    /// Waits until none of its threads is stopped or traced.
    pub fn is_free(&self) -> Outcome {
        self.until("all its threads to be free", |heart| {
            let states = thread_states(heart.pid());
            !states.is_empty() && !states.contains(['t', 'T']) && !is_traced(heart.pid())
        })
    }

    pub fn signal(&self, signal: i32) -> Outcome {
        // SAFETY: kill() takes numbers; the process was started by this test.
        let sent = unsafe { libc::kill(self.pid().cast_signed(), signal) };
        ensure(sent == 0, || format!("signal {signal} could not be sent"))
    }

    /// Sends it a signal that queues, so that each of them counts; and one that
    /// does not, when the one before has arrived.
    pub fn send_more(&mut self) -> Outcome {
        self.signal(libc::SIGRTMIN() + 1)?;
        self.sent_numbered += 1;
        if self.slot(USR1_SIGNALS) == self.sent_usr1 {
            self.signal(libc::SIGUSR1)?;
            self.sent_usr1 += 1;
        }
        Ok(())
    }

    /// Waits until all signals have arrived, and checks that each arrived once.
    pub fn got_all_signals(&self) -> Outcome {
        let sent = [self.sent_numbered, self.sent_usr1];
        let got = |heart: &Self| [RT_SIGNALS, USR1_SIGNALS].map(|slot| heart.slot(slot));
        self.until("its signals", |heart| {
            got(heart).iter().zip(sent).all(|(got, sent)| *got >= sent)
        })
        .map_err(|why| format!("{why}; sent {sent:?}, got {:?}", got(self)))?;
        let got = got(self);
        ensure(got == sent, || {
            format!("of the signals {sent:?} it got {got:?}")
        })
    }
}

/// Whether any thread of a process has a tracer.
pub fn is_traced(pid: u32) -> bool {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let traced = |entry: std::io::Result<fs::DirEntry>| {
        let status = fs::read(entry.ok()?.path().join("status")).ok()?;
        let status = String::from_utf8_lossy(&status).into_owned();
        let line = status.lines().find(|line| line.starts_with("TracerPid:"))?;
        Some(line.trim_end() != "TracerPid:\t0")
    };
    let mut threads = threads.into_iter().flatten().filter_map(traced);
    threads.any(|traced| traced)
}

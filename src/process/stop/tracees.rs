//! The threads that one tracer stops. Only SEIZE, INTERRUPT, the waits, GETREGS and
//! DETACH of ptrace are used: nothing is written to the target, and when the tracer
//! dies in any way, all threads run on.
//!
//! All calls must come from one thread, because that thread is the tracer to the
//! kernel.

use std::collections::HashSet;
use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::ptrace;
use procfs::process::Process as Directory;

use super::tracee_calls::{State, call_in_registers, detach, raw, wait};
use crate::process::access::refusal;
use crate::process::error::NO_PAUSE;
use crate::process::handle::has_ended;
use crate::process::proc::files::Status;
use crate::process::proc::thread;
use crate::process::{Error, Syscall};

/// Longest time that stopping all threads may take, within the caller's limit.
pub(crate) const MAX_STOPPING: Duration = Duration::from_secs(1);
/// How long we wait for a thread in uninterruptible sleep. Most such sleeps are a
/// disk read or the start of a child process, and shorter.
const SLEEPER_GRACE: Duration = Duration::from_millis(2);
/// Interval at which threads are asked whether they have stopped.
const POLL: Duration = Duration::from_micros(20);
/// Attempts to seize a thread that another tracer has just detached from.
const MAX_SEIZE_TRIES: u32 = 3;

#[derive(Debug)]
struct Tracee {
    tid: u32,
    state: State,
}

/// The threads of one process that this thread traces.
#[derive(Debug)]
pub(crate) struct Tracees {
    pid: u32,
    directory: Directory,
    tracees: Vec<Tracee>,
    /// Threads that need no more work, traced or not.
    handled: HashSet<u32>,
    /// When the first thread was told to stop.
    first_interrupt: Option<Instant>,
}

/// Why a process could not be stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another copy of us traces it, or a tracer that is just ending. It takes a
    /// moment.
    HeldByCopy(Error),
    /// Trying again would not help.
    Final(Error),
}

impl Failure {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::HeldByCopy(error) | Self::Final(error) => error,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl Tracees {
    /// No thread of process `pid` is traced yet.
    ///
    /// # Errors
    /// When there is no such process.
    pub(crate) fn new(pid: u32) -> Result<Self, Error> {
        let id = i32::try_from(pid).map_err(|_| Error::NoSuchProcess { pid })?;
        let directory = Directory::new(id).map_err(|_| Error::NoSuchProcess { pid })?;
        Ok(Self {
            pid,
            directory,
            tracees: Vec::new(),
            handled: HashSet::new(),
            first_interrupt: None,
        })
    }

    /// When the first thread was told to stop; now, if none was.
    pub(crate) fn stopped_since(&self) -> Instant {
        self.first_interrupt.unwrap_or_else(Instant::now)
    }

    /// The threads that sleep uninterruptibly in the kernel.
    pub(crate) fn sleepers(&self) -> Vec<u32> {
        self.tracees
            .iter()
            .filter(|tracee| tracee.state == State::Interrupted)
            .map(|tracee| tracee.tid)
            .collect()
    }

    /// The system call that each thread is in. It is read from the registers: for
    /// `/proc/PID/task/TID/syscall` a file would have to be opened for each thread.
    pub(crate) fn calls(&self) -> Vec<(u32, Option<Syscall>)> {
        let call = |tracee: &Tracee| match tracee.state {
            State::Stopped(_) => Some(call_in_registers(tracee.tid)),
            State::Interrupted => Some(thread::current_call(&self.directory, tracee.tid)),
            State::Gone => None,
        };
        let tracees = self.tracees.iter();
        tracees
            .filter_map(|tracee| Some((tracee.tid, call(tracee)?)))
            .collect()
    }

    /// Stops every thread, including those that are started meanwhile.
    ///
    /// # Errors
    /// As [`Stop::all_threads`](super::Stop::all_threads).
    pub(crate) fn stop(&mut self, max_pause: Duration) -> Result<(), Failure> {
        let budget = max_pause.min(MAX_STOPPING);
        loop {
            let ids = thread::ids(self.pid).map_err(|_| Error::Gone { pid: self.pid })?;
            let fresh: Vec<u32> = (ids.into_iter())
                .filter(|tid| self.handled.insert(*tid))
                .collect();
            if fresh.is_empty() {
                break;
            }
            // All threads are seized first, which does not stop them. That keeps
            // the time short for which they stand still.
            let first = self.tracees.len();
            for tid in fresh {
                self.seize(tid)?;
            }
            for tracee in &self.tracees[first..] {
                self.first_interrupt.get_or_insert_with(Instant::now);
                // An error means that it is ending, which the wait finds out.
                let _ = ptrace::interrupt(raw(tracee.tid));
            }
            self.wait_for_all(budget)?;
        }
        if self
            .tracees
            .iter()
            .all(|tracee| tracee.state == State::Gone)
        {
            return Err(Error::Gone { pid: self.pid }.into());
        }
        Ok(())
    }

    fn seize(&mut self, tid: u32) -> Result<(), Failure> {
        let mut tries = 0;
        loop {
            tries += 1;
            let errno = match ptrace::seize(raw(tid), ptrace::Options::empty()) {
                Ok(()) => {
                    self.tracees.push(Tracee {
                        tid,
                        state: State::Interrupted,
                    });
                    return Ok(());
                }
                Err(Errno::ESRCH) => return Ok(()),
                Err(errno) => errno,
            };
            match self.explain(tid, errno) {
                None => return Ok(()),
                // Its tracer may have let it go since.
                Some(Failure::Final(Error::Permission { .. })) if tries < MAX_SEIZE_TRIES => {}
                Some(failure) => return Err(failure),
            }
        }
    }

    /// Why `tid` cannot be traced. `None` when it is ending.
    fn explain(&self, tid: u32, errno: Errno) -> Option<Failure> {
        let pid = self.pid;
        let status = Status::of_thread(&self.directory, tid).ok()?;
        if (status.field("State")).is_some_and(|state| state.starts_with(has_ended)) {
            return None;
        }
        if let Some(tracer) = status.number("TracerPid").filter(|tracer| *tracer != 0) {
            return Some(held(pid, tracer));
        }
        if errno == Errno::EPERM {
            return Some(refusal::denied(pid).into());
        }
        let error = Error::Stop {
            pid,
            reason: format!("thread {tid}: {}", errno.desc()),
            fix: NO_PAUSE.into(),
        };
        Some(error.into())
    }

    /// Waits until each thread has stopped or ended, at most until `budget` has passed
    /// since the first was told to stop.
    fn wait_for_all(&mut self, budget: Duration) -> Result<(), Error> {
        let since = self.stopped_since();
        loop {
            let mut waiting = None;
            for tracee in &mut self.tracees {
                if tracee.state == State::Interrupted {
                    tracee.state = wait(self.pid, tracee.tid);
                    if tracee.state == State::Interrupted {
                        waiting = Some(tracee.tid);
                    }
                }
            }
            let Some(tid) = waiting else { return Ok(()) };
            let waited = since.elapsed();
            if waited >= SLEEPER_GRACE.min(budget) && self.others_sleep() {
                return Ok(());
            }
            if waited >= budget {
                return Err(Error::SlowToStop {
                    pid: self.pid,
                    tid,
                    allowed: budget,
                });
            }
            sleep(POLL);
        }
    }

    /// Whether all threads that have not stopped sleep uninterruptibly. They run no
    /// instruction of the program before they stop: the kernel stops them on their
    /// way out of the kernel.
    fn others_sleep(&self) -> bool {
        self.sleepers().into_iter().all(|tid| {
            thread::stat(&self.directory, tid)
                .is_none_or(|stat| stat.state == 'D' || has_ended(stat.state))
        })
    }

    /// Lets all threads go on, each with the signal that it was about to take. A
    /// thread that still sleeps is let go by the end of the tracer only.
    pub(crate) fn release(&mut self) {
        for tracee in &mut self.tracees {
            if tracee.state == State::Interrupted {
                tracee.state = wait(self.pid, tracee.tid);
            }
            if let State::Stopped(signal) = tracee.state {
                detach(tracee.tid, signal);
                tracee.state = State::Gone;
            }
        }
    }
}

/// The failure for a process that `tracer` traces.
fn held(pid: u32, tracer: u32) -> Failure {
    let (tracer, name) = name_of(tracer);
    // A tracer without a name has just ended, and its tracing with it.
    // While a tracer lets a process go, the kernel names the parent for a moment
    // (kernel/ptrace.c: the parent is restored before the mark is cleared).
    let is_parent = parent_of(pid) == Some(tracer);
    let soon_over = name.is_none() || is_parent || name == name_of(std::process::id()).1;
    let name = name.unwrap_or_else(|| "another process".into());
    let error = Error::Stop {
        pid,
        reason: format!("it is already being traced by {name} (pid {tracer})"),
        fix: format!("{NO_PAUSE}; or end {name} first"),
    };
    match soon_over {
        true => Failure::HeldByCopy(error),
        false => Failure::Final(error),
    }
}

/// The parent of a process. `None` if it cannot be read.
fn parent_of(pid: u32) -> Option<u32> {
    let directory = Directory::new(pid.cast_signed()).ok()?;
    Status::of_process(&directory).ok()?.number("PPid")
}

/// The process of thread `tid` and its name. `None` for the name when it has ended.
fn name_of(tid: u32) -> (u32, Option<String>) {
    let status = |id: u32| {
        let directory = Directory::new(id.cast_signed()).ok()?;
        Status::of_process(&directory).ok()
    };
    let pid = status(tid)
        .and_then(|status| status.number("Tgid"))
        .unwrap_or(tid);
    let name = status(pid).and_then(|status| Some(status.field("Name")?.to_owned()));
    (pid, name)
}

/// The error when the tracer thread cannot be started.
pub(crate) fn no_tracer(pid: u32, error: &io::Error) -> Error {
    Error::Stop {
        pid,
        reason: format!("no thread could be started to do it: {error}"),
        fix: NO_PAUSE.into(),
    }
}

/// The error when the kernel keeps the tracer thread waiting.
pub(crate) fn no_answer(pid: u32) -> Error {
    Error::Stop {
        pid,
        reason: "the kernel lets nobody trace it: it is replacing its program".into(),
        fix: format!("try again in a moment; {NO_PAUSE}"),
    }
}

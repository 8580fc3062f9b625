//! The threads that one tracer stops. Of ptrace only SEIZE, INTERRUPT, the
//! waits, GETREGS and DETACH are used: nothing is written to the target, and a
//! tracer that dies, however it dies, leaves all of them running.
//!
//! All calls must come from one thread: to the kernel, that is the tracer.

use std::collections::HashSet;
use std::ptr;
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{io, mem};

use libc::c_int;
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::unistd::Pid;
use procfs::process::Process as Directory;

use crate::process::access::refusal;
use crate::process::error::NO_PAUSE;
use crate::process::handle::has_ended;
use crate::process::proc::files::Status;
use crate::process::proc::thread;
use crate::process::{Error, Syscall};

/// Longest time that stopping all threads may take, within the caller's limit.
pub(crate) const MAX_STOPPING: Duration = Duration::from_secs(1);
/// How long a thread in uninterruptible sleep is waited for. Most such sleeps
/// are a disk read or the start of a child process, and shorter.
const SLEEPER_GRACE: Duration = Duration::from_millis(2);
/// How often threads are asked whether they have stopped.
const POLL: Duration = Duration::from_micros(20);
/// How often a thread is asked for that somebody has just let go.
const SEIZE_TRIES: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Told to stop, and has not said that it did.
    Interrupted,
    /// Stopped; the signal that it was about to take, or 0.
    Stopped(c_int),
    /// Ended.
    Gone,
}

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
    /// Threads that are done with, traced or not.
    known: HashSet<u32>,
    /// When the first thread was told to stop.
    first_interrupt: Option<Instant>,
}

/// Why a process could not be stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Another copy of us traces it, or somebody who is ending: not for long.
    HeldByCopy(Error),
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
    pub(crate) fn new(pid: u32) -> Result<Self, Error> {
        let id = i32::try_from(pid).map_err(|_| Error::NoSuchProcess { pid })?;
        let directory = Directory::new(id).map_err(|_| Error::NoSuchProcess { pid })?;
        Ok(Self {
            pid,
            directory,
            tracees: Vec::new(),
            known: HashSet::new(),
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

    /// The system calls that they are in. Their registers say what
    /// `/proc/PID/task/TID/syscall` does, without a file to open for each.
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

    /// Stops every thread, also those that are started meanwhile.
    pub(crate) fn stop(&mut self, max_pause: Duration) -> Result<(), Failure> {
        let budget = max_pause.min(MAX_STOPPING);
        loop {
            let ids = thread::ids(self.pid).map_err(|_| Error::Gone { pid: self.pid })?;
            let fresh: Vec<u32> = (ids.into_iter())
                .filter(|tid| self.known.insert(*tid))
                .collect();
            if fresh.is_empty() {
                break;
            }
            // First all of them are seized, which does not stop them, so that
            // the time for which they stand still is short.
            let first = self.tracees.len();
            for tid in fresh {
                self.seize(tid)?;
            }
            for tracee in &self.tracees[first..] {
                self.first_interrupt.get_or_insert_with(Instant::now);
                // An error means that it is ending: waiting for it will tell.
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
                // Whoever traced it then may have let it go since.
                Some(Failure::Final(Error::Permission { .. })) if tries < SEIZE_TRIES => {}
                Some(failure) => return Err(failure),
            }
        }
    }

    /// Why `tid` cannot be traced, unless that is because it is ending.
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

    /// Waits until each thread has stopped or ended, for as long as `budget`
    /// since the first was told to.
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

    /// Whether all threads that have not stopped sleep uninterruptibly. They
    /// cannot run a single instruction of the program before they stop: the
    /// kernel stops them on their way out of it.
    fn others_sleep(&self) -> bool {
        self.sleepers().into_iter().all(|tid| {
            thread::stat(&self.directory, tid)
                .is_none_or(|stat| stat.state == 'D' || has_ended(stat.state))
        })
    }

    /// Lets all threads go on, each with the signal that it was about to take.
    /// A thread that is still asleep can only be let go by the tracer's end.
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

/// Why a process that `tracer` traces cannot be stopped.
fn held(pid: u32, tracer: u32) -> Failure {
    let (tracer, name) = name_of(tracer);
    // One without a name has just ended, and with it the trace.
    let soon_over = name.is_none() || name == name_of(std::process::id()).1;
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

/// The process of thread `tid`, and its name, while there is one.
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

/// The system call in whose midst the thread has stopped.
fn call_in_registers(tid: u32) -> Option<Syscall> {
    let registers = ptrace::getregs(raw(tid)).ok()?;
    // Negative: it has stopped outside of any.
    i64::try_from(registers.orig_rax).ok()?;
    let args = [
        registers.rdi,
        registers.rsi,
        registers.rdx,
        registers.r10,
        registers.r8,
        registers.r9,
    ];
    Some((registers.orig_rax, args).into())
}

fn raw(tid: u32) -> Pid {
    Pid::from_raw(tid.cast_signed())
}

/// What the kernel reports of `tid`, without taking the report: the cause (a
/// `CLD_` number) and the status. `None` when there is nothing to report.
///
/// A report that is taken is forgotten by the kernel, and the signal that it
/// was about with it, should we be killed before we let the thread go.
fn report(tid: u32, kinds: c_int) -> Result<Option<(c_int, c_int)>, Errno> {
    // Not `nix::waitid`: it has no real-time signals.
    let flags = kinds | libc::__WALL | libc::WNOHANG;
    // SAFETY: all bytes zero is a siginfo_t, and what WNOHANG leaves of it.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    loop {
        // SAFETY: `info` is a valid place for the kernel to write it to.
        let result = unsafe { libc::waitid(libc::P_PID, tid, &raw mut info, flags) };
        match Errno::result(result) {
            // SAFETY: waitid() fills these fields, or leaves them zero.
            Ok(_) => {
                let (of, status) = unsafe { (info.si_pid(), info.si_status()) };
                return Ok((of != 0).then_some((info.si_code, status)));
            }
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

/// Whether thread `tid` of process `pid` has stopped or ended by now.
fn wait(pid: u32, tid: u32) -> State {
    let kinds = libc::WSTOPPED | libc::WEXITED | libc::WNOWAIT;
    match report(tid, kinds) {
        Ok(None) => State::Interrupted,
        // The stops that SEIZE and INTERRUPT make have an event number above
        // the signal's. Without one the thread was about to take the signal,
        // which is held until it is let go.
        Ok(Some((libc::CLD_TRAPPED | libc::CLD_STOPPED, status))) => {
            State::Stopped(if status >> 8 == 0 { status } else { 0 })
        }
        Ok(Some(_)) => {
            collect(pid, tid);
            State::Gone
        }
        Err(_) => State::Gone,
    }
}

/// Takes the report of a traced thread's end, for which the kernel keeps it as
/// a zombie. The main thread's is left to the parent of the process.
fn collect(pid: u32, tid: u32) {
    // Of a traced thread the kernel reports a stop too, though not asked to.
    let has_ended = matches!(
        report(tid, libc::WEXITED | libc::WNOWAIT),
        Ok(Some((
            libc::CLD_EXITED | libc::CLD_KILLED | libc::CLD_DUMPED,
            _
        )))
    );
    if has_ended && tid != pid {
        let _ = report(tid, libc::WEXITED);
    }
}

/// Collects all threads of process `pid` that have ended while one of our
/// threads was tracing them.
///
/// A program that replaces itself (`execve`) waits for the end of its other
/// threads and, meanwhile, lets nobody seize one: a tracer that is about to do
/// that waits for the program, which waits for threads that only their tracer
/// can collect. So another thread of ours must.
pub(crate) fn collect_ended(pid: u32) {
    for tid in thread::ids(pid).into_iter().flatten() {
        collect(pid, tid);
    }
}

fn detach(tid: u32, signal: c_int) {
    // Not `nix::ptrace::detach`: it has no real-time signals. An error means
    // that the thread was killed meanwhile.
    //
    // SAFETY: DETACH ignores the address and takes the signal by value.
    let _ = unsafe {
        libc::ptrace(
            libc::PTRACE_DETACH,
            tid.cast_signed(),
            ptr::null_mut::<libc::c_void>(),
            ptr::without_provenance_mut::<libc::c_void>(signal as usize),
        )
    };
}

/// The error for a tracer thread that cannot be had.
pub(crate) fn no_tracer(pid: u32, error: &io::Error) -> Error {
    Error::Stop {
        pid,
        reason: format!("no thread could be started to do it: {error}"),
        fix: NO_PAUSE.into(),
    }
}

/// The error for a tracer thread that the kernel keeps waiting.
pub(crate) fn no_answer(pid: u32) -> Error {
    Error::Stop {
        pid,
        reason: "the kernel lets nobody trace it: it is replacing its program".into(),
        fix: format!("try again in a moment; {NO_PAUSE}"),
    }
}

//! Stopping a process for a bounded time.

pub mod core_dump;
pub mod job_control;
mod tracee_calls;
pub mod tracees;

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::sys::signal::SigSet;

use self::core_dump::NoCoreDump;
use self::job_control::PutOff;
use self::tracee_calls::collect_ended;
use self::tracees::{Failure, MAX_STOPPING, Tracees, no_answer, no_tracer};
use super::pidfd::PidFd;
use super::{Error, Syscall};

/// Interval at which threads are collected that end while all are being seized.
const COLLECT_EVERY: Duration = Duration::from_millis(20);
/// Time beyond its limit that the tracer may take to answer.
const MARGIN: Duration = Duration::from_secs(1);
/// How long we wait for another copy of us that holds the process, and the interval
/// of the attempts. Most hold it for some milliseconds.
const PATIENCE_WITH_COPIES: Duration = Duration::from_millis(500);
const ASK_COPIES_EVERY: Duration = Duration::from_millis(3);
/// Interval at which we check for a signal that is to stop our own process.
const ASK_FOR_SIGNALS_EVERY: Duration = Duration::from_millis(5);

/// A stopped process: all of its threads stand still until this is released or
/// dropped, `max_pause` has passed, or our own process ends in any way.
///
/// A separate thread is the tracer, for two reasons. It lets the target go in time,
/// whatever the caller is doing. And it ends: a thread in uninterruptible sleep that
/// was told to stop cannot be detached before it has stopped. If its tracer still
/// lived when it wakes up, it would freeze then.
#[derive(Debug)]
pub struct Stop {
    max_pause: Duration,
    since: Instant,
    still: Instant,
    sleepers: Vec<u32>,
    calls: Vec<(u32, Option<Syscall>)>,
    /// Set by the tracer once all threads were let go.
    outcome: Arc<OnceLock<Outcome>>,
    /// Its other end belongs to the tracer. Dropping it ends the stop.
    hold: Option<Sender<()>>,
    tracer: Option<JoinHandle<()>>,
}

#[derive(Debug, Clone, Copy)]
struct Outcome {
    stood_still: Duration,
    early: bool,
}

/// What the tracer reports when all threads stand still.
struct Stopped {
    since: Instant,
    still: Instant,
    sleepers: Vec<u32>,
    calls: Vec<(u32, Option<Syscall>)>,
}

impl Stop {
    /// Stops every thread of process `pid` for at most `max_pause`, counted from when
    /// the first thread was told to stop.
    ///
    /// # Errors
    /// [`Error::Stop`] when it is already being traced (by another copy of us: after
    /// waiting for that), [`Error::SlowToStop`] when it does not stop in time,
    /// [`Error::Permission`], or that it has ended. The process then runs on.
    pub fn all_threads(pid: u32, max_pause: Duration) -> Result<Self, Error> {
        Self::of(pid, None, max_pause)
    }

    /// The same for the process of `pidfd`: a later one with its pid is let go.
    ///
    /// # Errors
    /// As [`Self::all_threads`].
    pub(crate) fn of(
        pid: u32,
        pidfd: Option<Arc<PidFd>>,
        max_pause: Duration,
    ) -> Result<Self, Error> {
        let start = Instant::now();
        loop {
            match Self::attempt(pid, pidfd.clone(), max_pause) {
                Ok(stop) => return Ok(stop),
                Err(Failure::HeldByCopy(_)) if start.elapsed() < PATIENCE_WITH_COPIES => {
                    thread::sleep(ASK_COPIES_EVERY);
                }
                Err(failure) => return Err(failure.into_error()),
            }
        }
    }

    fn attempt(pid: u32, pidfd: Option<Arc<PidFd>>, max_pause: Duration) -> Result<Self, Failure> {
        let (hold, until_release) = mpsc::channel();
        let (report, reports) = mpsc::channel();
        let outcome = Arc::new(OnceLock::new());
        let outcome_of_tracer = Arc::clone(&outcome);
        let tracer = thread::Builder::new()
            .name("stop".into())
            .spawn(move || {
                // Signals to our process are for its other threads.
                let _ = SigSet::all().thread_block();
                let process = (pid, pidfd.as_deref());
                trace(
                    process,
                    max_pause,
                    &report,
                    &until_release,
                    &outcome_of_tracer,
                );
            })
            .map_err(|error| no_tracer(pid, &error))?;
        let patience = max_pause.min(MAX_STOPPING) + MARGIN;
        let start = Instant::now();
        let answer = loop {
            match reports.recv_timeout(COLLECT_EVERY) {
                Ok(answer) => break answer,
                Err(RecvTimeoutError::Disconnected) => break Err(Error::Gone { pid }.into()),
                Err(RecvTimeoutError::Timeout) => collect_ended(pid),
            }
            if start.elapsed() > patience {
                // Nobody holds the other end of its channel, so the tracer lets the
                // process go once the kernel lets the tracer go on.
                return Err(no_answer(pid).into());
            }
        };
        match answer {
            Ok(stopped) => Ok(Self {
                max_pause,
                since: stopped.since,
                still: stopped.still,
                sleepers: stopped.sleepers,
                calls: stopped.calls,
                outcome,
                hold: Some(hold),
                tracer: Some(tracer),
            }),
            Err(error) => {
                // Once the tracer has ended, all threads that it had seized run on.
                let _ = tracer.join();
                Err(error)
            }
        }
    }

    /// Lets all threads go on. Does nothing when they already run.
    pub fn release(&mut self) {
        self.hold = None;
        if let Some(tracer) = self.tracer.take() {
            let _ = tracer.join();
        }
    }

    /// Whether `max_pause` has passed.
    pub fn expired(&self) -> bool {
        self.since.elapsed() >= self.max_pause
    }

    /// Whether the process was let go before it was released. Data that was read
    /// since may be inconsistent.
    pub fn released_early(&self) -> bool {
        self.outcome.get().is_some_and(|outcome| outcome.early)
    }

    /// How long the process has stood still: from when the first thread was told to
    /// stop until the last was let go, or until now.
    pub fn stopped_for(&self) -> Duration {
        self.outcome
            .get()
            .map_or_else(|| self.since.elapsed(), |outcome| outcome.stood_still)
    }

    /// How long ago the last thread stopped.
    pub fn still_for(&self) -> Duration {
        self.still.elapsed()
    }

    /// The threads that stand still, by their ids in our pid namespace, oldest first,
    /// and the system call that each is in. `None` outside of any call.
    pub fn calls(&self) -> &[(u32, Option<Syscall>)] {
        &self.calls
    }

    /// Threads that sleep uninterruptibly in the kernel, as in a page fault or while
    /// they start a child. They run no instruction of the program before they stop,
    /// but the kernel may still fill a buffer for them.
    pub fn sleepers(&self) -> &[u32] {
        &self.sleepers
    }
}

impl Drop for Stop {
    fn drop(&mut self) {
        self.release();
    }
}

/// The life of the tracer.
fn trace(
    (pid, pidfd): (u32, Option<&PidFd>),
    max_pause: Duration,
    report: &Sender<Result<Stopped, Failure>>,
    until_release: &Receiver<()>,
    outcome: &OnceLock<Outcome>,
) {
    let put_off = PutOff::begin();
    let _no_dump = NoCoreDump::begin();
    let mut tracees = match Tracees::new(pid) {
        Ok(tracees) => tracees,
        Err(error) => {
            let _ = report.send(Err(error.into()));
            return;
        }
    };
    // From now on the process keeps its pid: it cannot be collected before it is
    // let go.
    let stopped =
        tracees
            .stop(max_pause)
            .and_then(|()| match pidfd.is_some_and(PidFd::has_ended) {
                true => Err(Error::Gone { pid }.into()),
                false => Ok(()),
            });
    if let Err(failure) = stopped {
        tracees.release();
        let _ = report.send(Err(failure));
        return;
    }
    let still = Instant::now();
    let since = tracees.stopped_since();
    let sleepers = tracees.sleepers();
    let calls = tracees.calls();
    let _ = report.send(Ok(Stopped {
        since,
        still,
        sleepers,
        calls,
    }));
    let early = !is_released(until_release, &put_off, since + max_pause);
    tracees.release();
    let _ = outcome.set(Outcome {
        stood_still: since.elapsed(),
        early,
    });
}

/// Waits for the release. Returns false when the time is over, or a signal is to
/// stop our own process, before it comes.
fn is_released(until_release: &Receiver<()>, put_off: &PutOff, end: Instant) -> bool {
    loop {
        let rest = end.saturating_duration_since(Instant::now());
        match until_release.recv_timeout(rest.min(ASK_FOR_SIGNALS_EVERY)) {
            Err(RecvTimeoutError::Timeout) if rest.is_zero() || put_off.waits() => return false,
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return true,
        }
    }
}

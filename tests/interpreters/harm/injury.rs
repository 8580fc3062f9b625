//! What may happen to dapper-attach at any moment.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::Mode;
use super::heart::Heart;
use super::session::Session;
use crate::support::attach;
use crate::support::target::thread_states;
use crate::support::{Outcome, ensure};

const PATIENCE: Duration = Duration::from_secs(60);
/// How long a signal of job control may take to have its effect: generous, for a
/// process that ends, or is suspended, does so long before.
const TO_SUSPEND: Duration = Duration::from_secs(30);
/// How often signals are sent to the target meanwhile.
const SIGNAL_EVERY: Duration = Duration::from_micros(700);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Injury {
    Kill,
    Terminate,
    Interrupt,
    /// Ctrl-Z, and after a while `fg`.
    Suspend,
    /// Nobody reads its output any longer.
    ClosedPipe,
    /// Its output goes to a full disk, from the beginning.
    FullDisk,
    /// It gets no more than a part of the memory that it wants.
    OutOfMemory,
}

pub const INJURIES: [Injury; 7] = [
    Injury::Kill,
    Injury::Terminate,
    Injury::Interrupt,
    Injury::Suspend,
    Injury::ClosedPipe,
    Injury::FullDisk,
    Injury::OutOfMemory,
];

/// A run of dapper-attach that something happens to.
pub struct Run {
    child: Child,
    /// Held open, and read by nobody but a thread that forgets what it reads.
    output: Option<ChildStdout>,
    /// The client of an adapter.
    session: Option<Session>,
    injury: Injury,
}

impl Run {
    /// Starts it on `pid`; `memory` is all that it gets where it is to lack that.
    pub fn start(mode: &Mode, pid: u32, injury: Injury, memory: u64) -> Result<Self, String> {
        let mut command = Command::new(attach::binary());
        // A group of its own, as shells give each job: else nothing would
        // happen on Ctrl-Z where the tests have no terminal.
        command.args(mode.arguments(pid)).process_group(0);
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        match injury {
            Injury::FullDisk => {
                let full = OpenOptions::new().write(true).open("/dev/full");
                command.stdout(full.map_err(|error| error.to_string())?);
            }
            _ => {
                command.stdout(Stdio::piped());
            }
        }
        if injury == Injury::OutOfMemory {
            let limit = libc::rlimit {
                rlim_cur: memory,
                rlim_max: memory,
            };
            // SAFETY: setrlimit() may be called between fork and exec.
            unsafe {
                command.pre_exec(move || {
                    match libc::setrlimit(libc::RLIMIT_AS, &raw const limit) {
                        0 => Ok(()),
                        _ => Err(std::io::Error::last_os_error()),
                    }
                });
            }
        }
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let session = match mode.is_adapter() {
            true => Some(Session::start(&mut child, pid, false)?),
            false => None,
        };
        let mut output = child.stdout.take();
        if injury != Injury::ClosedPipe
            && let Some(mut output) = output.take()
        {
            thread::spawn(move || {
                let mut forgotten = [0; 1 << 16];
                while matches!(output.read(&mut forgotten), Ok(read) if read > 0) {}
            });
        }
        Ok(Self {
            child,
            output,
            session,
            injury,
        })
    }

    /// Sends signals to the target until `moment`, then lets it happen.
    pub fn injure(&mut self, heart: &mut Heart, moment: Instant) -> Outcome {
        loop {
            heart.send_more()?;
            let left = moment.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            thread::sleep(left.min(SIGNAL_EVERY));
        }
        match self.injury {
            Injury::Kill => self.signal(libc::SIGKILL),
            Injury::Terminate => self.signal(libc::SIGTERM),
            Injury::Interrupt => self.signal(libc::SIGINT),
            Injury::Suspend => return self.suspend(heart),
            Injury::ClosedPipe => {
                self.output = None;
                self.hang_up();
            }
            Injury::FullDisk | Injury::OutOfMemory => {}
        }
        Ok(())
    }

    /// While we are suspended, the target goes on; and we, afterwards.
    fn suspend(&mut self, heart: &Heart) -> Outcome {
        self.signal(libc::SIGTSTP);
        let start = Instant::now();
        let is_suspended = |pid| {
            let states = thread_states(pid);
            !states.is_empty() && states.chars().all(|state| state == 'T')
        };
        while !is_suspended(self.child.id()) {
            if start.elapsed() > TO_SUSPEND || self.has_ended() {
                ensure(self.has_ended(), || "it does not heed Ctrl-Z".into())?;
                return Ok(());
            }
            thread::sleep(Duration::from_micros(200));
        }
        let free = heart.is_free().and_then(|()| heart.goes_on());
        self.signal(libc::SIGCONT);
        free.map_err(|why| format!("while dapper-attach was suspended: {why}"))
    }

    fn hang_up(&mut self) {
        self.session.take().into_iter().for_each(Session::hang_up);
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    fn signal(&self, signal: i32) {
        // SAFETY: kill() takes numbers; the child was started here and is not collected yet.
        let _ = unsafe { libc::kill(self.child.id().cast_signed(), signal) };
    }

    /// Waits for its end, while more signals go to the target.
    pub fn end(mut self, heart: &mut Heart) -> Result<ExitStatus, String> {
        self.hang_up();
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().map_err(|error| error.to_string())? {
                return self.expected(status);
            }
            ensure(Instant::now() < deadline, || {
                format!("it does not end in {PATIENCE:?}")
            })?;
            heart.send_more()?;
            thread::sleep(SIGNAL_EVERY);
        }
    }

    /// Whether it may end so.
    fn expected(&self, status: ExitStatus) -> Result<ExitStatus, String> {
        let (code, signal) = (status.code(), status.signal());
        let by = |expected: i32| signal == Some(expected) || code == Some(0);
        let right = match self.injury {
            Injury::Kill => by(libc::SIGKILL),
            Injury::Terminate => by(libc::SIGTERM),
            Injury::Interrupt => by(libc::SIGINT),
            Injury::Suspend | Injury::ClosedPipe => code == Some(0),
            Injury::FullDisk => matches!(code, Some(0 | 1)),
            // Without memory not even the loader has its way.
            Injury::OutOfMemory => true,
        };
        ensure(right && code != Some(101), || {
            format!("it ended with {status}")
        })?;
        Ok(status)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Ctrl-Z while we hold a process: a shell's job control would stop us together
//! with the thread that has to let the process go. While we hold one, the signals
//! of job control are therefore only recorded. The process is let go first, then
//! the signal takes effect. (SIGSTOP cannot be caught.)
#![allow(
    unsafe_code,
    reason = "this file is the edge to the kernel: each call has its SAFETY comment"
)]

use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::unistd::Pid;

const STOPPING: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

/// The signal that was put off, or 0.
static PUT_OFF: AtomicI32 = AtomicI32::new(0);

/// Number of live [`PutOff`] guards, and the signal actions to restore when the last
/// one is dropped.
static HOLDERS: Mutex<Holders> = Mutex::new(Holders {
    count: 0,
    before: Vec::new(),
});

struct Holders {
    count: usize,
    before: Vec<(Signal, SigAction)>,
}

/// Puts off the signals of job control until it is dropped. A signal that came takes
/// effect when the last of several guards is dropped.
#[derive(Debug)]
pub(crate) struct PutOff(());

impl PutOff {
    /// Puts signals off from now on.
    pub(crate) fn begin() -> Self {
        let mut holders = holders();
        if holders.count == 0 {
            holders.before = STOPPING.into_iter().filter_map(install).collect();
        }
        holders.count += 1;
        Self(())
    }

    /// Whether a signal has been put off.
    pub(crate) fn waits(&self) -> bool {
        PUT_OFF.load(Ordering::Acquire) != 0
    }
}

impl Drop for PutOff {
    fn drop(&mut self) {
        let mut holders = holders();
        holders.count -= 1;
        if holders.count > 0 {
            return;
        }
        for (signal, before) in holders.before.drain(..) {
            // SAFETY: this action was installed before ours.
            let _ = unsafe { sigaction(signal, &before) };
        }
        let signal = Signal::try_from(PUT_OFF.swap(0, Ordering::AcqRel));
        // The signal may stop this thread, which must not hold the lock then.
        drop(holders);
        if let Ok(signal) = signal {
            let _ = kill(Pid::this(), signal);
        }
    }
}

fn holders() -> MutexGuard<'static, Holders> {
    HOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Records `signal` from now on, if it would stop us. Returns its previous action.
fn install(signal: Signal) -> Option<(Signal, SigAction)> {
    if !is_default(signal) {
        return None;
    }
    let note = SigAction::new(
        SigHandler::Handler(note),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler only stores a number.
    let before = unsafe { sigaction(signal, &note) }.ok()?;
    Some((signal, before))
}

/// Whether the signal is neither handled nor ignored, as `nohup` and libraries do.
fn is_default(signal: Signal) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: nothing is installed, and `action` is valid for writes.
    let asked = unsafe { libc::sigaction(signal as c_int, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: sigaction() has filled it where it succeeded.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_DFL
}

extern "C" fn note(signal: c_int) {
    PUT_OFF.store(signal, Ordering::Release);
}

//! Ctrl-Z while a process stands still: a shell's job control would stop us
//! together with the thread that has to let the process go. So, for as long as
//! we hold one, the signals of job control are only noted; the process is let
//! go first, and then the signal takes its effect. (SIGSTOP cannot be caught.)

use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use libc::c_int;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::unistd::Pid;

const STOPPING: [Signal; 3] = [Signal::SIGTSTP, Signal::SIGTTIN, Signal::SIGTTOU];

/// The signal that was put off, or 0.
static PUT_OFF: AtomicI32 = AtomicI32::new(0);

/// Who puts signals off, and what the signals did before.
static HOLDERS: Mutex<Holders> = Mutex::new(Holders {
    count: 0,
    before: Vec::new(),
});

struct Holders {
    count: usize,
    before: Vec<(Signal, SigAction)>,
}

/// Puts off the signals of job control until it is dropped, and those that came
/// until the last of several is dropped.
#[derive(Debug)]
pub(crate) struct PutOff(());

impl PutOff {
    pub(crate) fn begin() -> Self {
        let mut holders = holders();
        if holders.count == 0 {
            holders.before = STOPPING.into_iter().filter_map(install).collect();
        }
        holders.count += 1;
        Self(())
    }

    /// Whether a signal waits for the end of this.
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
            // SAFETY: it is what was installed before.
            let _ = unsafe { sigaction(signal, &before) };
        }
        let signal = Signal::try_from(PUT_OFF.swap(0, Ordering::AcqRel));
        // Whoever is stopped by it must not keep others from the list.
        drop(holders);
        if let Ok(signal) = signal {
            let _ = kill(Pid::this(), signal);
        }
    }
}

fn holders() -> MutexGuard<'static, Holders> {
    HOLDERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Notes `signal` from now on, if it would stop us; gives what it did before.
fn install(signal: Signal) -> Option<(Signal, SigAction)> {
    if !is_default(signal) {
        return None;
    }
    let note = SigAction::new(
        SigHandler::Handler(note),
        SaFlags::SA_RESTART,
        SigSet::empty(),
    );
    // SAFETY: the handler does nothing but to store a number.
    let before = unsafe { sigaction(signal, &note) }.ok()?;
    Some((signal, before))
}

/// Whether nobody handles or ignores the signal, as `nohup` and libraries do.
fn is_default(signal: Signal) -> bool {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: nothing is installed, and `action` is a valid place to write to.
    let asked = unsafe { libc::sigaction(signal as c_int, ptr::null(), action.as_mut_ptr()) };
    // SAFETY: sigaction() has filled it where it succeeded.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_DFL
}

extern "C" fn note(signal: c_int) {
    PUT_OFF.store(signal, Ordering::Release);
}

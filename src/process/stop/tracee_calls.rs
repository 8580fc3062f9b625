//! Waits, registers and detaching of ptrace, by calls that `nix` does not offer in
//! this form: it does not know real-time signals.
#![allow(
    unsafe_code,
    reason = "this file is the edge to the kernel: each call has its SAFETY comment"
)]

use std::{mem, ptr};

use libc::c_int;
use nix::errno::Errno;
use nix::sys::ptrace;
use nix::unistd::Pid;

use crate::process::Syscall;
use crate::process::proc::thread;

/// The state of a traced thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Told to stop; has not reported yet that it did.
    Interrupted,
    /// Stopped, with the signal that it was about to take, or 0.
    Stopped(c_int),
    /// Ended.
    Gone,
}

/// The system call in which the thread has stopped. `None` outside of any.
pub(super) fn call_in_registers(tid: u32) -> Option<Syscall> {
    let registers = ptrace::getregs(raw(tid)).ok()?;
    // A negative number: it has stopped outside of any call.
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

pub(super) fn raw(tid: u32) -> Pid {
    Pid::from_raw(tid.cast_signed())
}

/// The report of the kernel about `tid`: the cause (a `CLD_` number) and the status.
/// `None` when there is nothing to report. With `WNOWAIT` in `kinds` the report is
/// not consumed.
///
/// The kernel forgets a consumed report. If we were killed before we let the thread
/// go, the signal in that report would be lost.
fn report(tid: u32, kinds: c_int) -> Result<Option<(c_int, c_int)>, Errno> {
    // `nix::waitid` does not know real-time signals.
    let flags = kinds | libc::__WALL | libc::WNOHANG;
    // SAFETY: a siginfo_t of zero bytes is valid; WNOHANG may leave it like that.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    loop {
        // SAFETY: `info` is valid for the write of the kernel.
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
pub(super) fn wait(pid: u32, tid: u32) -> State {
    let kinds = libc::WSTOPPED | libc::WEXITED | libc::WNOWAIT;
    match report(tid, kinds) {
        Ok(None) => State::Interrupted,
        // Stops by SEIZE and INTERRUPT have an event number above the signal number.
        // Without one, the thread was about to take the signal, which is held back
        // until the thread is let go.
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

/// Consumes the report of the end of a traced thread, which is a zombie until then.
/// The report of the main thread is left to the parent of the process.
fn collect(pid: u32, tid: u32) {
    // The kernel also reports stops of traced threads here, unasked.
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
/// A program that replaces itself (`execve`) waits for the end of its other threads,
/// and no thread can be seized meanwhile. A tracer that is just seizing one waits for
/// the program, and the program waits for threads that only their tracer process can
/// collect. Another thread of ours has to do it.
pub(crate) fn collect_ended(pid: u32) {
    for tid in thread::ids(pid).into_iter().flatten() {
        collect(pid, tid);
    }
}

/// Lets a stopped thread go on with `signal`, or without one if it is 0.
pub(super) fn detach(tid: u32, signal: c_int) {
    // `nix::ptrace::detach` does not know real-time signals. An error means that the
    // thread was killed meanwhile.
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

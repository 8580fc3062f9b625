//! A process by its descriptor (pidfd), which never means a later process with
//! the same pid; and waiting for the end of a process that is not our child.
#![allow(
    unsafe_code,
    reason = "this file is the edge to the kernel: each call has its SAFETY comment"
)]

use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::thread::sleep;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use procfs::process::Process as Directory;

use super::handle::has_ended;

/// How often a wait checks whether it is still wanted.
const CHECK_EVERY: Duration = Duration::from_millis(200);
/// The shell adds this to the number of the signal that ended a process.
const SIGNALLED: i32 = 128;

/// A descriptor of one process.
#[derive(Debug)]
pub(crate) struct PidFd(OwnedFd);

impl PidFd {
    /// The process that has the number `pid` now. `None` when there is none, and
    /// on kernels before 5.3.
    pub(crate) fn open(pid: u32) -> Option<Self> {
        // SAFETY: the call takes two numbers and touches no memory.
        let result = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let descriptor = i32::try_from(result).ok().filter(|fd| *fd >= 0)?;
        // SAFETY: the kernel has just given us this descriptor; nobody else has it.
        Some(Self(unsafe { OwnedFd::from_raw_fd(descriptor) }))
    }

    /// Whether all threads of the process have ended within `time`. Until then
    /// its pid is not given to another process.
    fn ends_within(&self, time: Duration) -> bool {
        let mut polled = [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        let timeout = PollTimeout::try_from(time).unwrap_or(PollTimeout::ZERO);
        matches!(poll(&mut polled, timeout), Ok(count) if count > 0)
    }

    /// Whether all threads of the process have ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.ends_within(Duration::ZERO)
    }
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status, or 128 and the number of the signal that ended it.
    /// `None` when its parent has collected it before we could ask.
    pub status: Option<i32>,
}

/// Waits until process `pid` has ended. `None` as soon as `go_on` returns false.
pub fn wait_for_end(pid: u32, go_on: impl Fn() -> bool) -> Option<Ended> {
    let descriptor = PidFd::open(pid);
    let directory = Directory::new(pid.cast_signed()).ok();
    while go_on() {
        let ended = match &descriptor {
            Some(descriptor) => descriptor.ends_within(CHECK_EVERY),
            None => {
                sleep(CHECK_EVERY);
                let state = directory.as_ref().and_then(|it| it.stat().ok());
                state.is_none_or(|stat| has_ended(stat.state))
            }
        };
        if ended {
            return Some(Ended {
                status: directory.as_ref().and_then(status),
            });
        }
    }
    None
}

/// The status that the kernel keeps until the parent asks for it.
fn status(directory: &Directory) -> Option<i32> {
    let stat = directory.stat().ok()?;
    let code = stat.exit_code.filter(|_| has_ended(stat.state))?;
    Some(match code & 0x7f {
        0 => (code >> 8) & 0xff,
        signal => SIGNALLED + signal,
    })
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::process::pidfd::*;

    #[test]
    fn the_end_and_its_status_are_seen_before_the_parent_asks() {
        let mut child = Command::new("sh").args(["-c", "exit 7"]).spawn().unwrap();
        let ended = wait_for_end(child.id(), || true).unwrap();
        assert_eq!(ended.status, Some(7));
        child.wait().unwrap();
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        assert_eq!(wait_for_end(child.id(), || false), None);
        child.kill().unwrap();
        let ended = wait_for_end(child.id(), || true).unwrap();
        assert_eq!(ended.status, Some(SIGNALLED + libc::SIGKILL));
        child.wait().unwrap();
    }

    #[test]
    fn a_descriptor_tells_that_its_process_has_ended() {
        if PidFd::open(std::process::id()).is_none() {
            return eprintln!("skipped: this kernel has no pidfd");
        }
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        let descriptor = PidFd::open(child.id()).unwrap();
        assert!(!descriptor.has_ended());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(descriptor.has_ended());
        assert!(PidFd::open(child.id()).is_none());
    }
}

//! Waiting for the end of a process that is not our child.

use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::thread::sleep;
use std::time::Duration;

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use procfs::process::Process as Directory;

use crate::process::handle::has_ended;

/// How often it is asked whether the wait is still wanted.
const LOOK_UP: Duration = Duration::from_millis(200);
/// What the shell adds to the number of the signal that ended a process.
const SIGNALLED: i32 = 128;

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Its exit status, 128 and the signal's number if one ended it; unknown
    /// where its parent has collected it first.
    pub status: Option<i32>,
}

/// Waits until process `pid` has ended; `None` as soon as `go_on` says no.
pub fn wait_for_end(pid: u32, go_on: impl Fn() -> bool) -> Option<Ended> {
    let descriptor = pid_descriptor(pid);
    let directory = Directory::new(pid.cast_signed()).ok();
    while go_on() {
        let ended = match &descriptor {
            Some(descriptor) => {
                let mut polled = [PollFd::new(descriptor.as_fd(), PollFlags::POLLIN)];
                let timeout = PollTimeout::try_from(LOOK_UP).unwrap_or(PollTimeout::ZERO);
                matches!(poll(&mut polled, timeout), Ok(count) if count > 0)
            }
            // Kernels before 5.3 have no descriptors for processes.
            None => {
                sleep(LOOK_UP);
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

/// What the kernel keeps for the parent until it asks.
fn status(directory: &Directory) -> Option<i32> {
    let stat = directory.stat().ok()?;
    let code = stat.exit_code.filter(|_| has_ended(stat.state))?;
    Some(match code & 0x7f {
        0 => (code >> 8) & 0xff,
        signal => SIGNALLED + signal,
    })
}

fn pid_descriptor(pid: u32) -> Option<OwnedFd> {
    // SAFETY: the call takes two numbers and touches no memory.
    let result = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
    let descriptor = i32::try_from(result).ok().filter(|fd| *fd >= 0)?;
    // SAFETY: the kernel has just given us this descriptor; nobody else has it.
    Some(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

#[cfg(test)]
mod tests {
    use crate::process::stop::end_of_process::*;
    use std::process::Command;

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
}

//! Who has the lock on a file for which somebody waits (proc_locks(5)).

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

use nix::sys::stat::{major, minor};
use procfs::process::{FDTarget, Process as Directory, all_processes};

use super::descriptors::{Descriptor, Descriptors};
use super::ends::{Ends, OtherEnd, Owner};
use super::files;
use super::owners::owner;

/// All locks of this machine, of which those of our pid namespace have a pid.
const LOCKS: &str = "/proc/locks";
/// Mark of a lock that is waited for.
const WAITS: &str = "->";
/// The sort of lock that belongs to a process; others belong to an open file.
const OF_PROCESS: &str = "POSIX";
/// Largest number of descriptors of all processes that are looked at.
const MAX_LOOKED_AT: usize = 200_000;

impl Descriptors {
    /// Looks for the holders of the locks on these files, unless they are known.
    pub fn find_locks(&self, fds: impl IntoIterator<Item = i64>) {
        let Some(pid) = self.live else {
            return;
        };
        for fd in fds {
            if self.ends(fd).is_none() {
                let other = self.lock_holders(pid, fd);
                self.set_ends(
                    fd,
                    Ends {
                        other,
                        ..Ends::default()
                    },
                );
            }
        }
    }

    fn lock_holders(&self, pid: u32, fd: i64) -> Option<OtherEnd> {
        let Some(Descriptor::Other(path)) = self.get(fd) else {
            return None;
        };
        let directory = Directory::new(i32::try_from(pid).ok()?).ok()?;
        let same = self.sharing(&Descriptor::Other(path.clone()));
        let has_lock = |fd: &i64| has_lock(&directory, *fd);
        let fds: Vec<i64> = same.into_iter().filter(has_lock).collect();
        let file = fs::metadata(format!("/proc/{pid}/fd/{fd}")).ok()?;
        let locks = fs::read_to_string(LOCKS).unwrap_or_default();
        let holders = locks.lines().filter_map(|line| holder(line, &file));
        let mut owners: Vec<Owner> = Vec::new();
        for holder in holders {
            let known = owners.iter().any(|owner| owner.pid == holder);
            if holder != pid && !known {
                owners.extend(owner(holder));
            }
        }
        if !fds.is_empty() {
            owners.extend(owner(pid));
        }
        (!owners.is_empty()).then(|| OtherEnd {
            // Whoever else has the file open may have the same lock, through a fork.
            complete: only_here(path, pid),
            fds,
            owners,
            accepted: true,
            is_lock: true,
            handles_signals: files::handles_signals(&directory),
        })
    }
}

/// Whether the open file of a descriptor has a lock (proc_pid_fdinfo(5)).
fn has_lock(directory: &Directory, fd: i64) -> bool {
    let mut text = String::new();
    let file = directory.open_relative(format!("fdinfo/{fd}"));
    let read = file.is_ok_and(|mut file| file.read_to_string(&mut text).is_ok());
    let mut locks = text.lines().filter(|line| line.starts_with("lock:"));
    read && locks.any(|line| !line.contains(WAITS) && !line.contains(OF_PROCESS))
}

/// The process that has taken the lock of one line of `/proc/locks`, if that is on `file`.
fn holder(line: &str, file: &fs::Metadata) -> Option<u32> {
    let mut words = line.split_ascii_whitespace().skip(1);
    if line.contains(WAITS) {
        return None;
    }
    let pid = words.nth(3)?.parse().ok()?;
    let mut place = words.next()?.split(':');
    let mut hex = || u64::from_str_radix(place.next()?, 16).ok();
    let device = (hex()?, hex()?);
    let inode: u64 = place.next()?.parse().ok()?;
    let same = device == (major(file.dev()), minor(file.dev())) && inode == file.ino();
    same.then_some(pid)
}

/// Whether no other process has the file open.
fn only_here(path: &str, own: u32) -> bool {
    let mut looked_at = 0;
    let Ok(processes) = all_processes() else {
        return false;
    };
    for process in processes.flatten() {
        if u32::try_from(process.pid()) == Ok(own) {
            continue;
        }
        let Ok(fds) = process.fd() else {
            if process.is_alive() {
                return false;
            }
            continue;
        };
        for info in fds.flatten() {
            looked_at += 1;
            let has_it = matches!(&info.target, FDTarget::Path(it) if it.as_os_str() == path);
            if has_it || looked_at > MAX_LOOKED_AT {
                return false;
            }
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    use nix::sys::stat::{major, minor};

    use super::holder;

    #[test]
    fn a_line_of_locks_is_taken_apart() {
        let file = fs::metadata("/").unwrap();
        let (major, minor) = (major(file.dev()), minor(file.dev()));
        let place = format!("{major:02x}:{minor:02x}:{}", file.ino());
        let line = format!("1: FLOCK  ADVISORY  WRITE 22147 {place} 0 EOF");
        assert_eq!(holder(&line, &file), Some(22147));
        let waits = format!("1: -> FLOCK  ADVISORY  WRITE 22147 {place} 0 EOF");
        assert_eq!(holder(&waits, &file), None);
        let other = format!("1: FLOCK  ADVISORY  WRITE 22147 {place}1 0 EOF");
        assert_eq!(holder(&other, &file), None);
        for odd in ["", "1:", "1: FLOCK ADVISORY WRITE -1 0:0:0 0 EOF"] {
            assert_eq!(holder(odd, &file), None);
        }
    }
}

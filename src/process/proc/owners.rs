//! Which processes have certain sockets, pipes and terminals open: one walk over the
//! descriptors of all processes.

use std::fs;
use std::io::{self, Read};
use std::path::Path;

use procfs::process::{FDPermissions, FDTarget, Process as Directory, all_processes};
use rustc_hash::FxHashMap;

use super::ends::Owner;
use super::files;

/// Largest number of descriptors of all processes that are looked at.
const MAX_LOOKED_AT: usize = 200_000;
/// Where the slaves of pseudo-terminals are, and the name of the device that makes them
/// (pts(4)).
const SLAVES: &str = "/dev/pts/";
const MASTER: &str = "ptmx";

/// What a descriptor may be the end of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Sought {
    /// A socket, by its inode.
    Socket(u64),
    /// The reading end of a pipe, by its inode.
    Reader(u64),
    /// The writing end of a pipe, by its inode.
    Writer(u64),
    /// The slave of a pseudo-terminal, by its number.
    Slave(u32),
    /// The master of a pseudo-terminal, by its number.
    Master(u32),
}

/// Who has it.
#[derive(Debug, Clone, Default)]
pub(super) struct Owners {
    /// The processes.
    pub processes: Vec<Owner>,
    /// The descriptors of the process that asks.
    pub own_fds: Vec<i64>,
    /// Whether these are all.
    pub complete: bool,
}

/// What was sought, and who has it.
pub(super) type Found = FxHashMap<Sought, Owners>;

/// Adds who has each that is sought. `own` is the process that asks.
pub(super) fn find(sought: &mut Found, own: u32) {
    let complete = !sought.is_empty() && walk(sought, own).is_some_and(|complete| complete);
    for owners in sought.values_mut() {
        owners.complete &= complete;
        owners.own_fds.sort_unstable();
    }
}

/// Looks at all processes. Returns whether all could be looked at; `None` where there were
/// too many.
fn walk(sought: &mut Found, own: u32) -> Option<bool> {
    for owners in sought.values_mut() {
        owners.complete = true;
    }
    let home = mounts(own);
    let mut complete = true;
    let mut looked_at = 0;
    for process in all_processes().ok()?.flatten() {
        let Ok(pid) = u32::try_from(process.pid()) else {
            continue;
        };
        let Ok(fds) = links(pid) else {
            // A process that has ended has no descriptors.
            complete &= !process.is_alive();
            continue;
        };
        for (fd, target) in fds {
            looked_at += 1;
            if looked_at > MAX_LOOKED_AT {
                return None;
            }
            for each in ends_of(&process, fd, &target).into_iter().flatten() {
                let Some(owners) = sought.get_mut(&each) else {
                    continue;
                };
                // The numbers of terminals are those of one `/dev/pts`.
                let is_terminal = matches!(each, Sought::Slave(_) | Sought::Master(_));
                if is_terminal && (home.is_none() || mounts(pid) != home) {
                    owners.complete = false;
                    continue;
                }
                owners.add(&process, pid);
                if pid == own {
                    owners.own_fds.push(fd.into());
                }
            }
        }
    }
    Some(complete)
}

impl Owners {
    fn add(&mut self, directory: &Directory, pid: u32) {
        if self.processes.iter().any(|owner| owner.pid == pid) {
            return;
        }
        self.processes.push(named(directory, pid));
    }
}

/// Process `pid`, with its name. `None` when there is none.
pub(super) fn owner(pid: u32) -> Option<Owner> {
    let directory = Directory::new(i32::try_from(pid).ok()?).ok()?;
    Some(named(&directory, pid))
}

/// A process, with its name.
pub(super) fn named(directory: &Directory, pid: u32) -> Owner {
    let name = files::read(directory, "comm").unwrap_or_default();
    let name = String::from_utf8_lossy(&name).trim_end().to_owned();
    Owner { pid, name }
}

/// The descriptors of a process, and what each leads to. `procfs` also asks for the mode of
/// each, with five system calls instead of one.
fn links(pid: u32) -> io::Result<impl Iterator<Item = (i32, FDTarget)>> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"))?.flatten();
    Ok(entries.filter_map(|entry| {
        let fd = entry.file_name().to_str()?.parse().ok()?;
        let target = fs::read_link(entry.path()).ok()?;
        Some((fd, target.to_str()?.parse().ok()?))
    }))
}

/// What descriptor `fd` is an end of, by what it leads to. A descriptor of a pipe may be both
/// of its ends.
pub(super) fn ends_of(directory: &Directory, fd: i32, target: &FDTarget) -> [Option<Sought>; 2] {
    match target {
        FDTarget::Socket(inode) => [Some(Sought::Socket(*inode)), None],
        FDTarget::Pipe(inode) => {
            let mode = directory.fd_from_fd(fd).map(|info| info.mode());
            let may = |permission| mode.as_ref().is_ok_and(|mode| mode.contains(permission));
            [
                may(FDPermissions::READ).then_some(Sought::Reader(*inode)),
                may(FDPermissions::WRITE).then_some(Sought::Writer(*inode)),
            ]
        }
        FDTarget::Path(path) => [terminal(directory, fd, path), None],
        _ => [None, None],
    }
}

/// Whether a file with this path may be an end of a pseudo-terminal.
pub(super) fn may_be_terminal(path: &str) -> bool {
    path.ends_with(MASTER) || path.starts_with(SLAVES)
}

/// The end of a pseudo-terminal.
fn terminal(directory: &Directory, fd: i32, path: &Path) -> Option<Sought> {
    let path = path.to_str()?;
    if !path.ends_with(MASTER) {
        let number = path.strip_prefix(SLAVES)?.parse().ok()?;
        return Some(Sought::Slave(number));
    }
    // `tty-index` (proc_pid_fdinfo(5), since Linux 4.14).
    let mut text = String::new();
    let mut file = directory.open_relative(format!("fdinfo/{fd}")).ok()?;
    file.read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    let number = lines.find_map(|line| line.strip_prefix("tty-index:"))?;
    Some(Sought::Master(number.trim().parse().ok()?))
}

/// The mount namespace of a process.
fn mounts(pid: u32) -> Option<std::path::PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/mnt")).ok()
}

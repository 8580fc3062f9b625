//! Which processes have the two ends of a pipe.

use procfs::process::FDPermissions;
use procfs::process::{FDTarget, Process as Directory, all_processes};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::descriptors::{Descriptor, Descriptors};
use super::thread;

/// Largest number of descriptors of all processes that are looked at.
const MAX_LOOKED_AT: usize = 200_000;
/// Calls that wait for a pipe.
const PIPE_CALLS: [&str; 8] = [
    "read", "readv", "write", "writev", "poll", "ppoll", "select", "pselect6",
];

/// The processes that have the ends of one pipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PipeEnds {
    /// Processes that can read from it.
    pub readers: Vec<u32>,
    /// Processes that can write to it.
    pub writers: Vec<u32>,
    /// Whether the descriptors of all processes could be read.
    pub complete: bool,
}

impl Descriptors {
    /// The processes with an end of each pipe of the process, if one of its threads waits in
    /// a call for one. Without that, nothing is looked for: there may be many processes.
    pub(super) fn read_pipe_ends(&mut self, directory: &Directory) {
        let pipes: Vec<u64> = self.pipes().collect();
        let tids = u32::try_from(directory.pid()).ok().map(thread::ids);
        let tids = tids.and_then(Result::ok).unwrap_or_default();
        let mut waits = tids.into_iter().filter_map(|tid| {
            let call = thread::current_call(directory, tid)?;
            call.name.filter(|name| PIPE_CALLS.contains(name))
        });
        if pipes.is_empty() || waits.next().is_none() {
            return;
        }
        let mut ends: FxHashMap<u64, PipeEnds> = pipes
            .iter()
            .map(|inode| (*inode, PipeEnds::default()))
            .collect();
        let complete = find(&mut ends);
        for each in ends.values_mut() {
            each.complete = complete;
        }
        self.pipe_ends = ends;
    }

    /// Inodes of the pipes among the descriptors.
    fn pipes(&self) -> impl Iterator<Item = u64> + '_ {
        self.targets().filter_map(|target| match target {
            Descriptor::Pipe(inode) => Some(*inode),
            _ => None,
        })
    }
}

/// Adds the processes that have ends of these pipes. Returns whether all could be looked at.
fn find(ends: &mut FxHashMap<u64, PipeEnds>) -> bool {
    let Ok(processes) = all_processes() else {
        return false;
    };
    let mut complete = true;
    let mut looked_at = 0;
    for process in processes.flatten() {
        let Ok(pid) = u32::try_from(process.pid()) else {
            continue;
        };
        let Ok(fds) = process.fd() else {
            // A process that has ended has no ends.
            complete &= !process.is_alive();
            continue;
        };
        for info in fds.flatten() {
            looked_at += 1;
            if looked_at > MAX_LOOKED_AT {
                return false;
            }
            let FDTarget::Pipe(inode) = info.target else {
                continue;
            };
            let Some(found) = ends.get_mut(&inode) else {
                continue;
            };
            let mode = info.mode();
            if mode.contains(FDPermissions::READ) && !found.readers.contains(&pid) {
                found.readers.push(pid);
            }
            if mode.contains(FDPermissions::WRITE) && !found.writers.contains(&pid) {
                found.writers.push(pid);
            }
        }
    }
    complete
}

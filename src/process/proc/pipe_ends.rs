//! Which processes have the two ends of a pipe.

use procfs::process::FDPermissions;
use procfs::process::{FDTarget, Process as Directory, all_processes};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::descriptors::{Descriptor, Descriptors};
use super::thread;

/// Largest number of descriptors of all processes that are looked at.
const MAX_LOOKED_AT: usize = 200_000;
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
    /// The processes with an end of each pipe that a thread of the process reads or writes
    /// now. Without such a thread nothing is looked for: there may be many processes.
    pub(super) fn read_pipe_ends(&mut self, directory: &Directory) {
        if !self.has_pipes() {
            return;
        }
        let tids = u32::try_from(directory.pid()).ok().map(thread::ids);
        let tids = tids.and_then(Result::ok).unwrap_or_default().into_iter();
        let calls = tids.filter_map(|tid| thread::current_call(directory, tid));
        let awaited = calls.filter_map(|call| match self.get(call.descriptor()?)? {
            Descriptor::Pipe(inode) => Some((*inode, PipeEnds::default())),
            _ => None,
        });
        let mut ends: FxHashMap<u64, PipeEnds> = awaited.collect();
        if ends.is_empty() {
            return;
        }
        let complete = find(&mut ends);
        for each in ends.values_mut() {
            each.complete = complete;
        }
        self.pipe_ends = ends;
    }

    /// Whether the process has an end of a pipe.
    fn has_pipes(&self) -> bool {
        let mut targets = self.targets();
        targets.any(|target| matches!(target, Descriptor::Pipe(_)))
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

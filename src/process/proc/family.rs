//! Which process started which.

use std::collections::{BTreeMap, HashSet};
use std::fs;

use super::thread;

/// All processes below `pid`, each before its own children, siblings in the
/// order in which they were started.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    // One pass over all processes, not `/proc/PID/task/*/children`: that needs
    // one read per thread and a kernel option.
    let mut children: BTreeMap<u32, Vec<(u64, u32)>> = BTreeMap::new();
    for process in procfs::process::all_processes().into_iter().flatten() {
        let Ok(stat) = process.and_then(|process| process.stat()) else {
            continue;
        };
        if let (Ok(child), Ok(parent)) = (u32::try_from(stat.pid), u32::try_from(stat.ppid)) {
            let siblings = children.entry(parent).or_default();
            siblings.push((stat.starttime, child));
        }
    }
    for siblings in children.values_mut() {
        siblings.sort_unstable();
    }
    let mut found = Vec::new();
    // A pid may be reused while the list is read: no process is taken twice.
    let mut seen = HashSet::from([pid]);
    let mut waiting = vec![pid];
    while let Some(parent) = waiting.pop() {
        if parent != pid {
            found.push(parent);
        }
        let below = children.get(&parent).into_iter().flatten().rev();
        waiting.extend(
            below
                .map(|(_, child)| *child)
                .filter(|child| seen.insert(*child)),
        );
    }
    found
}

/// The processes that threads of `pid` started and that still exist.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for tid in thread::ids(pid).unwrap_or_default() {
        // Only kernels with CONFIG_PROC_CHILDREN have it; nearly all do.
        let Ok(list) = fs::read_to_string(format!("/proc/{pid}/task/{tid}/children")) else {
            continue;
        };
        found.extend(
            list.split_ascii_whitespace()
                .filter_map(|pid| pid.parse::<u32>().ok()),
        );
    }
    found
}

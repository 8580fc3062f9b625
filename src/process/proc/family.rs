//! The children and further descendants of a process.

use std::collections::{BTreeMap, HashSet};
use std::fs;

use super::thread;

/// All descendants of `pid`, each before its own children, siblings in the order in
/// which they were started.
pub(crate) fn descendants(pid: u32) -> Vec<u32> {
    // One pass over all processes: `/proc/PID/task/*/children` would need a read for
    // each thread and a kernel option.
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
    // A pid may be reused while the list is read. No process is taken twice.
    let mut visited = HashSet::from([pid]);
    let mut pending = vec![pid];
    while let Some(parent) = pending.pop() {
        if parent != pid {
            found.push(parent);
        }
        let below = children.get(&parent).into_iter().flatten().rev();
        pending.extend(
            below
                .map(|(_, child)| *child)
                .filter(|child| visited.insert(*child)),
        );
    }
    found
}

/// The children of process `pid` that still exist.
pub(crate) fn children(pid: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for tid in thread::ids(pid).unwrap_or_default() {
        // Kernels have it with CONFIG_PROC_CHILDREN, as nearly all do.
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

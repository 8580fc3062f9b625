//! For how long a thread was ready to run and did not: others had the processors, or its cgroup had
//! used what it may.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use procfs::process::{Process as Directory, Schedstat};

use super::thread::parse;
use crate::model::Delays;

/// Where the hierarchies of cgroups are mounted that have the controller `cpu`: version 2, beside
/// version 1, and version 1 (cgroups(7)).
const MOUNTS: [&str; 4] = [
    "/sys/fs/cgroup",
    "/sys/fs/cgroup/unified",
    "/sys/fs/cgroup/cpu",
    "/sys/fs/cgroup/cpu,cpuacct",
];

/// The cgroups of a process that have a limit of processor time.
#[derive(Debug, Clone, Default)]
pub struct LimitedGroups(Vec<PathBuf>);

impl LimitedGroups {
    /// Those of the process. None where they cannot be read.
    pub(crate) fn of(directory: &Directory) -> Self {
        let groups = directory.cgroups().into_iter().flatten();
        let paths = groups
            .filter(|group| {
                group.controllers.iter().all(String::is_empty) || has_cpu(&group.controllers)
            })
            .flat_map(|group| {
                let path = PathBuf::from(group.pathname.trim_start_matches('/'));
                MOUNTS.map(|mount| (mount, path.clone()))
            });
        let directories = paths.flat_map(|(mount, path)| {
            let above: Vec<PathBuf> = path
                .ancestors()
                .map(|it| Path::new(mount).join(it))
                .collect();
            above
        });
        let mut limited: Vec<PathBuf> = directories.filter(|it| is_limited(it)).collect();
        limited.sort_unstable();
        limited.dedup();
        Self(limited)
    }

    /// For how long they have stood still so far, on all processors together.
    fn stopped(&self) -> Duration {
        self.0.iter().filter_map(|group| stopped(group)).sum()
    }
}

/// What kept the thread `tid` from a processor so far. `None` if the kernel does not say.
pub(crate) fn delays(directory: &Directory, tid: u32, groups: &LimitedGroups) -> Option<Delays> {
    let stat: Schedstat = parse(directory, tid, "schedstat")?;
    Some(Delays {
        waited_s: Duration::from_nanos(stat.run_delay).as_secs_f64(),
        stopped_s: groups.stopped().as_secs_f64(),
    })
}

fn has_cpu(controllers: &[String]) -> bool {
    controllers.iter().any(|name| name == "cpu")
}

/// Whether the cgroup has a limit (`cpu.max` of version 2, `cpu.cfs_quota_us` of version 1).
fn is_limited(group: &Path) -> bool {
    let has = |file: &str, none: &str| {
        let limit = fs::read_to_string(group.join(file));
        limit.is_ok_and(|limit| !limit.starts_with(none))
    };
    has("cpu.max", "max") || has("cpu.cfs_quota_us", "-1")
}

/// For how long the cgroup has stood still because of its limit.
fn stopped(group: &Path) -> Option<Duration> {
    let stat = fs::read_to_string(group.join("cpu.stat")).ok()?;
    stat.lines().find_map(|line| {
        let (name, number) = line.split_once(' ')?;
        let number = number.trim().parse().ok()?;
        match name {
            "throttled_usec" => Some(Duration::from_micros(number)),
            "throttled_time" => Some(Duration::from_nanos(number)),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_and_stops_of_both_versions_are_read() {
        let directory = tempfile::tempdir().unwrap();
        let group = directory.path();
        let write = |file: &str, text: &str| fs::write(group.join(file), text).unwrap();
        assert!(!is_limited(group));
        assert_eq!(stopped(group), None);
        write("cpu.max", "max 100000\n");
        assert!(!is_limited(group));
        write("cpu.max", "20000 100000\n");
        write(
            "cpu.stat",
            "usage_usec 7\nnr_throttled 3\nthrottled_usec 1500\n",
        );
        assert!(is_limited(group));
        assert_eq!(stopped(group), Some(Duration::from_micros(1500)));
        fs::remove_file(group.join("cpu.max")).unwrap();
        write("cpu.cfs_quota_us", "-1\n");
        assert!(!is_limited(group));
        write("cpu.cfs_quota_us", "20000\n");
        write(
            "cpu.stat",
            "nr_periods 9\nnr_throttled 3\nthrottled_time 2500\n",
        );
        assert!(is_limited(group));
        assert_eq!(stopped(group), Some(Duration::from_nanos(2500)));
    }
}

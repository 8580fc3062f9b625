//! The monotonic clock of a process in another time namespace (`time_namespaces(7)`).

use std::fs;

/// The time namespace of a process, and the one that its children will be in. The offsets
/// that the kernel shows are those of the latter (`proc_timens_show_offsets`,
/// kernel/time/namespace.c).
const NAMESPACES: [&str; 2] = ["ns/time", "ns/time_for_children"];
/// Name of the clock in the table of offsets. Kernels before 5.7 wrote its number.
const CLOCK: [&str; 2] = ["monotonic", "1"];

/// By how many nanoseconds `CLOCK_MONOTONIC` of process `pid` is ahead of ours. `None`
/// where the kernel does not say.
pub(crate) fn ahead_ns(pid: u32) -> Option<i64> {
    let theirs = format!("/proc/{pid}");
    let own = "/proc/self";
    let Some(ours) = namespace(own, NAMESPACES[0]) else {
        // Kernels before 5.6 have one time for all.
        return Some(0);
    };
    if namespace(&theirs, NAMESPACES[0])? == ours {
        return Some(0);
    }
    offset(&theirs)?.checked_sub(offset(own)?)
}

/// The time namespace that `name` of the process in `directory` refers to.
fn namespace(directory: &str, name: &str) -> Option<std::path::PathBuf> {
    fs::read_link(format!("{directory}/{name}")).ok()
}

/// The offset of the monotonic clock of the process in `directory`, in nanoseconds.
fn offset(directory: &str) -> Option<i64> {
    let [own, of_children] = NAMESPACES.map(|name| namespace(directory, name));
    if own.is_none() || own != of_children {
        return None;
    }
    let table = fs::read_to_string(format!("{directory}/timens_offsets")).ok()?;
    offset_in(&table)
}

/// The offset of the monotonic clock in a table of lines `monotonic SECONDS NANOSECONDS`.
fn offset_in(table: &str) -> Option<i64> {
    let mut lines = table.lines().map(str::split_whitespace);
    let mut line = lines.find_map(|mut line| CLOCK.contains(&line.next()?).then_some(line))?;
    let mut number = || line.next()?.parse::<i64>().ok();
    let seconds = number()?.checked_mul(1_000_000_000)?;
    seconds.checked_add(number()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offset_of_the_monotonic_clock_is_found_by_its_name() {
        let table = "monotonic           1000         5\nboottime             -10         0\n";
        assert_eq!(offset_in(table), Some(1_000_000_000_005));
        assert_eq!(
            offset_in("monotonic -3 500000000"),
            Some(-2_500_000_000),
            "the nanoseconds count forwards"
        );
        assert_eq!(offset_in("1 7 0"), Some(7_000_000_000));
        for broken in [
            "",
            "boottime 1 2",
            "monotonic",
            "monotonic 1",
            "monotonic 99999999999 0",
        ] {
            assert_eq!(offset_in(broken), None, "{broken:?}");
        }
    }

    #[test]
    fn our_own_clock_is_not_ahead() {
        assert_eq!(ahead_ns(std::process::id()), Some(0));
    }
}

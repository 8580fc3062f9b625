//! How long a test lets the tool stop its target.
//!
//! With the shipped default of `--max-pause` the tool promises two things: the
//! target is stopped for no longer, and the snapshot says how it was read. On a
//! loaded machine it may not stop the target in time. Then it says so in `note`,
//! and reads on while the target runs. A test of what is shown has to look again
//! in this case; a test of a verdict has to accept no wrong one.

use super::attach;
use super::legs::Leg;
use super::snapshot::{Process, ReadInfo, Snapshot};
use super::{Outcome, ensure};

/// Time that a stop takes on no machine.
pub const AMPLE: [&str; 2] = ["--max-pause", "30000"];

/// The leg on which tests that take many looks use the shipped default.
const SHIPPED_ON: &str = "3.13";

/// Microseconds of the shipped default.
const SHIPPED_US: u64 = 100_000;

/// Microseconds that the tool may be late because it gets no processor itself.
const LATE_US: u64 = 100_000;

/// Looks until one in which the target was stopped in time.
const LOOKS: usize = 20;

/// Arguments for a look at a program on `leg`.
pub fn of(leg: &Leg) -> &'static [&'static str] {
    match leg.leg == SHIPPED_ON {
        true => &[],
        false => &AMPLE,
    }
}

/// The promise of a look with the shipped default: a bounded pause, and a
/// consistency that is explained where it is less than `stopped`.
pub fn is_kept(read: &ReadInfo) -> Outcome {
    let is_bounded = read.stopped_us <= SHIPPED_US + LATE_US;
    let is_stated = match &*read.consistency {
        "stopped" => read.note.is_none(),
        "verified" | "running" => {
            let note = read.note.as_deref();
            note.is_some_and(|note| note.contains("--max-pause"))
        }
        _ => false,
    };
    ensure(is_bounded && is_stated, || {
        format!("the promise of --max-pause is broken: {read:?}")
    })
}

/// Looks with the shipped default until the target was stopped in time. Each
/// look has to keep the promise.
pub fn until_stopped<T>(
    look: impl Fn() -> Result<T, String>,
    processes: impl Fn(&T) -> &[Process],
) -> Result<T, String> {
    let mut reads = Vec::new();
    for _ in 0..LOOKS {
        let found = look()?;
        let read = processes(&found).iter().map(|process| &process.read);
        let read: Vec<_> = read.collect();
        for read in &read {
            is_kept(read)?;
        }
        if read.iter().all(|read| read.consistency == "stopped") {
            return Ok(found);
        }
        reads.push(format!("{read:?}"));
    }
    let reads = reads.join("\n  ");
    Err(format!(
        "in {LOOKS} looks the target was never stopped in time\n  {reads}"
    ))
}

/// A snapshot with the shipped default in which every process was stopped.
pub fn shipped_snapshot(pid: u32, more: &[&str]) -> Result<Snapshot, String> {
    until_stopped(|| attach::snapshot(pid, more), |found| &found.processes)
}

/// The same for one process.
pub fn shipped_process(pid: u32, more: &[&str]) -> Result<Process, String> {
    let look = || attach::process(pid, more);
    until_stopped(look, std::slice::from_ref)
}

//! Taking the snapshot of one process, or of a whole tree.

use time::OffsetDateTime;

use crate::snapshot::take::{TakeOptions, take_process};
use crate::snapshot::{SCHEMA_VERSION, Snapshot, Tool};
use crate::target;

/// Looks into `pid`, and with `children` into every process below it: one of
/// those that cannot be read is named among the errors of `pid`.
pub fn capture(pid: u32, children: bool, options: &TakeOptions) -> Result<Snapshot, target::Error> {
    let taken_at = rfc3339(OffsetDateTime::now_utc());
    let mut processes = vec![take_process(pid, options)?];
    if children {
        for child in target::Process::open(pid)?.children() {
            match take_process(child, options) {
                Ok(process) => processes.push(process),
                Err(error) => processes[0].errors.push(format!("child {child}: {error}")),
            }
        }
    }
    Ok(Snapshot {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        },
        taken_at,
        processes,
    })
}

/// In UTC, with microseconds.
fn rfc3339(at: OffsetDateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.microsecond(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_all_their_digits() {
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_795_313_621_000_042_999).unwrap();
        assert_eq!(rfc3339(at), "2026-11-22T02:13:41.000042Z");
    }
}

//! The JSON contract of `docs/snapshot-json.md`, written out.

use std::io::{self, Write};

use serde::Serialize;

use crate::plain_text::is_deceptive;

/// Writes a value of the contract: indented for people, on one line for programs.
///
/// Characters that could deceive a terminal are written as escapes; whoever
/// parses the text gets the same strings.
///
/// # Errors
/// When `out` cannot be written to.
pub fn write(out: &mut dyn Write, value: &impl Serialize, indented: bool) -> io::Result<()> {
    let mut escaped = Escaped(out);
    if indented {
        serde_json::to_writer_pretty(&mut escaped, value)?;
    } else {
        serde_json::to_writer(&mut escaped, value)?;
    }
    out.write_all(b"\n")
}

/// Escapes the characters that JSON allows as they are but that could deceive.
struct Escaped<'a>(&'a mut dyn Write);

impl Write for Escaped<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Whole characters arrive, and outside of strings JSON is ASCII.
        let text = std::str::from_utf8(bytes).map_err(io::Error::other)?;
        let mut plain_from = 0;
        for (at, c) in text.char_indices() {
            if c > '~' && is_deceptive(c) {
                self.0.write_all(&bytes[plain_from..at])?;
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(self.0, "\\u{unit:04x}")?;
                }
                plain_from = at + c.len_utf8();
            }
        }
        self.0.write_all(&bytes[plain_from..])?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Snapshot;
    use crate::report::fixtures;

    fn text(snapshot: &Snapshot, indented: bool) -> String {
        let mut out = Vec::new();
        write(&mut out, snapshot, indented).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn programs_get_one_line_that_reads_back_as_the_same_snapshot() {
        let mut snapshot = fixtures::snapshot(fixtures::bank());
        let name = "\u{1b}[2J\u{9b}1m\u{7f}\u{202e}\u{e0041}\n\"\\ 任务 ä";
        snapshot.processes[0].task_mut(0).name = name.into();
        for indented in [false, true] {
            let text = text(&snapshot, indented);
            assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
            assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{7f}', '\u{202e}', '\u{e0041}']));
            assert!(text.contains("任务 ä"));
            assert_eq!(text.lines().count() == 1, !indented);
        }
    }

    #[test]
    fn names_of_the_contract_are_kept() {
        let value = serde_json::to_value(fixtures::snapshot(fixtures::bank())).unwrap();
        let process = &value["processes"][0];
        assert_eq!(value["schema_version"], 1);
        assert_eq!(process["read"]["consistency"], "stopped");
        assert_eq!(process["threads"][0]["loop"], "loop:0x1");
        assert_eq!(
            process["loops"][0]["class"],
            "asyncio.unix_events._UnixSelectorEventLoop"
        );
        assert_eq!(process["tasks"][1]["type"], "_asyncio.Task");
        assert_eq!(process["tasks"][1]["frames"][0]["kind"], "coroutine");
        assert!(process["tasks"][1]["frames"][0].get("locals").is_none());
        assert!(process["tasks"][1]["exception"].is_null());
        assert_eq!(process["edges"][0]["via"], "gather");
    }
}

//! A diff as JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::{Diff, Outcome};

/// Version of the JSON.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    #[serde(flatten)]
    diff: &'a Diff,
    rules: &'a [Outcome],
}

/// Writes the diff, and what the rules say of it.
///
/// # Errors
/// Those of `out`.
pub fn write(diff: &Diff, rules: &[Outcome], out: &mut dyn Write) -> io::Result<()> {
    let document = Document {
        version: VERSION,
        diff,
        rules,
    };
    serde_json::to_writer(&mut *out, &document)?;
    out.write_all(b"\n")
}

//! A damaged image -> the variables of its frames, as `--locals` prints them
//! and as the debug adapter lists and opens them.

use arbitrary::{Arbitrary, Unstructured};
use serde_json::{Value, json};

use super::report::look;
use crate::edits::Edits;
use crate::fixtures::with_values;
use crate::session::Script;

/// Frames whose scopes are opened in one session; more would slow the fuzzer.
const MAX_FRAMES: usize = 8;
/// References that are opened in one session.
const MAX_OPENED: usize = 60;
/// Rows of one answer that are opened.
const MAX_ROWS: usize = 40;

pub fn locals(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (Ok(number), Ok(flags)) = (u8::arbitrary(&mut input), u8::arbitrary(&mut input)) else {
        return;
    };
    let first = usize::from(u8::arbitrary(&mut input).unwrap_or(0));
    let recording = Edits::take(&mut input).apply(with_values(number));
    if flags & 1 == 0 {
        return look(recording, flags | 1);
    }
    let mut script = Script::new(&recording);
    if !script.begin(&json!({ "justMyCode": flags & 4 != 0 })) {
        return;
    }
    let mut references = Vec::new();
    let mut frames = frames(&mut script);
    let count = frames.len().max(1);
    frames.rotate_left(first % count);
    for frame in frames.into_iter().take(MAX_FRAMES) {
        let scopes = script.ask("scopes", json!({ "frameId": frame }));
        collect(&scopes["body"]["scopes"], &mut references);
    }
    let mut asked = 0;
    // The last found come first, so that deep values are reached too.
    while let Some(reference) = references.pop()
        && asked < MAX_OPENED
    {
        asked += 1;
        let mut arguments = json!({ "variablesReference": reference });
        if flags & 8 != 0 {
            arguments["format"] = json!({ "hex": true });
        }
        let found = script.ask("variables", arguments);
        collect(&found["body"]["variables"], &mut references);
    }
}

/// Ids of the frames of all threads and tasks.
fn frames(script: &mut Script) -> Vec<i64> {
    let threads = script.ask("threads", json!({}));
    let each = |list: &Value| -> Vec<i64> {
        let list = list.as_array().map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(|it| it["id"].as_i64()).collect()
    };
    let mut frames = Vec::new();
    for thread in each(&threads["body"]["threads"]).into_iter().take(MAX_ROWS) {
        let stack = script.ask("stackTrace", json!({ "threadId": thread }));
        frames.extend(each(&stack["body"]["stackFrames"]).into_iter().take(4));
    }
    frames
}

/// Adds the references of the rows that can be opened.
fn collect(rows: &Value, references: &mut Vec<i64>) {
    let rows = rows.as_array().map_or(&[][..], Vec::as_slice);
    let of = |row: &Value| row["variablesReference"].as_i64().filter(|it| *it > 0);
    references.extend(rows.iter().filter_map(of).take(MAX_ROWS));
}

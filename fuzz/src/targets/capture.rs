//! Capture files: the header, the compressed body, the facts, the table of the
//! recorded memory; and what is said of those that can be read.

use std::io::Write;

use arbitrary::{Arbitrary, Unstructured};
use dapper_attach::capture::{read, write};
use dapper_attach::process::recorded::write_number;
use flate2::Compression;
use flate2::write::DeflateEncoder;
use serde_json::{Value, json};

use super::report::look;
use crate::fixtures::any;
use crate::session::{file, file_of};

/// Changes of one input.
const MOST: usize = 24;
/// Levels that a change descends.
const DEPTH: usize = 10;
/// Elements that a list or a text is repeated to.
const REPEATED: usize = 2_000;
/// Bytes that what is repeated takes, as JSON: this is about the product's
/// memory, not ours.
const MOST_REPEATED: usize = 4 << 20;

pub fn capture(data: &[u8]) {
    let Some((mode, rest)) = data.split_first() else {
        return;
    };
    match mode % 8 {
        0 => {
            let _ = read(rest);
        }
        1 => compressed(rest),
        2 => table(rest),
        _ => facts(rest),
    }
}

/// A compressed body that says of itself what the first eight bytes say.
fn compressed(data: &[u8]) {
    let Some((size, packed)) = data.split_first_chunk() else {
        return;
    };
    let _ = read(&file(packed, u64::from_le_bytes(*size)));
}

/// Few facts, and the table of recorded memory.
fn table(data: &[u8]) {
    let sample = json!({
        "moment": { "threads": [], "monotonic_ns": 0, "descriptors": {
            "by_fd": {}, "sockets": {}, "unix": {}, "children": [] } },
        "heap": null, "searched": true,
        "read": { "consistency": "stopped", "stopped_us": 0, "bytes": 0, "syscalls": 0,
            "rejected_reads": 0, "note": null },
    });
    let process = json!({
        "facts": { "pid": 1, "parent": null, "command": [], "executable": null, "mappings": [] },
        "candidates": [], "samples": [sample, sample, sample],
    });
    let all = json!({
        "redacted": false, "taken_at": "", "interval_ns": 1, "lost": [],
        "processes": [{ "process": process, "sources": { "files": {}, "parent_command": null } }],
    });
    let facts = all.to_string();
    let mut body = Vec::new();
    write_number(&mut body, facts.len() as u64);
    body.extend(facts.as_bytes());
    body.extend(data);
    if let Ok(recording) = read(&pack(&body)) {
        let again = write(&recording).expect("what was read can be written");
        read(&again).expect("what was written can be read");
        look(recording, 0);
    }
}

fn pack(body: &[u8]) -> Vec<u8> {
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::none());
    packer.write_all(body).expect("a vector");
    file(&packer.finish().expect("a vector"), body.len() as u64)
}

#[derive(Debug, Arbitrary)]
struct Change {
    path: [u8; DEPTH],
    kind: u8,
    value: i64,
}

/// The facts of a fixture, changed, with its memory.
fn facts(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (Ok(number), Ok(flags)) = (u8::arbitrary(&mut input), u8::arbitrary(&mut input)) else {
        return;
    };
    let fixture = any(number);
    let mut facts = serde_json::to_value(&fixture.recording).expect("facts are JSON");
    for _ in 0..MOST {
        match Change::arbitrary(&mut input) {
            Ok(change) if !input.is_empty() => change.apply(&mut facts),
            _ => break,
        }
    }
    let text = String::from_utf8_lossy(input.take_rest()).into_owned();
    if flags & 0x40 != 0
        && let Some(files) = facts.pointer_mut("/processes/0/sources/files")
        && let Some(file) = files.as_object_mut().and_then(|it| it.values_mut().next())
    {
        *file = text.into();
    }
    let Ok(mut recording) = serde_json::from_value(facts) else {
        return;
    };
    let dapper_attach::inspect::recording::Recording { processes, .. } = &mut recording;
    for (process, whole) in processes.iter_mut().zip(&fixture.recording.processes) {
        let samples = process.process.samples.iter_mut();
        for (sample, whole) in samples.zip(&whole.process.samples) {
            sample.memory = whole.memory.clone();
        }
    }
    if let Ok(recording) = read(&file_of(&recording)) {
        look(recording, flags);
    }
}

impl Change {
    fn apply(&self, facts: &mut Value) {
        let mut at = facts;
        for step in self.path {
            let step = usize::from(step);
            // Not all changes go to the bottom.
            let count = match at {
                Value::Array(items) => items.len(),
                Value::Object(fields) => fields.len(),
                _ => break,
            };
            if step >= 0xf0 || count == 0 {
                break;
            }
            let next = match at {
                Value::Array(items) => items.get_mut(step % count),
                Value::Object(fields) => fields.values_mut().nth(step % count),
                _ => None,
            };
            match next {
                Some(next) => at = next,
                None => return,
            }
        }
        self.put(at);
    }

    fn put(&self, at: &mut Value) {
        match (self.kind % 12, &mut *at) {
            (0, Value::Number(number)) => {
                let number = number.as_i64().unwrap_or(0);
                *at = number.wrapping_add(self.value % 64).into();
            }
            (1, Value::String(text)) => {
                let places = text.chars().count().max(1);
                let c = char::from_u32(self.value as u32 >> 11).unwrap_or('\u{202e}');
                let place = self.value as usize % places;
                let (front, back): (String, String) = (
                    text.chars().take(place).collect(),
                    text.chars().skip(place + 1).collect(),
                );
                *text = format!("{front}{c}{back}");
            }
            (2, Value::Array(_) | Value::String(_)) => {
                let size = at.to_string().len().max(1);
                let most = (MOST_REPEATED / size).min(self.value as usize % REPEATED);
                repeat(at, most);
            }
            (3, Value::Array(items)) => {
                let len = items.len().max(1);
                items.truncate(self.value as usize % len);
            }
            (3, Value::Object(fields)) => {
                let len = fields.len().max(1);
                let key = fields.keys().nth(self.value as usize % len).cloned();
                key.and_then(|key| fields.remove(&key));
            }
            (4, Value::Array(items)) => items.reverse(),
            (5, _) => *at = Value::Null,
            (6, _) => *at = (self.value & 1 == 0).into(),
            (7, _) => *at = self.value.into(),
            (8, _) => *at = self.value.cast_unsigned().into(),
            (9, _) => *at = (self.value % 1024).into(),
            (10, _) => {
                *at = [u64::MAX, i64::MAX as u64, 0, 1 << 32][self.value as usize % 4].into()
            }
            (11, _) => *at = f64::from_bits(self.value.cast_unsigned()).into(),
            _ => *at = (self.value >> 32).into(),
        }
    }
}

fn repeat(at: &mut Value, most: usize) {
    match at {
        Value::Array(items) => {
            let all = items.len().saturating_mul(most).min(REPEATED);
            *items = items.iter().cycle().take(all).cloned().collect();
        }
        Value::String(text) => *text = text.repeat(most),
        _ => {}
    }
}

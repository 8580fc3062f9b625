//! The decompressed body of a capture.

use std::sync::Arc;

use super::{CaptureError, MAX_BODY};
use crate::inspect::recording::{Recorded, Recording};
use crate::process::recorded::{Cursor, MAX_RUNS, read_image, write_image, write_number};

/// Maximum number of samples of one process. A sample needs almost no space in a
/// file, but takes time to decode.
const MAX_SAMPLES: usize = 1_000;
/// Maximum size of the facts in bytes. Parsed, they take several times as much memory.
const MAX_FACTS: usize = 48 << 20;

/// Encodes `recording`.
///
/// # Errors
/// If it exceeds a limit on its size.
pub(super) fn write(recording: &Recording) -> Result<Vec<u8>, CaptureError> {
    let facts = serde_json::to_vec(recording)?;
    let processes = || recording.processes.iter().map(|it| &it.process);
    let sizes = processes().flat_map(|process| &process.samples);
    let (bytes, runs) = sizes
        .map(|sample| sample.memory.size())
        .fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
    if facts.len() > MAX_FACTS || bytes > MAX_BODY || runs > MAX_RUNS {
        return Err(CaptureError::TooLarge);
    }
    let mut body = Vec::new();
    write_number(&mut body, facts.len() as u64);
    body.extend(facts);
    for process in processes() {
        let mut samples = process.samples.iter().rev();
        let Some(last) = samples.next() else { continue };
        write_image(&mut body, &last.memory, None);
        for sample in samples {
            write_image(&mut body, &sample.memory, Some(&last.memory));
        }
    }
    match body.len() > MAX_BODY {
        true => Err(CaptureError::TooLarge),
        false => Ok(body),
    }
}

/// Decodes a body that [`write`] encoded.
///
/// # Errors
/// If the body is cut short, damaged, or exceeds a limit on its size.
pub(super) fn read(body: Vec<u8>) -> Result<Recording, CaptureError> {
    let body = Arc::new(body);
    let mut cursor = Cursor::new(&body, 0);
    let len = usize::try_from(cursor.number()?).unwrap_or(usize::MAX);
    if len > MAX_FACTS {
        return Err(CaptureError::TooLarge);
    }
    let from = cursor.position();
    let facts = from.checked_add(len).and_then(|to| body.get(from..to));
    let mut recording: Recording = serde_json::from_slice(facts.ok_or(CaptureError::Short)?)?;
    let samples = |it: &Recorded| it.process.samples.len();
    if recording
        .processes
        .iter()
        .any(|it| samples(it) > MAX_SAMPLES)
    {
        return Err(CaptureError::TooLarge);
    }
    let mut cursor = Cursor::new(&body, from + len);
    let mut runs = MAX_RUNS;
    for process in &mut recording.processes {
        let mut samples = process.process.samples.iter_mut().rev();
        let Some(last) = samples.next() else { continue };
        last.memory = read_image(&body, &mut cursor, None, &mut runs)?;
        for sample in samples {
            sample.memory = read_image(&body, &mut cursor, Some(&last.memory), &mut runs)?;
        }
    }
    match cursor.position() == body.len() {
        true => Ok(recording),
        false => Err(CaptureError::Damaged),
    }
}

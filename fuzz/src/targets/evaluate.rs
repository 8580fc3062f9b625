//! An expression, on a frame of a damaged image.
//!
//! The input is the expression up to the first byte 0, then the fixture, the
//! frame, and the damage.

use std::time::{Duration, Instant};

use arbitrary::{Arbitrary, Unstructured};
use dapper_attach::cpython::runtime::recorded_candidate::RecordedCandidate;
use dapper_attach::cpython::{FrameSlot, Reader, runtime};
use dapper_attach::evaluate::{Bounds, Names, evaluate as evaluated};
use dapper_attach::limits::Limits;
use dapper_attach::model::FrameLocation;

use crate::edits::Edits;
use crate::fixtures::with_values;

/// The time that the debug adapter allows.
const PATIENCE: Duration = Duration::from_secs(5);

pub fn evaluate(data: &[u8]) {
    let end = data.iter().position(|byte| *byte == 0);
    let (text, rest) = data.split_at(end.unwrap_or(data.len()));
    let expression = String::from_utf8_lossy(text);
    let mut input = Unstructured::new(rest.get(1..).unwrap_or_default());
    // An input may end with its expression.
    let number = u8::arbitrary(&mut input).unwrap_or(0);
    let frame = u8::arbitrary(&mut input).unwrap_or(0);
    let fixture = with_values(number);
    let recording = Edits::take(&mut input).apply(fixture);
    let Some((process, sample)) = recording
        .first()
        .and_then(|it| Some((it, it.samples.last()?)))
    else {
        return;
    };
    let candidates = process.candidates.iter();
    let candidates: Vec<_> = candidates
        .filter_map(RecordedCandidate::candidate)
        .collect();
    // Other targets cover the rest of a snapshot.
    let confirmed = runtime::confirm(&candidates, &sample.memory, &Limits::default());
    let Ok((_, reader)) = confirmed else {
        return;
    };
    let place = fixture
        .places
        .get(usize::from(frame) % fixture.places.len().max(1));
    let names = place.and_then(|place| names(&reader, *place));
    let bounds = Bounds {
        deadline: Some(Instant::now() + PATIENCE),
        ..Bounds::default()
    };
    let found = evaluated(&expression, &reader, &names.unwrap_or_default(), &bounds);
    let _ = found.is_ok();
}

fn names(reader: &Reader<'_>, place: FrameLocation) -> Option<Names> {
    match reader.frame(place.frame) {
        Ok(FrameSlot::Python { frame, .. }) => Names::of_frame(reader, &frame).ok(),
        _ => None,
    }
}

//! Hostile `_Py_DebugOffsets` and `_AsyncioDebug` -> a layout, and an image
//! that is read through it.

use arbitrary::{Arbitrary, Unstructured};
use dapper_attach::model::LayoutSource;
use python_offsets::{AsyncioDebug, Overlay, Published, table};

use super::report::look;
use crate::fixtures::{Fixture, any};

#[path = "../../../python-offsets/tests/live/mod.rs"]
#[allow(dead_code)]
mod live;

use live::{ASYNCIO_14, ASYNCIO_15, V3_13, V3_13T, V3_14, V3_15};

/// Changes of one input.
const MOST: usize = 24;

#[derive(Debug, Arbitrary)]
struct Change {
    index: u8,
    kind: u8,
    value: u16,
}

impl Change {
    fn apply(&self, words: &mut [u64]) {
        let count = words.len().max(1);
        let other = words.get(usize::from(self.value) % count).copied();
        let Some(word) = words.get_mut(usize::from(self.index) % count) else {
            return;
        };
        let value = u64::from(self.value);
        *word = match self.kind % 8 {
            0 | 1 => value * 8,
            2 => value,
            3 => word.wrapping_add(u64::from(self.value % 64) * 8),
            4 => word.wrapping_sub(u64::from(self.value % 64) * 8),
            5 => other.unwrap_or(0),
            6 => value << 8,
            _ => u64::MAX - value,
        };
    }
}

pub fn offsets(data: &[u8]) {
    let mut input = Unstructured::new(data);
    match u8::arbitrary(&mut input) {
        Ok(mode) if mode % 8 == 7 => {
            let rest = input.take_rest();
            let _ = Published::parse(rest);
            let _ = AsyncioDebug::parse(rest);
        }
        Ok(mode) if mode % 8 == 6 => overlay(mode / 8, &mut input),
        Ok(mode) => published(mode, &mut input),
        Err(_) => {}
    }
}

fn changes(input: &mut Unstructured<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    while changes.len() < MOST && !input.is_empty() {
        changes.extend(Change::arbitrary(input).ok());
    }
    changes
}

/// What a process publishes, changed: refused, or a layout that is read with.
fn published(mode: u8, input: &mut Unstructured<'_>) {
    let (version, free_threaded, words, asyncio, fixture): (_, _, &[u64], _, _) = match mode % 8 {
        0 => (V3_13.0, V3_13.1, &V3_13.2, None, 6),
        1 => (V3_13T.0, V3_13T.1, &V3_13T.2, None, 7),
        2 => (V3_14.0, V3_14.1, &V3_14.2, Some(ASYNCIO_14), 8),
        3 => (V3_14.0, V3_14.1, &V3_14.2, Some(ASYNCIO_14), 12),
        _ => (V3_15.0, V3_15.1, &V3_15.2, Some(ASYNCIO_15), 10),
    };
    let parse = |words: &[u64]| {
        let bytes = live::debug_offsets(version, free_threaded, words);
        Published::parse(&bytes).ok()
    };
    let all = changes(input);
    let (ours, theirs): (Vec<&Change>, Vec<&Change>) = all.iter().partition(|it| it.kind < 0xe0);
    let mut changed = words.to_vec();
    ours.into_iter()
        .for_each(|change| change.apply(&mut changed));
    let (Some(before), Some(published)) = (parse(words), parse(&changed)) else {
        return;
    };
    // Of another build than the fixture: only what was changed is its own.
    let mut differing = different(&before.overlay, published.overlay);
    if let Some(words) = asyncio {
        let mut changed = words;
        theirs
            .into_iter()
            .for_each(|change| change.apply(&mut changed));
        if let (Some(before), Some(after)) = (asyncio_of(&words), asyncio_of(&changed)) {
            differing.extend(different(&before, after));
        }
    }
    let fixture = any(fixture);
    let candidates = fixture.recording.first().map(|it| &it.candidates);
    let Some(candidate) = candidates.and_then(|all| all.first()) else {
        return;
    };
    let mut overlay = candidate.overlay.clone();
    overlay.extend(differing);
    read_with(fixture, overlay, LayoutSource::Published);
}

fn asyncio_of(words: &[u64]) -> Option<Overlay> {
    let bytes: Vec<u8> = words.iter().flat_map(|it| it.to_le_bytes()).collect();
    AsyncioDebug::parse(&bytes).ok().map(|it| it.overlay)
}

/// What `after` has that `before` has not.
fn different(before: &Overlay, mut after: Overlay) -> Overlay {
    after.retain(|key, value| before.get(key) != Some(value));
    after
}

/// Numbers as debug information or a capture states them, changed.
fn overlay(number: u8, input: &mut Unstructured<'_>) {
    let fixture = any(number);
    let process = fixture.recording.first();
    let Some(candidate) = process.and_then(|it| it.candidates.first()) else {
        return;
    };
    let Some(table) = table(&candidate.minor, candidate.free_threaded) else {
        return;
    };
    let selected = table.select(&candidate.overlay);
    let Ok(layout) = selected.and_then(|it| it.overlaid(&candidate.overlay)) else {
        return;
    };
    let numbers = layout.numbers();
    let names: Vec<&String> = numbers.keys().collect();
    let mut changed = candidate.overlay.clone();
    for change in changes(input) {
        let place = usize::from(change.index) | usize::from(change.kind & 0x80) << 1;
        let Some(name) = names.get(place % names.len().max(1)) else {
            continue;
        };
        let mut words: Vec<u64> = vec![numbers[*name].cast_unsigned(); 1];
        Change { index: 0, ..change }.apply(&mut words);
        changed.insert((*name).clone(), words[0].cast_signed());
    }
    read_with(fixture, changed, candidate.source);
}

fn read_with(fixture: &Fixture, overlay: Overlay, source: LayoutSource) {
    let mut recording = fixture.recording.clone();
    for process in &mut recording.processes {
        for candidate in &mut process.process.candidates {
            candidate.overlay.clone_from(&overlay);
            candidate.source = source;
        }
    }
    look(recording, 1);
}

//! Makes a capture with variables that is small enough to be a fixture: of all
//! that was recorded, what evaluating and listing variables reads is kept.
//!
//!     cargo run --no-default-features --example values -- PID FILE
//!
//! scripts/fuzz-values calls it.

use std::collections::HashSet;
use std::time::Duration;

use dapper_attach::cpython::{FrameSlot, Reader};
use dapper_attach::evaluate::{Bounds, Names, evaluate};
use dapper_attach::inspect::Source;
use dapper_attach::inspect::inspection::Inspection;
use dapper_attach::limits::Limits;
use dapper_attach::model::Process;
use dapper_attach::process::recorded::{NotedReads, RecordedMemory};
use dapper_attach::sampling::recorded::Extent;
use dapper_attach::sampling::retained::RetainedSnapshot;
use dapper_attach::snapshot::options::SampleOptions;
use dapper_attach_fuzz::fixtures::options;
use dapper_attach_fuzz::session::file_of;

/// Asked of each variable.
const QUESTIONS: [&str; 6] = [
    "NAME",
    "repr(NAME)",
    "dir(NAME)",
    "type(NAME)",
    "len(NAME)",
    "NAME.x",
];

fn main() {
    let mut arguments = std::env::args().skip(1);
    let pid = arguments.next().and_then(|pid| pid.parse().ok());
    let pid = pid.expect("the number of a process");
    let path = arguments.next().expect("the name of a file");
    let capture = Inspection {
        source: Source::Live,
        pid,
        children: false,
        samples: 2,
        interval: Duration::from_millis(200),
        options: SampleOptions {
            no_pause: false,
            max_pause: Duration::from_secs(1),
            ..options(true)
        },
    };
    let mut recording = capture.record(false).expect("it is captured").recording;
    let process = recording.first().expect("a process").clone();
    let (seen, kept) = process.keep(&options(true)).expect("it is read");
    let exact = kept.record(&seen, &options(true), Extent::Bytes);
    let mut ranges: Vec<(u64, u64)> = exact.expect("it is read again").0.memory.ranges().collect();
    let last = process.samples.last().expect("a sample");
    ranges.extend(read(&last.memory, &kept, &seen));
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let touches = next.0 <= kept.1;
        kept.1 = if touches { kept.1.max(next.1) } else { kept.1 };
        touches
    });
    let memory = RecordedMemory::copy_of(&last.memory, &ranges, Vec::new());
    let samples = &mut recording.processes[0].process.samples;
    let count = samples.len();
    samples[count - 1].memory = memory;
    std::fs::write(path, file_of(&recording)).expect("a file");
}

/// What is read to show the variables of the program's own frames.
fn read(memory: &RecordedMemory, kept: &RetainedSnapshot, seen: &Process) -> Vec<(u64, u64)> {
    let noted = NotedReads::new(memory);
    let layout = kept.runtime().layout.clone();
    let reader = Reader::new(&noted, layout, Limits::default());
    let own = seen.frames().filter(|frame| !frame.library);
    for place in own.filter_map(|frame| frame.place) {
        if let Ok(FrameSlot::Python { frame, .. }) = reader.frame(place.frame) {
            let names = Names::of_frame(&reader, &frame).expect("names");
            variables(&reader, &names);
        }
    }
    let (ranges, _) = noted.into_noted();
    ranges
}

fn variables(reader: &Reader<'_>, names: &Names) {
    let ask = |text: &str| {
        let _ = evaluate(text, reader, names, &Bounds::default());
    };
    ask("len");
    let mut seen = HashSet::new();
    for (name, value) in &names.locals {
        QUESTIONS
            .iter()
            .for_each(|text| ask(&text.replace("NAME", name)));
        open(reader, *value, 3, &mut seen);
    }
}

fn open(reader: &Reader<'_>, value: Option<u64>, depth: usize, seen: &mut HashSet<u64>) {
    let Some(addr) = value.filter(|addr| depth > 0 && seen.insert(*addr)) else {
        return;
    };
    let _ = reader.value(addr).to_string();
    let attributes = reader.attributes(addr).unwrap_or_default();
    for (_, value) in attributes {
        open(reader, Some(value), depth - 1, seen);
    }
    for (key, value) in reader.dict_items(addr, 50).unwrap_or_default().0 {
        open(reader, Some(key), depth - 1, seen);
        open(reader, Some(value), depth - 1, seen);
    }
}

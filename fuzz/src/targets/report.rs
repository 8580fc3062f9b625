//! A damaged image -> all that the report says of it.

use std::sync::Arc;

use arbitrary::{Arbitrary, Unstructured};
use dapper_attach::diagnosis::{across, checks, diagnose};
use dapper_attach::inspect::inspection::{Inspection, InspectionSamples};
use dapper_attach::inspect::recording::Recording;
use dapper_attach::limits::Limits;
use dapper_attach::model::Snapshot;
use dapper_attach::report::{Choice, dot, json, select, text};

use crate::edits::Edits;
use crate::fixtures::{any, options};

pub fn report(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let (Ok(number), Ok(flags)) = (u8::arbitrary(&mut input), u8::arbitrary(&mut input)) else {
        return;
    };
    let recording = Edits::take(&mut input).apply(any(number));
    look(recording, flags);
}

/// All that commands say of a recording.
pub fn look(recording: Recording, flags: u8) {
    let recording = Arc::new(recording);
    if let Some(process) = recording.first() {
        let _ = process.count(&Limits::default());
    }
    let locals = flags & 1 != 0;
    let capture = Inspection::of(recording, options(locals));
    let Ok(captured) = capture.take() else {
        return;
    };
    let InspectionSamples {
        mut snapshot,
        earlier,
    } = captured;
    for process in &mut snapshot.processes {
        let earlier = earlier.get(&process.pid).map_or(&[][..], Vec::as_slice);
        let sources = capture.source.files(process.pid);
        let interval = capture.interval.as_secs_f64();
        let judged = diagnose(process, earlier, interval, &*sources);
        process.verdict = Some(judged.verdict);
        process.diagnoses = judged.diagnoses;
        for (resource, holders) in judged.holders {
            process.set_holders(resource, &holders);
        }
        let _ = checks(process, earlier, &*sources);
    }
    across(&mut snapshot.processes);
    say(&snapshot, flags, None);
    let all = ["*".to_owned()];
    if flags & 8 != 0
        && let Ok(Some(chosen)) = select::choose(&snapshot, &all, &all)
    {
        say(&snapshot, flags, Some(&chosen));
    }
}

fn say(snapshot: &Snapshot, flags: u8, chosen: Option<&[Choice]>) {
    let options = text::Options {
        width: if flags & 2 == 0 { 100 } else { 0 },
        group_above: if flags & 4 == 0 { 20 } else { 0 },
        all_frames: flags & 2 != 0,
        locals: flags & 1 != 0,
        threads_only: false,
    };
    let mut out = Vec::new();
    text::write(&mut out, snapshot, &options, chosen).expect("text in memory");
    json::write(&mut out, snapshot, flags & 4 != 0).expect("JSON in memory");
    dot::write(&mut out, snapshot, chosen).expect("a graph in memory");
}

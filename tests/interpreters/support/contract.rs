//! Checks that hold for every snapshot of every program.

use std::collections::BTreeSet;

use super::compare::Mismatches;
use super::snapshot::{Process, Snapshot};
use super::{Outcome, none};

pub fn check(snapshot: &Snapshot) -> Outcome {
    let mut found = Mismatches::of("snapshot");
    found.equal("schema_version", &snapshot.schema_version, &1);
    found.equal("tool.name", &&*snapshot.tool.name, &"dapper-attach");
    let version = env!("CARGO_PKG_VERSION");
    found.equal("tool.version", &&*snapshot.tool.version, &version);
    let digits: String = snapshot.taken_at.chars().map(mask).collect();
    found.equal("taken_at", &&*digits, &"0000-00-00T00:00:00.000000Z");
    for process in &snapshot.processes {
        process_is_whole(&mut found, process);
    }
    none(&found.found)
}

fn mask(character: char) -> char {
    if character.is_ascii_digit() {
        '0'
    } else {
        character
    }
}

fn process_is_whole(found: &mut Mismatches, process: &Process) {
    if process.command.is_empty() || process.executable.is_none() {
        found.add("there is no command, or no executable");
    }
    if !["published", "dwarf", "table"].contains(&&*process.python.layout) {
        found.add(&format!("layout {:?}", process.python.layout));
    }
    let read = &process.read;
    if read.bytes == 0 || read.syscalls == 0 {
        found.add(&format!("nothing was read: {read:?}"));
    }
    if read.consistency == "stopped" && (read.rejected_reads > 0 || read.note.is_some()) {
        found.add(&format!("it stood still, and yet {read:?}"));
    }
    ids_are_sound(found, process);
    for event_loop in &process.loops {
        let timers = event_loop.timers.unwrap_or(0);
        if timers > 0 && !event_loop.next_timer_s.is_some_and(f64::is_finite) {
            found.add(&format!(
                "{} has {timers} timers, but no next one",
                event_loop.id
            ));
        }
    }
    for coroutine in &process.coroutines {
        if coroutine.id.is_empty() || coroutine.referenced_by.as_deref() == Some("") {
            found.add(&format!("an empty text in {coroutine:?}"));
        }
    }
}

/// Each id exists once, and every reference leads to an id that exists.
fn ids_are_sound(found: &mut Mismatches, process: &Process) {
    let tasks = process.tasks.iter().map(|task| &task.id);
    let loops = process.loops.iter().map(|event_loop| &event_loop.id);
    let threads = process.threads.iter().map(|thread| &thread.id);
    let mut known = BTreeSet::new();
    for id in tasks.chain(loops).chain(threads) {
        if !known.insert(&**id) {
            found.add(&format!("{id} is there twice"));
        }
    }
    let of_tasks = process
        .tasks
        .iter()
        .flat_map(|task| [&task.event_loop, &task.thread]);
    let of_threads = process
        .threads
        .iter()
        .flat_map(|thread| [&thread.event_loop, &thread.task]);
    let of_loops = process.loops.iter().map(|event_loop| &event_loop.thread);
    let of_frames = process
        .threads
        .iter()
        .flat_map(|thread| thread.frames.iter().map(|frame| &frame.owner));
    let named = of_tasks.chain(of_threads).chain(of_loops).chain(of_frames);
    for id in named.flatten() {
        if !known.contains(&**id) {
            found.add(&format!("{id} is named, but not there"));
        }
    }
}

//! Which tasks and threads are no longer as they were read, in a process that
//! runs: each is read again by itself, however much else has changed.

use std::sync::Arc;

use super::model::{Process, Task, Thread};
use super::waits::address;
use crate::limits::Limits;
use crate::python::{FrameSlot, Reader, Runtime};
use crate::target::{Memory, PageCache, Piece, ProcessMemory, Traced};
use crate::tasks::Dependents;

/// Items that are compared at once.
const BATCH: usize = 512;

/// What is said of an item that was not the same twice.
const MARK: &str = "it changed while it was read";

/// Where something lies: start and end of each range.
type Ranges = Vec<(u64, u64)>;

/// Marks the tasks and threads of `seen` that changed since they were read
/// through `cache`, and says how many those are.
pub fn mark(
    seen: &mut Process,
    runtime: &Runtime,
    cache: &PageCache<ProcessMemory>,
    limits: &Limits,
) -> usize {
    let memory = Traced::new(cache);
    let reader = Reader::new(&memory, runtime.layout.clone(), limits.clone());
    let mut marked = 0;
    for tasks in seen.tasks.chunks_mut(BATCH) {
        let ranges = tasks.iter().map(|task| of_task(&reader, &memory, task));
        let changed = changed(cache, ranges.collect());
        for (task, _) in tasks
            .iter_mut()
            .zip(changed)
            .filter(|(_, changed)| *changed)
        {
            note(&mut Arc::make_mut(task).error);
            marked += 1;
        }
    }
    for threads in seen.threads.chunks_mut(BATCH) {
        let ranges = threads
            .iter()
            .map(|thread| of_thread(&reader, &memory, thread));
        let changed = changed(cache, ranges.collect());
        for (thread, _) in threads
            .iter_mut()
            .zip(changed)
            .filter(|(_, changed)| *changed)
        {
            note(&mut thread.error);
            marked += 1;
        }
    }
    marked
}

/// Marks all of them, where what they were read from is not held any more.
pub fn mark_all(seen: &mut Process) -> usize {
    for task in &mut seen.tasks {
        note(&mut Arc::make_mut(task).error);
    }
    for thread in &mut seen.threads {
        note(&mut thread.error);
    }
    seen.tasks.len() + seen.threads.len()
}

fn note(error: &mut Option<String>) {
    *error = Some(match error.take() {
        Some(known) => format!("{known}; {MARK}"),
        None => MARK.to_owned(),
    });
}

/// What the task was read from: itself, its chain, what it waits for, and what
/// leads from it to those who wait for it.
fn of_task<M: Memory>(reader: &Reader<'_>, memory: &Traced<'_, M>, task: &Task) -> Ranges {
    memory.take_ranges();
    // What cannot be read has its error already.
    if let Some(addr) = address(&task.id)
        && let Ok(raw) = reader.task(addr)
    {
        let chains = reader.chains(&[raw.coroutine]);
        let leaf = chains.first().and_then(|chain| chain.leaf);
        if let Some(waiter) = raw.waiter.or(leaf) {
            let _ = reader.future_state(waiter);
        }
        Dependents::default().of(reader, addr, &raw.future.callbacks);
    }
    memory.take_ranges()
}

fn of_thread<M: Memory>(reader: &Reader<'_>, memory: &Traced<'_, M>, thread: &Thread) -> Ranges {
    memory.take_ranges();
    for place in thread.frames.iter().filter_map(|frame| frame.place) {
        if let Ok(FrameSlot::Python(frame)) = reader.frame(place.frame) {
            reader.frame_position(&frame);
        }
    }
    memory.take_ranges()
}

/// Of each item, whether one of its ranges is not in the process as it is in
/// the cache.
fn changed(cache: &PageCache<ProcessMemory>, items: Vec<Ranges>) -> Vec<bool> {
    let lengths = items
        .iter()
        .flatten()
        .map(|(start, end)| (end - start) as usize);
    let mut now: Vec<Vec<u8>> = lengths.map(|length| vec![0; length]).collect();
    let mut pieces: Vec<Piece<'_>> = (items.iter().flatten().zip(&mut now))
        .map(|((start, _), buf)| Piece::new(*start, buf))
        .collect();
    cache.source().read_many(&mut pieces);
    let read: Vec<bool> = pieces.iter().map(|piece| piece.done).collect();
    let mut read = read.into_iter().zip(&now);
    let mut then = Vec::new();
    let mut differs = |(start, _): &(u64, u64), (done, now): (bool, &Vec<u8>)| {
        then.resize(now.len(), 0);
        !done || cache.read(*start, &mut then).is_err() || then != *now
    };
    items
        .iter()
        .map(|ranges| {
            let pairs = ranges.iter().zip(read.by_ref());
            // All of them: the next item's pieces come behind.
            pairs.fold(false, |changed, (range, now)| differs(range, now) | changed)
        })
        .collect()
}

//! Stacks of threads that run while they are read.
//!
//! Such a thread never is the same twice: each instruction changes its innermost frame. But a
//! frame that is in its place at two readings, with the same code, and in the same frames around
//! it, was on the stack all the time between. These outer frames are proved; those inside of them
//! are left out.

use super::changed::CHANGED;
use crate::cpython::{Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Frame, FrameLocation, Process, ThreadState};
use crate::process::{PageCache, ProcessMemory};

/// Reads the stacks of threads that changed and run again, and keeps of each what is the same.
pub fn prove(process: &mut Process, runtime: &Runtime, memory: ProcessMemory, limits: &Limits) {
    let is_open = |error: &Option<String>| error.as_deref() == Some(CHANGED);
    let mut running = process.threads.iter_mut();
    if !running.any(|it| is_open(&it.error)) {
        return;
    }
    let cache = PageCache::new(memory);
    let reader = Reader::new(&cache, runtime.layout.clone(), limits.clone());
    let again = stacks(&reader, runtime);
    for thread in &mut process.threads {
        if !is_open(&thread.error) {
            continue;
        }
        // Its memory changed: it ran, whatever the kernel said a moment later.
        if thread.state == ThreadState::Blocked {
            thread.state = ThreadState::Running;
            thread.syscall = None;
            thread.waits_for = None;
        }
        let same = again.iter().map(|stack| common(&thread.frames, stack));
        let Some(same) = same.max().filter(|same| *same > 0) else {
            continue;
        };
        thread.frames.drain(..thread.frames.len() - same);
        thread.error = None;
    }
}

/// The places of the frames of all threads, innermost first.
fn stacks(reader: &Reader<'_>, runtime: &Runtime) -> Vec<Vec<FrameLocation>> {
    let interpreters = reader.interpreters(runtime.addr).unwrap_or_default();
    let threads = interpreters.iter().flat_map(|it| &it.threads);
    let stacks = threads.map(|thread| {
        let frames = reader.thread_stack(thread.addr).frames;
        let places = frames.iter().map(|frame| FrameLocation {
            frame: frame.addr,
            code: frame.at.code.addr,
        });
        places.collect()
    });
    stacks.collect()
}

/// How many of the outermost frames are the same in both.
fn common(frames: &[Frame], again: &[FrameLocation]) -> usize {
    let pairs = frames.iter().rev().zip(again.iter().rev());
    pairs
        .take_while(|(frame, place)| frame.place == Some(**place))
        .count()
}

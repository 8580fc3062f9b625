//! How old the iterations of loops are, where they were read of a running process.

use crate::cpython::{FrameSlot, Reader};
use crate::model::{EventLoop, Process, Thread};

/// Forgets the iteration of the loop: it was read only once, or not the same twice.
pub fn forget(event_loop: &mut EventLoop) {
    event_loop.iteration_s = None;
    event_loop.batch = None;
}

/// Forgets the iterations of all loops of `process`, which was read once while it ran.
pub fn forget_all(process: &mut Process) {
    process.loops.iter_mut().for_each(forget);
}

/// Reads the iteration of `event_loop`, which one of `threads` runs.
pub fn touch(reader: &Reader<'_>, event_loop: &EventLoop, threads: &[Thread]) {
    let thread = threads.iter().find(|it| Some(it.id) == event_loop.thread);
    let (Some(addr), Some(thread)) = (event_loop.id.event_loop(), thread) else {
        return;
    };
    let places = thread.frames.iter().filter_map(|frame| frame.place);
    let frames = places.filter_map(|place| match reader.frame(place.frame) {
        Ok(FrameSlot::Python { frame, .. }) => Some(frame),
        _ => None,
    });
    let frames: Vec<_> = frames.collect();
    let _ = reader.loop_iteration(addr, &frames);
}

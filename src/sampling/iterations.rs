//! How old the iterations of loops are, where they were read of a running process.

use crate::cpython::{FrameSlot, RawFrame, Reader};
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

/// The frames of the thread that runs `event_loop`, which is one of `threads`.
pub fn frames(reader: &Reader<'_>, event_loop: &EventLoop, threads: &[Thread]) -> Vec<RawFrame> {
    let thread = threads.iter().find(|it| Some(it.id) == event_loop.thread);
    let frames = thread.map_or(&[][..], |thread| &thread.frames);
    let places = frames.iter().filter_map(|frame| frame.place);
    let frames = places.filter_map(|place| match reader.frame(place.frame) {
        Ok(FrameSlot::Python { frame, .. }) => Some(frame),
        _ => None,
    });
    frames.collect()
}

/// Reads the iteration of `event_loop` from these `frames`. Those inside of a callback are not
/// part of it: they change while it runs.
pub fn touch(reader: &Reader<'_>, event_loop: &EventLoop, frames: &[RawFrame]) {
    if let Some(addr) = event_loop.id.event_loop() {
        let _ = reader.loop_iteration(addr, frames);
    }
}

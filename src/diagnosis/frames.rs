//! What stacks say about a thread or task.

use crate::model::{Frame, FrameKind, Thread, WaitKind};

/// The innermost frame of the user's own code. Code without a file, such as `<string>`, only
/// where no caller has one: nobody can open it.
pub(super) fn user_frame(frames: &[Frame]) -> Option<&Frame> {
    let own = |frame: &&Frame| !frame.library && frame.file.is_some() && frame.line.is_some();
    let in_file = |frame: &&Frame| {
        let file = frame.file.as_deref().unwrap_or_default();
        own(frame) && !file.starts_with('<')
    };
    let mut frames_of_files = frames.iter().filter(in_file);
    frames_of_files.next().or_else(|| frames.iter().find(own))
}

/// Whether all frames are of the standard library or of installed packages.
pub(super) fn is_library_only(frames: &[Frame]) -> bool {
    frames.iter().all(|frame| frame.library)
}

/// Whether the stack has a frame of this function of a library file.
pub(super) fn runs(frames: &[Frame], file: &str, function: &str) -> bool {
    frames.iter().any(|frame| is_in(frame, file, function))
}

fn is_in(frame: &Frame, file: &str, function: &str) -> bool {
    frame.library
        && frame.function == function
        && frame
            .file
            .as_deref()
            .is_some_and(|path| path.ends_with(file))
}

/// The frames of the step that a thread's loop runs now, innermost first; the
/// whole stack where the thread runs no loop.
pub(super) fn step(thread: &Thread) -> &[Frame] {
    /// Functions of `asyncio/base_events.py`, of uvloop, and of trio that run steps.
    const RUNNERS: [&str; 4] = [
        "_run_once",
        "run_forever",
        "run_until_complete",
        "unrolled_run",
    ];
    let mut frames = thread.frames.iter();
    let runner = frames.position(|frame| {
        (frame.library || frame.kind == FrameKind::Native)
            && RUNNERS.contains(&frame.function.as_str())
    });
    let end = runner.unwrap_or(thread.frames.len());
    thread.frames.get(..end).unwrap_or_default()
}

/// Whether the step went through a fork. Then the loop and its tasks are copies
/// of the parent's, and the child does something else.
pub(super) fn is_forked_step(thread: &Thread) -> bool {
    runs(step(thread), "multiprocessing/popen_fork.py", "_launch")
}

/// Whether the thread is a worker of a pool that has no job.
pub(super) fn is_idle_worker(thread: &Thread) -> bool {
    let innermost = thread.frames.first();
    innermost.is_some_and(|frame| {
        is_in(frame, "concurrent/futures/thread.py", "_worker")
            || is_in(frame, "multiprocessing/pool.py", "worker")
            || is_in(frame, "trio/_core/_thread_cache.py", "_work")
    }) || (runs(&thread.frames, "_asyncio.py", "run")
        && is_library_only(&thread.frames)
        && thread
            .waits_for
            .as_ref()
            .is_some_and(|wait| wait.kind == WaitKind::QueueGet))
}

/// Whether two stacks stand at the same lines of the same functions.
pub(super) fn same_frames(old: &[Frame], new: &[Frame]) -> bool {
    old.len() == new.len()
        && old
            .iter()
            .zip(new)
            .all(|(old, new)| same_code(old, new) && old.line == new.line)
}

/// Whether two frames run the same function.
pub(super) fn same_code(old: &Frame, new: &Frame) -> bool {
    old.qualname == new.qualname && old.file == new.file
}

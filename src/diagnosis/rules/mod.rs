//! The rules, one kind of finding each.

mod blocked_loop;
mod cross_loop_deadlock;
mod cross_process_wait;
mod cross_thread_deadlock;
mod cycle;
mod dead_consumers;
mod deadlock_cycle;
mod executor_exhausted;
mod external_wait;
mod fork_inherited_lock;
mod held_by_suspended_asyncgen;
mod leaked_lock;
mod leaked_permits;
mod livelock;
mod lock_convoy;
mod long_timer;
mod never_awaited;
mod orphan_task;
mod orphan_wait;
mod pool_exhausted;
mod self_deadlock;
mod shield_leak;
mod shutdown_hang;
mod stuck_child;
mod stuck_executor_job;
mod subprocess_pipe_full;
mod swallowed_cancellation;
mod unretrieved_exception;

pub use cycle::Cycle;
pub use fork_inherited_lock::is_inherited;
pub use orphan_wait::is_serving;

use super::context::Context;
use crate::model::{Diagnosis, Frame, FrameKind, Task, Thread};

type Rule = for<'c, 'a> fn(&'c Context<'a>) -> Vec<Diagnosis>;

/// All rules; where two findings are of one rank, the earlier rule is first.
pub const RULES: [Rule; 27] = [
    fork_inherited_lock::find,
    cross_loop_deadlock::find,
    cross_thread_deadlock::find,
    self_deadlock::find,
    executor_exhausted::find,
    pool_exhausted::find,
    subprocess_pipe_full::find,
    held_by_suspended_asyncgen::find,
    leaked_lock::find,
    leaked_permits::find,
    never_awaited::find,
    dead_consumers::find,
    swallowed_cancellation::find,
    blocked_loop::find,
    deadlock_cycle::find,
    orphan_wait::find,
    shield_leak::find,
    stuck_child::find,
    shutdown_hang::find,
    stuck_executor_job::find,
    livelock::find,
    lock_convoy::find,
    cross_process_wait::find,
    long_timer::find,
    external_wait::find,
    unretrieved_exception::find,
    orphan_task::find,
];

/// Whether a frame of the stack is in that function of the standard library.
pub fn runs(frames: &[Frame], file: &str, function: &str) -> bool {
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

/// The frames of the step that a thread's loop runs; all where it runs none.
pub fn step(thread: &Thread) -> &[Frame] {
    const TURNING: [&str; 3] = ["_run_once", "run_forever", "run_until_complete"];
    let mut frames = thread.frames.iter();
    let turning = frames.position(|frame| {
        (frame.library || frame.kind == FrameKind::Native)
            && TURNING.contains(&frame.function.as_str())
    });
    let end = turning.unwrap_or(thread.frames.len());
    thread.frames.get(..end).unwrap_or_default()
}

/// Whether the step went through a fork: then the loop and its tasks are left
/// over from the parent, and the child does something else.
pub fn is_forked_step(thread: &Thread) -> bool {
    runs(step(thread), "multiprocessing/popen_fork.py", "_launch")
}

/// A worker of a pool that has no job.
pub fn is_idle_worker(thread: &Thread) -> bool {
    let innermost = thread.frames.first();
    innermost.is_some_and(|frame| {
        is_in(frame, "concurrent/futures/thread.py", "_worker")
            || is_in(frame, "multiprocessing/pool.py", "worker")
    }) || (runs(&thread.frames, "_asyncio.py", "run")
        && thread.frames.iter().all(|frame| frame.library)
        && thread
            .waits_for
            .as_ref()
            .is_some_and(|wait| wait.kind == "queue-get"))
}

/// `base.py:12` of the innermost user line.
pub fn place(frames: &[Frame]) -> String {
    match super::culprit::user_frame(frames) {
        Some(frame) => format!(
            "{} ({}:{})",
            frame.function,
            base_name(frame.file.as_deref().unwrap_or_default()),
            frame.line.unwrap_or_default()
        ),
        None => frames.first().map_or_else(
            || "unknown code".to_owned(),
            |frame| frame.qualname.to_string(),
        ),
    }
}

/// The file name without its folders.
pub fn base_name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The kind of what a task waits for.
pub fn wait_kind(task: &Task) -> &str {
    task.waits_for
        .as_ref()
        .map_or("", |wait| wait.kind.as_str())
}

/// Seconds as people say them.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 120.0 => format!("{s:.1} s"),
        s if s < 7_200.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3_600.0),
    }
}

/// `1 task waits`, `3 tasks wait`.
pub fn verb(number: usize, stem: &str) -> String {
    match (number, stem) {
        (1, "have") => "has".to_owned(),
        (1, stem) => format!("{stem}s"),
        (_, stem) => stem.to_owned(),
    }
}

/// `1 task`, `3 tasks`.
pub fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}

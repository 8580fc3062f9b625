//! Since when tasks wait, where the process has it.

use std::num::NonZeroU64;

use rustc_hash::FxHashMap;

use crate::activity::python_frames;
use crate::asyncio::{KnownTimes, LoopHandles};
use crate::cpython::Reader;
use crate::model::TaskState;
use crate::snapshot::tasks::BuiltTask;

/// Writes since when tasks wait that have set a timer as they began. `clock` is
/// `time.monotonic()` of the process, `handles` are those of its loops.
pub(super) fn add(
    reader: &Reader<'_>,
    clock: f64,
    handles: &[(u64, LoopHandles)],
    tasks: &mut [BuiltTask],
) {
    let mut known = KnownTimes::new(handles);
    let mut clocks: FxHashMap<u64, bool> = FxHashMap::default();
    let waiting = (tasks.iter_mut()).filter(|built| built.task.state == TaskState::Waiting);
    for built in waiting {
        let innermost = python_frames(&built.chain).next();
        let (Some(frame), Some(event_loop)) = (innermost, built.event_loop) else {
            continue;
        };
        let left = (built.task.waits_for.as_ref()).and_then(|wait| wait.remaining_s);
        let Some(lasted) = reader.waited(frame, left, clock, &mut known) else {
            continue;
        };
        let event_loop = NonZeroU64::get(event_loop);
        let has_the_clock = (clocks.entry(event_loop))
            .or_insert_with(|| reader.has_the_clock(event_loop).unwrap_or(false));
        if *has_the_clock
            && lasted >= 0.0
            && let Some(wait) = &mut built.task_mut().waits_for
        {
            wait.since_s = Some(lasted);
        }
    }
}

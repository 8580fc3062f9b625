//! The frames of a stack that say more than the reason for the wait does.

use crate::model::{Frame, Framework, LoopState, Task, Thread};
use crate::report::Index;

/// The frames of a task without library code at the inner end.
///
/// The outermost public call of that code is kept, unless the code is asyncio's or
/// trio's and the reason for the wait already names the call.
pub fn of_task(task: &Task) -> &[Frame] {
    let frames = &*task.frames;
    let inner = frames.iter().take_while(|frame| frame.library).count();
    let Some((library, own)) = frames.split_at_checked(inner) else {
        return frames;
    };
    if own.is_empty() || library.iter().any(|frame| frame.error.is_some()) {
        return frames;
    }
    let named = (task.waits_for.as_ref()).is_some_and(|wait| wait.kind.names_asyncio_call());
    let is_framework = match task.framework {
        Framework::Asyncio => is_asyncio,
        Framework::Trio => is_trio,
        Framework::Greenlet => is_gevent,
    };
    if named && library.iter().all(is_framework) {
        return own;
    }
    match library.iter().rposition(is_public) {
        Some(called) => frames.get(called..).unwrap_or(frames),
        None => frames,
    }
}

/// The frames of a thread without the code that started it or its loop. The
/// library code at the inner end is left out too if the reason for the wait is
/// known.
pub fn of_thread<'t>(thread: &'t Thread, index: &Index) -> &'t [Frame] {
    let frames = thread.frames.as_slice();
    if frames.iter().any(|frame| frame.error.is_some()) {
        return frames;
    }
    let step = frames.iter().rposition(|frame| frame.owner.is_some());
    let own = || frames.iter().rposition(|frame| !frame.library);
    let Some(outermost) = step.or_else(own) else {
        return frames;
    };
    let idle = index
        .loop_of(thread)
        .is_some_and(|event_loop| event_loop.state == LoopState::Polling && thread.task.is_none());
    let innermost = match thread.waits_for.is_some() || idle {
        true => frames.iter().position(|frame| !frame.library).unwrap_or(0),
        false => 0,
    };
    frames.get(innermost..=outermost).unwrap_or(frames)
}

fn is_asyncio(frame: &Frame) -> bool {
    (frame.file.as_deref())
        .is_some_and(|file| file.contains("/asyncio/") && !file.contains("-packages/"))
}

fn is_trio(frame: &Frame) -> bool {
    (frame.file.as_deref()).is_some_and(|file| file.contains("-packages/trio/"))
}

fn is_gevent(frame: &Frame) -> bool {
    (frame.file.as_deref()).is_some_and(|file| file.contains("-packages/gevent/"))
}

fn is_public(frame: &Frame) -> bool {
    let name = match frame.qualname.as_str() {
        "" => &frame.function,
        qualname => qualname,
    };
    !name.split('.').any(|part| part.starts_with('_'))
}

//! A loop that does not turn because one step of a task does not end.

use super::cycle::{Shape, of_shape};
use super::{is_forked_step, place, step};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{CERTAIN, COMPUTING, LIKELY, POSSIBLE, finding, ids};
use crate::diagnosis::progress::same_code;
use crate::model::{
    Culprit, Diagnosis, EventLoop, Frame, FrameKind, LoopState, Task, TaskState, Thread,
    ThreadState,
};

/// A timer this late, or a blocked thread with one, is not a short hold-up.
const LATE_S: f64 = 1.0;

/// Waits that somebody outside of the process may end.
const ANSWERED_OUTSIDE: [&str; 9] = [
    "sleep",
    "socket-read",
    "socket-write",
    "pipe-read",
    "pipe-write",
    "accept",
    "connect",
    "process",
    "file-lock",
];

/// Loops whose thread has been in one step for all samples.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let told: Vec<&str> = of_shape(context, Shape::CrossLoop)
        .into_iter()
        .flat_map(|cycle| cycle.threads.iter().copied())
        .collect();
    let loops = context.process.loops.iter();
    loops
        .filter(|event_loop| matches!(event_loop.state, LoopState::Blocked | LoopState::Running))
        .filter_map(|event_loop| {
            let thread = context.thread(event_loop.thread.as_deref()?)?;
            (!told.contains(&&*thread.id)).then_some((event_loop, thread))
        })
        .filter_map(|(event_loop, thread)| examine(context, event_loop, thread))
        .collect()
}

/// A step that does not end.
struct Step<'a> {
    event_loop: &'a EventLoop,
    thread: &'a Thread,
    how: &'static str,
    /// Tasks that would go on if the loop turned.
    starved: Vec<&'a str>,
    confidence: &'static str,
    culprit: Option<Culprit>,
}

fn examine<'a>(
    context: &Context<'a>,
    event_loop: &'a EventLoop,
    thread: &'a Thread,
) -> Option<Diagnosis> {
    let user = culprit::user_frame(step(thread));
    if (user.is_none() && thread.task.is_none()) || is_forked_step(thread) {
        return None;
    }
    let starved = starved(context, event_loop, thread);
    let late = event_loop.next_timer_s.is_some_and(|left| left < -LATE_S);
    let how = how(context, thread);
    let found = match how {
        "cpu" => computing(context, event_loop, thread, late || !starved.is_empty()),
        _ => waiting(context, event_loop, thread, late),
    };
    let (confidence, culprit) = found?;
    let step = Step {
        event_loop,
        thread,
        how,
        starved,
        confidence,
        culprit,
    };
    Some(describe(context, &step))
}

/// Who is overdue or ready.
fn starved<'a>(context: &Context<'a>, event_loop: &EventLoop, thread: &Thread) -> Vec<&'a str> {
    context
        .live_tasks()
        .filter(|task| task.event_loop.as_deref() == Some(&event_loop.id))
        .filter(|task| thread.task.as_deref() != Some(&task.id))
        .filter(|task| is_starved(task))
        .map(|task| task.id.as_str())
        .collect()
}

fn is_starved(task: &Task) -> bool {
    let overdue = task
        .waits_for
        .as_ref()
        .and_then(|wait| wait.remaining_s)
        .is_some_and(|left| left < 0.0);
    task.state == TaskState::Ready || (task.state == TaskState::Waiting && overdue)
}

fn how(context: &Context<'_>, thread: &Thread) -> &'static str {
    let Some(wait) = &thread.waits_for else {
        return match thread.state {
            ThreadState::Blocked if !context.progress.works(&thread.id) => "blocking-call",
            _ => "cpu",
        };
    };
    match wait.kind.as_str() {
        "thread-lock" if is_reentrant(context, thread) => "threading.RLock",
        "thread-lock" => "threading.Lock",
        "lock" | "future" | "event" | "condition" | "semaphore" | "barrier" | "queue-get"
        | "queue-put" | "queue-join" => "lock",
        _ => "blocking-call",
    }
}

fn is_reentrant(context: &Context<'_>, thread: &Thread) -> bool {
    let Some(wait) = &thread.waits_for else {
        return false;
    };
    let resource = wait.resource.as_deref().and_then(|id| context.resource(id));
    let of_resource = resource.is_some_and(|resource| resource.type_name.contains("RLock"));
    wait.type_name.contains("RLock") || of_resource
}

/// Blocked at one place in all samples, or for certain for ever.
fn waiting(
    context: &Context<'_>,
    event_loop: &EventLoop,
    thread: &Thread,
    late: bool,
) -> Option<(&'static str, Option<Culprit>)> {
    let stuck = |id: &str| context.graph.stuck(id);
    let outside = thread
        .waits_for
        .as_ref()
        .is_none_or(|wait| ANSWERED_OUTSIDE.contains(&wait.kind.as_str()));
    let for_ever = !outside && (stuck(&thread.id) || thread.task.as_deref().is_some_and(stuck));
    // A loop that serves many is often found in the same call for another one.
    let unchanged = context.progress.unchanged(&thread.id)
        && !context.progress.works(&thread.id)
        && !turned(context, event_loop, thread)
        && same_task(context, thread);
    let confidence = match (for_ever || unchanged, late) {
        (true, _) => CERTAIN,
        (false, true) if !context.progress.known => LIKELY,
        (false, _) if !context.progress.known => POSSIBLE,
        _ => return None,
    };
    Some((confidence, culprit::of(context, &thread.id)))
}

/// Whether the thread ran the same task in all samples.
fn same_task(context: &Context<'_>, thread: &Thread) -> bool {
    context.earlier.iter().all(|sample| {
        let mut before = sample.threads.iter();
        before
            .find(|old| old.id == thread.id)
            .is_some_and(|old| old.task == thread.task)
    })
}

/// Computing in one call in all samples; the loop did not turn meanwhile.
fn computing(
    context: &Context<'_>,
    event_loop: &EventLoop,
    thread: &Thread,
    starves: bool,
) -> Option<(&'static str, Option<Culprit>)> {
    if !context.progress.known {
        let frame = culprit::user_frame(&thread.frames)?;
        let late = event_loop.next_timer_s.is_some_and(|left| left < -LATE_S);
        return late.then(|| (POSSIBLE, culprit::of_spinning(context, frame)));
    }
    let share = context.progress.cpu(&thread.id);
    let little = share.is_some_and(|share| share < COMPUTING) && !starves;
    if little || !context.computes(thread) || turned(context, event_loop, thread) {
        return None;
    }
    let frame = stable_frame(context, thread)?;
    let confidence = if starves { CERTAIN } else { LIKELY };
    Some((confidence, culprit::of_spinning(context, frame)))
}

/// Whether another task of the loop did something between the samples.
fn turned(context: &Context<'_>, event_loop: &EventLoop, thread: &Thread) -> bool {
    let own = thread.task.as_deref();
    context.live_tasks().any(|task| {
        task.event_loop.as_deref() == Some(&event_loop.id)
            && own != Some(&task.id)
            && (context.progress.moved(&task.id) || context.progress.is_new(&task.id))
    }) || context.progress.finished > 0
}

/// The innermost user frame that stayed on the stack in all samples, all
/// coroutines around it standing at the same line.
fn stable_frame<'t>(context: &Context<'_>, thread: &'t Thread) -> Option<&'t Frame> {
    let outer_first: Vec<&Frame> = thread.frames.iter().rev().collect();
    let mut depth = outer_first.len();
    for sample in context.earlier {
        let old = sample.threads.iter().find(|old| old.id == thread.id)?;
        if old.task != thread.task {
            return None;
        }
        let same = old.frames.iter().rev().zip(&outer_first);
        let shared = same
            .take_while(|(old, new)| {
                let suspends = matches!(new.kind, FrameKind::Coroutine | FrameKind::AsyncGenerator);
                same_code(old, new) && (!suspends || old.line == new.line)
            })
            .count();
        depth = depth.min(shared);
    }
    let mut shared = outer_first.into_iter().take(depth);
    let innermost = shared.rfind(|frame| !frame.library)?;
    let mut in_step = step(thread).iter();
    in_step
        .any(|frame| std::ptr::eq(frame, innermost))
        .then_some(innermost)
}

fn describe(context: &Context<'_>, step: &Step<'_>) -> Diagnosis {
    let thread = step.thread;
    let what = match step.how {
        "cpu" => match context.progress.cpu(&thread.id) {
            Some(share) => format!("computes ({:.0} % of a processor)", share.min(1.0) * 100.0),
            None => "computes".to_owned(),
        },
        _ => match &thread.waits_for {
            Some(wait) if !wait.summary.is_empty() => format!("waits for {}", wait.summary),
            _ => format!(
                "is in {}",
                thread.syscall.as_deref().unwrap_or("a blocking call")
            ),
        },
    };
    let task = thread.task.as_deref();
    let summary = format!(
        "event loop of {} is blocked by {}: it {what} in {}",
        thread.name,
        task.map_or_else(|| "a callback".to_owned(), |id| context.name(id)),
        place(&thread.frames),
    );
    let behind = context
        .live_tasks()
        .filter(|other| other.event_loop.as_deref() == Some(&step.event_loop.id))
        .count() as u64;
    let sleeping = thread
        .waits_for
        .as_ref()
        .filter(|wait| wait.kind == "sleep");
    let resource = thread
        .waits_for
        .as_ref()
        .and_then(|w| w.resource.as_deref());
    Diagnosis {
        how: Some(step.how.to_owned()),
        tasks: ids(context, task),
        threads: ids(context, [thread.id.as_str()]),
        resources: ids(context, resource),
        culprit: step.culprit.clone(),
        affected_tasks: behind.max(step.starved.len() as u64),
        recovers_in_s: sleeping.and_then(|wait| wait.remaining_s),
        hint: Some("run the call in a thread: await asyncio.to_thread(...)".to_owned()),
        ..finding("blocked-loop", step.confidence, summary)
    }
}

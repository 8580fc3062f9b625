//! A loop that does not turn because one step of a task does not end.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::Shape;
use crate::diagnosis::facts::COMPUTING;
use crate::diagnosis::frames::{is_forked_step, same_code, step, user_frame};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::location;
use crate::model::describe::age;
use crate::model::{
    Confidence, Culprit, Diagnosis, DiagnosisKind, EventLoop, Frame, FrameKind, Framework, How,
    ItemId, LoopState, Task, TaskState, Thread, ThreadState, WaitKind,
};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::BlockedLoop,
    rank: Rank::NotRun,
    meaning: Meaning::BlockedLoop,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// A loop whose next timer is overdue by more seconds than this is not held up
/// for a moment only.
const LATE_S: f64 = 1.0;

/// Loops whose thread has been in one step for all samples.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let in_deadlock: Vec<ItemId> = context
        .cycles_of(Shape::CrossLoop)
        .into_iter()
        .flat_map(|cycle| cycle.threads.iter().copied())
        .collect();
    let loops = context.facts.process.loops.iter();
    loops
        .filter(|event_loop| matches!(event_loop.state, LoopState::Blocked | LoopState::Running))
        .filter_map(|event_loop| {
            let thread = context.facts.thread(event_loop.thread?)?;
            (!in_deadlock.contains(&thread.id)).then_some((event_loop, thread))
        })
        .filter_map(|(event_loop, thread)| examine(context, event_loop, thread))
        .collect()
}

/// A step that does not end.
struct Step<'a> {
    event_loop: &'a EventLoop,
    thread: &'a Thread,
    how: How,
    /// Tasks that go on as soon as the loop turns.
    starved: Vec<ItemId>,
    confidence: Confidence,
    culprit: Option<Culprit>,
    /// Whether the thread was in one call in all samples.
    unchanged: bool,
}

fn examine<'a>(
    context: &Context<'a>,
    event_loop: &'a EventLoop,
    thread: &'a Thread,
) -> Option<Diagnosis> {
    let user = user_frame(step(thread));
    if (user.is_none() && thread.task.is_none()) || is_forked_step(thread) {
        return None;
    }
    let starved = starved(context, event_loop, thread);
    let late = event_loop.next_timer_s.is_some_and(|left| left < -LATE_S);
    let how = how(context, thread);
    let found = match how {
        How::Cpu => computing(context, event_loop, thread, late || !starved.is_empty()),
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
        unchanged: is_unchanged(context, event_loop, thread),
    };
    Some(describe(context, &step))
}

/// Tasks of the loop that are overdue or ready.
fn starved<'a>(context: &Context<'a>, event_loop: &EventLoop, thread: &Thread) -> Vec<ItemId> {
    context
        .facts
        .live_tasks()
        .filter(|task| task.event_loop == Some(event_loop.id))
        .filter(|task| thread.task != Some(task.id))
        .filter(|task| is_starved(task))
        .map(|task| task.id)
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

fn how(context: &Context<'_>, thread: &Thread) -> How {
    let Some(wait) = &thread.waits_for else {
        return match thread.state {
            ThreadState::Blocked if !context.facts.progress.works(thread.id) => How::BlockingCall,
            _ => How::Cpu,
        };
    };
    match wait.kind {
        WaitKind::ThreadLock if is_reentrant(context, thread) => How::ThreadingRLock,
        WaitKind::ThreadLock => How::ThreadingLock,
        kind if kind.is_primitive() => How::Lock,
        _ => How::BlockingCall,
    }
}

fn is_reentrant(context: &Context<'_>, thread: &Thread) -> bool {
    let Some(wait) = &thread.waits_for else {
        return false;
    };
    let resource = wait.resource.and_then(|id| context.facts.resource(id));
    let of_resource = resource.is_some_and(|resource| resource.type_name.contains("RLock"));
    wait.type_name.contains("RLock") || of_resource
}

/// The thread stands at one line in all samples, or nothing ends its wait.
fn waiting(
    context: &Context<'_>,
    event_loop: &EventLoop,
    thread: &Thread,
    late: bool,
) -> Option<(Confidence, Option<Culprit>)> {
    let stuck = |id: ItemId| context.graph.stuck(id);
    let outside = thread
        .waits_for
        .as_ref()
        .is_none_or(|wait| wait.kind.ends_outside());
    let for_ever = !outside && (stuck(thread.id) || thread.task.is_some_and(stuck));
    let unchanged = is_unchanged(context, event_loop, thread);
    let confidence = match (for_ever || unchanged, late) {
        (true, _) => Confidence::Certain,
        (false, true) if !context.facts.progress.known => Confidence::Likely,
        (false, _) if !context.facts.progress.known => Confidence::Possible,
        _ => return None,
    };
    let own = || culprit::of(&context.facts, thread.id);
    Some((confidence, of_holder(context, thread).or_else(own)))
}

/// Whether the thread was in the same call in all samples.
fn is_unchanged(context: &Context<'_>, event_loop: &EventLoop, thread: &Thread) -> bool {
    // The same call may be for another task each time.
    context.facts.progress.unchanged(thread.id)
        && !context.facts.progress.works(thread.id)
        && !turned(context, event_loop, thread)
        && same_task(context, thread)
}

/// Since when the loop is blocked: ` for 4.2 s`, ` for 4.2 s, now`, or what the samples
/// say, ` for at least 0.5 s`.
fn since(context: &Context<'_>, step: &Step<'_>) -> String {
    if let Some(since) = step.event_loop.since() {
        return format!(" {}", since.words());
    }
    match seen_s(context) {
        Some(seconds) if step.unchanged && seconds > 0.0 => {
            format!(" for at least {}", age(seconds))
        }
        _ => String::new(),
    }
}

/// Seconds from the first sample to the last. `None` where there is only one, or
/// the clock is not known.
fn seen_s(context: &Context<'_>) -> Option<f64> {
    let first = context.facts.earlier.first()?;
    Some(context.facts.process.clock_s? - first.clock_s?)
}

/// The line of the other thread that has what the loop's thread waits for. A task of the loop
/// that has it is held up by this very wait, so that its line is not to blame.
fn of_holder(context: &Context<'_>, thread: &Thread) -> Option<Culprit> {
    let lock = thread.waits_for.as_ref()?.resource?;
    let mut needs = context.graph.deps.needs(lock);
    // Who only might end the wait has nothing.
    let others = needs.find(|(id, dependency)| {
        dependency.is_proved() && *id != thread.id && context.facts.thread(*id).is_some()
    });
    culprit::of(&context.facts, others?.0)
}

/// Whether the thread ran the same task in all samples.
fn same_task(context: &Context<'_>, thread: &Thread) -> bool {
    context.facts.earlier.iter().all(|sample| {
        let mut before = sample.threads.iter();
        before
            .find(|old| old.id == thread.id)
            .is_some_and(|old| old.task == thread.task)
    })
}

/// The thread computes in one call in all samples, and the loop did not turn.
fn computing(
    context: &Context<'_>,
    event_loop: &EventLoop,
    thread: &Thread,
    starves: bool,
) -> Option<(Confidence, Option<Culprit>)> {
    if !context.facts.progress.known {
        let frame = user_frame(&thread.frames)?;
        let late = event_loop.next_timer_s.is_some_and(|left| left < -LATE_S);
        return late.then(|| {
            (
                Confidence::Possible,
                culprit::of_spinning(&context.facts, frame),
            )
        });
    }
    let share = context.facts.progress.cpu(thread.id);
    let little = share.is_some_and(|share| share < COMPUTING) && !starves;
    if little || !context.facts.computes(thread) || turned(context, event_loop, thread) {
        return None;
    }
    let frame = stable_frame(context, thread)?;
    let confidence = if starves {
        Confidence::Certain
    } else {
        Confidence::Likely
    };
    Some((confidence, culprit::of_spinning(&context.facts, frame)))
}

/// Whether the loop began another iteration, or another task of it did something, between the
/// samples.
fn turned(context: &Context<'_>, event_loop: &EventLoop, thread: &Thread) -> bool {
    let own = thread.task;
    let is_newer = || Some(event_loop.iteration_s? < seen_s(context)?);
    is_newer() == Some(true)
        || context.facts.live_tasks().any(|task| {
            task.event_loop == Some(event_loop.id)
                && own != Some(task.id)
                && (context.facts.progress.moved(task.id) || context.facts.progress.is_new(task.id))
        })
        || context.facts.progress.finished > 0
}

/// The innermost user frame that was on the stack in all samples, with all
/// coroutines around it at the same line.
fn stable_frame<'t>(context: &Context<'_>, thread: &'t Thread) -> Option<&'t Frame> {
    let outer_first: Vec<&Frame> = thread.frames.iter().rev().collect();
    let mut depth = outer_first.len();
    for sample in context.facts.earlier {
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
        How::Cpu => match context.facts.progress.cpu(thread.id) {
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
    let task = thread.task;
    let summary = format!(
        "event loop of {} is blocked{} by {}: it {what} in {}",
        thread.name,
        since(context, step),
        task.map_or_else(|| "a callback".to_owned(), |id| context.facts.name(id)),
        location(&thread.frames),
    );
    let behind = context
        .facts
        .live_tasks()
        .filter(|other| other.event_loop == Some(step.event_loop.id))
        .count() as u64;
    let sleeping = thread
        .waits_for
        .as_ref()
        .filter(|wait| wait.kind == WaitKind::Sleep);
    let resource = thread.waits_for.as_ref().and_then(|w| w.resource);
    Diagnosis {
        how: Some(step.how),
        tasks: context.in_order(task),
        threads: context.in_order([thread.id]),
        resources: context.in_order(resource),
        culprit: step.culprit.clone(),
        affected_tasks: behind.max(step.starved.len() as u64),
        recovers_in_s: sleeping.and_then(|wait| wait.remaining_s),
        hint: Some(
            match context.facts.framework(task) {
                Framework::Asyncio => "run the call in a thread: await asyncio.to_thread(...)",
                Framework::Trio => "run the call in a thread: await trio.to_thread.run_sync(...)",
                Framework::Greenlet => {
                    "run the call in a thread: gevent.get_hub().threadpool.apply(...)"
                }
            }
            .to_owned(),
        ),
        ..diagnosis(RULE.kind, step.confidence, summary)
    }
}

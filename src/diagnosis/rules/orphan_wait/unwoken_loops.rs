//! Tasks and callbacks that are ready in a loop that sleeps.

use crate::diagnosis::alive::{lost_wakeup, sleeps_on_work};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::frames::user_frame;
use crate::diagnosis::rule::diagnosis;
use crate::diagnosis::source;
use crate::model::{Confidence, Culprit, Diagnosis, EventLoop, Framework, How, ItemId, Task};

use super::RULE;

/// Ready tasks, or callbacks, of a loop that sleeps: they were made ready from
/// another thread without waking the loop.
pub(super) fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let loops = context.facts.process.loops.iter();
    loops
        .filter(|event_loop| sleeps_on_work(&context.facts, event_loop))
        .filter_map(|event_loop| of_unwoken_loop(context, event_loop))
        .collect()
}

fn of_unwoken_loop(context: &Context<'_>, event_loop: &EventLoop) -> Option<Diagnosis> {
    let ready: Vec<ItemId> = context
        .facts
        .live_tasks()
        .filter(|task| lost_wakeup(&context.facts, task))
        .filter(|task| task.event_loop == Some(event_loop.id))
        .map(|task| task.id)
        .collect();
    let tasks = match ready.is_empty() {
        true => tasks_behind_callbacks(context, event_loop),
        false => ready,
    };
    let first = context.facts.task(*tasks.first()?)?;
    let summary = format!(
        "{} cannot go on although what ends the wait is in the ready queue: the loop sleeps, it \
         was put there from outside of the loop without {}",
        context.facts.names(&tasks),
        match first.framework {
            Framework::Asyncio => "call_soon_threadsafe()",
            Framework::Trio => "trio.from_thread.run_sync()",
            Framework::Greenlet => "loop.run_callback_threadsafe()",
        },
    );
    let names = || tasks.iter().copied();
    Some(Diagnosis {
        how: Some(How::LostWakeup),
        tasks: context.in_order(names()),
        culprit: setter_outside_loop(context, first)
            .or_else(|| plain_call_soon(context))
            .or_else(|| culprit::of(&context.facts, first.id)),
        affected_tasks: context.affected(names()),
        recovers_in_s: event_loop.next_timer_s,
        hint: Some(
            match first.framework {
                Framework::Asyncio => "use loop.call_soon_threadsafe(event.set) in other threads and in signal handlers",
                Framework::Trio => "use trio.from_thread.run_sync(event.set) in other threads",
                Framework::Greenlet => {
                    "use loop.run_callback_threadsafe(event.set) in other threads"
                }
            }
            .to_owned(),
        ),
        ..diagnosis(RULE.kind, Confidence::Certain, summary)
    })
}

/// Tasks that wait for what a callback of the loop refers to.
fn tasks_behind_callbacks<'a>(context: &Context<'a>, event_loop: &EventLoop) -> Vec<ItemId> {
    let resources = context.facts.process.resources.iter();
    resources
        .filter(|resource| {
            let referrers = context.facts.referrers(resource.id).iter();
            referrers.into_iter().any(|reference| {
                reference.from.item() == Some(event_loop.id) && reference.due_s.is_none()
            })
        })
        .flat_map(|resource| context.waiting_tasks(resource).to_vec())
        .filter(|id| context.facts.progress.unchanged(*id))
        .collect()
}

/// A `call_soon()` in a plain function that a thread is in.
fn plain_call_soon(context: &Context<'_>) -> Option<Culprit> {
    let threads = context.facts.process.threads.iter();
    let frames = threads
        .filter(|thread| thread.event_loop.is_none())
        .flat_map(|thread| &thread.frames)
        .filter(|frame| !frame.library);
    frames.into_iter().find_map(|frame| {
        let (file, line) = (frame.file.as_deref()?, frame.line?);
        let module = context.facts.module(file)?;
        let call = source::call_in_function(&module, line, "call_soon")?;
        culprit::at_line(&context.facts, file, call, &frame.qualname)
    })
}

/// The line in a plain function that sets what the task's line waits for.
fn setter_outside_loop(context: &Context<'_>, task: &Task) -> Option<Culprit> {
    const SETTING: [&str; 6] = [
        "set",
        "set_result",
        "put_nowait",
        "release",
        "notify",
        "notify_all",
    ];
    let frame = user_frame(&task.frames)?;
    let file = frame.file.as_deref()?;
    let module = context.facts.module(file)?;
    let stmt = module.around(frame.line?).pop()?;
    let waited = source::awaited_receivers(stmt);
    let all = module.statements();
    let line = all.into_iter().find_map(|stmt| {
        let line = module.line_of(stmt);
        let plain = module
            .function_at(line)
            .is_some_and(|function| !function.is_async);
        let sets = waited.iter().any(|name| {
            source::attribute_calls(stmt, name)
                .iter()
                .any(|method| SETTING.contains(method))
        });
        (plain && sets && source::is_simple(stmt)).then_some(line)
    })?;
    let function = module.function_at(line)?;
    culprit::at_line(&context.facts, file, line, function.name.as_str())
}

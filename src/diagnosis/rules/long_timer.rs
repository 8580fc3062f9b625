//! A job that sleeps for very long while everything waits for it.

use super::{duration, wait_kind};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::diagnosis::source;
use crate::snapshot::{Diagnosis, Task, TaskState};

/// A shorter sleep is not worth to be told of.
const LONG_S: f64 = 600.0;

/// Long timers, when nothing else is left that goes on.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let sleeping: Vec<&Task> = context
        .live_tasks()
        .filter(|task| sleeps_long(task))
        .collect();
    let others = context.live_tasks().any(|task| {
        !sleeps_long(task) && !context.graph.stuck(&task.id) && !waits_for_sleepers(context, task)
    });
    if others || context.listeners().next().is_some() {
        return Vec::new();
    }
    sleeping
        .into_iter()
        .filter(|task| !is_periodic(context, task))
        .map(|task| describe(context, task))
        .collect()
}

fn left(task: &Task) -> Option<f64> {
    task.waits_for.as_ref()?.remaining_s
}

fn sleeps_long(task: &Task) -> bool {
    task.state == TaskState::Waiting
        && wait_kind(task) == "timer"
        && left(task).is_some_and(|left| left > LONG_S)
}

/// Whether all that the task waits for sleeps long.
fn waits_for_sleepers(context: &Context<'_>, task: &Task) -> bool {
    let mut open = vec![task.id.as_str()];
    let mut seen: Vec<&str> = Vec::new();
    while let Some(id) = open.pop() {
        if seen.contains(&id) {
            continue;
        }
        seen.push(id);
        let needs: Vec<&str> = context.graph.needs(id).map(|(next, _)| next).collect();
        if needs.is_empty() && !context.task(id).is_some_and(sleeps_long) {
            return false;
        }
        open.extend(needs);
    }
    true
}

/// `while True: await sleep(3600)`: it is meant to.
fn is_periodic(context: &Context<'_>, task: &Task) -> bool {
    culprit::user_frame(&task.frames).is_some_and(|frame| {
        let module = frame.file.as_deref().and_then(|file| context.module(file));
        match (module, frame.line) {
            (Some(module), Some(line)) => source::forever(&module, line),
            // Without the source only what others wait for counts as a job.
            _ => task.awaited_by.is_empty(),
        }
    })
}

fn describe(context: &Context<'_>, task: &Task) -> Diagnosis {
    let left = left(task).unwrap_or_default();
    let guard = context.recovery([task.id.as_str()]);
    let summary = format!(
        "not a deadlock: {} sleeps, {} left{}",
        context.name(&task.id),
        duration(left),
        guard.map_or_else(String::new, |s| format!(
            "; a timeout fires in {}",
            duration(s)
        )),
    );
    Diagnosis {
        tasks: ids(context, [task.id.as_str()]),
        culprit: culprit::of(context, &task.id),
        affected_tasks: context.affected([task.id.as_str()]),
        recovers_in_s: Some(guard.map_or(left, |guard| guard.min(left))),
        hint: Some("check the unit: asyncio.sleep() takes seconds".to_owned()),
        ..finding("long-timer", LIKELY, summary)
    }
}

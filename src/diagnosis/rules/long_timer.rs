//! A job that sleeps for very long while everything waits for it.

use rustc_hash::FxHashSet;

use super::{duration, is_serving, wait_kind};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::diagnosis::source;
use crate::snapshot::{Diagnosis, Task, TaskState};

/// A shorter sleep is not worth to be told of.
const LONG_S: f64 = 600.0;

/// Long timers, when nothing else is left that goes on.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let sleeps_long = |task: &Task| left(context, task).is_some_and(|left| left > LONG_S);
    let (sleeping, others): (Vec<&Task>, Vec<&Task>) =
        context.live_tasks().partition(|task| sleeps_long(task));
    if sleeping.is_empty() || context.listeners().next().is_some() {
        return Vec::new();
    }
    let others = others
        .into_iter()
        .any(|task| !context.graph.stuck(&task.id) && !waits_for_sleepers(context, task));
    if others {
        return Vec::new();
    }
    sleeping
        .into_iter()
        .filter(|task| !is_periodic(context, task))
        .map(|task| describe(context, task))
        .collect()
}

/// Seconds until a timer ends the task's wait: its own, or one that will set
/// what it waits for, when nobody else can.
fn left(context: &Context<'_>, task: &Task) -> Option<f64> {
    let wait = task.waits_for.as_ref()?;
    if task.state != TaskState::Waiting {
        return None;
    }
    match wait_kind(task) {
        "timer" => wait.remaining_s,
        _ if is_serving(context, task) => None,
        _ => due(context, wait.resource.as_deref()?),
    }
}

fn due(context: &Context<'_>, resource: &str) -> Option<f64> {
    let behind = context.graph.behind([resource]);
    let mut due: Option<f64> = None;
    for reference in context.referrers(resource) {
        match reference.due_s {
            Some(left) => due = Some(due.map_or(left, |nearest| nearest.min(left))),
            None if behind.contains(reference.from.as_str()) => {}
            None => return None,
        }
    }
    due
}

/// Whether all that the task waits for sleeps long.
fn waits_for_sleepers(context: &Context<'_>, task: &Task) -> bool {
    let mut open = vec![task.id.as_str()];
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let task = context.task(id);
        if task.is_some_and(|task| left(context, task).is_some_and(|left| left > LONG_S)) {
            continue;
        }
        let needs: Vec<&str> = context.graph.needs(id).map(|(next, _)| next).collect();
        if needs.is_empty() {
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
    let left = left(context, task).unwrap_or_default();
    let guard = context.recovery([task.id.as_str()]);
    let summary = format!(
        "not a deadlock: {} {}, {} left{}",
        context.name(&task.id),
        match wait_kind(task) {
            "timer" => "sleeps",
            _ => "waits for what a timer will set",
        },
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

//! A job that sleeps for very long while everything waits for it.

use super::{duration, is_serving, wait_kind};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::diagnosis::source;
use crate::model::ids::{IdMap, IdSet};
use crate::model::{Culprit, Diagnosis, Task, TaskState};

/// A shorter sleep is not worth to be told of.
const LONG_S: f64 = 600.0;

/// Long timers, when nothing else is left that goes on: a finding for each line
/// that sleeps.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let mut timers = Timers {
        context,
        due: IdMap::default(),
    };
    let sleeping: Vec<(&Task, f64)> = context
        .live_tasks()
        .filter_map(|task| Some((task, timers.left(task).filter(|left| *left > LONG_S)?)))
        .collect();
    if sleeping.is_empty() || context.listeners().next().is_some() {
        return Vec::new();
    }
    let ids: IdSet<'_> = sleeping.iter().map(|(task, _)| task.id.as_str()).collect();
    let all_wait = all_wait_for(context, &ids);
    if !all_wait {
        return Vec::new();
    }
    let mut by_line: Vec<(Option<Culprit>, Vec<Sleeper>)> = Vec::new();
    for (task, left) in sleeping {
        if is_periodic(context, task) {
            continue;
        }
        let line = culprit::of(context, &task.id);
        match by_line.iter_mut().find(|(known, _)| *known == line) {
            Some((_, group)) => group.push((task, left)),
            None => by_line.push((line, vec![(task, left)])),
        }
    }
    by_line
        .into_iter()
        .map(|(line, group)| describe(context, line, &group))
        .collect()
}

/// A task that sleeps, and for how many seconds more.
type Sleeper<'a> = (&'a Task, f64);

/// Timers by what they end, each looked for once.
struct Timers<'c, 'a> {
    context: &'c Context<'a>,
    due: IdMap<'a, Option<f64>>,
}

impl<'a> Timers<'_, 'a> {
    /// Seconds until a timer ends the task's wait: its own, or one that will set
    /// what it waits for, when nobody else can.
    fn left(&mut self, task: &'a Task) -> Option<f64> {
        let wait = task.waits_for.as_ref()?;
        if task.state != TaskState::Waiting {
            return None;
        }
        match wait_kind(task) {
            "timer" => wait.remaining_s,
            _ if is_serving(self.context, task) => None,
            _ => {
                let resource = wait.resource.as_deref()?;
                let context = self.context;
                *self.due.entry(resource, || due(context, resource))
            }
        }
    }
}

fn due(context: &Context<'_>, resource: &str) -> Option<f64> {
    let behind = context.graph.behind([resource]);
    let is_behind = |id: &str| (context.graph.index(id)).is_some_and(|node| behind.contains(&node));
    let mut due: Option<f64> = None;
    for reference in context.referrers(resource) {
        match reference.due_s {
            Some(left) => due = Some(due.map_or(left, |nearest| nearest.min(left))),
            None if is_behind(&reference.from) => {}
            None => return None,
        }
    }
    due
}

/// Whether all live tasks sleep long, or wait for nothing but those that do.
fn all_wait_for(context: &Context<'_>, sleeping: &IdSet<'_>) -> bool {
    let mut seen = IdSet::default();
    let mut open: Vec<&str> = context
        .live_nodes()
        .filter(|(node, _)| !context.graph.is_stuck(*node))
        .map(|(_, task)| task.id.as_str())
        .collect();
    while let Some(id) = open.pop() {
        if sleeping.contains(id) || !seen.insert(id) {
            continue;
        }
        let before = open.len();
        open.extend(context.graph.needs(id).map(|(next, _)| next));
        if open.len() == before {
            return false;
        }
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

fn describe(context: &Context<'_>, line: Option<Culprit>, sleeping: &[(&Task, f64)]) -> Diagnosis {
    let all = || sleeping.iter().map(|(task, _)| task.id.as_str());
    let soonest = sleeping
        .iter()
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .copied();
    let left = soonest.map_or(0.0, |(_, left)| left);
    let does = match soonest.map(|(task, _)| wait_kind(task)) {
        Some("timer") => "sleeps",
        _ => "waits for what a timer will set",
    };
    let guard = context.recovery(all());
    let who = match sleeping {
        [(only, _)] => context.name(&only.id),
        [(first, _), rest @ ..] => {
            format!("{} (and {} more)", context.name(&first.id), rest.len())
        }
        [] => String::new(),
    };
    let summary = format!(
        "not a deadlock: {who} {does}, {} left{}",
        duration(left),
        guard.map_or_else(String::new, |s| format!(
            "; a timeout fires in {}",
            duration(s)
        )),
    );
    Diagnosis {
        tasks: ids(context, all()),
        culprit: line,
        affected_tasks: context.affected(all()),
        recovers_in_s: Some(guard.map_or(left, |guard| guard.min(left))),
        hint: Some("check the unit: asyncio.sleep() takes seconds".to_owned()),
        ..finding("long-timer", LIKELY, summary)
    }
}

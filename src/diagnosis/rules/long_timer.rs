//! A job that sleeps for very long while everything waits for it.

use super::orphan_wait::is_serving;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::facts::wait_kind;
use crate::diagnosis::frames::user_frame;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::source;
use crate::diagnosis::wording::duration;
use crate::model::{
    Confidence, Culprit, Diagnosis, DiagnosisKind, IdMap, IdSet, ItemId, Task, TaskState, WaitKind,
};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::LongTimer,
    rank: Rank::MayEnd,
    meaning: Meaning::Waiting,
    only_alone: true,
    outside: true,
    needs: Needs::Sample,
    find,
};

/// A shorter sleep is no finding.
const MIN_SLEEP_S: f64 = 600.0;

/// Finds long timers where nothing else goes on; each line that sleeps makes one
/// finding.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let mut timers = Timers {
        context,
        due: IdMap::default(),
    };
    let sleeping: Vec<(&Task, f64)> = context
        .facts
        .live_tasks()
        .filter_map(|task| Some((task, timers.left(task).filter(|left| *left > MIN_SLEEP_S)?)))
        .collect();
    if sleeping.is_empty() || context.facts.listeners().next().is_some() {
        return Vec::new();
    }
    let ids: IdSet = sleeping.iter().map(|(task, _)| task.id).collect();
    let all_wait = all_wait_for(context, &ids);
    if !all_wait {
        return Vec::new();
    }
    let mut by_line: Vec<(Option<Culprit>, Vec<Sleeper>)> = Vec::new();
    for (task, left) in sleeping {
        if is_periodic(context, task) {
            continue;
        }
        let line = culprit::of(&context.facts, task.id);
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

/// Timers that end waits for resources, each looked for once.
struct Timers<'c, 'a> {
    context: &'c Context<'a>,
    due: IdMap<Option<f64>>,
}

impl<'a> Timers<'_, 'a> {
    /// Seconds until a timer ends the task's wait: its own timer, or one that
    /// will set what it waits for where nobody else can.
    fn left(&mut self, task: &'a Task) -> Option<f64> {
        let wait = task.waits_for.as_ref()?;
        if task.state != TaskState::Waiting {
            return None;
        }
        match wait_kind(task) {
            Some(WaitKind::Timer) => wait.remaining_s,
            _ if is_serving(self.context, task) => None,
            _ => {
                let resource = wait.resource?;
                let context = self.context;
                let due = self.due.entry(resource);
                *due.or_insert_with(|| due_in(context, resource))
            }
        }
    }
}

/// Seconds until a timer ends the wait for a resource; `None` where anybody
/// else could end it before.
fn due_in(context: &Context<'_>, resource: ItemId) -> Option<f64> {
    let behind = context.graph.deps.behind([resource]);
    let is_behind =
        |id: ItemId| (context.graph.deps.node(id)).is_some_and(|node| behind.contains(&node));
    let mut due: Option<f64> = None;
    for reference in context.facts.referrers(resource) {
        match reference.due_s {
            Some(left) => due = Some(due.map_or(left, |nearest| nearest.min(left))),
            None if reference.from.item().is_some_and(is_behind) => {}
            None => return None,
        }
    }
    due
}

/// Whether all live tasks sleep long, or wait for nothing but those that do.
fn all_wait_for(context: &Context<'_>, sleeping: &IdSet) -> bool {
    let mut visited = IdSet::default();
    let mut open: Vec<ItemId> = context
        .facts
        .live_nodes()
        .filter(|(node, _)| !context.graph.is_stuck(*node))
        .map(|(_, task)| task.id)
        .collect();
    while let Some(id) = open.pop() {
        if sleeping.contains(&id) || !visited.insert(id) {
            continue;
        }
        let before = open.len();
        open.extend(context.graph.deps.needs(id).map(|(next, _)| next));
        if open.len() == before {
            return false;
        }
    }
    true
}

/// Whether it is meant to sleep: `while True: await sleep(3600)`.
fn is_periodic(context: &Context<'_>, task: &Task) -> bool {
    user_frame(&task.frames).is_some_and(|frame| {
        let module = frame
            .file
            .as_deref()
            .and_then(|file| context.facts.module(file));
        match (module, frame.line) {
            (Some(module), Some(line)) => source::forever(&module, line),
            // Without the source, only a task that others wait for counts as a job.
            _ => task.awaited_by.is_empty(),
        }
    })
}

fn describe(context: &Context<'_>, line: Option<Culprit>, sleeping: &[(&Task, f64)]) -> Diagnosis {
    let all = || sleeping.iter().map(|(task, _)| task.id);
    let soonest = sleeping
        .iter()
        .min_by(|(_, a), (_, b)| a.total_cmp(b))
        .copied();
    let left = soonest.map_or(0.0, |(_, left)| left);
    let does = match soonest.and_then(|(task, _)| wait_kind(task)) {
        Some(WaitKind::Timer) => "sleeps",
        _ => "waits for what a timer will set",
    };
    let guard = context.recovery(all());
    let who = match sleeping {
        [(only, _)] => context.facts.name(only.id),
        [(first, _), rest @ ..] => {
            format!("{} (and {} more)", context.facts.name(first.id), rest.len())
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
        tasks: context.in_order(all()),
        culprit: line,
        affected_tasks: context.affected(all()),
        recovers_in_s: Some(guard.map_or(left, |guard| guard.min(left))),
        hint: Some(format!(
            "check the unit: {}.sleep() takes seconds",
            context.facts.framework(all())
        )),
        ..diagnosis(RULE.kind, Confidence::Likely, summary)
    }
}

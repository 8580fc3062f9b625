//! Waits for what a loop would do that nobody runs.

use super::RULE;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::diagnosis;
use crate::diagnosis::wording::verb;
use crate::model::{Confidence, Diagnosis, How, IdSet, ItemId, Resource, TaskState};

/// Finds who waits for something that was given to a stopped loop, or that a task of one has.
pub(super) fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let coroutines = context.facts.process.coroutines.iter();
    let given = coroutines.filter_map(|coroutine| Some((coroutine.id, coroutine.event_loop?)));
    let tasks = context
        .facts
        .live_tasks()
        .filter(|task| task.state != TaskState::Running);
    let tasks = tasks.filter_map(|task| Some((task.id, task.event_loop?)));
    let stopped: IdSet = given
        .chain(tasks)
        .filter(|(_, id)| {
            context
                .facts
                .event_loop(*id)
                .is_some_and(|event_loop| !event_loop.running)
        })
        .map(|(id, _)| id)
        .collect();
    let asked = stopped.iter().filter_map(|id| of_given(context, *id));
    let resources = context.facts.process.resources.iter();
    let held = resources.filter_map(|resource| of_held(context, resource, &stopped));
    asked.chain(held).collect()
}

/// Threads that wait for a task or coroutine of a stopped loop.
fn of_given(context: &Context<'_>, id: ItemId) -> Option<Diagnosis> {
    let waiting: Vec<ItemId> = context
        .graph
        .deps
        .needed_by(id)
        .map(|(waiting, _)| waiting)
        .filter(|id| context.facts.thread(*id).is_some())
        .collect();
    let first = waiting.first()?;
    let summary = format!(
        "{} waits for {}, which was given to an event loop that nobody runs",
        context.facts.name(*first),
        context.facts.name(id),
    );
    Some(Diagnosis {
        tasks: context.in_order([id]),
        threads: context.in_order(waiting.iter().copied()),
        culprit: culprit::of(&context.facts, *first),
        affected_tasks: context.affected([id]),
        ..described(context, &waiting, summary)
    })
}

/// A lock or permits that only tasks of stopped loops have, while others wait for them.
fn of_held(context: &Context<'_>, resource: &Resource, stopped: &IdSet) -> Option<Diagnosis> {
    let holders = &resource.holders;
    let frozen = !holders.is_empty() && holders.iter().all(|id| stopped.contains(id));
    if !frozen || !context.graph.stuck(resource.id) {
        return None;
    }
    let waiting = context.waiters(resource);
    let waiting: Vec<ItemId> = waiting
        .iter()
        .copied()
        .filter(|id| !stopped.contains(id))
        .collect();
    let first = waiting.first()?;
    let summary = format!(
        "{} {} for {}, which {} {}, and nobody runs {} event loop",
        context.facts.names(&waiting),
        verb(waiting.len(), "wait"),
        context.facts.name(resource.id),
        context.facts.names(holders),
        verb(holders.len(), "have"),
        match holders.len() {
            1 => "its",
            _ => "their",
        },
    );
    let tasks = waiting.iter().chain(holders).copied();
    let finding = described(context, &waiting, summary);
    Some(Diagnosis {
        // Somebody may run the loop again.
        confidence: finding.confidence.min(Confidence::Likely),
        tasks: context.in_order(tasks.filter(|id| id.task().is_some())),
        threads: context.in_order(waiting.iter().copied().filter(|id| id.task().is_none())),
        resources: context.in_order([resource.id]),
        culprit: culprit::of_first(&context.facts, holders.iter().chain([first]).copied()),
        affected_tasks: context.affected([resource.id]),
        recovers_in_s: context.recovery(waiting.iter().copied()),
        ..finding
    })
}

fn described(context: &Context<'_>, waiting: &[ItemId], summary: String) -> Diagnosis {
    let proved = context.facts.proved(waiting.iter().copied());
    Diagnosis {
        how: Some(How::FutureNeverSet),
        hint: Some("run the loop in a thread of its own, or keep it running".to_owned()),
        ..diagnosis(RULE.kind, proved, summary)
    }
}

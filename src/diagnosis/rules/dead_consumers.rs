//! A queue or stream that no living task takes from.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::facts::wait_kind;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{count, verb};
use crate::model::{Confidence, Diagnosis, DiagnosisKind, Resource, WaitKind};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::DeadConsumers,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::References,
    find,
};

/// Queues that somebody waits to get emptied, without a living consumer.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let ends = context.dead_ends().iter().copied();
    ends.filter(|resource| has_no_consumers(context, resource))
        .map(|resource| describe(context, resource))
        .collect()
}

/// Whether all who wait for the queue want it emptied, and nobody takes.
pub(super) fn has_no_consumers(context: &Context<'_>, resource: &Resource) -> bool {
    if !resource.kind.has_consumers() {
        return false;
    }
    let waiting = context.waiting_tasks(resource);
    !waiting.is_empty()
        && waiting.iter().all(|id| {
            let kind = context.facts.task(*id).and_then(wait_kind);
            kind.is_some_and(WaitKind::needs_consumer)
                || resource.unfinished > Some(0) && kind != Some(WaitKind::QueueGet)
        })
}

fn describe(context: &Context<'_>, resource: &Resource) -> Diagnosis {
    let waiters = context.waiting_tasks(resource);
    let dead = context.facts.failed_referrers(resource.id);
    let items = match (resource.unfinished, resource.size) {
        (Some(unfinished), Some(size)) => format!("{unfinished} unfinished, {size} still queued"),
        (_, Some(size)) => format!("{} queued", count(size as usize, "item")),
        _ => "items left".to_owned(),
    };
    let deaths = match dead.first().and_then(|task| task.exception.as_ref()) {
        Some(exception) => format!(
            "; {} ended with {}",
            context.facts.names(dead.iter().map(|task| task.id)),
            exception.type_name
        ),
        None => String::new(),
    };
    let summary = format!(
        "{} {} for {} ({items}) which no living task takes from{deaths}",
        context.facts.names(waiters.iter()),
        verb(waiters.len(), "wait"),
        context.facts.name(resource.id),
    );
    let confidence = match dead.is_empty() {
        true => context.facts.observed(waiters.iter().copied()),
        false if context.facts.progress.known => Confidence::Certain,
        false => Confidence::Likely,
    };
    let hint = match dead.is_empty() {
        true => "let somebody take all items; stop those who do only after join()",
        false => "catch what one item raises inside the worker's loop",
    };
    Diagnosis {
        tasks: context.in_order(waiters.iter().copied()),
        resources: context.in_order([resource.id]),
        culprit: culprit::of_failed(&context.facts, &dead)
            .or_else(|| culprit::of_most(&context.facts, waiters.iter().copied())),
        affected_tasks: context.affected([resource.id]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some(hint.to_owned()),
        ..diagnosis(RULE.kind, confidence, summary)
    }
}

//! A coroutine that was created and never started, and that others wait for.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::model::{Coroutine, CoroutineState, Diagnosis, DiagnosisKind, ItemId};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::NeverAwaited,
    rank: Rank::NotRun,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::References,
    find,
};

/// Finds coroutines that never started and refer to what somebody waits for.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let coroutines = context.facts.process.coroutines.iter();
    coroutines
        .filter(|coroutine| is_never_awaited(coroutine))
        .filter_map(|coroutine| describe(context, coroutine))
        .collect()
}

/// Whether it never ran, and neither a loop nor a callback is about to run it.
pub(super) fn is_never_awaited(coroutine: &Coroutine) -> bool {
    coroutine.state == CoroutineState::Created
        && coroutine.event_loop.is_none()
        && !coroutine.is_of_callable
}

/// Coroutines that never started and from which the resource can be reached.
pub(super) fn setters<'a>(context: &Context<'a>, resource: ItemId) -> Vec<&'a Coroutine> {
    let referrers = context.facts.referrers(resource).iter();
    referrers
        .filter_map(|reference| context.facts.coroutine(reference.from.item()?))
        .filter(|coroutine| is_never_awaited(coroutine))
        .collect()
}

fn describe(context: &Context<'_>, coroutine: &Coroutine) -> Option<Diagnosis> {
    let waited: Vec<ItemId> = context
        .dead_ends()
        .iter()
        .filter(|resource| {
            let setters = setters(context, resource.id);
            setters.iter().any(|setter| setter.id == coroutine.id)
        })
        .map(|resource| resource.id)
        .collect();
    let first = waited.first()?;
    let kept = coroutine.referenced_by.as_deref();
    let summary = format!(
        "coroutine {} was created but never awaited{}; {} can be ended by nobody else",
        coroutine.qualname,
        kept.map_or_else(String::new, |path| format!(" (kept in {path})")),
        context.facts.name(*first),
    );
    let waiters: Vec<ItemId> = waited
        .iter()
        .filter_map(|id| context.facts.resource(*id))
        .flat_map(|resource| context.waiters(resource).to_vec())
        .collect();
    Some(Diagnosis {
        tasks: context.in_order(waiters.iter().copied().filter(|id| id.task().is_some())),
        threads: context.in_order(waiters.iter().copied().filter(|id| id.task().is_none())),
        resources: context.in_order(waited.iter().copied()),
        culprit: culprit::of_never_awaited(&context.facts, coroutine)
            .or_else(|| culprit::of_first(&context.facts, waiters.iter().copied())),
        affected_tasks: context.affected(waited.iter().copied()),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some("await it, or give it to create_task() and keep the task".to_owned()),
        ..diagnosis(RULE.kind, context.facts.observed(waiters), summary)
    })
}

//! A lock that is locked, and that nobody who goes on gives back.

use super::fork_inherited_lock::is_inherited;
use super::held_by_suspended_asyncgen::{held_by, is_left};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::shared;
use crate::diagnosis::wording::{verb, with_statement};
use crate::model::{Confidence, CoroutineState, Diagnosis, DiagnosisKind, Resource};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::LeakedLock,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Locks without a holder, or held by a coroutine that nobody resumes.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let ownerless = context
        .dead_ends()
        .iter()
        .copied()
        .filter(|resource| resource.kind.is_lock())
        .filter(|resource| !is_inherited(context, resource))
        .map(|resource| describe(context, resource, &why(context, resource)));
    let coroutines = context.facts.process.coroutines.iter();
    let left = coroutines
        .filter(|coroutine| {
            coroutine.state == CoroutineState::Suspended && is_left(context, coroutine)
        })
        .flat_map(|coroutine| {
            let why = format!("the abandoned coroutine {} holds it", coroutine.qualname);
            held_by(context, coroutine)
                .into_iter()
                .map(|resource| describe(context, resource, &why))
                .collect::<Vec<_>>()
        });
    ownerless.chain(left).collect()
}

fn why(context: &Context<'_>, lock: &Resource) -> String {
    match context.graph.deps.is_abandoned(lock.id) {
        true => format!(
            "{} took it, and has no code left to run that gives it back",
            context.facts.names(&lock.holders)
        ),
        false => {
            shared::why_stuck(lock).unwrap_or_else(|| "nobody who goes on gives it back".to_owned())
        }
    }
}

fn describe(context: &Context<'_>, resource: &Resource, why: &str) -> Diagnosis {
    let waiters = context.waiters(resource);
    let summary = format!(
        "{} is locked for ever: {why}, {} {}",
        context.facts.name(resource.id),
        context.facts.names(waiters.iter()),
        verb(waiters.len(), "wait"),
    );
    Diagnosis {
        tasks: context.in_order(context.waiting_tasks(resource).iter().copied()),
        threads: context.in_order(
            waiters
                .iter()
                .copied()
                .filter(|id| context.facts.thread(*id).is_some()),
        ),
        resources: context.in_order([resource.id]),
        culprit: culprit::of_leak(&context.facts, resource, &waiters),
        affected_tasks: context.affected([resource.id]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some(format!(
            "take it with '{}' (or release it in a finally block)",
            with_statement(resource)
        )),
        ..diagnosis(RULE.kind, Confidence::Likely, summary)
    }
}

//! A semaphore or limiter whose permits are all gone.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::shared;
use crate::diagnosis::wording::{verb, with_statement};
use crate::model::{Confidence, Diagnosis, DiagnosisKind, Resource};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::LeakedPermits,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::References,
    find,
};

/// Semaphores without a permit and without a holder.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    context
        .dead_ends()
        .iter()
        .copied()
        .filter(|resource| resource.kind.has_permits())
        .filter(|resource| resource.value.is_none_or(|value| value <= 0))
        .map(|resource| describe(context, resource))
        .collect()
}

fn describe(context: &Context<'_>, resource: &Resource) -> Diagnosis {
    let waiters = context.waiters(resource);
    let permits = match resource.limit {
        Some(limit) => format!("all {limit} permits leaked"),
        None => "all permits leaked".to_owned(),
    };
    let summary = format!(
        "{}: {permits}; {} {}, and {}",
        context.facts.name(resource.id),
        context.facts.names(waiters.iter()),
        verb(waiters.len(), "wait"),
        shared::why_stuck(resource)
            .as_deref()
            .unwrap_or("nobody alive gives one back"),
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
            "release in a finally block, or use '{}'",
            with_statement(resource)
        )),
        ..diagnosis(RULE.kind, Confidence::Likely, summary)
    }
}

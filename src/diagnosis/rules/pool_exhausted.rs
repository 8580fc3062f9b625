//! A pool whose connections are all out and do not come back.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{count, verb};
use crate::model::{Confidence, Diagnosis, DiagnosisKind, Resource, ResourceKind, WaitKind};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::PoolExhausted,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Pools in circles, pools that nobody can give back to, and drained queues
/// that are used as pools.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let circular = context.cycles_of(Shape::Pool);
    let circular = circular.iter().filter_map(|cycle| of_cycle(context, cycle));
    let drained = context
        .dead_ends()
        .iter()
        .copied()
        .filter(|resource| resource.kind == ResourceKind::Pool || is_drained(context, resource))
        .map(|resource| of_drained(context, resource));
    circular.chain(drained).collect()
}

/// Whether it is a bounded queue that is empty and whose takers put items back.
pub(super) fn is_drained(context: &Context<'_>, resource: &Resource) -> bool {
    let bounded = resource.limit.is_some_and(|limit| limit > 0);
    if !resource.kind.is_queue() || !bounded || resource.size != Some(0) {
        return false;
    }
    let waiters = context.waiters(resource);
    waiters.iter().all(|id| {
        let wait = match (context.facts.task(*id), context.facts.thread(*id)) {
            (Some(task), _) => task.waits_for.as_ref(),
            (None, Some(thread)) => thread.waits_for.as_ref(),
            _ => None,
        };
        wait.is_some_and(|wait| wait.kind == WaitKind::QueueGet)
    }) && waiters
        .iter()
        .any(|id| culprit::takes_from_pool(&context.facts, *id))
}

fn of_cycle(context: &Context<'_>, cycle: &Cycle) -> Option<Diagnosis> {
    let mut pools = cycle
        .resources
        .iter()
        .filter_map(|id| context.facts.resource(*id));
    let pool = pools.find(|resource| resource.kind == ResourceKind::Pool)?;
    let waiters = context.waiting_tasks(pool);
    let tasks = || cycle.tasks.iter().chain(waiters.iter()).copied();
    let summary = format!(
        "{} is exhausted ({}): {} {} for what {} {}",
        context.facts.name(pool.id),
        fill(pool),
        context.facts.names(waiters.iter()),
        verb(waiters.len(), "wait"),
        context.facts.names(&cycle.tasks),
        verb(cycle.tasks.len(), "have"),
    );
    Some(Diagnosis {
        tasks: context.in_order(tasks()),
        resources: context.in_order([pool.id]),
        culprit: culprit::of_kept_connection(&context.facts, pool)
            .or_else(|| culprit::of_first(&context.facts, cycle.tasks.iter().copied())),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: context.recovery(tasks()),
        hint: Some("give connections back on every way out before asking for another".to_owned()),
        ..diagnosis(RULE.kind, context.facts.proved(tasks()), summary)
    })
}

fn of_drained(context: &Context<'_>, resource: &Resource) -> Diagnosis {
    let waiters = context.waiters(resource);
    let culprit = match resource.kind {
        ResourceKind::Pool => culprit::of_kept_connection(&context.facts, resource)
            .or_else(|| culprit::of_most(&context.facts, waiters.iter().copied())),
        _ => culprit::of_drained_queue(&context.facts, &waiters),
    };
    let summary = format!(
        "{} is exhausted ({}): {} wait, and nobody alive has anything to give back",
        context.facts.name(resource.id),
        fill(resource),
        context.facts.names(waiters.iter()),
    );
    Diagnosis {
        tasks: context.in_order(context.waiting_tasks(resource).iter().copied()),
        resources: context.in_order([resource.id]),
        culprit,
        affected_tasks: context.affected([resource.id]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some("put back in a finally block".to_owned()),
        ..diagnosis(RULE.kind, Confidence::Likely, summary)
    }
}

fn fill(pool: &Resource) -> String {
    let limit = pool.limit.unwrap_or_default();
    match (pool.used, pool.size) {
        (Some(used), _) => format!("{used} of {limit} in use"),
        (None, Some(free)) => format!("{free} of {limit} free"),
        (None, None) => format!("at most {}", count(limit.max(0) as usize, "connection")),
    }
}

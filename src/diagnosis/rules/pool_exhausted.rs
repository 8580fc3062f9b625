//! A pool whose connections are all out and do not come back.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape};
use crate::diagnosis::frames::user_frame;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{count, verb};
use crate::model::{
    Confidence, Diagnosis, DiagnosisKind, ItemId, Resource, ResourceKind, WaitKind,
};

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

/// What is said of who gives something back.
const NOBODY: &str = ", and nobody alive has anything to give back";
const UNKNOWN: &str = "; who gives something back is not known";
/// What helps.
const GIVE_BACK: &str = "give back on every way out, in a finally block, before asking for another";

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
        .map(|resource| of_waiters(context, resource, Confidence::Likely, NOBODY));
    let known: Vec<Diagnosis> = circular.chain(drained).collect();
    let open = context.facts.process.resources.iter();
    let open: Vec<Diagnosis> = open
        .filter(|pool| !known.iter().any(|one| one.resources.contains(&pool.id)))
        .filter(|pool| is_full(context, pool))
        .map(|pool| of_waiters(context, pool, Confidence::Possible, UNKNOWN))
        .collect();
    known.into_iter().chain(open).collect()
}

/// Whether a pool has nothing left, code of the program waits for it all the time, and
/// nobody else of the program's code is known to use it.
fn is_full(context: &Context<'_>, pool: &Resource) -> bool {
    let full = match (pool.limit, pool.used) {
        (Some(limit), Some(used)) => used >= limit,
        _ => false,
    };
    if pool.kind != ResourceKind::Pool || !full {
        return false;
    }
    let waiters = context.waiters(pool);
    let own = |id: ItemId| user_frame(context.facts.frames(id)).is_some();
    let wait = |id: ItemId| own(id) && context.facts.progress.unchanged(id);
    let mut enders = context.graph.deps.needs(pool.id);
    !waiters.is_empty()
        && waiters.iter().all(|id| wait(*id))
        && !enders.any(|(id, _)| own(id) && !waiters.contains(&id))
}

/// The finding for a pool that `ending` says of: that nobody gives back, or that it is not
/// known who does.
fn of_waiters(
    context: &Context<'_>,
    pool: &Resource,
    confidence: Confidence,
    ending: &str,
) -> Diagnosis {
    let waiters = context.waiters(pool);
    let culprit = match pool.kind {
        ResourceKind::Pool => culprit::of_kept_connection(&context.facts, pool)
            .or_else(|| culprit::of_most(&context.facts, waiters.iter().copied())),
        _ => culprit::of_drained_queue(&context.facts, &waiters),
    };
    let summary = format!(
        "{} is exhausted ({}): {} {}{ending}",
        context.facts.name(pool.id),
        fill(pool),
        context.facts.names(waiters.iter()),
        verb(waiters.len(), "wait"),
    );
    Diagnosis {
        tasks: context.in_order(context.waiting_tasks(pool).iter().copied()),
        threads: threads_of(context, &waiters),
        resources: context.in_order([pool.id]),
        culprit,
        affected_tasks: context.affected([pool.id]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some(GIVE_BACK.to_owned()),
        ..diagnosis(RULE.kind, confidence, summary)
    }
}

fn threads_of(context: &Context<'_>, waiters: &[ItemId]) -> Vec<ItemId> {
    let threads = waiters.iter().copied();
    context.in_order(threads.filter(|id| id.task().is_none()))
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
    let waiters = context.waiters(pool);
    let inside: Vec<ItemId> = cycle.tasks.iter().chain(&cycle.threads).copied().collect();
    let all = || inside.iter().chain(waiters.iter()).copied();
    let summary = format!(
        "{} is exhausted ({}): {} {} for what {} {}",
        context.facts.name(pool.id),
        fill(pool),
        context.facts.names(waiters.iter()),
        verb(waiters.len(), "wait"),
        context.facts.names(&inside),
        verb(inside.len(), "have"),
    );
    Some(Diagnosis {
        tasks: context.in_order(all().filter(|id| id.task().is_some())),
        threads: context.in_order(all().filter(|id| id.task().is_none())),
        resources: context.in_order([pool.id]),
        culprit: culprit::of_kept_connection(&context.facts, pool)
            .or_else(|| culprit::of_first(&context.facts, inside.iter().copied())),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: context.recovery(all()),
        hint: Some(GIVE_BACK.to_owned()),
        ..diagnosis(RULE.kind, context.facts.proved(all()), summary)
    })
}

fn fill(pool: &Resource) -> String {
    let limit = pool.limit.unwrap_or_default();
    match (pool.used, pool.size) {
        (Some(used), _) => format!("{used} of {limit} in use"),
        (None, Some(free)) => format!("{free} of {limit} free"),
        (None, None) => format!("at most {}", count(limit.max(0) as usize, "connection")),
    }
}

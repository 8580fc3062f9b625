//! A pool whose connections are all out and do not come back.

use super::cycle::{Cycle, Shape, of_shape};
use super::{count, verb};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::model::{Diagnosis, Resource};

/// Pools in circles, pools that nobody can give back to, and drained queues
/// that are used as pools.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let circular = of_shape(context, Shape::Pool);
    let circular = circular.iter().filter_map(|cycle| of_cycle(context, cycle));
    let drained = context
        .dead_ends()
        .iter()
        .copied()
        .filter(|resource| resource.kind == "pool" || is_drained(context, resource))
        .map(|resource| of_drained(context, resource));
    circular.chain(drained).collect()
}

/// A bounded queue which is empty, and into which its takers put back.
pub fn is_drained(context: &Context<'_>, resource: &Resource) -> bool {
    let bounded = resource.limit.is_some_and(|limit| limit > 0);
    let is_queue = matches!(resource.kind.as_str(), "queue" | "thread-queue");
    if !is_queue || !bounded || resource.size != Some(0) {
        return false;
    }
    let waiters = context.waiters(resource);
    waiters.iter().all(|id| {
        let wait = match (context.task(id), context.thread(id)) {
            (Some(task), _) => task.waits_for.as_ref(),
            (None, Some(thread)) => thread.waits_for.as_ref(),
            _ => None,
        };
        wait.is_some_and(|wait| wait.kind == "queue-get")
    }) && waiters
        .iter()
        .any(|id| culprit::takes_from_pool(context, id))
}

fn of_cycle(context: &Context<'_>, cycle: &Cycle<'_>) -> Option<Diagnosis> {
    let mut pools = cycle.resources.iter().filter_map(|id| context.resource(id));
    let pool = pools.find(|resource| resource.kind == "pool")?;
    let waiters = context.waiting_tasks(pool);
    let tasks = || cycle.tasks.iter().chain(waiters.iter()).copied();
    let summary = format!(
        "{} is exhausted ({}): {} {} for what {} {}",
        context.name(&pool.id),
        fill(pool),
        context.names(waiters.iter()),
        verb(waiters.len(), "wait"),
        context.names(&cycle.tasks),
        verb(cycle.tasks.len(), "have"),
    );
    Some(Diagnosis {
        tasks: ids(context, tasks()),
        resources: ids(context, [pool.id.as_str()]),
        culprit: culprit::of_kept_connection(context, pool)
            .or_else(|| culprit::of_first(context, cycle.tasks.iter().copied())),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: context.recovery(tasks()),
        hint: Some("give connections back on every way out before asking for another".to_owned()),
        ..finding("pool-exhausted", context.proved(tasks()), summary)
    })
}

fn of_drained(context: &Context<'_>, resource: &Resource) -> Diagnosis {
    let waiters = context.waiters(resource);
    let culprit = match resource.kind.as_str() {
        "pool" => culprit::of_kept_connection(context, resource)
            .or_else(|| culprit::of_most(context, waiters.iter().copied())),
        _ => culprit::of_drained_queue(context, &waiters),
    };
    let summary = format!(
        "{} is exhausted ({}): {} wait, and nobody alive has anything to give back",
        context.name(&resource.id),
        fill(resource),
        context.names(waiters.iter()),
    );
    Diagnosis {
        tasks: ids(context, context.waiting_tasks(resource).iter().copied()),
        resources: ids(context, [resource.id.as_str()]),
        culprit,
        affected_tasks: context.affected([resource.id.as_str()]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some("put back in a finally block".to_owned()),
        ..finding("pool-exhausted", LIKELY, summary)
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

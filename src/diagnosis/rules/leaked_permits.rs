//! A semaphore or limiter whose permits are all gone.

use super::count;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::model::{Diagnosis, Resource};

const KINDS: [&str; 3] = ["semaphore", "limiter", "thread-semaphore"];

/// Semaphores without a permit and without a holder.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    context
        .dead_ends()
        .iter()
        .copied()
        .filter(|resource| KINDS.contains(&resource.kind.as_str()))
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
        "{}: {permits}; {} waiting ({}), no live task holds one",
        context.name(&resource.id),
        count(waiters.len(), "task"),
        context.names(waiters.iter()),
    );
    Diagnosis {
        tasks: ids(context, context.waiting_tasks(resource).iter().copied()),
        resources: ids(context, [resource.id.as_str()]),
        culprit: culprit::of_leak(context, resource, &waiters),
        affected_tasks: context.affected([resource.id.as_str()]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some("release in a finally block, or use 'async with'".to_owned()),
        ..finding("leaked-permits", LIKELY, summary)
    }
}

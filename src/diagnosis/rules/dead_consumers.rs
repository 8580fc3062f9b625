//! A queue that nobody empties any more.

use super::{count, verb, wait_kind};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{CERTAIN, LIKELY, finding, ids};
use crate::model::{Diagnosis, Resource};

/// Queues that somebody waits to get emptied, without a living consumer.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let ends = context.dead_ends().iter().copied();
    ends.filter(|resource| has_no_consumers(context, resource))
        .map(|resource| describe(context, resource))
        .collect()
}

/// Whether all who wait for the queue want it emptied, and nobody takes.
pub fn has_no_consumers(context: &Context<'_>, resource: &Resource) -> bool {
    if !matches!(resource.kind.as_str(), "queue" | "memory-stream") {
        return false;
    }
    let waiting = context.waiting_tasks(resource);
    !waiting.is_empty()
        && waiting.iter().all(|id| {
            let kind = context.task(id).map_or("", |task| wait_kind(task));
            matches!(kind, "queue-join" | "queue-put")
                || resource.unfinished > Some(0) && kind != "queue-get"
        })
}

fn describe(context: &Context<'_>, resource: &Resource) -> Diagnosis {
    let waiters = context.waiting_tasks(resource);
    let dead = culprit::failed_referrers(context, &resource.id);
    let items = match (resource.unfinished, resource.size) {
        (Some(unfinished), Some(size)) => format!("{unfinished} unfinished, {size} still queued"),
        (_, Some(size)) => format!("{} queued", count(size as usize, "item")),
        _ => "items left".to_owned(),
    };
    let deaths = match dead.first().and_then(|task| task.exception.as_ref()) {
        Some(exception) => format!(
            "; {} ended with {}",
            context.names(dead.iter().map(|task| &task.id)),
            exception.type_name
        ),
        None => String::new(),
    };
    let summary = format!(
        "{} {} for {} ({items}) which no living task takes from{deaths}",
        context.names(waiters.iter()),
        verb(waiters.len(), "wait"),
        context.name(&resource.id),
    );
    let confidence = match dead.is_empty() {
        true => context.observed(waiters.iter().copied()),
        false if context.progress.known => CERTAIN,
        false => LIKELY,
    };
    Diagnosis {
        tasks: ids(context, waiters.iter().copied()),
        resources: ids(context, [resource.id.as_str()]),
        culprit: culprit::of_failed(context, &dead)
            .or_else(|| culprit::of_most(context, waiters.iter().copied())),
        affected_tasks: context.affected([resource.id.as_str()]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some("catch what one item raises inside the worker's loop".to_owned()),
        ..finding("dead-consumers", confidence, summary)
    }
}

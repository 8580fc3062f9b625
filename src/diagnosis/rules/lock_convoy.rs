//! Many tasks queue for one lock, whose holder is slow but moves.

use arcstr::ArcStr;

use super::count;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{POSSIBLE, finding, ids};
use crate::model::{Diagnosis, Resource};

/// A semaphore is there to queue for.
const KINDS: [&str; 2] = ["lock", "thread-lock"];
/// Fewer waiters than these are not a convoy.
const MANY: usize = 10;
/// Of all live tasks, the share that queues for one lock.
const SHARE: f64 = 0.5;

/// Locks for which most tasks queue.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let tasks = context.live_tasks().count();
    let resources = context.process.resources.iter();
    resources
        .filter(|resource| KINDS.contains(&resource.kind.as_str()))
        .filter(|resource| !context.graph.stuck(&resource.id))
        .filter_map(|resource| {
            let waiters = context.waiters(resource);
            let many = waiters.len() >= MANY && waiters.len() as f64 >= tasks as f64 * SHARE;
            many.then(|| describe(context, resource, &waiters))
        })
        .collect()
}

fn describe(context: &Context<'_>, resource: &Resource, waiters: &[&str]) -> Diagnosis {
    let holders = || resource.holders.iter().map(ArcStr::as_str);
    let holder = match resource.holders.is_empty() {
        true => String::new(),
        false => format!(", held by {}", context.names(holders())),
    };
    let summary = format!(
        "{} queue for {}{holder}",
        count(waiters.len(), "task"),
        context.name(&resource.id),
    );
    Diagnosis {
        tasks: ids(context, waiters.iter().copied().chain(holders())),
        resources: ids(context, [resource.id.as_str()]),
        culprit: culprit::of_first(context, holders())
            .or_else(|| culprit::of_most(context, waiters.iter().copied())),
        affected_tasks: context.affected([resource.id.as_str()]),
        hint: Some("do less while the lock is held".to_owned()),
        ..finding("lock-convoy", POSSIBLE, summary)
    }
}

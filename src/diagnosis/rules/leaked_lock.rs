//! A lock that is locked, and that nobody alive holds.

use super::held_by_suspended_asyncgen::{held_by, is_left};
use super::is_inherited;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::model::{Diagnosis, Resource};

const KINDS: [&str; 3] = ["lock", "thread-lock", "file-lock"];

/// Locks without a holder, or held by a coroutine that nobody resumes.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let ownerless = context
        .dead_ends()
        .iter()
        .copied()
        .filter(|resource| KINDS.contains(&resource.kind.as_str()))
        .filter(|resource| !is_inherited(context, resource))
        .map(|resource| describe(context, resource, "no live task holds it"));
    let coroutines = context.process.coroutines.iter();
    let left = coroutines
        .filter(|coroutine| coroutine.state == "suspended" && is_left(context, coroutine))
        .flat_map(|coroutine| {
            let why = format!("the abandoned coroutine {} holds it", coroutine.qualname);
            held_by(context, coroutine)
                .into_iter()
                .map(|resource| describe(context, resource, &why))
                .collect::<Vec<_>>()
        });
    ownerless.chain(left).collect()
}

fn describe(context: &Context<'_>, resource: &Resource, why: &str) -> Diagnosis {
    let waiters = context.waiters(resource);
    let summary = format!(
        "{} is locked for ever: {why}, {} wait",
        context.name(&resource.id),
        context.names(waiters.iter()),
    );
    Diagnosis {
        tasks: ids(context, context.waiting_tasks(resource).iter().copied()),
        threads: ids(
            context,
            waiters
                .iter()
                .copied()
                .filter(|id| context.thread(id).is_some()),
        ),
        resources: ids(context, [resource.id.as_str()]),
        culprit: culprit::of_leak(context, resource, &waiters),
        affected_tasks: context.affected([resource.id.as_str()]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some("take it with 'async with' (or release it in a finally block)".to_owned()),
        ..finding("leaked-lock", LIKELY, summary)
    }
}

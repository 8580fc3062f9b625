//! A coroutine that was created and never started, and that others wait for.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{finding, ids};
use crate::model::{Coroutine, Diagnosis};

/// Never started coroutines which refer to what somebody waits for in vain.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let coroutines = context.process.coroutines.iter();
    coroutines
        .filter(|coroutine| is_never_awaited(coroutine))
        .filter_map(|coroutine| describe(context, coroutine))
        .collect()
}

/// Whether it never ran and no loop is about to run it.
pub fn is_never_awaited(coroutine: &Coroutine) -> bool {
    coroutine.state == "created" && coroutine.event_loop.is_none()
}

/// Never started coroutines from which the resource can be reached.
pub fn setters<'a>(context: &Context<'a>, resource: &str) -> Vec<&'a Coroutine> {
    let referrers = context.referrers(resource).iter();
    referrers
        .filter_map(|reference| context.coroutine(&reference.from))
        .filter(|coroutine| is_never_awaited(coroutine))
        .collect()
}

fn describe(context: &Context<'_>, coroutine: &Coroutine) -> Option<Diagnosis> {
    let waited: Vec<&str> = context
        .dead_ends()
        .iter()
        .filter(|resource| {
            let setters = setters(context, &resource.id);
            setters.iter().any(|setter| setter.id == coroutine.id)
        })
        .map(|resource| resource.id.as_str())
        .collect();
    let first = waited.first()?;
    let kept = coroutine.referenced_by.as_deref();
    let summary = format!(
        "coroutine {} was created but never awaited{}; {} can be ended by nobody else",
        coroutine.qualname,
        kept.map_or_else(String::new, |path| format!(" (kept in {path})")),
        context.name(first),
    );
    let waiters: Vec<&str> = waited
        .iter()
        .filter_map(|id| context.resource(id))
        .flat_map(|resource| context.waiters(resource).to_vec())
        .collect();
    Some(Diagnosis {
        tasks: ids(context, waiters.iter().copied()),
        resources: ids(context, waited.iter().copied()),
        culprit: culprit::of_never_awaited(context, coroutine),
        affected_tasks: context.affected(waited.iter().copied()),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some("await it, or give it to create_task() and keep the task".to_owned()),
        ..finding("never-awaited", context.observed(waiters), summary)
    })
}

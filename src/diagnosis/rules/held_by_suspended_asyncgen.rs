//! A lock held by an asynchronous generator that nobody iterates any more.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{finding, ids};
use crate::model::{Coroutine, Diagnosis, Resource};

/// What suspended generators hold that others wait for.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let coroutines = context.process.coroutines.iter();
    coroutines
        .filter(|coroutine| coroutine.state == "async-generator")
        .filter(|coroutine| is_left(context, coroutine))
        .flat_map(|coroutine| {
            held_by(context, coroutine)
                .into_iter()
                .map(|resource| describe(context, coroutine, resource))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// Whether nobody resumes it.
pub fn is_left(context: &Context<'_>, coroutine: &Coroutine) -> bool {
    coroutine.event_loop.is_none()
        && coroutine.state != "created"
        && context.graph.needs(&coroutine.id).next().is_none()
}

/// What it holds that somebody is stuck behind.
pub fn held_by<'a>(context: &Context<'a>, coroutine: &Coroutine) -> Vec<&'a Resource> {
    context
        .graph
        .needed_by(&coroutine.id)
        .filter(|(id, dep)| dep.is_proved() && context.graph.stuck(id))
        .filter_map(|(id, _)| context.resource(id))
        .filter(|resource| !context.waiters(resource).is_empty())
        .collect()
}

fn describe(context: &Context<'_>, generator: &Coroutine, resource: &Resource) -> Diagnosis {
    let waiters = context.waiters(resource);
    let line = culprit::user_frame(&generator.frames).and_then(|frame| frame.line);
    let summary = format!(
        "{} is held by the asynchronous generator {}, suspended at its yield{} and not iterated \
         by any task; {} wait",
        context.name(&resource.id),
        generator.qualname,
        line.map_or_else(String::new, |line| format!(" (line {line})")),
        context.names(waiters.iter()),
    );
    Diagnosis {
        tasks: ids(context, context.waiting_tasks(resource).iter().copied()),
        resources: ids(context, [resource.id.as_str()]),
        culprit: culprit::of_generator(context, generator),
        affected_tasks: context.affected([resource.id.as_str()]),
        recovers_in_s: context.recovery(waiters.iter().copied()),
        hint: Some(
            "close the generator when the loop is left: async with contextlib.aclosing(...)"
                .to_owned(),
        ),
        ..finding(
            "held-by-suspended-asyncgen",
            context.proved(waiters.iter().copied()),
            summary,
        )
    }
}

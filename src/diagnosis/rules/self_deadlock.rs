//! A task or thread that waits for what only it can give.

use super::cycle::{Cycle, Shape, in_words, of_shape};
use super::place;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{finding, ids};
use crate::model::{Diagnosis, TaskState};

/// Circles with one actor.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = of_shape(context, Shape::Own);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle<'_>) -> Diagnosis {
    let running = cycle.tasks.iter().copied().filter(|id| {
        context
            .task(id)
            .is_some_and(|task| task.state == TaskState::Running)
    });
    let mut actors: Vec<&str> = running.collect();
    if actors.is_empty() {
        actors.clone_from(&cycle.tasks);
    }
    let all = actors.iter().chain(&cycle.threads).copied();
    let who = context.names(actors.iter().chain(&cycle.threads).take(1).copied());
    let at = all.clone().next().map_or(&[][..], |id| context.frames(id));
    let summary = format!(
        "{who} waits for itself in {}: {}",
        place(at),
        in_words(context, cycle)
    );
    let hint = match cycle.threads.is_empty() {
        true => "asyncio locks are not re-entrant: do not take one twice in the same task",
        false => "await instead of waiting synchronously in the loop's own thread",
    };
    Diagnosis {
        tasks: ids(context, actors.iter().copied()),
        threads: ids(context, cycle.threads.iter().copied()),
        resources: ids(context, cycle.resources.iter().copied()),
        culprit: culprit::of_first(context, all.clone()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: match cycle.threads.is_empty() {
            true => context.recovery(actors.iter().copied()),
            false => None,
        },
        hint: Some(hint.to_owned()),
        ..finding("self-deadlock", context.proved(all.clone()), summary)
    }
}

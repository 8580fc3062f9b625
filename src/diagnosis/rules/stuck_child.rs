//! A group that was told to stop and waits for a child which does not.

use super::swallowed_cancellation::waits_again;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::model::{Diagnosis, Task, TaskState};

const GROUPS: [&str; 3] = ["task-group", "gather", "wait"];

/// Groups whose last children were cancelled and wait again.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    context
        .live_tasks()
        .filter(|task| task.state == TaskState::Waiting)
        .filter_map(|task| describe(context, task))
        .collect()
}

fn describe(context: &Context<'_>, parent: &Task) -> Option<Diagnosis> {
    let stuck: Vec<&str> = context
        .graph
        .needs(&parent.id)
        .filter(|(_, dep)| GROUPS.contains(&dep.via()))
        .map(|(id, _)| id)
        .filter(|id| {
            context
                .task(id)
                .is_some_and(|task| waits_again(context, task))
        })
        .collect();
    let first = stuck.first()?;
    let error = first_error(context, parent);
    let summary = format!(
        "{} waits for {}, which was cancelled and does not end{}",
        context.name(&parent.id),
        context.names(&stuck),
        error.map_or_else(String::new, |error| format!(
            "; the group failed with {error}"
        )),
    );
    Some(Diagnosis {
        tasks: ids(context, stuck.iter().copied().chain([parent.id.as_str()])),
        culprit: culprit::of(context, first),
        affected_tasks: context.affected([parent.id.as_str()]),
        recovers_in_s: context.recovery([parent.id.as_str()]),
        ..finding("stuck-child", LIKELY, summary)
    })
}

/// The failure of a task of the same loop that is over, where there is one.
fn first_error(context: &Context<'_>, parent: &Task) -> Option<String> {
    context
        .process
        .tasks
        .iter()
        .filter(|task| task.state == TaskState::Done && task.event_loop == parent.event_loop)
        .find_map(|task| task.exception.as_ref())
        .map(|exception| format!("{}: {}", exception.type_name, exception.message))
}

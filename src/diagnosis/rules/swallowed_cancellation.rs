//! A task that was cancelled, caught it, and waits again.

use super::place;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{CERTAIN, LIKELY, POSSIBLE, finding, ids};
use crate::model::{Diagnosis, Task, TaskState};

/// Cancelled tasks that wait again, within a `try` that catches cancelling.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    context
        .live_tasks()
        .filter(|task| waits_again(context, task))
        .filter_map(|task| describe(context, task))
        .collect()
}

/// Whether a cancellation reached the task, and it waits since; what waits for
/// other tasks is left out: there the cancelling went on to them.
pub fn waits_again(context: &Context<'_>, task: &Task) -> bool {
    task.state == TaskState::Waiting
        && task.cancelling > 0
        && !task.must_cancel
        && !context.progress.moved(&task.id)
        && !context
            .graph
            .needs(&task.id)
            .any(|(id, _)| context.task(id).is_some())
}

fn describe(context: &Context<'_>, task: &Task) -> Option<Diagnosis> {
    let handler = culprit::of_swallowed(context, task);
    let awaited = context.graph.needed_by(&task.id).next().is_some();
    let unchanged = context.progress.unchanged(&task.id);
    let confidence = match (&handler, awaited) {
        (Some(_), true) if unchanged => CERTAIN,
        (Some(_), _) => LIKELY,
        (None, true) if unchanged => POSSIBLE,
        (None, _) => return None,
    };
    let summary = format!(
        "{} was cancelled but waits again in {}: {}",
        context.name(&task.id),
        place(&task.frames),
        match &handler {
            Some(at) => format!(
                "the CancelledError was swallowed at {}:{}",
                super::base_name(&at.file),
                at.line
            ),
            None => "it swallowed the CancelledError or still cleans up".to_owned(),
        }
    );
    Some(Diagnosis {
        tasks: ids(context, [task.id.as_str()]),
        culprit: handler.or_else(|| culprit::of(context, &task.id)),
        affected_tasks: context.affected([task.id.as_str()]),
        hint: Some("catch Exception instead, or raise CancelledError again".to_owned()),
        ..finding("swallowed-cancellation", confidence, summary)
    })
}

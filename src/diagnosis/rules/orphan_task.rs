//! Tasks that nothing but weak references keep.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{POSSIBLE, finding, ids};
use crate::model::{Diagnosis, Task, TaskState};

/// Waiting tasks that the garbage collector may take.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let orphans: Vec<&Task> = orphans(context).collect();
    if orphans.is_empty() {
        return Vec::new();
    }
    let names = || orphans.iter().map(|task| task.id.as_str());
    let summary = format!(
        "{} kept by weak references only: the garbage collector may take them before they end",
        context.names(names()),
    );
    vec![Diagnosis {
        tasks: ids(context, names()),
        culprit: culprit::of_first(context, names()),
        affected_tasks: context.affected(names()),
        hint: Some("keep what create_task() returns, or use a TaskGroup".to_owned()),
        ..finding("orphan-task", POSSIBLE, summary)
    }]
}

/// Tasks of which it is known that only weak references keep them.
pub fn orphans<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Task> {
    context
        .live_tasks()
        .filter(|task| task.weakly_held == Some(true) && task.state == TaskState::Waiting)
}

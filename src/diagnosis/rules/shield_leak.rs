//! A shielded task that goes on for ever after its waiter was cancelled.

use super::place;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, POSSIBLE, finding, ids};
use crate::diagnosis::source;
use crate::model::{Culprit, Diagnosis, Task, TaskState};

/// Tasks that nobody awaits, that hold what others wait for, and that the
/// source creates within `shield()`.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    context
        .live_tasks()
        .filter(|task| task.state == TaskState::Waiting && task.awaited_by.is_empty())
        .filter(|task| context.progress.unchanged(&task.id))
        .filter(|task| holds_up_others(context, task) && is_shielded(context, task))
        .map(|task| describe(context, task))
        .collect()
}

fn holds_up_others(context: &Context<'_>, task: &Task) -> bool {
    context
        .graph
        .needed_by(&task.id)
        .any(|(id, dep)| dep.via() == "holds" && context.resource(id).is_some())
}

fn is_shielded(context: &Context<'_>, task: &Task) -> bool {
    shielding(context, task).is_some()
}

/// Where the source shields what the task runs.
fn shielding(context: &Context<'_>, task: &Task) -> Option<Culprit> {
    let name = culprit::last_part(&task.coroutine);
    culprit::user_files(context).into_iter().find_map(|file| {
        let module = context.module(file)?;
        let line = source::shields(&module, name)?;
        let function = module.function_at(line);
        let function = function.map_or("<module>", |function| function.name.as_str());
        culprit::at_line(context, file, line, function)
    })
}

fn describe(context: &Context<'_>, task: &Task) -> Diagnosis {
    let summary = format!(
        "{} runs on in {} although nobody awaits it: it was shielded, and others wait for what it \
         holds",
        context.name(&task.id),
        place(&task.frames),
    );
    let confidence = match context.graph.stuck(&task.id) {
        true => LIKELY,
        false => POSSIBLE,
    };
    Diagnosis {
        tasks: ids(context, [task.id.as_str()]),
        culprit: shielding(context, task).or_else(|| culprit::of(context, &task.id)),
        affected_tasks: context.affected([task.id.as_str()]),
        recovers_in_s: task.waits_for.as_ref().and_then(|wait| wait.remaining_s),
        hint: Some("give the shielded work a timeout of its own".to_owned()),
        ..finding("shield-leak", confidence, summary)
    }
}

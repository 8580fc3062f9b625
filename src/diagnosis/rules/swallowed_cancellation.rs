//! A task that was cancelled, caught it, and waits again.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{base_name, location};
use crate::model::{Confidence, Diagnosis, DiagnosisKind, Framework, Task, TaskState};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::SwallowedCancellation,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Cancelled tasks that wait again, within a `try` that catches cancelling.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    context
        .facts
        .live_tasks()
        // trio raises `Cancelled` again at each wait that can be cancelled.
        .filter(|task| task.framework == Framework::Asyncio && waits_again(context, task))
        .filter_map(|task| describe(context, task))
        .collect()
}

/// Whether a cancellation reached the task and it waits again. A task that waits
/// for other tasks does not count, because the cancellation went on to these.
pub(super) fn waits_again(context: &Context<'_>, task: &Task) -> bool {
    task.state == TaskState::Waiting
        && task.cancelling > 0
        && !task.must_cancel
        && !context.facts.progress.moved(task.id)
        && !context
            .graph
            .deps
            .needs(task.id)
            .any(|(id, _)| context.facts.task(id).is_some())
}

fn describe(context: &Context<'_>, task: &Task) -> Option<Diagnosis> {
    let handler = culprit::of_swallowed(&context.facts, task);
    let awaited = context.graph.deps.needed_by(task.id).next().is_some();
    let unchanged = context.facts.progress.unchanged(task.id);
    // What somebody may still end ends as it would have without the cancellation.
    let lasts = context.graph.stuck(task.id) || context.is_endless(task.id);
    let confidence = match (&handler, awaited) {
        (Some(_), _) if !lasts => Confidence::Possible,
        (Some(_), true) if unchanged => Confidence::Certain,
        (Some(_), _) => Confidence::Likely,
        (None, true) if unchanged => Confidence::Possible,
        (None, _) => return None,
    };
    let summary = format!(
        "{} was cancelled but waits again in {}: {}",
        context.facts.name(task.id),
        location(&task.frames),
        match &handler {
            Some(at) => format!(
                "the CancelledError was swallowed at {}:{}",
                base_name(&at.file),
                at.line
            ),
            None => "it swallowed the CancelledError or still cleans up".to_owned(),
        }
    );
    Some(Diagnosis {
        tasks: context.in_order([task.id]),
        culprit: handler.or_else(|| culprit::of(&context.facts, task.id)),
        affected_tasks: context.affected([task.id]),
        hint: Some("catch Exception instead, or raise CancelledError again".to_owned()),
        ..diagnosis(RULE.kind, confidence, summary)
    })
}

//! A group of tasks that waits for a cancelled child which does not end.

use super::swallowed_cancellation::waits_again;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::model::{Confidence, Diagnosis, DiagnosisKind, ItemId, Task, TaskState};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::StuckChild,
    rank: Rank::NotFinished,
    meaning: Meaning::Neutral,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Groups whose last children were cancelled and wait again.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    context
        .facts
        .live_tasks()
        .filter(|task| task.state == TaskState::Waiting)
        .filter_map(|task| describe(context, task))
        .collect()
}

fn describe(context: &Context<'_>, parent: &Task) -> Option<Diagnosis> {
    let stuck: Vec<ItemId> = context
        .graph
        .deps
        .needs(parent.id)
        .filter(|(_, dep)| dep.is_group())
        .map(|(id, _)| id)
        .filter(|id| {
            context
                .facts
                .task(*id)
                .is_some_and(|task| waits_again(context, task))
        })
        .collect();
    let first = stuck.first()?;
    let error = first_error(context, parent);
    let summary = format!(
        "{} waits for {}, which was cancelled and does not end{}",
        context.facts.name(parent.id),
        context.facts.names(&stuck),
        error.map_or_else(String::new, |error| format!(
            "; the group failed with {error}"
        )),
    );
    Some(Diagnosis {
        tasks: context.in_order(stuck.iter().copied().chain([parent.id])),
        culprit: culprit::of(&context.facts, *first),
        affected_tasks: context.affected([parent.id]),
        recovers_in_s: context.recovery([parent.id]),
        ..diagnosis(RULE.kind, Confidence::Likely, summary)
    })
}

/// The failure of a task of the same loop that is over, where there is one.
fn first_error(context: &Context<'_>, parent: &Task) -> Option<String> {
    context
        .facts
        .process
        .tasks
        .iter()
        .filter(|task| task.state == TaskState::Done && task.event_loop == parent.event_loop)
        .find_map(|task| task.exception.as_ref())
        .map(|exception| format!("{}: {}", exception.type_name, exception.message))
}

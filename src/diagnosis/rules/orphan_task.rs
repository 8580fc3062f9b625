//! Tasks that nothing but weak references keep.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::model::{Confidence, Diagnosis, DiagnosisKind, Task, TaskState};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::OrphanTask,
    rank: Rank::Note,
    meaning: Meaning::Neutral,
    only_alone: true,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Waiting tasks that the garbage collector may take.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let orphans: Vec<&Task> = orphans(context).collect();
    if orphans.is_empty() {
        return Vec::new();
    }
    let names = || orphans.iter().map(|task| task.id);
    let summary = format!(
        "{} kept by weak references only: the garbage collector may take them before they end",
        context.facts.names(names()),
    );
    vec![Diagnosis {
        tasks: context.in_order(names()),
        culprit: culprit::of_first(&context.facts, names()),
        affected_tasks: context.affected(names()),
        hint: Some("keep what create_task() returns, or use a TaskGroup".to_owned()),
        ..diagnosis(RULE.kind, Confidence::Possible, summary)
    }]
}

/// Waiting tasks that only weak references keep.
pub(super) fn orphans<'a>(context: &Context<'a>) -> impl Iterator<Item = &'a Task> {
    context
        .facts
        .live_tasks()
        .filter(|task| task.weakly_held == Some(true) && task.state == TaskState::Waiting)
}

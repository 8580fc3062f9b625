//! A wait for another Python process, which may be the one that hangs.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::model::{ChildProcess, Confidence, Diagnosis, DiagnosisKind, ItemId};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::CrossProcessWait,
    rank: Rank::MayEnd,
    meaning: Meaning::Waiting,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Children that sleep while somebody here waits for their end.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let children = context.facts.process.children.iter();
    children
        .filter(|child| sleeps(child))
        .filter(|child| child.is_python && !context.graph.stuck(child.id))
        .filter_map(|child| describe(context, child))
        .collect()
}

/// Whether the kernel says that the child sleeps or is stopped.
pub(super) fn sleeps(child: &ChildProcess) -> bool {
    matches!(child.state.as_str(), "S" | "D" | "T")
}

fn describe(context: &Context<'_>, child: &ChildProcess) -> Option<Diagnosis> {
    let waiting: Vec<ItemId> = context
        .graph
        .deps
        .needed_by(child.id)
        .map(|(id, _)| id)
        .filter(|id| context.facts.task(*id).is_some() || context.facts.thread(*id).is_some())
        .filter(|id| !context.facts.progress.known || context.facts.progress.unchanged(*id))
        .collect();
    let first = waiting.first()?;
    let mut behind: Vec<_> = (context
        .graph
        .deps
        .behind(waiting.iter().copied())
        .into_iter())
    .collect();
    behind.sort_unstable();
    let tasks: Vec<ItemId> = (behind.into_iter())
        .filter_map(|node| context.graph.deps.id(node))
        .filter(|id| context.facts.task(*id).is_some())
        .collect();
    let summary = format!(
        "{} waits for the end of Python process {}{}: look there",
        context.facts.name(*first),
        child.pid,
        child
            .syscall
            .as_deref()
            .map_or_else(String::new, |call| format!(" (in {call})")),
    );
    Some(Diagnosis {
        tasks: context.in_order(tasks.iter().copied()),
        threads: context.in_order(waiting.iter().copied()),
        culprit: culprit::of_first(&context.facts, waiting.iter().chain(&tasks).copied()),
        affected_tasks: tasks.len() as u64,
        recovers_in_s: context.recovery(waiting.iter().copied()),
        hint: Some(format!("dapper-attach --pid {}", child.pid)),
        ..diagnosis(RULE.kind, Confidence::Possible, summary)
    })
}

//! Processes that wait for each other, with a lock that they share.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape, in_words};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::model::{Diagnosis, DiagnosisKind};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::CrossProcessDeadlock,
    rank: Rank::ThreadDeadlock,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Movement,
    find,
};

/// Circles through other processes and what they share with this one.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = context.cycles_of(Shape::Processes);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle) -> Diagnosis {
    let actors = || cycle.tasks.iter().chain(&cycle.threads).copied();
    let summary = format!(
        "{} and another process wait for each other: {}",
        context.facts.names(actors()),
        in_words(&context.facts, cycle)
    );
    Diagnosis {
        tasks: context.in_order(cycle.tasks.iter().copied()),
        threads: context.in_order(cycle.threads.iter().copied()),
        resources: context.in_order(cycle.resources.iter().copied()),
        culprit: culprit::of_most(&context.facts, actors()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: context.recovery(actors()),
        hint: Some("give the lock back before waiting for a process that needs it".to_owned()),
        ..diagnosis(RULE.kind, context.facts.observed(actors()), summary)
    }
}

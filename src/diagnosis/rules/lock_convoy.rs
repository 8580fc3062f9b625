//! Many tasks queue for one lock, whose holder is slow but moves.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::count;
use crate::model::{Confidence, Diagnosis, DiagnosisKind, ItemId, Resource};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::LockConvoy,
    rank: Rank::MayEnd,
    meaning: Meaning::Neutral,
    only_alone: true,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Fewer waiters are no convoy.
const MIN_WAITERS: usize = 10;
/// A smaller share of all live tasks is no convoy.
const MIN_SHARE: f64 = 0.5;

/// Locks for which most tasks queue.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let tasks = context.facts.live_tasks().count();
    let resources = context.facts.process.resources.iter();
    resources
        .filter(|resource| resource.kind.is_lock())
        .filter(|resource| !context.graph.stuck(resource.id))
        .filter_map(|resource| {
            let waiters = context.waiters(resource);
            let many =
                waiters.len() >= MIN_WAITERS && waiters.len() as f64 >= tasks as f64 * MIN_SHARE;
            many.then(|| describe(context, resource, &waiters))
        })
        .collect()
}

fn describe(context: &Context<'_>, resource: &Resource, waiters: &[ItemId]) -> Diagnosis {
    let holders = || resource.holders.iter().copied();
    let holder = match resource.holders.is_empty() {
        true => String::new(),
        false => format!(", held by {}", context.facts.names(holders())),
    };
    let summary = format!(
        "{} queue for {}{holder}",
        count(waiters.len(), "task"),
        context.facts.name(resource.id),
    );
    Diagnosis {
        tasks: context.in_order(waiters.iter().copied().chain(holders())),
        resources: context.in_order([resource.id]),
        culprit: culprit::of_first(&context.facts, holders())
            .or_else(|| culprit::of_most(&context.facts, waiters.iter().copied())),
        affected_tasks: context.affected([resource.id]),
        hint: Some("do less while the lock is held".to_owned()),
        ..diagnosis(RULE.kind, Confidence::Possible, summary)
    }
}

//! A task or thread that waits for what only it can give.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape, in_words};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::location;
use crate::model::{Diagnosis, DiagnosisKind, Framework, ItemId, TaskState};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::SelfDeadlock,
    rank: Rank::ThreadDeadlock,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Circles with one actor.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = context.cycles_of(Shape::Own);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle) -> Diagnosis {
    let running = cycle.tasks.iter().copied().filter(|id| {
        context
            .facts
            .task(*id)
            .is_some_and(|task| task.state == TaskState::Running)
    });
    let mut actors: Vec<ItemId> = running.collect();
    if actors.is_empty() {
        actors.clone_from(&cycle.tasks);
    }
    let all = actors.iter().chain(&cycle.threads).copied();
    let who = context
        .facts
        .names(actors.iter().chain(&cycle.threads).take(1).copied());
    let at = all
        .clone()
        .next()
        .map_or(&[][..], |id| context.facts.frames(id));
    let summary = format!(
        "{who} waits for itself in {}: {}",
        location(at),
        in_words(&context.facts, cycle)
    );
    let framework = context.facts.framework(actors.iter().copied());
    let hint = match (cycle.threads.is_empty(), framework) {
        (true, Framework::Asyncio) => {
            "asyncio locks are not re-entrant: do not take one twice in the same task"
        }
        (true, Framework::Trio | Framework::Greenlet) => "do not take it twice in the same task",
        (false, _) => "await instead of waiting synchronously in the loop's own thread",
    };
    Diagnosis {
        tasks: context.in_order(actors.iter().copied()),
        threads: context.in_order(cycle.threads.iter().copied()),
        resources: context.in_order(cycle.resources.iter().copied()),
        culprit: culprit::of_first(&context.facts, all.clone()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: match cycle.threads.is_empty() {
            true => context.recovery(actors.iter().copied()),
            false => None,
        },
        hint: Some(hint.to_owned()),
        ..diagnosis(RULE.kind, context.facts.proved(all.clone()), summary)
    }
}

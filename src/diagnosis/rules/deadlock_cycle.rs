//! Tasks, or workers of a pool, that wait for each other.

use super::executor_exhausted::{self, Exhausted};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape, in_words};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::model::{Confidence, Diagnosis, DiagnosisKind, ResourceKind, WaitKind};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::DeadlockCycle,
    rank: Rank::NotGivenBack,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Circles among tasks, and those that close through an exhausted executor.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let proved = context
        .cycles()
        .iter()
        .filter(|cycle| matches!(cycle.shape, Shape::Tasks | Shape::Executor))
        .map(|cycle| of_cycle(context, cycle));
    let by_pool = executor_exhausted::exhausted(context)
        .into_iter()
        .filter(|exhausted| !exhausted.proved)
        .filter_map(|exhausted| of_pool(context, &exhausted));
    proved.chain(by_pool).collect()
}

fn of_cycle(context: &Context<'_>, cycle: &Cycle) -> Diagnosis {
    let nodes = || cycle.nodes.iter().copied();
    let actors = cycle.tasks.iter().chain(&cycle.threads).copied();
    let summary = match cycle.shape {
        Shape::Executor => format!(
            "deadlock through {}: {}",
            executor_exhausted::name_of(context, &cycle.resources),
            in_words(&context.facts, cycle)
        ),
        _ => format!("deadlock: {}", in_words(&context.facts, cycle)),
    };
    let first = match cycle.shape {
        Shape::Executor => cycle.threads.iter().chain(&cycle.tasks),
        _ => cycle.tasks.iter().chain(&cycle.threads),
    };
    Diagnosis {
        tasks: context.in_order(cycle.tasks.iter().copied()),
        threads: context.in_order(cycle.threads.iter().copied()),
        resources: context.in_order(cycle.resources.iter().copied()),
        culprit: culprit::of_circle(&context.facts, first.copied(), &cycle.resources),
        affected_tasks: context.affected(nodes()),
        recovers_in_s: context.recovery(cycle.tasks.iter().copied()),
        hint: Some(hint(context, cycle).to_owned()),
        ..diagnosis(RULE.kind, context.facts.proved(actors), summary)
    }
}

fn hint(context: &Context<'_>, cycle: &Cycle) -> &'static str {
    let has = |is_it: fn(ResourceKind) -> bool| {
        let mut resources = cycle.resources.iter();
        resources.any(|id| (context.facts.resource(*id)).is_some_and(|one| is_it(one.kind)))
    };
    match cycle.shape {
        Shape::Executor => "do not wait inside a job for what needs the same pool",
        _ if has(|kind| kind == ResourceKind::ThreadLock) => {
            "do not hold a threading lock across an await"
        }
        _ if has(|kind| matches!(kind, ResourceKind::Lock | ResourceKind::Semaphore)) => {
            "cancelling one of these tasks lets the others go on; take the locks in one order"
        }
        _ => "cancelling one of these tasks lets the others go on; let only one wait for the other",
    }
}

/// The workers wait for something that only those can give back who wait for
/// a worker: the source says that it is taken and put back.
fn of_pool(context: &Context<'_>, exhausted: &Exhausted<'_>) -> Option<Diagnosis> {
    let mut queues = exhausted.workers.iter().filter_map(|worker| {
        let wait = context.facts.thread(*worker)?.waits_for.as_ref()?;
        let takes =
            wait.kind == WaitKind::QueueGet && culprit::takes_from_pool(&context.facts, *worker);
        let id = wait.resource?;
        takes.then_some(id)
    });
    let queue = queues.next()?;
    let all = queues.count() + 1 == exhausted.workers.len();
    if !all || exhausted.waiting.is_empty() {
        return None;
    }
    let executor = context.facts.name(exhausted.resource.id);
    let summary = format!(
        "deadlock through {executor}: all workers wait for an item of {} that a request \
         which waits for a worker has taken",
        context.facts.name(queue)
    );
    Some(Diagnosis {
        tasks: context.in_order(exhausted.waiting.iter().copied()),
        threads: context.in_order(exhausted.workers.iter().copied()),
        resources: context.in_order([exhausted.resource.id, queue]),
        culprit: culprit::of_most(&context.facts, exhausted.workers.iter().copied()),
        affected_tasks: exhausted.affected(context),
        hint: Some("give the pool as many items as there are workers".to_owned()),
        ..diagnosis(RULE.kind, Confidence::Likely, summary)
    })
}

//! Tasks, or workers of a pool, that wait for each other.

use super::cycle::{Cycle, Shape, cycles, in_words};
use super::executor_exhausted::{self, Exhausted};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::model::Diagnosis;

/// Circles among tasks, and those that close through an exhausted executor.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let proved = cycles(context)
        .iter()
        .filter(|cycle| matches!(cycle.shape, Shape::Tasks | Shape::Executor))
        .map(|cycle| of_cycle(context, cycle));
    let by_pool = executor_exhausted::exhausted(context)
        .into_iter()
        .filter(|exhausted| !exhausted.proved)
        .filter_map(|exhausted| of_pool(context, &exhausted));
    proved.chain(by_pool).collect()
}

fn of_cycle(context: &Context<'_>, cycle: &Cycle<'_>) -> Diagnosis {
    let nodes = || cycle.nodes.iter().copied();
    let actors = cycle.tasks.iter().chain(&cycle.threads).copied();
    let summary = match cycle.shape {
        Shape::Executor => format!(
            "deadlock through {}: {}",
            executor_exhausted::name_of(context, &cycle.resources),
            in_words(context, cycle)
        ),
        _ => format!("deadlock: {}", in_words(context, cycle)),
    };
    let first = match cycle.shape {
        Shape::Executor => cycle.threads.iter().chain(&cycle.tasks),
        _ => cycle.tasks.iter().chain(&cycle.threads),
    };
    Diagnosis {
        tasks: ids(context, cycle.tasks.iter().copied()),
        threads: ids(context, cycle.threads.iter().copied()),
        resources: ids(context, cycle.resources.iter().copied()),
        culprit: culprit::of_first(context, first.copied()),
        affected_tasks: context.affected(nodes()),
        recovers_in_s: context.recovery(cycle.tasks.iter().copied()),
        hint: Some(hint(context, cycle).to_owned()),
        ..finding("deadlock-cycle", context.proved(actors), summary)
    }
}

fn hint(context: &Context<'_>, cycle: &Cycle<'_>) -> &'static str {
    let mut kinds = cycle
        .resources
        .iter()
        .filter_map(|id| context.resource(id))
        .map(|resource| resource.kind.as_str());
    match cycle.shape {
        Shape::Executor => "do not wait inside a job for what needs the same pool",
        _ if kinds.clone().any(|kind| kind == "thread-lock") => {
            "do not hold a threading lock across an await"
        }
        _ if kinds.any(|kind| matches!(kind, "lock" | "semaphore")) => {
            "cancelling one of these tasks lets the others go on; take the locks in one order"
        }
        _ => "cancelling one of these tasks lets the others go on; let only one wait for the other",
    }
}

/// The workers wait for something that only those can give back who wait for
/// a worker: the source says that it is taken and put back.
fn of_pool(context: &Context<'_>, exhausted: &Exhausted<'_>) -> Option<Diagnosis> {
    let mut queues = exhausted.workers.iter().filter_map(|worker| {
        let wait = context.thread(worker)?.waits_for.as_ref()?;
        let takes = wait.kind == "queue-get" && culprit::takes_from_pool(context, worker);
        let id = wait.resource.as_deref()?;
        takes.then_some(id)
    });
    let queue = queues.next()?;
    let all = queues.count() + 1 == exhausted.workers.len();
    if !all || exhausted.waiting.is_empty() {
        return None;
    }
    let executor = context.name(&exhausted.resource.id);
    let summary = format!(
        "deadlock through {executor}: all workers wait for an item of {} that a request \
         which waits for a worker has taken",
        context.name(queue)
    );
    Some(Diagnosis {
        tasks: ids(context, exhausted.waiting.iter().copied()),
        threads: ids(context, exhausted.workers.iter().copied()),
        resources: ids(context, [exhausted.resource.id.as_str(), queue]),
        culprit: culprit::of_most(context, exhausted.workers.iter().copied()),
        affected_tasks: exhausted.affected(context),
        hint: Some("give the pool as many items as there are workers".to_owned()),
        ..finding("deadlock-cycle", LIKELY, summary)
    })
}

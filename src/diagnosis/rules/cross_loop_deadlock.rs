//! Loops in several threads, each blocked for something the other has to run.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::cycle::{Cycle, Shape, in_words};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::model::{Diagnosis, DiagnosisKind, ItemId};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::CrossLoopDeadlock,
    rank: Rank::ThreadDeadlock,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Circles over the threads of two or more loops.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = context.cycles_of(Shape::CrossLoop);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle) -> Diagnosis {
    let tasks = || cycle.tasks.iter().copied();
    let mut blocking: Vec<ItemId> = tasks()
        .filter(|id| {
            let task = context.facts.task(*id);
            task.is_some_and(|task| context.facts.thread_of_running(task).is_some())
        })
        .collect();
    let synchronous = !blocking.is_empty();
    if !synchronous {
        blocking = tasks().filter(|id| crosses(context, *id)).collect();
    }
    let summary = match synchronous {
        true => format!(
            "event loops in {} block each other: {} wait synchronously",
            context.facts.names(&cycle.threads),
            context.facts.names(&blocking),
        ),
        false => format!(
            "deadlock across event loops: {}",
            in_words(&context.facts, cycle)
        ),
    };
    Diagnosis {
        tasks: context.in_order(blocking.iter().copied()),
        threads: context.in_order(cycle.threads.iter().copied()),
        resources: context.in_order(cycle.resources.iter().copied()),
        culprit: culprit::of_most(&context.facts, blocking.iter().copied()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        hint: Some("await asyncio.wrap_future(...) instead of calling .result()".to_owned()),
        ..diagnosis(
            RULE.kind,
            context.facts.proved(blocking.iter().copied()),
            summary,
        )
    }
}

/// Whether the task waits directly for a task of another loop.
fn crosses(context: &Context<'_>, id: ItemId) -> bool {
    let own = context.facts.task(id).and_then(|task| task.event_loop);
    context.graph.deps.needs(id).any(|(next, _)| {
        context
            .facts
            .task(next)
            .is_some_and(|task| task.event_loop != own)
    })
}

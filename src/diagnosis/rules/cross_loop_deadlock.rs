//! Loops in several threads, each blocked for something the other has to run.

use super::cycle::{Cycle, Shape, of_shape};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{finding, ids};
use crate::snapshot::Diagnosis;

/// Circles over the threads of two or more loops.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = of_shape(context, Shape::CrossLoop);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle<'_>) -> Diagnosis {
    let blocking: Vec<&str> = cycle
        .tasks
        .iter()
        .copied()
        .filter(|id| {
            context
                .task(id)
                .is_some_and(|t| context.thread_of_running(t).is_some())
        })
        .collect();
    let summary = format!(
        "event loops in {} block each other: {} wait synchronously",
        context.names(&cycle.threads),
        context.names(&blocking),
    );
    Diagnosis {
        tasks: ids(context, blocking.iter().copied()),
        threads: ids(context, cycle.threads.iter().copied()),
        resources: ids(context, cycle.resources.iter().copied()),
        culprit: culprit::of_most(context, blocking.iter().copied()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        hint: Some("await asyncio.wrap_future(...) instead of calling .result()".to_owned()),
        ..finding(
            "cross-loop-deadlock",
            context.proved(blocking.iter().copied()),
            summary,
        )
    }
}

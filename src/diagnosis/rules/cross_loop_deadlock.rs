//! Loops in several threads, each blocked for something the other has to run.

use super::cycle::{Cycle, Shape, in_words, of_shape};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{finding, ids};
use crate::model::Diagnosis;

/// Circles over the threads of two or more loops.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = of_shape(context, Shape::CrossLoop);
    found.iter().map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle<'_>) -> Diagnosis {
    let tasks = || cycle.tasks.iter().copied();
    let mut blocking: Vec<&str> = tasks()
        .filter(|id| {
            let task = context.task(id);
            task.is_some_and(|task| context.thread_of_running(task).is_some())
        })
        .collect();
    let synchronous = !blocking.is_empty();
    if !synchronous {
        blocking = tasks().filter(|id| crosses(context, id)).collect();
    }
    let summary = match synchronous {
        true => format!(
            "event loops in {} block each other: {} wait synchronously",
            context.names(&cycle.threads),
            context.names(&blocking),
        ),
        false => format!("deadlock across event loops: {}", in_words(context, cycle)),
    };
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

/// Whether the task waits directly for a task of another loop.
fn crosses(context: &Context<'_>, id: &str) -> bool {
    let own = context.task(id).and_then(|task| task.event_loop.as_deref());
    context.graph.needs(id).any(|(next, _)| {
        context
            .task(next)
            .is_some_and(|task| task.event_loop.as_deref() != own)
    })
}

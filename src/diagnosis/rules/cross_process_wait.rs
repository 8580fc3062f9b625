//! A wait for another Python process, which may be the one that hangs.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{POSSIBLE, finding, ids};
use crate::model::{ChildProcess, Diagnosis};

/// Children that sleep while somebody here waits for their end.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let children = context.process.children.iter();
    children
        .filter(|child| matches!(child.state.as_str(), "S" | "D" | "T"))
        .filter(|child| child.is_python && !context.graph.stuck(&child.id))
        .filter_map(|child| describe(context, child))
        .collect()
}

fn describe(context: &Context<'_>, child: &ChildProcess) -> Option<Diagnosis> {
    let waiting: Vec<&str> = context
        .graph
        .needed_by(&child.id)
        .map(|(id, _)| id)
        .filter(|id| context.task(id).is_some() || context.thread(id).is_some())
        .filter(|id| !context.progress.known || context.progress.unchanged(id))
        .collect();
    let first = waiting.first()?;
    let mut behind: Vec<_> = (context.graph.behind(waiting.iter().copied()).into_iter()).collect();
    behind.sort_unstable();
    let tasks: Vec<&str> = (behind.into_iter())
        .map(|node| context.graph.id(node))
        .filter(|id| context.task(id).is_some())
        .collect();
    let summary = format!(
        "{} waits for the end of Python process {}{}: look there",
        context.name(first),
        child.pid,
        child
            .syscall
            .as_deref()
            .map_or_else(String::new, |call| format!(" (in {call})")),
    );
    Some(Diagnosis {
        tasks: ids(context, tasks.iter().copied()),
        threads: ids(context, waiting.iter().copied()),
        culprit: culprit::of_first(context, waiting.iter().chain(&tasks).copied()),
        affected_tasks: tasks.len() as u64,
        recovers_in_s: context.recovery(waiting.iter().copied()),
        hint: Some(format!("dapper-attach --pid {}", child.pid)),
        ..finding("cross-process-wait", POSSIBLE, summary)
    })
}

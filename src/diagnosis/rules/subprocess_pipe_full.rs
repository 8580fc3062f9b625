//! A child that writes to a pipe nobody reads, while we wait for its end.

use super::cycle::{Cycle, Shape, of_shape};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{finding, ids};
use crate::model::{ChildProcess, Diagnosis};

/// Circles through a child process.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let found = of_shape(context, Shape::Process);
    let found = found.iter();
    found.filter_map(|cycle| describe(context, cycle)).collect()
}

fn describe(context: &Context<'_>, cycle: &Cycle<'_>) -> Option<Diagnosis> {
    let child = cycle.nodes.iter().find(|id| id.starts_with("process:"))?;
    let who = context.child(child);
    let tasks = || cycle.tasks.iter().copied();
    let summary = format!(
        "{} {} for the end of {}, which is blocked {} that nobody reads",
        context.names(tasks()),
        if cycle.tasks.len() == 1 {
            "waits"
        } else {
            "wait"
        },
        who.map_or_else(|| context.name(child), name),
        who.map_or_else(|| "on a pipe".to_owned(), pipe),
    );
    let actors = cycle.tasks.iter().chain(&cycle.threads).copied();
    Some(Diagnosis {
        tasks: ids(context, tasks()),
        threads: ids(context, cycle.threads.iter().copied()),
        resources: ids(context, cycle.resources.iter().copied()),
        culprit: culprit::of_first(context, actors.clone()),
        affected_tasks: context.affected(cycle.nodes.iter().copied()),
        recovers_in_s: context.recovery(tasks()),
        hint: Some("use communicate(), or read the pipe while waiting".to_owned()),
        ..finding("subprocess-pipe-full", context.proved(actors), summary)
    })
}

fn name(child: &ChildProcess) -> String {
    let program = child.command.first().map(|path| super::base_name(path));
    format!("{} (pid {})", program.unwrap_or("its child"), child.pid)
}

fn pipe(child: &ChildProcess) -> String {
    let call = child.syscall.as_deref().unwrap_or("write");
    match child.fd {
        Some(1) => format!("in {call}() on stdout, a full pipe"),
        Some(2) => format!("in {call}() on stderr, a full pipe"),
        Some(fd) => format!("in {call}() on fd {fd}, a full pipe"),
        None => format!("in {call}() on a full pipe"),
    }
}

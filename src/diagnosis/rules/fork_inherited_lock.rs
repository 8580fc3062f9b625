//! A lock that was held by another thread when this process was forked.

use super::place;
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::diagnosis::source;
use crate::model::{Diagnosis, Resource, Thread, ThreadState};

/// Threads that wait for a lock whose holder stayed in the parent.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let resources = context.process.resources.iter();
    resources
        .filter(|resource| is_inherited(context, resource))
        .filter_map(|resource| describe(context, resource))
        .collect()
}

/// Whether a thread lock is locked, without a holder, in a forked child.
pub fn is_inherited(context: &Context<'_>, resource: &Resource) -> bool {
    let held = context
        .graph
        .needs(&resource.id)
        .any(|(_, dep)| dep.is_proved());
    resource.kind == "thread-lock"
        && !held
        && resource.locked != Some(false)
        && blocked(context, resource).is_some()
        && !others_run(context)
        && is_forked(context)
}

fn blocked<'a>(context: &Context<'a>, resource: &Resource) -> Option<&'a Thread> {
    context.process.threads.iter().find(|thread| {
        let wait = thread.waits_for.as_ref();
        wait.and_then(|wait| wait.resource.as_deref()) == Some(&resource.id)
            && thread.state != ThreadState::Running
            && !context.progress.moved(&thread.id)
    })
}

/// Whether a thread is left that might release it.
fn others_run(context: &Context<'_>) -> bool {
    let mut threads = context.process.threads.iter();
    threads.any(|thread| thread.waits_for.is_none() && !super::is_idle_worker(thread))
}

/// The parent runs the same command, or the stack goes through a fork.
fn is_forked(context: &Context<'_>) -> bool {
    let same_command = context
        .parent_command()
        .is_some_and(|command| !command.is_empty() && command == context.process.command);
    same_command
        || context
            .process
            .threads
            .iter()
            .any(|thread| forked(context, thread))
}

fn forked(context: &Context<'_>, thread: &Thread) -> bool {
    thread.frames.iter().any(|frame| {
        let file = frame.file.as_deref().unwrap_or_default();
        if frame.library {
            return file.ends_with("multiprocessing/popen_fork.py");
        }
        let (Some(module), Some(line)) = (context.module(file), frame.line) else {
            return false;
        };
        source::forks_before(&module, line)
    })
}

fn describe(context: &Context<'_>, resource: &Resource) -> Option<Diagnosis> {
    let thread = blocked(context, resource)?;
    let summary = format!(
        "{} waits in {} for {}, which another thread held when this process was forked; that \
         thread does not exist here",
        context.name(thread.task.as_deref().unwrap_or(&thread.id)),
        place(&thread.frames),
        context.name(&resource.id),
    );
    Some(Diagnosis {
        tasks: ids(context, thread.task.as_deref()),
        threads: ids(context, [thread.id.as_str()]),
        resources: ids(context, [resource.id.as_str()]),
        culprit: culprit::of(context, &thread.id),
        affected_tasks: context.affected([resource.id.as_str()]),
        hint: Some("start children with spawn, or fork before threads are started".to_owned()),
        ..finding("fork-inherited-lock", LIKELY, summary)
    })
}

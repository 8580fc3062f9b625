//! A lock that was held by another thread when this process was forked.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::frames::is_idle_worker;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::source;
use crate::diagnosis::wording::location;
use crate::model::{
    Confidence, Diagnosis, DiagnosisKind, IdSet, Resource, ResourceKind, Thread, ThreadState,
};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::ForkInheritedLock,
    rank: Rank::BeforeStart,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// Threads that wait for a lock whose holder stayed in the parent.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let resources = context.facts.process.resources.iter();
    resources
        .filter(|resource| is_inherited(context, resource))
        .filter_map(|resource| describe(context, resource))
        .collect()
}

/// Whether a thread lock is locked, without a holder, in a forked child.
pub(super) fn is_inherited(context: &Context<'_>, resource: &Resource) -> bool {
    let held = context
        .graph
        .deps
        .needs(resource.id)
        .any(|(_, dep)| dep.is_proved());
    resource.kind == ResourceKind::ThreadLock
        && !held
        && nobody_is_known(context, resource)
        && resource.locked != Some(false)
        && blocked(context, resource).is_some()
        && !others_run(context)
        && is_forked(context)
}

/// Whether it is known who reaches the lock, and none of them can give it back. Who takes a
/// lock of a library was not searched for: any thread that goes on may have it.
fn nobody_is_known(context: &Context<'_>, resource: &Resource) -> bool {
    let searched = context.graph.deps.enders(resource.id).is_some();
    context.facts.is_explored(resource.id)
        && match searched {
            true => context.graph.stuck(resource.id),
            false => all_wait_for(context, resource),
        }
}

/// Whether each thread that has something to do waits behind the resource.
fn all_wait_for(context: &Context<'_>, resource: &Resource) -> bool {
    let mut behind = IdSet::default();
    let mut open = vec![resource.id];
    while let Some(id) = open.pop() {
        let waiting = context.graph.deps.needed_by(id);
        open.extend(waiting.map(|(id, _)| id).filter(|id| behind.insert(*id)));
    }
    let mut threads = context.facts.process.threads.iter();
    threads.all(|thread| {
        let runs_task = || thread.task.is_some_and(|task| behind.contains(&task));
        behind.contains(&thread.id) || runs_task() || is_idle_worker(thread)
    })
}

fn blocked<'a>(context: &Context<'a>, resource: &Resource) -> Option<&'a Thread> {
    context.facts.process.threads.iter().find(|thread| {
        let wait = thread.waits_for.as_ref();
        wait.and_then(|wait| wait.resource) == Some(resource.id)
            && thread.state != ThreadState::Running
            && !context.facts.progress.moved(thread.id)
    })
}

/// Whether a thread is left that might release it.
fn others_run(context: &Context<'_>) -> bool {
    let mut threads = context.facts.process.threads.iter();
    threads.any(|thread| thread.waits_for.is_none() && !is_idle_worker(thread))
}

/// The parent runs the same command, or the stack goes through a fork.
fn is_forked(context: &Context<'_>) -> bool {
    let same_command = context
        .facts
        .parent_command()
        .is_some_and(|command| !command.is_empty() && command == context.facts.process.command);
    same_command
        || context
            .facts
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
        let (Some(module), Some(line)) = (context.facts.module(file), frame.line) else {
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
        context.facts.name(thread.task.unwrap_or(thread.id)),
        location(&thread.frames),
        context.facts.name(resource.id),
    );
    Some(Diagnosis {
        tasks: context.in_order(thread.task),
        threads: context.in_order([thread.id]),
        resources: context.in_order([resource.id]),
        culprit: culprit::of(&context.facts, thread.id),
        affected_tasks: context.affected([resource.id]),
        hint: Some("start children with spawn, or fork before threads are started".to_owned()),
        ..diagnosis(RULE.kind, Confidence::Likely, summary)
    })
}

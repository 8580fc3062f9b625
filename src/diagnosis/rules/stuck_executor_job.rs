//! A job in a worker thread that does not come back.

use arcstr::literal;

use super::cross_process_wait;
use super::executor_exhausted::{exhausted, sleeps, stands_still};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::dependencies::Dependency;
use crate::diagnosis::frames::{runs, user_frame};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::{location, verb};
use crate::model::{
    ChildProcess, Confidence, Diagnosis, DiagnosisKind, EdgeKind, ItemId, Resource, ResourceKind,
    Thread,
};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::StuckExecutorJob,
    rank: Rank::Endless,
    meaning: Meaning::Waiting,
    only_alone: false,
    outside: true,
    needs: Needs::Sample,
    find,
};

/// Workers that stand still while a task waits for their job.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let exhausted_workers: Vec<ItemId> = exhausted(context)
        .into_iter()
        .flat_map(|one| one.workers)
        .collect();
    let in_cycle: Vec<ItemId> = context
        .cycles()
        .iter()
        .flat_map(|cycle| cycle.threads.iter().copied())
        .collect();
    let threads = context.facts.process.threads.iter();
    let in_threads = threads
        .filter(|thread| !exhausted_workers.contains(&thread.id) && !in_cycle.contains(&thread.id))
        .filter(|thread| stands_still(context, thread) && !waits_for_process(context, thread))
        .filter(|thread| !waits_for_us(context, thread) && !sleeps(thread))
        .filter_map(|thread| describe(context, thread));
    let resources = context.facts.process.resources.iter();
    let in_processes = resources.filter_map(|resource| of_process_pool(context, resource));
    in_threads.chain(in_processes).collect()
}

/// All processes of a pool sleep while a task waits for its job.
fn of_process_pool(context: &Context<'_>, pool: &Resource) -> Option<Diagnosis> {
    if pool.kind != ResourceKind::ProcessPool {
        return None;
    }
    let children: Vec<&ChildProcess> = context
        .graph
        .deps
        .needs(pool.id)
        .filter_map(|(id, _)| context.facts.child(id))
        .collect();
    let sleep = children
        .iter()
        .all(|child| cross_process_wait::sleeps(child));
    let mut waiting = context.waiting_tasks(pool).to_vec();
    waiting.retain(|id| context.facts.progress.unchanged(*id));
    let guarded = context.recovery(waiting.iter().copied()).is_some();
    if !sleep || children.is_empty() || waiting.is_empty() || guarded {
        return None;
    }
    let pids: Vec<String> = children.iter().map(|child| child.pid.to_string()).collect();
    let summary = format!(
        "{} {} for a job in {}, whose processes ({}) sleep: look there",
        context.facts.names(&waiting),
        verb(waiting.len(), "wait"),
        context.facts.name(pool.id),
        pids.join(", "),
    );
    Some(Diagnosis {
        tasks: context.in_order(waiting.iter().copied()),
        resources: context.in_order([pool.id]),
        culprit: culprit::of_most(&context.facts, waiting.iter().copied()),
        affected_tasks: context.affected([pool.id]),
        hint: pids.first().map(|pid| format!("dapper-attach --pid {pid}")),
        ..diagnosis(RULE.kind, Confidence::Possible, summary)
    })
}

fn waits_for_process(context: &Context<'_>, thread: &Thread) -> bool {
    let wait = thread.waits_for.as_ref();
    wait.is_some_and(|wait| wait.kind.is_for_process())
        || context
            .graph
            .deps
            .needs(thread.id)
            .any(|(id, _)| context.facts.child(id).is_some())
}

/// Whether it waits for something of this process that goes on.
fn waits_for_us(context: &Context<'_>, thread: &Thread) -> bool {
    !context.graph.stuck(thread.id) && context.graph.deps.needs(thread.id).next().is_some()
}

fn describe(context: &Context<'_>, thread: &Thread) -> Option<Diagnosis> {
    let waiting: Vec<ItemId> = context
        .graph
        .deps
        .needed_by(thread.id)
        .filter(|(id, dep)| {
            *dep == Dependency::Edge(EdgeKind::Executor) && context.facts.task(*id).is_some()
        })
        .map(|(id, _)| id)
        .collect();
    let progress = &context.facts.progress;
    let changed = |id: &ItemId| progress.moved(*id) || progress.is_new(*id);
    if waiting.iter().any(changed) {
        return None;
    }
    let guarded = context.recovery(waiting.iter().copied());
    let own = user_frame(&thread.frames).is_some();
    let serves = runs(&thread.frames, "socketserver.py", "serve_forever");
    if waiting.is_empty() || !own || serves || guarded.is_some() {
        return None;
    }
    let stuck = context.graph.stuck(thread.id);
    let what = match (&thread.waits_for, &thread.syscall) {
        (Some(wait), _) if !wait.summary.is_empty() => wait.summary.clone(),
        (_, Some(call)) => call.clone().into(),
        _ => literal!("something"),
    };
    let summary = format!(
        "{} {} for a job on thread {}, which waits for {what} in {}",
        context.facts.names(&waiting),
        verb(waiting.len(), "wait"),
        thread.name,
        location(&thread.frames),
    );
    let confidence = if stuck {
        Confidence::Likely
    } else {
        Confidence::Possible
    };
    Some(Diagnosis {
        tasks: context.in_order(waiting.iter().copied()),
        threads: context.in_order([thread.id]),
        culprit: culprit::of(&context.facts, thread.id),
        affected_tasks: context.affected([thread.id]),
        recovers_in_s: thread.waits_for.as_ref().and_then(|wait| wait.remaining_s),
        hint: Some("give the blocking call a timeout of its own".to_owned()),
        ..diagnosis(RULE.kind, confidence, summary)
    })
}

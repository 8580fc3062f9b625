//! A job in a worker thread that does not come back.

use super::executor_exhausted::{exhausted, sleeps, stands_still};
use super::{place, runs, verb};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, POSSIBLE, finding, ids};
use crate::model::{ChildProcess, Diagnosis, Resource, Thread};
use arcstr::literal;

/// Workers that stand still while a task waits for their job.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let told: Vec<&str> = exhausted(context)
        .into_iter()
        .flat_map(|one| one.workers)
        .collect();
    let in_cycle: Vec<&str> = super::cycle::cycles(context)
        .iter()
        .flat_map(|cycle| cycle.threads.iter().copied())
        .collect();
    let threads = context.process.threads.iter();
    let in_threads = threads
        .filter(|thread| !told.contains(&&*thread.id) && !in_cycle.contains(&&*thread.id))
        .filter(|thread| stands_still(context, thread) && !waits_for_process(context, thread))
        .filter(|thread| !waits_for_us(context, thread) && !sleeps(thread))
        .filter_map(|thread| describe(context, thread));
    let resources = context.process.resources.iter();
    let in_processes = resources.filter_map(|resource| of_process_pool(context, resource));
    in_threads.chain(in_processes).collect()
}

/// All processes of a pool sleep while a task waits for its job.
fn of_process_pool(context: &Context<'_>, pool: &Resource) -> Option<Diagnosis> {
    if pool.kind != "process-pool" {
        return None;
    }
    let children: Vec<&ChildProcess> = context
        .graph
        .needs(&pool.id)
        .filter_map(|(id, _)| context.child(id))
        .collect();
    let sleep = children
        .iter()
        .all(|child| matches!(child.state.as_str(), "S" | "D" | "T"));
    let mut waiting = context.waiting_tasks(pool).to_vec();
    waiting.retain(|id| context.progress.unchanged(id));
    let guarded = context.recovery(waiting.iter().copied()).is_some();
    if !sleep || children.is_empty() || waiting.is_empty() || guarded {
        return None;
    }
    let pids: Vec<String> = children.iter().map(|child| child.pid.to_string()).collect();
    let summary = format!(
        "{} {} for a job in {}, whose processes ({}) sleep: look there",
        context.names(&waiting),
        verb(waiting.len(), "wait"),
        context.name(&pool.id),
        pids.join(", "),
    );
    Some(Diagnosis {
        tasks: ids(context, waiting.iter().copied()),
        resources: ids(context, [pool.id.as_str()]),
        culprit: culprit::of_most(context, waiting.iter().copied()),
        affected_tasks: context.affected([pool.id.as_str()]),
        hint: pids.first().map(|pid| format!("dapper-attach --pid {pid}")),
        ..finding("stuck-executor-job", POSSIBLE, summary)
    })
}

fn waits_for_process(context: &Context<'_>, thread: &Thread) -> bool {
    let kind = thread.waits_for.as_ref().map(|wait| wait.kind.as_str());
    matches!(kind, Some("process" | "subprocess"))
        || context
            .graph
            .needs(&thread.id)
            .any(|(id, _)| context.child(id).is_some())
}

/// Whether it waits for something of this process that goes on.
fn waits_for_us(context: &Context<'_>, thread: &Thread) -> bool {
    !context.graph.stuck(&thread.id) && context.graph.needs(&thread.id).next().is_some()
}

fn describe(context: &Context<'_>, thread: &Thread) -> Option<Diagnosis> {
    let waiting: Vec<&str> = context
        .graph
        .needed_by(&thread.id)
        .filter(|(id, dep)| dep.via() == "executor" && context.task(id).is_some())
        .map(|(id, _)| id)
        .collect();
    let changed = |id: &&str| context.progress.moved(id) || context.progress.is_new(id);
    if waiting.iter().any(changed) {
        return None;
    }
    let guarded = context.recovery(waiting.iter().copied());
    let own = culprit::user_frame(&thread.frames).is_some();
    let serves = runs(&thread.frames, "socketserver.py", "serve_forever");
    if waiting.is_empty() || !own || serves || guarded.is_some() {
        return None;
    }
    let stuck = context.graph.stuck(&thread.id);
    let what = match (&thread.waits_for, &thread.syscall) {
        (Some(wait), _) if !wait.summary.is_empty() => wait.summary.clone(),
        (_, Some(call)) => call.clone().into(),
        _ => literal!("something"),
    };
    let summary = format!(
        "{} {} for a job on thread {}, which waits for {what} in {}",
        context.names(&waiting),
        verb(waiting.len(), "wait"),
        thread.name,
        place(&thread.frames),
    );
    let confidence = if stuck { LIKELY } else { POSSIBLE };
    Some(Diagnosis {
        tasks: ids(context, waiting.iter().copied()),
        threads: ids(context, [thread.id.as_str()]),
        culprit: culprit::of(context, &thread.id),
        affected_tasks: context.affected([thread.id.as_str()]),
        recovers_in_s: thread.waits_for.as_ref().and_then(|wait| wait.remaining_s),
        hint: Some("give the blocking call a timeout of its own".to_owned()),
        ..finding("stuck-executor-job", confidence, summary)
    })
}

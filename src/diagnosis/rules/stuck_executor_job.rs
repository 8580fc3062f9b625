//! A job in a worker thread that does not come back.

use super::executor_exhausted::{exhausted, stands_still};
use super::{place, runs};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, POSSIBLE, finding, ids};
use crate::snapshot::{Diagnosis, Thread};

/// Workers that stand still while a task waits for their job.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let told: Vec<&str> = exhausted(context)
        .into_iter()
        .flat_map(|one| one.workers)
        .collect();
    let in_cycle: Vec<&str> = super::cycle::cycles(context)
        .into_iter()
        .flat_map(|cycle| cycle.threads)
        .collect();
    context
        .process
        .threads
        .iter()
        .filter(|thread| !told.contains(&&*thread.id) && !in_cycle.contains(&&*thread.id))
        .filter(|thread| stands_still(context, thread) && !waits_for_process(context, thread))
        .filter_map(|thread| describe(context, thread))
        .collect()
}

fn waits_for_process(context: &Context<'_>, thread: &Thread) -> bool {
    let kind = thread.waits_for.as_ref().map(|wait| wait.kind.as_str());
    matches!(kind, Some("process" | "subprocess"))
        || context
            .graph
            .needs(&thread.id)
            .any(|(id, _)| context.child(id).is_some())
}

fn describe(context: &Context<'_>, thread: &Thread) -> Option<Diagnosis> {
    let waiting: Vec<&str> = context
        .graph
        .needed_by(&thread.id)
        .filter(|(id, dep)| dep.via == "executor" && context.task(id).is_some())
        .map(|(id, _)| id)
        .collect();
    let guarded = context.recovery(waiting.iter().copied());
    let own = culprit::user_frame(&thread.frames).is_some();
    let serves = runs(&thread.frames, "socketserver.py", "serve_forever");
    if waiting.is_empty() || !own || serves || guarded.is_some() {
        return None;
    }
    let stuck = context.graph.stuck(&thread.id);
    let what = match (&thread.waits_for, &thread.syscall) {
        (Some(wait), _) if !wait.summary.is_empty() => wait.summary.clone(),
        (_, Some(call)) => call.clone(),
        _ => "something".to_owned(),
    };
    let summary = format!(
        "{} wait for a job on thread {}, which waits for {what} in {}",
        context.names(&waiting),
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

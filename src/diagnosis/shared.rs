//! What processes share, in words: who else has it, and why these do not end the wait.

use super::context::Context;
use crate::model::{EndOwner, ItemId, Resource, ResourceKind, WaitKind};

/// Names shown before the rest is counted.
const NAMES_SHOWN: usize = 3;

/// Why no other process, and no thread of a pool, ends the wait for a stuck resource. `None` for
/// what one process has alone.
pub(super) fn why_stuck(resource: &Resource) -> Option<String> {
    match (resource.kind, resource.closed) {
        (ResourceKind::JobResult, Some(true)) => {
            return Some("the thread of the pool that hands out results has ended".to_owned());
        }
        (ResourceKind::JobResult, _) => {
            return Some(
                "all workers of the pool wait for a job, and this one is in no queue: the worker \
                 that had it has ended"
                    .to_owned(),
            );
        }
        (kind, _) if !kind.is_shared() => return None,
        _ => {}
    }
    let processes = &resource.ends.as_ref()?.processes;
    Some(match processes.len() {
        0 => "no other process has it".to_owned(),
        1 => format!("{}, which has it too, waits itself", names(processes)),
        _ => format!("{}, which have it too, wait themselves", names(processes)),
    })
}

/// Who else may end the wait for a resource: other processes that go on. Empty if there are
/// none.
pub(super) fn others(context: &Context<'_>, resource: &Resource) -> String {
    let goes_on = |id: ItemId| !context.graph.stuck(id);
    match resource.kind {
        ResourceKind::JobResult => {
            let needs = context.graph.deps.needs(resource.id);
            let workers = needs.filter_map(|(id, _)| id.process().filter(|_| goes_on(id)));
            let mut workers: Vec<u32> = workers.collect();
            workers.sort_unstable();
            let workers = workers.into_iter().map(|pid| format!("process {pid}"));
            listed(workers.collect())
        }
        kind if kind.is_shared() => {
            let processes = resource.ends.iter().flat_map(|end| &end.processes);
            let going = processes.filter(|owner| goes_on(ItemId::Process(owner.pid)));
            listed(going.map(name).collect())
        }
        _ => String::new(),
    }
}

/// What somebody does who ends such a wait: `give it back`.
pub(super) fn ending(wait: WaitKind) -> &'static str {
    match wait {
        WaitKind::Lock | WaitKind::Semaphore => "give it back",
        WaitKind::Event => "set it",
        WaitKind::Condition => "notify it",
        WaitKind::Barrier => "come to it",
        WaitKind::QueueGet => "put into it",
        WaitKind::QueuePut => "take from it",
        WaitKind::QueueJoin => "say that its items are done",
        WaitKind::Future => "give it",
        _ => "end that",
    }
}

fn names(processes: &[EndOwner]) -> String {
    listed(processes.iter().map(name).collect())
}

fn name(owner: &EndOwner) -> String {
    format!("{} (pid {})", owner.name, owner.pid)
}

fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMES_SHOWN);
    names.truncate(NAMES_SHOWN);
    match more {
        0 => names.join(", "),
        more => format!("{} and {more} more", names.join(", ")),
    }
}

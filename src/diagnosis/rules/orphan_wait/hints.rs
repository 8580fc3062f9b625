//! What helps where nobody ends a wait.

use super::{Wait, first_of, is_unshared, waits_to};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit::takes_from_pool;
use crate::model::{ItemId, Resource, ResourceKind, WaitKind};

/// The method of conditions that looks at the state before it waits.
const WAIT_FOR: &str = "wait_for";

/// What helps.
pub(super) fn of(context: &Context<'_>, wait: &Wait<'_>) -> &'static str {
    if is_unshared(context, wait) {
        return "keep the object that others wait for: end it before you put another in its place";
    }
    let all = |is_one: &dyn Fn(ItemId) -> bool| wait.waiters.iter().all(|id| is_one(*id));
    match first_of(context, wait) {
        Some(one) if one.kind == ResourceKind::JobResult => match one.closed {
            Some(true) => {
                "let no callback raise, and get all results before the pool is left or terminated"
            }
            _ => {
                "see why the worker ended (out of memory?); concurrent.futures notices that, and \
                 get() takes a timeout"
            }
        },
        Some(one) if one.kind.is_queue() && is_full(one) => {
            "let somebody take from it while it is filled, or make it larger"
        }
        Some(one)
            if one.kind.is_queue() && all(&|id| waits_to(context, id, WaitKind::QueueJoin)) =>
        {
            "call task_done() in a finally block"
        }
        Some(one) if one.kind.is_queue() && all(&|id| takes_from_pool(&context.facts, id)) => {
            "take only one at a time: give it back before you take another, or make more of them"
        }
        Some(one) if one.kind.is_queue() => {
            "tell the waiting side that nothing more comes, and call task_done() in a finally block"
        }
        Some(one) if one.kind.is_barrier() => {
            "let as many parties come as the barrier waits for, or abort() it"
        }
        Some(one) if one.kind.is_file() => {
            "let another thread use the other end, or give the call a timeout"
        }
        Some(one) if one.kind.is_condition() && all(&|id| looks_before(context, id)) => {
            "see that whoever changes the state notifies the condition, also where it fails"
        }
        Some(one) if one.kind.is_condition() => match one.kind.is_for_threads() {
            true => "look at the state before waiting: condition.wait_for(...)",
            false => "look at the state before waiting: await condition.wait_for(...)",
        },
        _ => "set it in a finally block, or wait with a timeout",
    }
}

/// Whether it waits in `condition.wait_for(...)`.
fn looks_before(context: &Context<'_>, id: ItemId) -> bool {
    let frames = context.facts.frames(id).iter();
    let mut inner = frames.take_while(|frame| frame.library);
    inner.any(|frame| frame.function == WAIT_FOR)
}

fn is_full(queue: &Resource) -> bool {
    let limit = queue.limit.and_then(|limit| u64::try_from(limit).ok());
    let limit = limit.filter(|limit| *limit > 0);
    limit
        .zip(queue.size)
        .is_some_and(|(limit, size)| size >= limit)
}

//! The methods that end a wait, by the kind of what is waited for.

use super::OF_ANYIO;
use crate::diagnosis::facts::Facts;
use crate::model::{Frame, Item, ItemId, Resource, ResourceKind, WaitKind};

/// The methods that end the waits of `waiters`. `None` if no method of the resource does.
pub(in crate::diagnosis::enders) fn ending_methods(
    facts: &Facts<'_>,
    resource: &Resource,
    waiters: &[ItemId],
) -> Option<&'static [&'static str]> {
    let is_result = resource.type_name.ends_with(".AsyncResult");
    match resource.kind {
        // gevent's results; `greenlet.link(result)` calls one.
        ResourceKind::Event if is_result => Some(&["set", "set_exception", "set_result", ""]),
        // The event that a condition of anyio has made for who waits, with trio below.
        ResourceKind::Event if waiters.iter().any(|id| waits_in_anyio(facts.frames(*id))) => {
            Some(&["set", "notify", "notify_all"])
        }
        ResourceKind::Event | ResourceKind::ThreadEvent | ResourceKind::ProcessEvent => {
            Some(&["set"])
        }
        ResourceKind::Condition
        | ResourceKind::ThreadCondition
        | ResourceKind::ProcessCondition => Some(&["notify", "notify_all", "notifyAll"]),
        ResourceKind::Future | ResourceKind::ConcurrentFuture => Some(&[
            "set_result",
            "set_exception",
            "cancel",
            "set_running_or_notify_cancel",
        ]),
        ResourceKind::Barrier | ResourceKind::ThreadBarrier | ResourceKind::ProcessBarrier => {
            Some(&["wait", "abort", "reset", ""])
        }
        ResourceKind::Semaphore
        | ResourceKind::ThreadSemaphore
        | ResourceKind::ProcessSemaphore => Some(&["release"]),
        ResourceKind::Queue | ResourceKind::ThreadQueue | ResourceKind::ProcessQueue => {
            let waits = || waiters.iter().filter_map(|id| wait_kind(facts, *id));
            let all = |kind| waits().all(|wait| wait == kind);
            match () {
                () if all(WaitKind::QueueGet) => {
                    Some(&["put", "put_nowait", "_put", "appendleft", "shutdown"])
                }
                () if all(WaitKind::QueuePut) => Some(&["get", "get_nowait", "shutdown"]),
                () if all(WaitKind::QueueJoin) => Some(&["task_done", "shutdown"]),
                () => Some(&[
                    "put",
                    "put_nowait",
                    "get",
                    "get_nowait",
                    "task_done",
                    "shutdown",
                ]),
            }
        }
        ResourceKind::MemoryStream => Some(&[
            "send",
            "send_nowait",
            "receive",
            "receive_nowait",
            "__aiter__",
            "close",
            "aclose",
            // A `StreamReader` without a transport.
            "feed_data",
            "feed_eof",
            "set_exception",
            "",
        ]),
        ResourceKind::Lock | ResourceKind::ThreadLock | ResourceKind::ProcessLock => {
            Some(&["release"])
        }
        ResourceKind::Pool => Some(&[
            "close",
            "aclose",
            "release",
            "putconn",
            "put",
            "disconnect",
            "terminate",
            "expire",
            // A response that is read to its end gives its connection back.
            "release_conn",
            "drain_conn",
            "read",
            "aread",
            "stream",
            "iter_content",
            "",
        ]),
        ResourceKind::Executor
        | ResourceKind::JobResult
        | ResourceKind::ProcessPool
        | ResourceKind::Limiter
        | ResourceKind::Stream
        | ResourceKind::Server
        | ResourceKind::Socket
        | ResourceKind::Pipe
        | ResourceKind::File => None,
    }
}

/// Whether a method `wait` of anyio's own conditions and events is on the stack.
fn waits_in_anyio(frames: &[Frame]) -> bool {
    frames.iter().any(|frame| {
        let file = frame.file.as_deref();
        let waits = matches!(frame.function.as_str(), "wait" | "wait_for");
        waits && file.is_some_and(|it| it.ends_with(OF_ANYIO))
    })
}

fn wait_kind(facts: &Facts<'_>, id: ItemId) -> Option<WaitKind> {
    let wait = match facts.index.get(id)? {
        Item::Task(task) => task.waits_for.as_ref(),
        Item::Thread(thread) => thread.waits_for.as_ref(),
        _ => None,
    };
    wait.map(|wait| wait.kind)
}

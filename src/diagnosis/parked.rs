//! Who waits until somebody asks the program to end.

use super::dependencies::Dependencies;
use super::enders::Enders;
use super::facts::Facts;
use crate::model::{EventLoop, ItemId, Task};

/// System calls in which a thread waits for a signal (pause(2), sigwait(3)).
const SIGNAL_CALLS: [&str; 3] = ["pause", "rt_sigtimedwait", "rt_sigsuspend"];

/// The main thread, or the task that it runs a loop for.
pub(super) fn main(facts: &Facts<'_>) -> Option<ItemId> {
    let main = facts.process.threads.first()?.id;
    let until = main_loop(facts).and_then(|it| it.until);
    Some(until.unwrap_or(main))
}

/// Whether it is the main thread, or the task that it runs a loop for. Where memory does not
/// say which task that is (uvloop, trio), it is the first for which nobody waits.
pub(super) fn is_main(facts: &Facts<'_>, id: ItemId) -> bool {
    if facts.process.threads.first().is_some_and(|it| it.id == id) {
        return true;
    }
    match main_loop(facts).and_then(|it| it.until) {
        Some(until) => until == id,
        None => {
            let mut free = facts.live_tasks().filter(|it| it.awaited_by.is_empty());
            free.next().is_some_and(|task| task.id == id)
        }
    }
}

/// The loop of the main thread.
fn main_loop<'f>(facts: &'f Facts<'_>) -> Option<&'f EventLoop> {
    let main = facts.process.threads.first()?.id;
    let mut loops = facts.process.loops.iter();
    loops.find(|it| it.thread == Some(main))
}

/// Whether a task or thread waits until a handler of a signal ends that.
pub(super) fn waits_for_signal(facts: &Facts<'_>, deps: &Dependencies<'_>, id: ItemId) -> bool {
    let thread = facts.thread(id);
    let syscall = thread.and_then(|it| it.syscall.as_deref());
    let wait = match facts.task(id) {
        Some(task) => task.waits_for.as_ref(),
        None => thread.and_then(|it| it.waits_for.as_ref()),
    };
    let in_call = syscall.is_some_and(|it| SIGNAL_CALLS.contains(&it));
    let resource = wait.and_then(|it| it.resource);
    let resource = resource.filter(|_| !facts.process.ignores_signals);
    in_call || resource.is_some_and(|it| is_signalled(facts, deps, it))
}

/// Whether a handler of a signal ends the waits for a resource.
fn is_signalled(facts: &Facts<'_>, deps: &Dependencies<'_>, resource: ItemId) -> bool {
    // The loop has the handler of the signal, unless it has a timer.
    let is_loop = |id: &ItemId| facts.event_loop(*id).is_some();
    let mut referrers = facts.referrers(resource).iter();
    let by_loops = match deps.enders(resource) {
        Some(Enders::These(found)) => !found.is_empty() && found.iter().all(is_loop),
        Some(Enders::NotKnown) | None => false,
    };
    by_loops && !referrers.any(|it| it.due_s.is_some()) || deps.is_signalled(resource)
}

/// Whether the task waits for something that code of the program ends: it was not made to wait
/// until it is cancelled.
pub(super) fn waits_for_code(deps: &Dependencies<'_>, task: &Task) -> bool {
    let resource = task.waits_for.as_ref().and_then(|wait| wait.resource);
    resource
        .is_some_and(|id| matches!(deps.enders(id), Some(Enders::These(_))) && !deps.is_unnamed(id))
}

//! What a task or thread waits for, or its state, in a few words.

use rustc_hash::FxHashSet;

use super::chain;
use super::layout::{Para, Role};
use crate::model::describe::{action, due, duration};
use crate::model::{
    Acquisition, Edge, ItemId, LoopState, Outcome, Resource, Task, TaskState, ThreadState, Wait,
    WaitKind,
};
use crate::plain_text;
use crate::report::index::short;
use crate::report::{Index, describe};

/// Names that are all listed; of a longer list only the first few are.
const MAX_NAMES: usize = 4;
const FIRST_NAMES: usize = 2;
/// Columns that summaries are cut to.
const SUMMARY_COLUMNS: usize = 400;

/// The task's state: what it waits for, or how it ended.
pub(super) fn state(task: &Task, index: &Index) -> Para {
    let mut para = match task.state {
        TaskState::Waiting => Para::words(Role::Plain, &reason(task.id, index)),
        TaskState::Ready if task.started == Some(false) => Para::words(Role::Good, "not started"),
        TaskState::Ready => Para::words(Role::Good, "ready"),
        TaskState::Running => running(task, index),
        TaskState::Done => ended(task),
    };
    if task.state == TaskState::Done {
        return para;
    }
    for guard in task.guards.iter().take(1) {
        para.glue(Role::Plain, ",");
        para.say(Role::Good, &format!("timeout {}", due(guard.remaining_s)));
    }
    if task.weakly_held == Some(true) {
        para.glue(Role::Plain, ",");
        para.say(Role::Warn, "only weak references keep it");
    }
    if task.must_cancel {
        para.glue(Role::Plain, ",");
        para.say(Role::Bad, "will be cancelled");
    } else if task.cancelling > 0 {
        para.glue(Role::Plain, ",");
        para.say(Role::Bad, "cancel requested");
        if task.cancelling > 1 {
            para.say(Role::Bad, &format!("x{}", task.cancelling));
        }
    }
    para
}

/// The state, and what could not be read of the task.
pub(super) fn notes(task: &Task, index: &Index) -> Vec<Para> {
    let mut paras = vec![state(task, index).hanging(2)];
    paras.extend(task.error.as_deref().map(chain::unreadable));
    paras
}

/// One sentence about tasks that do the same: their states, and one of their names.
pub(super) fn group_notes(tasks: &[&Task], index: &Index) -> Vec<Para> {
    let Some(&first) = tasks.first() else {
        return Vec::new();
    };
    let mut para = state(first, index);
    let timers = (tasks.iter())
        .map(|task| task.waits_for.as_ref()?.remaining_s)
        .collect::<Option<Vec<f64>>>();
    if let Some(left) = timers {
        let (soonest, latest) = left
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &t| {
                (a.min(t), b.max(t))
            });
        let text = format!("timers: first {}, last {}", due(soonest), due(latest));
        para = Para::words(Role::Plain, &text);
    } else if first.state == TaskState::Waiting {
        let distinct = distinct_reasons(tasks, index);
        if distinct > 1 {
            para.say(
                Role::Dim,
                &format!("({} different)", super::grouped_digits(distinct)),
            );
        }
    }
    para.glue(Role::Dim, ";");
    para.say(Role::Dim, &format!("e.g. {}", index.label(first.id)));
    let mut paras = vec![para.hanging(2)];
    paras.extend(first.error.as_deref().map(chain::unreadable));
    paras
}

/// How many different reasons these tasks wait for. Those that wait in the same
/// way for the same resource are put into words once.
fn distinct_reasons(tasks: &[&Task], index: &Index) -> usize {
    let mut counted = FxHashSet::default();
    let mut distinct = FxHashSet::default();
    for task in tasks {
        let wait = task.waits_for.as_ref();
        let same = wait
            .filter(|wait| is_plain(wait))
            .and_then(|wait| Some((wait.kind, wait.resource?, wait.summary.as_str())));
        if same.is_none_or(|same| counted.insert(same)) {
            distinct.insert(reason(task.id, index));
        }
    }
    distinct.len()
}

/// Whether [`reason`] is made from the kind, the resource and the summary alone:
/// no edges, no time, no position in a queue.
fn is_plain(wait: &Wait) -> bool {
    combination(wait.kind).is_none()
        && !matches!(wait.kind, WaitKind::Future | WaitKind::Executor)
        && wait.remaining_s.is_none()
}

/// The names of these items; of a long list the first few and a count.
pub(super) fn names(ids: &[ItemId], index: &Index) -> String {
    let shown = if ids.len() > MAX_NAMES {
        FIRST_NAMES
    } else {
        ids.len()
    };
    let labels: Vec<String> = ids[..shown].iter().map(|id| index.label(*id)).collect();
    let labels = labels.join(", ");
    match ids.len() - shown {
        0 => labels,
        more => format!("{labels} and {} more", super::grouped_digits(more)),
    }
}

/// What a task or thread waits for, in a few words.
pub(crate) fn reason(id: ItemId, index: &Index) -> String {
    let wait = index.wait(id);
    let edges = index.edges_from(id);
    let awaited: Vec<ItemId> = (edges.iter().map(|edge| edge.to))
        .filter(|to| index.task(*to).is_some() || index.coroutine(*to).is_some())
        .collect();
    let Some(wait) = wait else {
        return edge_targets(edges, index);
    };
    if wait.kind == WaitKind::Idle {
        return "idle".to_owned();
    }
    let is_concurrent = wait.type_name.starts_with("concurrent.");
    if wait.kind == WaitKind::Future && is_concurrent && !edges.is_empty() {
        let ids: Vec<ItemId> = edges.iter().map(|edge| edge.to).collect();
        return format!("Future.result() of {}", names(&ids, index));
    }
    if let Some(combination) = combination(wait.kind).filter(|_| !awaited.is_empty()) {
        return format!("{combination} {}", names(&awaited, index));
    }
    if let (WaitKind::Timer, Some(left)) = (wait.kind, wait.remaining_s) {
        return match left < 0.0 {
            true => format!("timer, {}", due(left)),
            false => match wait.since_s {
                Some(since) => {
                    format!(
                        "timer, {} of {} left",
                        duration(left),
                        duration(since + left)
                    )
                }
                None => format!("timer, {} left", duration(left)),
            },
        };
    }
    if let Some(resource) = wait.resource.and_then(|id| index.resource(id)) {
        let opaque = resource.kind.is_opaque() && !wait.summary.is_empty();
        if !opaque {
            return resource_and_holders(wait, resource, index);
        }
    }
    if !wait.summary.is_empty() {
        let summary = plain_text::clean(&wait.summary);
        return plain_text::cut(&summary, SUMMARY_COLUMNS).into_owned();
    }
    match (edges.is_empty(), wait.type_name.is_empty()) {
        (true, false) => short(&wait.type_name),
        _ => edge_targets(edges, index),
    }
}

/// The function that combines the tasks waited for; `None` for other waits.
fn combination(kind: WaitKind) -> Option<&'static str> {
    match kind {
        WaitKind::Task => Some("task"),
        WaitKind::Gather => Some("gather of"),
        WaitKind::Wait => Some("wait of"),
        WaitKind::WaitFor => Some("wait_for"),
        WaitKind::Shield => Some("shield of"),
        WaitKind::TaskGroup => Some("TaskGroup of"),
        WaitKind::AsCompleted => Some("as_completed of"),
        WaitKind::Future
        | WaitKind::Timer
        | WaitKind::Lock
        | WaitKind::Semaphore
        | WaitKind::Event
        | WaitKind::Condition
        | WaitKind::Barrier
        | WaitKind::QueueGet
        | WaitKind::QueuePut
        | WaitKind::QueueJoin
        | WaitKind::SocketRead
        | WaitKind::SocketWrite
        | WaitKind::SocketClose
        | WaitKind::Accept
        | WaitKind::Connect
        | WaitKind::PipeRead
        | WaitKind::PipeWrite
        | WaitKind::PipeClose
        | WaitKind::FileRead
        | WaitKind::FileWrite
        | WaitKind::FileLock
        | WaitKind::Server
        | WaitKind::ServerClose
        | WaitKind::Executor
        | WaitKind::Subprocess
        | WaitKind::Process
        | WaitKind::ThreadLock
        | WaitKind::Thread
        | WaitKind::Sleep
        | WaitKind::Idle => None,
    }
}

/// What the edges lead to, where nothing else is known of the wait.
fn edge_targets(edges: &[&Edge], index: &Index) -> String {
    let Some(first) = edges.first() else {
        return "something that is not known".to_owned();
    };
    let ids: Vec<ItemId> = edges.iter().map(|edge| edge.to).collect();
    format!("{} ({})", names(&ids, index), first.via)
}

/// The resource, its state, and its holders.
fn resource_and_holders(wait: &Wait, resource: &Resource, index: &Index) -> String {
    let action = match wait.kind {
        WaitKind::Accept => "accept on ",
        kind => action(kind, resource.kind),
    };
    if resource.kind.runs_jobs() {
        let position = match (wait.waiters_ahead, resource.size) {
            (Some(ahead), Some(size)) if size > ahead => {
                format!(", job {} of {size} in its queue", ahead + 1)
            }
            (Some(ahead), _) => format!(", job {} in its queue", ahead + 1),
            _ => String::new(),
        };
        return format!("{action}{}{position}", describe::title(resource));
    }
    let mut text = format!("{action}{}", describe::title_and_state(resource));
    match resource.holders.as_slice() {
        [] => {}
        [by] => {
            text.push_str(&format!(", held by {}", index.label(*by)));
            if let Some(at) = taken(resource, *by) {
                text.push_str(&format!(" ({at})"));
            }
        }
        several => text.push_str(&format!(", held by {}", names(several, index))),
    }
    text
}

/// Where a holder took the resource: `transfer:17`.
pub(super) fn taken(resource: &Resource, by: ItemId) -> Option<String> {
    let taken = resource.taken_at.iter().find(|taken| taken.by == by)?;
    Some(place(taken))
}

/// The function and line: `transfer:17`.
pub(super) fn place(taken: &Acquisition) -> String {
    match taken.line {
        Some(line) => format!("{}:{line}", short(&taken.function)),
        None => short(&taken.function),
    }
}

/// The thread that a running task runs in, and the call that this thread is
/// blocked in, if it is.
fn running(task: &Task, index: &Index) -> Para {
    let thread = task.thread.and_then(|id| index.thread(id));
    let Some(thread) = thread.filter(|thread| thread.task == Some(task.id)) else {
        return Para::words(Role::Good, "running");
    };
    let name = short(&thread.name);
    // A loop that the task runs again goes on for all others.
    let event_loop = thread.event_loop.and_then(|id| index.event_loop(id));
    if event_loop.is_some_and(|event_loop| event_loop.state == LoopState::Polling) {
        return Para::words(Role::Plain, &format!("runs the event loop of {name} again"));
    }
    let call = match (thread.state, &thread.waits_for, &thread.syscall) {
        (ThreadState::Blocked, Some(wait), _) if !wait.summary.is_empty() => {
            Some(reason(task.id, index))
        }
        (ThreadState::Blocked, _, Some(syscall)) => Some(short(syscall)),
        _ => None,
    };
    match call {
        Some(call) => Para::words(Role::Bad, &format!("blocks {name}: {call}")),
        None => {
            let mut para = Para::words(Role::Good, "running");
            para.say(Role::Plain, &format!("in {name}"));
            para
        }
    }
}

fn ended(task: &Task) -> Para {
    if let Some(raised) = &task.exception {
        let mut para = Para::words(Role::Bad, &format!("failed: {}", raised.type_name));
        if !raised.message.is_empty() {
            para.glue(Role::Bad, ":");
            para.say(Role::Plain, &raised.message);
        }
        if !raised.retrieved {
            para.say(Role::Bad, "(never retrieved)");
        }
        return para;
    }
    match task.outcome {
        Some(Outcome::Cancelled) => Para::words(Role::Plain, "cancelled"),
        Some(Outcome::Exception) => Para::words(Role::Bad, "failed"),
        Some(Outcome::Result) | None => Para::words(Role::Plain, "done"),
    }
}

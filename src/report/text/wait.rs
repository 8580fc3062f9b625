//! What a task or thread waits for, or is, in a few words.

use arcstr::ArcStr;
use rustc_hash::FxHashSet;

use super::chain;
use super::layout::{Para, Role};
use super::seconds;
use crate::model::{Edge, Outcome, Resource, Task, TaskState, ThreadState, Wait};
use crate::plain_text;
use crate::report::index::short;
use crate::report::{Index, describe};

/// Up to so many names are all listed; of more only the first few.
const ALL_NAMES: usize = 4;
const FIRST_NAMES: usize = 2;
/// Summaries are cut to so many columns.
const SUMMARY: usize = 400;

/// The task's state: what it waits for, or how it ended.
pub fn state(task: &Task, index: &Index) -> Para {
    let mut para = match task.state {
        TaskState::Waiting => Para::words(Role::Plain, &reason(&task.id, index)),
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
pub fn notes(task: &Task, index: &Index) -> Vec<Para> {
    let mut paras = vec![state(task, index).hanging(2)];
    paras.extend(task.error.as_deref().map(chain::unreadable));
    paras
}

/// The states of tasks that do the same and one of their names, in one sentence.
pub fn group_notes(tasks: &[&Task], index: &Index) -> Vec<Para> {
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
    para.say(Role::Dim, &format!("e.g. {}", index.label(&first.id)));
    let mut paras = vec![para.hanging(2)];
    paras.extend(first.error.as_deref().map(chain::unreadable));
    paras
}

/// How many different reasons these tasks wait for. Those that wait in the same
/// way for the same resource are put into words once.
fn distinct_reasons(tasks: &[&Task], index: &Index) -> usize {
    let mut told = FxHashSet::default();
    let mut distinct = FxHashSet::default();
    for task in tasks {
        let wait = task.waits_for.as_ref();
        let same = wait.filter(|wait| says_no_more(wait)).and_then(|wait| {
            let resource = wait.resource.as_deref()?;
            Some((wait.kind.as_str(), resource, wait.summary.as_str()))
        });
        if same.is_none_or(|same| told.insert(same)) {
            distinct.insert(reason(&task.id, index));
        }
    }
    distinct.len()
}

/// Whether [`reason`] says of it nothing but its kind, its resource and its
/// summary: no edges, no time, no place in a queue.
fn says_no_more(wait: &Wait) -> bool {
    combining(wait, true).is_none()
        && !matches!(wait.kind.as_str(), "future" | "executor")
        && wait.remaining_s.is_none()
}

/// Names of ids, the first few of them.
pub fn names(ids: &[&str], index: &Index) -> String {
    let shown = if ids.len() > ALL_NAMES {
        FIRST_NAMES
    } else {
        ids.len()
    };
    let labels: Vec<String> = ids[..shown].iter().map(|id| index.label(id)).collect();
    let labels = labels.join(", ");
    match ids.len() - shown {
        0 => labels,
        more => format!("{labels} and {} more", super::grouped_digits(more)),
    }
}

/// When a timer is due: `in 3.2 s`, `overdue by 1.3 s`.
pub fn due(remaining_s: f64) -> String {
    if remaining_s < 0.0 {
        format!("overdue by {}", seconds(remaining_s))
    } else {
        format!("in {}", seconds(remaining_s))
    }
}

/// What a task or thread waits for, in a few words.
pub fn reason(id: &str, index: &Index) -> String {
    let wait = index.wait(id);
    let edges = index.edges_from(id);
    let awaited: Vec<&str> = (edges.iter().map(|edge| edge.to.as_str()))
        .filter(|to| index.task(to).is_some() || index.coroutine(to).is_some())
        .collect();
    let Some(wait) = wait else {
        return of_edges(edges, index);
    };
    if wait.kind == "idle" {
        return "idle".to_owned();
    }
    if wait.kind == "future" && wait.type_name.starts_with("concurrent.") && !edges.is_empty() {
        let ids: Vec<&str> = edges.iter().map(|edge| edge.to.as_str()).collect();
        return format!("Future.result() of {}", names(&ids, index));
    }
    if let Some(before) = combining(wait, !awaited.is_empty()) {
        return format!("{before} {}", names(&awaited, index));
    }
    if let (true, Some(left)) = (wait.kind == "timer", wait.remaining_s) {
        return match left < 0.0 {
            true => format!("timer, overdue by {}", seconds(left)),
            false => format!("timer, {} left", seconds(left)),
        };
    }
    if let Some(resource) = wait.resource.as_deref().and_then(|id| index.resource(id)) {
        let opaque = describe::is_opaque(resource) && !wait.summary.is_empty();
        if !opaque {
            return of_resource(wait, resource, index);
        }
    }
    if !wait.summary.is_empty() {
        let summary = plain_text::clean(&wait.summary);
        return plain_text::cut(&summary, SUMMARY).into_owned();
    }
    match (edges.is_empty(), wait.type_name.is_empty()) {
        (true, false) => short(&wait.type_name),
        _ => of_edges(edges, index),
    }
}

/// What several tasks are waited for through.
fn combining(wait: &Wait, awaits: bool) -> Option<&'static str> {
    let before = match wait.kind.as_str() {
        "task" | "await" => "task",
        "gather" => "gather of",
        "wait" => "wait of",
        "wait_for" => "wait_for",
        "shield" => "shield of",
        "task-group" => "TaskGroup of",
        "as_completed" => "as_completed of",
        _ => return None,
    };
    awaits.then_some(before)
}

fn of_edges(edges: &[&Edge], index: &Index) -> String {
    let Some(first) = edges.first() else {
        return "something that is not known".to_owned();
    };
    let ids: Vec<&str> = edges.iter().map(|edge| edge.to.as_str()).collect();
    format!("{} ({})", names(&ids, index), short(&first.via))
}

/// The resource, its state, and who has it.
fn of_resource(wait: &Wait, resource: &Resource, index: &Index) -> String {
    let action = match wait.kind.as_str() {
        "queue-get" => "get from ",
        "queue-put" => "put into ",
        "queue-join" => "join of ",
        "socket-read" | "pipe-read" => "read from ",
        "socket-write" | "pipe-write" => "write to ",
        "accept" => "accept on ",
        "condition" if resource.kind != "condition" => "notification of ",
        _ => "",
    };
    if matches!(resource.kind.as_str(), "executor" | "process-pool") {
        let place = match (wait.waiters_ahead, resource.size) {
            (Some(ahead), Some(size)) if size > ahead => {
                format!(", job {} of {size} in its queue", ahead + 1)
            }
            (Some(ahead), _) => format!(", job {} in its queue", ahead + 1),
            _ => String::new(),
        };
        return format!("{action}{}{place}", describe::title(resource));
    }
    let mut text = format!("{action}{}", describe::titled(resource));
    let holders: Vec<&str> = resource.holders.iter().map(ArcStr::as_str).collect();
    match holders.as_slice() {
        [] => {}
        [by] => {
            text.push_str(&format!(", held by {}", index.label(by)));
            if let Some(at) = taken(resource, by) {
                text.push_str(&format!(" ({at})"));
            }
        }
        several => text.push_str(&format!(", held by {}", names(several, index))),
    }
    text
}

/// Where somebody took it: `transfer:17`.
pub fn taken(resource: &Resource, by: &str) -> Option<String> {
    let taken = resource.taken_at.iter().find(|taken| taken.by == by)?;
    Some(match taken.line {
        Some(line) => format!("{}:{line}", short(&taken.function)),
        None => short(&taken.function),
    })
}

/// Where it runs, and in what its thread is blocked meanwhile.
fn running(task: &Task, index: &Index) -> Para {
    let thread = task.thread.as_deref().and_then(|id| index.thread(id));
    let Some(thread) = thread.filter(|thread| thread.task.as_deref() == Some(&task.id)) else {
        return Para::words(Role::Good, "running");
    };
    let name = short(&thread.name);
    let call = match (thread.state, &thread.waits_for, &thread.syscall) {
        (ThreadState::Blocked, Some(wait), _) if !wait.summary.is_empty() => {
            Some(reason(&task.id, index))
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

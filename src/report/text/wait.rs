//! What a task waits for, or is, in one sentence.

use super::chain;
use super::layout::{Para, Role};
use super::seconds;
use crate::report::{Index, clean};
use crate::snapshot::{Outcome, Task, TaskState};

/// Up to so many names are all listed; of more only the first few.
const ALL_NAMES: usize = 8;
const FIRST_NAMES: usize = 4;
/// Summaries are cut to so many columns.
const SUMMARY: usize = 400;
/// Kinds of waits for several tasks, named where the summary does not.
const COMBINING: [&str; 5] = ["gather", "wait", "wait_for", "shield", "task-group"];

/// The task's state: why it does not go on, or how it ended.
pub fn state(task: &Task, index: &Index) -> Para {
    let mut para = match task.state {
        TaskState::Waiting => {
            let mut para = Para::words(Role::Dim, "waits for");
            para.say(Role::Plain, &reason(task, index));
            para
        }
        TaskState::Ready if task.started == Some(false) => Para::words(Role::Good, "not started"),
        TaskState::Ready => Para::words(Role::Good, "ready"),
        TaskState::Running => {
            let mut para = Para::words(Role::Good, "running");
            if let Some(thread) = task.thread.as_deref() {
                para.say(Role::Plain, &format!("in {}", index.label(thread)));
            }
            para
        }
        TaskState::Done => ended(task),
    };
    if task.state == TaskState::Done {
        return para;
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

/// The state, who else cannot go on before the task, and what could not be
/// read of it.
pub fn notes(task: &Task, parent: Option<&str>, index: &Index) -> Vec<Para> {
    let mut para = state(task, index);
    let others: Vec<&str> = (task.awaited_by.iter().map(String::as_str))
        .filter(|&id| Some(id) != parent)
        .collect();
    if !others.is_empty() {
        para.glue(Role::Plain, ";");
        para.say(Role::Dim, "blocks");
        para.say(Role::Plain, &names(&others, index));
    }
    let mut paras = vec![para.hanging(2)];
    paras.extend(task.error.as_deref().map(chain::unreadable));
    paras
}

/// The states of tasks that do the same and two of their names, in one sentence.
pub fn group_notes(tasks: &[&Task], index: &Index) -> Vec<Para> {
    let Some(&first) = tasks.first() else {
        return Vec::new();
    };
    let mut para = state(first, index);
    let timers = (tasks.iter())
        .map(|task| task.waits_for.as_ref()?.remaining_s)
        .collect::<Option<Vec<f64>>>();
    let reasons = tasks.iter().map(|task| reason(task, index));
    if let Some(left) = timers {
        let (soonest, latest) = left
            .iter()
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), &t| {
                (a.min(t), b.max(t))
            });
        para = Para::words(Role::Dim, "waits for");
        para.say(
            Role::Plain,
            &format!("timers: first {}, last {}", due(soonest), due(latest)),
        );
    } else if first.state == TaskState::Waiting {
        let mut distinct: Vec<String> = reasons.collect();
        distinct.sort_unstable();
        distinct.dedup();
        if distinct.len() > 1 {
            para.say(
                Role::Dim,
                &format!("({} different)", super::grouped_digits(distinct.len())),
            );
        }
    }
    para.glue(Role::Dim, ";");
    let ids: Vec<&str> = tasks.iter().take(2).map(|task| task.id.as_str()).collect();
    para.say(Role::Dim, &format!("e.g. {}", names(&ids, index)));
    let mut paras = vec![para.hanging(2)];
    paras.extend(first.error.as_deref().map(chain::unreadable));
    paras
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

fn reason(task: &Task, index: &Index) -> String {
    let wait = task.waits_for.as_ref();
    if let Some(wait) = wait.filter(|wait| !wait.summary.is_empty()) {
        let kind = wait.kind.as_str();
        let kind = match COMBINING.contains(&kind) && !wait.summary.contains(kind) {
            true => format!("{kind} of "),
            false => String::new(),
        };
        let summary = clean::clean(&wait.summary);
        return format!("{kind}{}", clean::cut(&summary, SUMMARY));
    }
    let edges = index.edges_from(&task.id);
    if let Some(first) = edges.first() {
        let ids: Vec<&str> = edges.iter().map(|edge| edge.to.as_str()).collect();
        return format!("{} ({})", names(&ids, index), first.via);
    }
    match wait {
        Some(wait) if !wait.type_name.is_empty() => wait.type_name.clone(),
        _ => "something that is not known".to_owned(),
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

//! The texts of the cells.

use super::columns::Column;
use super::groups::Group;
use super::recent::Lengths;
use super::resources::ResourceEntry;
use super::state::TopState;
use super::tasks::{TaskEntry, state_word};
use super::threads::ThreadEntry;
use super::words::{UNKNOWN, grouped, percent, short, signed, task_label};
use crate::model::describe::age;

/// A time, marked where only our looks know it.
pub fn lasted((seconds, is_exact): (f64, bool)) -> String {
    match is_exact {
        true => age(seconds),
        false => at_least(seconds),
    }
}

/// `≥4.2 s`.
pub fn at_least(seconds: f64) -> String {
    match seconds {
        0.0 => "≥0 ms".to_owned(),
        seconds => format!("≥{}", age(seconds)),
    }
}

/// The rate of steps, which looks bound from below.
pub fn steps(rate: f64) -> String {
    match rate {
        rate if rate <= 0.0 => UNKNOWN.to_owned(),
        rate if rate < 10.0 => format!("≥{rate:.1}"),
        rate => format!("≥{rate:.0}"),
    }
}

fn p99(lengths: Option<&Lengths>) -> String {
    let length = lengths.and_then(|it| it.percentile(0.99));
    length.map_or(UNKNOWN.to_owned(), at_least)
}

fn or_unknown(text: &str) -> String {
    match text.is_empty() {
        true => UNKNOWN.to_owned(),
        false => text.to_owned(),
    }
}

/// The text of a cell of a task.
pub(super) fn task(entry: &TaskEntry, column: Column, state: &TopState) -> String {
    let now_s = state.now_s;
    match column {
        Column::Name => task_label(&entry.task),
        Column::State => match entry.ended_s {
            Some(_) => "ended".to_owned(),
            None => state_word(entry.task.state).to_owned(),
        },
        Column::WaitsFor => entry.waits_for(),
        Column::Holder => entry.holder.clone(),
        Column::Lasted if entry.waits_for.is_empty() => UNKNOWN.to_owned(),
        Column::Lasted => lasted(entry.lasted()),
        Column::Runs => state
            .tasks
            .runs(entry, now_s)
            .map_or(UNKNOWN.to_owned(), percent),
        Column::Steps => steps(state.tasks.steps_a_second(entry, now_s)),
        Column::P99 => p99(state.steps.of_task(entry.task.id)),
        Column::Line => or_unknown(&entry.line),
        _ => String::new(),
    }
}

/// The text of a cell of a group.
pub(super) fn of_group(group: &Group<'_>, column: Column, state: &TopState) -> String {
    match column {
        Column::Coroutine => super::words::group_label(group.coroutine),
        Column::Count => grouped(group.counts.all()),
        Column::Growth => {
            let growth = state.groups.get(group.coroutine);
            growth
                .and_then(|it| it.grown())
                .map_or(UNKNOWN.to_owned(), |(grown, _)| signed(grown))
        }
        Column::State => group.states(),
        Column::WaitsFor => {
            let held = match group.holder.is_empty() {
                true => String::new(),
                false => format!(", {}", group.holder),
            };
            match group.different {
                0 | 1 => format!("{}{held}", group.waits_for),
                // The kind of wait stands for all of them.
                more if group.is_of_kinds => {
                    format!("{}, {} different", group.waits_for, grouped(more))
                }
                more => format!("{}{held} (+{} others)", group.waits_for, more - 1),
            }
        }
        Column::Lasted => group.longest.map_or(UNKNOWN.to_owned(), lasted),
        Column::Runs => group.runs.map_or(UNKNOWN.to_owned(), percent),
        Column::Steps => steps(group.steps),
        Column::P99 => p99(state.steps.of_group(group.coroutine)),
        Column::Line => or_unknown(group.line),
        _ => String::new(),
    }
}

/// The text of a cell of a thread.
pub(super) fn thread(entry: &ThreadEntry, column: Column) -> String {
    match column {
        Column::Name => short(&entry.thread.name),
        Column::Tid => entry.thread.native_id.to_string(),
        Column::State => entry.state().to_owned(),
        Column::Gil => match entry.thread.holds_gil {
            Some(true) => "GIL".to_owned(),
            _ => String::new(),
        },
        Column::Cpu => entry.cpu().map_or(UNKNOWN.to_owned(), percent),
        Column::WaitsFor => entry.waits_for.clone(),
        Column::Lasted => {
            let lasts = entry.lasted();
            lasts.map_or(UNKNOWN.to_owned(), lasted)
        }
        Column::Of => entry.runs.clone(),
        Column::Line => or_unknown(&entry.line),
        _ => String::new(),
    }
}

/// The text of a cell of a resource.
pub(super) fn resource(entry: &ResourceEntry, column: Column) -> String {
    match column {
        Column::Name => entry.title.clone(),
        Column::Use => entry.state.clone(),
        Column::Waiters => grouped(entry.resource.waiters.len()),
        Column::Most => grouped(entry.most_waiters),
        Column::Holders => or_unknown(&entry.holders),
        Column::Held => entry.held().map_or(UNKNOWN.to_owned(), at_least),
        Column::Longest => entry.longest_hold_s.map_or(UNKNOWN.to_owned(), at_least),
        _ => String::new(),
    }
}

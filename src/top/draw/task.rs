//! The page of one task.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::Theme;
use crate::model::{Frame, ItemId, Outcome, Task, TaskState, describe};
use crate::plain_text::{clean, columns, cut};
use crate::top::cells::{at_least, lasted, steps};
use crate::top::recent::Lengths;
use crate::top::state::TopState;
use crate::top::tasks::{TaskEntry, state_word};
use crate::top::view::FEW_TASKS;
use crate::top::words::{UNKNOWN, group_label, percent, place, task_label};

/// Classes of the lengths of steps.
const CLASSES: usize = 12;
/// Width of the greatest bar.
const BAR: usize = 40;
/// Names that are listed.
const MAX_NAMES: usize = 8;

/// The lines of the page.
pub(super) fn lines(
    state: &TopState,
    id: ItemId,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let Some(entry) = state.tasks.get(id) else {
        return vec![Line::styled(
            "the task has ended, and is not kept any more (Esc: back)",
            theme.dim(),
        )];
    };
    let mut lines = about(entry, state, theme);
    let task = &entry.task;
    lines.push(Line::styled("CHAIN, innermost first", theme.title()));
    lines.extend(chain(&task.frames, task, theme));
    lines.extend(variables(state, id, width, theme));
    lines.extend(past(entry, theme));
    lines.extend(lengths(state.steps.of_task(id), width, theme));
    lines
}

/// A name and its value.
pub(super) fn field(name: &str, value: String, theme: Theme) -> Line<'static> {
    Line::from(vec![
        Span::styled(format!("  {name:16}"), theme.dim()),
        Span::raw(value),
    ])
}

fn about(entry: &TaskEntry, state: &TopState, theme: Theme) -> Vec<Line<'static>> {
    let task = &entry.task;
    let now_s = state.now_s;
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("task {}", task_label(task)), theme.title()),
        Span::styled(
            format!("  {}  {}", group_label(&task.coroutine), task.id),
            theme.dim(),
        ),
    ])];
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(field(name, value, theme));
        }
    };
    add("state", state_of(entry));
    add("waits for", entry.waits_for());
    add("holder or peer", entry.holder.clone());
    if !entry.waits_for.is_empty() {
        add("for", lasted(entry.lasted()));
    }
    let guards = task.guards.iter().map(|it| describe::due(it.remaining_s));
    add("timeout", guards.collect::<Vec<_>>().join(", "));
    let end_s = entry.ended_s.unwrap_or(now_s);
    add("lives", at_least(end_s - entry.first_s));
    let runs = state.tasks.runs(entry, now_s).map(percent);
    add(
        "ran at",
        format!("{} of the looks of 10 s", runs.unwrap_or(UNKNOWN.into())),
    );
    add(
        "steps a second",
        steps(state.tasks.steps_a_second(entry, now_s)),
    );
    add("awaited by", names(&task.awaited_by, state));
    if let Some(raised) = &task.exception {
        add(
            "failed",
            clean(&format!("{}: {}", raised.type_name, raised.message)).into_owned(),
        );
    }
    lines
}

fn state_of(entry: &TaskEntry) -> String {
    let task = &entry.task;
    let mut words = match (entry.ended_s, task.outcome) {
        (Some(_), Some(Outcome::Result)) => "ended with a result".to_owned(),
        (Some(_), Some(Outcome::Exception)) => "ended with an exception".to_owned(),
        (Some(_), Some(Outcome::Cancelled)) => "was cancelled".to_owned(),
        (Some(_), None) => "ended; how is not known".to_owned(),
        (None, _) if task.state == TaskState::Ready && task.started == Some(false) => {
            "ready, not started".to_owned()
        }
        (None, _) => state_word(task.state).to_owned(),
    };
    if task.must_cancel {
        words.push_str(", will be cancelled");
    } else if task.cancelling > 0 {
        words.push_str(", cancel requested");
    }
    words
}

/// The names of tasks and threads.
pub(super) fn names(ids: &[ItemId], state: &TopState) -> String {
    let label = |id: &ItemId| match (state.tasks.get(*id), state.threads.get(*id)) {
        (Some(entry), _) => task_label(&entry.task),
        (None, Some(entry)) => format!("thread {}", crate::top::words::short(&entry.thread.name)),
        (None, None) => match state.resources.get(*id) {
            Some(entry) => entry.title.clone(),
            None => id.to_string(),
        },
    };
    let mut names: Vec<String> = ids.iter().take(MAX_NAMES).map(label).collect();
    if ids.len() > MAX_NAMES {
        names.push(format!("and {} more", ids.len() - MAX_NAMES));
    }
    names.join(", ")
}

fn chain(frames: &[Frame], task: &Task, theme: Theme) -> Vec<Line<'static>> {
    if frames.is_empty() {
        return vec![field("", "not known".into(), theme)];
    }
    if task.state == TaskState::Running {
        let note = "it runs: this is where it was awaited, the thread's page has its stack";
        let mut lines = vec![Line::styled(format!("  {note}"), theme.dim())];
        lines.extend(stack(frames, theme));
        return lines;
    }
    stack(frames, theme)
}

/// Frames, a line each.
pub(super) fn stack(frames: &[Frame], theme: Theme) -> Vec<Line<'static>> {
    let line = |frame: &Frame| {
        let style = match frame.library {
            true => theme.dim(),
            false => Style::new(),
        };
        Line::styled(format!("  {}", place(frame)), style)
    };
    frames.iter().map(line).collect()
}

fn variables(state: &TopState, id: ItemId, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let read = state.variables.as_ref().filter(|it| it.task == id);
    let Some(read) = read else {
        let why = match state.counts.all() > FEW_TASKS {
            true => "not read among so many tasks: dapper-attach --pid PID --task NAME --locals",
            false => "not read yet",
        };
        let title = Line::styled("VARIABLES", theme.title());
        return vec![title, field("", why.into(), theme)];
    };
    let ago = describe::duration((state.clock_s - read.at_s).max(0.0));
    let title = format!("VARIABLES {ago} ago, Enter reads them again");
    let mut lines = vec![Line::styled(title, theme.title())];
    let Some(frames) = &read.frames else {
        lines.push(field("", "they changed while they were read".into(), theme));
        return lines;
    };
    for frame in frames.iter() {
        let Some(locals) = frame.locals.as_ref().filter(|it| !it.is_empty()) else {
            continue;
        };
        lines.push(Line::styled(format!("  {}", place(frame)), theme.dim()));
        for local in locals {
            let text = format!("    {} = {}", clean(&local.name), clean(&local.value));
            lines.push(Line::from(cut(&text, width).into_owned()));
        }
    }
    lines
}

fn past(entry: &TaskEntry, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled("BEFORE, the latest first", theme.title())];
    if entry.past.is_empty() {
        lines.push(field("", "each look found it as it is now".into(), theme));
    }
    lines.extend(entry.past.iter().rev().map(|past| {
        let seen = format!("  {:>9}  ", at_least(past.lasted_s));
        Line::from(vec![
            Span::styled(seen, theme.dim()),
            Span::raw(past.what.clone()),
        ])
    }));
    lines
}

fn lengths(lengths: Option<&Lengths>, width: usize, theme: Theme) -> Vec<Line<'static>> {
    let title = "STEPS THAT LOOKS MET, how long each ran at least";
    let mut lines = vec![Line::styled(title, theme.title())];
    let Some(lengths) = lengths.filter(|it| !it.is_empty()) else {
        lines.push(field(
            "",
            "no look met one whose length is known".into(),
            theme,
        ));
        return lines;
    };
    let part = |part| {
        lengths
            .percentile(part)
            .map_or(UNKNOWN.to_owned(), at_least)
    };
    lines.push(field(
        &format!("{} steps", lengths.len()),
        format!("p50 {}  p99 {}  max {}", part(0.5), part(0.99), part(1.0)),
        theme,
    ));
    let classes = lengths.classes(CLASSES);
    let most = classes.iter().copied().max().unwrap_or(1).max(1);
    let last = classes.iter().rposition(|count| *count > 0).unwrap_or(0);
    let mut limit = 0.001;
    for (at, count) in classes.iter().enumerate().take(last + 1) {
        let class = match at + 1 == CLASSES {
            true => "longer".to_owned(),
            false => format!("to {}", describe::age(limit)),
        };
        limit *= 2.0;
        let label = format!("  {class:>10} {count:>5} ");
        let room = BAR.min(width.saturating_sub(columns(&label)));
        let bar = "█".repeat((count * room).div_ceil(most).min(room));
        lines.push(Line::from(format!("{label}{}", cut(&bar, room))));
    }
    lines
}

//! The pages of one thread and of one resource.

use ratatui::text::{Line, Span};

use super::Theme;
use super::task::{field, names, stack};
use crate::model::{Acquisition, ItemId};
use crate::plain_text::{clean, cut};
use crate::top::cells::{at_least, lasted};
use crate::top::state::TopState;
use crate::top::words::{UNKNOWN, percent, short};

/// The lines of the page of a thread.
pub(super) fn thread(
    state: &TopState,
    id: ItemId,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let Some(entry) = state.threads.get(id) else {
        return vec![gone("thread", theme)];
    };
    let thread = &entry.thread;
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("thread {}", short(&thread.name)), theme.title()),
        Span::styled(format!("  {}", thread.native_id), theme.dim()),
    ])];
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(field(name, value, theme));
        }
    };
    add("state", entry.state().to_owned());
    add("waits for", entry.waits_for.clone());
    add("holder or peer", entry.holder.clone());
    add("for", entry.lasted().map_or(String::new(), lasted));
    add("task or loop", entry.runs.clone());
    add("cpu", entry.cpu().map_or(UNKNOWN.to_owned(), percent));
    let total = thread.cpu_s.map(crate::model::describe::duration);
    add("cpu so far", total.unwrap_or_default());
    add(
        "GIL",
        match thread.holds_gil {
            Some(true) => "has it".to_owned(),
            Some(false) => "does not have it".to_owned(),
            None => UNKNOWN.to_owned(),
        },
    );
    add(
        "daemon",
        match thread.daemon {
            Some(true) => "yes".to_owned(),
            Some(false) => "no".to_owned(),
            None => UNKNOWN.to_owned(),
        },
    );
    lines.push(Line::styled("STACK, innermost first", theme.title()));
    match &thread.error {
        Some(error) => {
            let text = format!("it changed while it was read: {}", clean(error));
            lines.push(Line::styled(cut(&text, width).into_owned(), theme.dim()));
        }
        None => lines.extend(stack(&thread.frames, theme)),
    }
    lines
}

/// The lines of the page of a resource.
pub(super) fn resource(
    state: &TopState,
    id: ItemId,
    width: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let Some(entry) = state.resources.get(id) else {
        return vec![gone("resource", theme)];
    };
    let resource = &entry.resource;
    let mut lines = vec![Line::from(vec![
        Span::styled(entry.title.clone(), theme.title()),
        Span::styled(format!("  {}", resource.id), theme.dim()),
    ])];
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(field(name, value, theme));
        }
    };
    add("use", entry.state.clone());
    add("held for", entry.held().map_or(String::new(), at_least));
    add(
        "longest hold",
        entry.longest_hold_s.map_or(String::new(), at_least),
    );
    add("most waiters", entry.most_waiters.to_string());
    lines.push(Line::styled("HOLDERS", theme.title()));
    for holder in &resource.holders {
        let taken = resource.taken_at.iter().find(|it| it.by == *holder);
        let at = taken.map_or(String::new(), |it| format!("  took it in {}", place(it)));
        lines.push(Line::from(format!("  {}{at}", names(&[*holder], state))));
    }
    if resource.holders.is_empty() {
        lines.push(field("", "none is known".into(), theme));
    }
    let title = format!("WAITERS {}", resource.waiters.len());
    lines.push(Line::styled(title, theme.title()));
    for waiter in resource.waiters.iter().take(MAX_WAITERS) {
        let what = state.tasks.get(*waiter).map_or(String::new(), |task| {
            format!("  {}  {}", lasted(task.lasted()), task.line)
        });
        let text = format!("  {}{what}", names(&[*waiter], state));
        lines.push(Line::from(cut(&text, width).into_owned()));
    }
    lines
}

/// Waiters that are listed.
const MAX_WAITERS: usize = 200;

/// Where a holder took it.
fn place(taken: &Acquisition) -> String {
    let function = short(&taken.function);
    match (&taken.file, taken.line) {
        (Some(file), Some(line)) => {
            let base = file.rsplit('/').next().unwrap_or(file);
            format!("{function} ({}:{line})", clean(base))
        }
        _ => function,
    }
}

fn gone(what: &str, theme: Theme) -> Line<'static> {
    Line::styled(
        format!("the {what} is not there any more (Esc: back)"),
        theme.dim(),
    )
}

//! The help.

use ratatui::text::{Line, Span};

use super::Theme;

const KEYS: [(&str, &str); 17] = [
    ("q, Ctrl-C", "quit"),
    ("space, p", "stop looking, go on"),
    ("t, Tab, 1-4", "tasks, threads, resources, waits"),
    ("a", "tasks one by one, or by coroutine"),
    ("Enter, right", "open: the tasks of a coroutine, a page"),
    ("Esc, left", "back; clears the filter"),
    ("up down, j k", "a row; PgUp PgDn Home End as well"),
    ("s, S", "order by the next column, by the one before"),
    ("i", "the other way round"),
    ("/", "show rows that contain a text"),
    ("w", "all, waiting only, running or ready only"),
    ("g", "who is waited for, as a tree"),
    ("+ -", "more looks a second, fewer"),
    ("r", "forget the past: lag, steps, growth"),
    ("Ctrl-L", "draw all again"),
    ("Ctrl-Z", "to the background; fg comes back"),
    ("mouse", "a tab, a title, a row; again opens; wheel"),
];

const MEANING: [&str; 16] = [
    "The process is never stopped. What changed while it was read is left",
    "out of that look.",
    "≥        at least: our looks know no more. For a wait: the time for",
    "         which each look has found the same. Without it a time is",
    "         exact, by the clock of the process.",
    "-        not known",
    "lag      how long an event that comes now waits until its loop polls;",
    "         of the last 60 s, from the ages of the loop's iterations",
    "busy     part of the looks at which the loop did not poll",
    "RUNS     part of the looks of 10 s that found the task running",
    "STEPS/S  steps that two looks prove; there may have been more",
    "P99 STEP of the steps that a look met; each ran for at least as long",
    "GROWTH   tasks more than 60 s ago, or than at the first look",
    "cpu      of all Python threads together: 100 % is one processor",
    "GIL      part of the looks at which a thread had it",
    "Tasks and threads that have ended stay for 6 s.",
];

/// The lines of the help.
pub(super) fn lines(theme: Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::styled("KEYS", theme.title())];
    lines.extend(KEYS.iter().map(|(key, what)| {
        Line::from(vec![
            Span::styled(format!("  {key:14}"), theme.strong()),
            Span::raw(*what),
        ])
    }));
    lines.push(Line::default());
    lines.push(Line::styled("WHAT IT MEANS", theme.title()));
    lines.extend(MEANING.iter().map(|text| Line::from(format!("  {text}"))));
    lines
}

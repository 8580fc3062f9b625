//! Compares one diagnosis with the one that is expected.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::expect::{Expect, Truth};
use super::ours::{self, Process};
use super::score::label_of;

pub fn text<'a>(map: &'a Map<String, Value>, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Value::as_str)
}

/// A field that is one text or a list of them.
pub fn texts<'a>(map: &'a Map<String, Value>, key: &str) -> Vec<&'a str> {
    match map.get(key) {
        Some(Value::String(text)) => vec![text],
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

pub fn kind_is(expected: &Map<String, Value>, ours: &ours::Diagnosis) -> bool {
    if texts(expected, "or").contains(&&*ours.kind) {
        return true;
    }
    let how = text(expected, "how");
    let same_how = how.is_none()
        || ours.how.as_deref() == how
        || ours
            .how
            .as_deref()
            .is_some_and(|how| texts(expected, "or_how").contains(&how));
    text(expected, "kind") == Some(&*ours.kind) && same_how
}

/// All tasks that are to be named are, and no others but those that the file mentions.
pub fn tasks_are(
    expect: &Expect,
    expected: &Map<String, Value>,
    truth: &Truth,
    process: &Process,
    number: usize,
    ours: &ours::Diagnosis,
) -> bool {
    let labels = |map: &Map<String, Value>, keys: &[&str]| -> BTreeSet<String> {
        let names = keys.iter().flat_map(|key| texts(map, key));
        names.map(|name| truth.label_of(name)).collect()
    };
    let mut asked = labels(expected, &["tasks", "task"]);
    if asked.is_empty() {
        asked = labels(expected, &["waiters"]);
    }
    let keys = [
        "tasks",
        "task",
        "waiters",
        "holders",
        "starved",
        "blocked",
        "group_task",
        "child",
    ];
    let entries = expect.diagnosis.iter();
    let mentioned: BTreeSet<_> = entries.flat_map(|map| labels(map, &keys)).collect();
    let named: BTreeSet<_> = process
        .tasks
        .iter()
        .filter(|task| ours.tasks.contains(&task.id))
        .map(|task| label_of(number, task, truth))
        .collect();
    if asked.is_empty() {
        let threads = process.threads.iter();
        let names: Vec<_> = threads
            .filter(|thread| ours.threads.contains(&thread.id))
            .map(|thread| &*thread.name)
            .collect();
        let asked = texts(expected, "threads");
        return asked.iter().all(|name| names.contains(name));
    }
    let strip = |label: &String| label.trim_end_matches(" (done)").to_owned();
    let named: BTreeSet<_> = named.iter().map(strip).collect();
    asked.is_subset(&named) && named.is_subset(&mentioned)
}

pub fn culprit_is(expect: &Expect, ours: &ours::Diagnosis) -> bool {
    let (Some(right), Some(ours)) = (&expect.culprit, &ours.culprit) else {
        return false;
    };
    let file = ours.file.rsplit('/').next();
    let line = ours.line == right.line || right.also.contains(&ours.line);
    file == Some(&*right.file) && line
}

pub fn said(process: Option<&Process>, ours: &ours::Diagnosis) -> String {
    let tasks = process.into_iter().flat_map(|process| &process.tasks);
    let tasks = tasks.filter(|task| ours.tasks.contains(&task.id));
    let tasks: Vec<_> = tasks
        .map(|task| format!("{}={}", task.name, task.coroutine))
        .collect();
    let culprit = ours.culprit.as_ref();
    let culprit = culprit.map_or("no culprit".into(), |c| format!("{}:{}", c.file, c.line));
    let how = ours.how.as_deref().unwrap_or("-");
    let (kind, summary, tasks) = (&ours.kind, &ours.summary, tasks.join(", "));
    format!("{kind} ({how}) [{tasks}] at {culprit}: {summary}")
}

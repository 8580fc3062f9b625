//! One line about a resource, and about the wait for it.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use crate::model::{Resource, Taken, Wait};

/// Names shown before the rest is counted.
const NAMES_SHOWN: usize = 3;

/// What ids of tasks, threads and coroutines are called.
pub type Names = FxHashMap<ArcStr, String>;

/// `asyncio.locks.Lock` as its users import it: `asyncio.Lock`.
pub fn short_type(name: &str) -> String {
    let first = name.split('.').next().unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    match name.contains('.') {
        true => format!("{}.{last}", first.trim_start_matches('_')),
        false => name.to_owned(),
    }
}

/// What the resource is and in which state.
pub fn resource(resource: &Resource, names: &Names) -> String {
    let mut text = title(resource);
    let state = state(resource);
    if !state.is_empty() {
        text.push_str(&format!(" ({state})"));
    }
    if !resource.holders.is_empty() {
        text.push_str(&format!(" held by {}", holders(resource, names)));
    }
    text
}

fn title(resource: &Resource) -> String {
    let ty = match resource.kind.as_str() {
        "socket" | "pipe" | "file" => return resource.summary.clone(),
        "concurrent-future" => "concurrent future".to_owned(),
        "future" => "future".to_owned(),
        "executor" => "pool".to_owned(),
        "process-pool" => "process pool".to_owned(),
        "memory-stream" => "memory stream".to_owned(),
        "thread-lock" if resource.type_name.ends_with("RLock") => "threading.RLock".to_owned(),
        "thread-lock" => "threading.Lock".to_owned(),
        _ => short_type(&resource.type_name),
    };
    match &resource.name {
        Some(name) if resource.kind == "executor" => format!("{ty} \"{name}\""),
        Some(name) => format!("{ty} {name}"),
        None => ty,
    }
}

fn state(resource: &Resource) -> String {
    let mut parts = Vec::new();
    let kind = resource.kind.as_str();
    match (resource.used, resource.limit) {
        (Some(used), Some(limit)) => parts.push(format!("{used}/{limit} in use")),
        (Some(used), None) if kind == "pool" => parts.push(format!("{used} in use")),
        _ => {}
    }
    if kind.ends_with("semaphore")
        && let Some(value) = resource.value
    {
        parts.push(format!("{value} permits left"));
    }
    match (kind, resource.size, resource.limit) {
        ("executor", Some(queued), _) => parts.push(format!("{queued} queued")),
        ("queue" | "thread-queue" | "memory-stream", Some(size), Some(limit)) => {
            parts.push(format!("{size}/{limit} items"));
        }
        ("queue" | "thread-queue" | "memory-stream", Some(0), None) => {
            parts.push("empty".to_owned());
        }
        ("queue" | "thread-queue" | "memory-stream", Some(size), None) => {
            parts.push(format!("{size} items"));
        }
        ("barrier" | "thread-barrier", Some(size), Some(limit)) => {
            parts.push(format!("{size} of {limit} arrived"));
        }
        _ => {}
    }
    if let Some(unfinished) = resource.unfinished.filter(|unfinished| *unfinished > 0) {
        parts.push(format!("{unfinished} unfinished"));
    }
    if let Some(buffered) = resource.buffered.filter(|buffered| *buffered > 0) {
        parts.push(format!("{buffered} bytes buffered"));
    }
    match (
        kind,
        resource.locked,
        resource.set,
        resource.holders.is_empty(),
    ) {
        ("lock" | "thread-lock", Some(true), _, true) => {
            parts.push("locked, no holder found".to_owned());
        }
        ("lock" | "thread-lock", Some(false), ..) => parts.push("free".to_owned()),
        (_, _, Some(true), _) => parts.push("set".to_owned()),
        (_, _, Some(false), _) => parts.push("not set".to_owned()),
        _ => {}
    }
    if resource.closed == Some(true) {
        parts.push("shut down".to_owned());
    }
    parts.join(", ")
}

/// The holders of the resource that are named in a line about it.
pub fn named_holders(resource: &Resource) -> impl Iterator<Item = &ArcStr> {
    resource.holders.iter().take(NAMES_SHOWN)
}

fn holders(resource: &Resource, names: &Names) -> String {
    let shown = named_holders(resource).map(|id| {
        let name = names.get(id).map_or(id.as_str(), String::as_str);
        match resource.taken_at.iter().find(|taken| taken.by == *id) {
            Some(Taken {
                function,
                line: Some(line),
                ..
            }) => format!("{name} ({function}, line {line})"),
            _ => name.to_owned(),
        }
    });
    let shown: Vec<String> = shown.collect();
    match resource.holders.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Completes what `wait` says from the resource that it names.
pub fn wait(wait: &mut Wait, resource: Option<&Resource>, ahead: Option<u64>) {
    if let Some(resource) = resource {
        if wait.holders.is_empty() {
            wait.holders.clone_from(&resource.holders);
        }
        if wait.waiters_ahead.is_none() && !matches!(wait.kind.as_str(), "event" | "queue-join") {
            wait.waiters_ahead = ahead;
        }
        let action = match wait.kind.as_str() {
            "queue-get" => "get from ",
            "queue-put" => "put into ",
            "queue-join" => "join of ",
            "socket-read" | "pipe-read" => "read from ",
            "socket-write" | "pipe-write" => "write to ",
            "condition" if resource.kind != "condition" => "notification, ",
            _ => "",
        };
        if wait.summary.is_empty() || wait.summary == wait.type_name {
            wait.summary = format!("{action}{}", resource.summary).into();
        }
        if wait.kind == "executor"
            && let Some(ahead) = wait.waiters_ahead
        {
            wait.summary = format!("{}, position {}", wait.summary, ahead + 1).into();
        }
    }
    if wait.kind == "timer" {
        wait.summary = match wait.remaining_s {
            Some(left) => timer(left),
            None => format!("timer, {}", wait.summary).into(),
        };
    }
}

/// What is said of the wait for a timer that is due in `left` seconds.
pub fn timer(left: f64) -> ArcStr {
    match left < 0.0 {
        true => format!("timer, overdue by {:.1} s", -left).into(),
        false => format!("timer, {left:.1} s left").into(),
    }
}

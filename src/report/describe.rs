//! What locks, queues and pools are called, and in which state they are.

use crate::model::Resource;
use crate::plain_text;

/// Names longer than this are cut.
const NAME_COLUMNS: usize = 40;
/// Descriptions that we have from elsewhere are cut to this.
const DESCRIPTION_COLUMNS: usize = 100;

/// `lock Account.lock`, `pool "io"`, or the type where nothing names it:
/// `asyncio.Lock`. Printable.
pub fn title(resource: &Resource) -> String {
    let kind = match resource.kind.as_str() {
        "socket" | "pipe" | "file-lock" | "subprocess" => return described(resource),
        "executor" => "pool",
        "process-pool" => "process pool",
        "concurrent-future" => "future",
        "thread-lock" if resource.type_name.ends_with("RLock") => "thread rlock",
        kind => &kind.replace('-', " "),
    };
    let name = resource.name.as_deref().map(short);
    match (name, resource.kind.as_str()) {
        (Some(name), "executor" | "process-pool") => format!("{kind} \"{name}\""),
        (Some(name), _) if name == kind => name,
        (Some(name), _) => format!("{kind} {name}"),
        (None, "executor" | "process-pool" | "future" | "concurrent-future") => kind.to_owned(),
        (None, _) if resource.type_name.is_empty() => kind.to_owned(),
        (None, _) => short(&short_type(&resource.type_name)),
    }
}

/// The title and the state: `pool "io" (2/2 busy, 3 queued)`.
pub fn titled(resource: &Resource) -> String {
    let title = title(resource);
    match state(resource) {
        state if state.is_empty() => title,
        state => format!("{title} ({state})"),
    }
}

/// Whether the name of its type is all that fields say of it.
pub fn is_opaque(resource: &Resource) -> bool {
    const TOLD: [&str; 15] = [
        "lock",
        "semaphore",
        "event",
        "condition",
        "barrier",
        "queue",
        "future",
        "executor",
        "process-pool",
        "pool",
        "limiter",
        "memory-stream",
        "socket",
        "pipe",
        "concurrent-future",
    ];
    let kind = resource.kind.as_str();
    !TOLD.contains(&kind.strip_prefix("thread-").unwrap_or(kind))
}

/// What says why one has to wait for it: how full, how many left, not set.
pub fn state(resource: &Resource) -> String {
    let kind = resource.kind.as_str();
    let mut parts = Vec::new();
    let word = match kind {
        "executor" | "process-pool" => "busy",
        _ => "in use",
    };
    match (resource.used, resource.limit) {
        (Some(used), Some(limit)) => parts.push(format!("{used}/{limit} {word}")),
        (Some(used), None) => parts.push(format!("{used} {word}")),
        _ => {}
    }
    if kind.ends_with("semaphore")
        && let Some(value) = resource.value
    {
        parts.push(format!("{value} left"));
    }
    parts.extend(filling(resource));
    if let Some(unfinished) = resource.unfinished.filter(|count| *count > 0) {
        parts.push(format!("{unfinished} unfinished"));
    }
    match (kind, resource.locked, resource.set) {
        ("lock" | "thread-lock", Some(true), _) if resource.holders.is_empty() => {
            parts.push("locked, holder not known".to_owned());
        }
        ("lock" | "thread-lock", Some(false), _) => parts.push("free".to_owned()),
        (_, _, Some(true)) => parts.push("set".to_owned()),
        (_, _, Some(false)) => parts.push("not set".to_owned()),
        _ => {}
    }
    if resource.closed == Some(true) {
        parts.push("shut down".to_owned());
    }
    parts.join(", ")
}

/// How many items or jobs are in it.
fn filling(resource: &Resource) -> Option<String> {
    let size = resource.size?;
    match (resource.kind.as_str(), resource.limit) {
        ("executor" | "process-pool", _) => Some(format!("{size} queued")),
        ("queue" | "thread-queue" | "memory-stream", Some(limit)) if limit > 0 => {
            Some(format!("{size}/{limit} items"))
        }
        ("queue" | "thread-queue" | "memory-stream", _) if size == 0 => Some("empty".to_owned()),
        ("queue" | "thread-queue" | "memory-stream", _) => Some(format!("{size} items")),
        ("barrier" | "thread-barrier", Some(limit)) => Some(format!("{size} of {limit} arrived")),
        ("pool", _) => Some(format!("{size} free")),
        _ => None,
    }
}

/// Of what the kernel keeps the summary says everything.
fn described(resource: &Resource) -> String {
    let text = plain_text::name(&resource.summary);
    plain_text::cut(&text, DESCRIPTION_COLUMNS).into_owned()
}

/// `asyncio.locks.Lock` as its users import it: `asyncio.Lock`.
fn short_type(full: &str) -> String {
    match (full.split_once('.'), full.rsplit_once('.')) {
        (Some((first, _)), Some((_, last))) => format!("{}.{last}", first.trim_start_matches('_')),
        _ => full.to_owned(),
    }
}

fn short(text: &str) -> String {
    plain_text::cut(&plain_text::name(text), NAME_COLUMNS).into_owned()
}

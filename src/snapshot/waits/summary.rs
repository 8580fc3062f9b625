//! Summaries of resources and waits in one line.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use crate::model::{Acquisition, ItemId, Resource, ResourceKind, Wait, WaitKind};

/// Maximum number of names in a summary. The others are counted.
const NAMES_SHOWN: usize = 3;

/// Display names of tasks, threads and coroutines.
pub type Names = FxHashMap<ItemId, String>;

/// The name by which programs import a type: `asyncio.Lock` for `asyncio.locks.Lock`.
pub fn short_type(name: &str) -> String {
    let first = name.split('.').next().unwrap_or(name);
    let last = name.rsplit('.').next().unwrap_or(name);
    match name.contains('.') {
        true => format!("{}.{last}", first.trim_start_matches('_')),
        false => name.to_owned(),
    }
}

/// Summary of a resource: its type, name, state and holders.
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

/// Type and name of a resource.
fn title(resource: &Resource) -> String {
    let ty = match resource.kind {
        ResourceKind::Socket | ResourceKind::Pipe | ResourceKind::File => {
            return resource.summary.clone();
        }
        ResourceKind::ConcurrentFuture => "concurrent future".to_owned(),
        ResourceKind::Future => "future".to_owned(),
        ResourceKind::Executor => "pool".to_owned(),
        ResourceKind::ProcessPool => "process pool".to_owned(),
        ResourceKind::MemoryStream => "memory stream".to_owned(),
        ResourceKind::ThreadLock if resource.type_name.ends_with("RLock") => {
            "threading.RLock".to_owned()
        }
        ResourceKind::ThreadLock => "threading.Lock".to_owned(),
        _ => short_type(&resource.type_name),
    };
    match &resource.name {
        Some(name) if resource.kind == ResourceKind::Executor => format!("{ty} \"{name}\""),
        Some(name) => format!("{ty} {name}"),
        None => ty,
    }
}

/// State of a resource. Empty if nothing is known.
fn state(resource: &Resource) -> String {
    let mut parts = Vec::new();
    let kind = resource.kind;
    match (resource.used, resource.limit) {
        (Some(used), Some(limit)) => parts.push(format!("{used}/{limit} in use")),
        (Some(used), None) if kind == ResourceKind::Pool => parts.push(format!("{used} in use")),
        _ => {}
    }
    if matches!(
        kind,
        ResourceKind::Semaphore | ResourceKind::ThreadSemaphore
    ) && let Some(value) = resource.value
    {
        parts.push(format!("{value} permits left"));
    }
    match (kind, resource.size, resource.limit) {
        (ResourceKind::Executor, Some(queued), _) => parts.push(format!("{queued} queued")),
        (
            ResourceKind::Queue | ResourceKind::ThreadQueue | ResourceKind::MemoryStream,
            Some(size),
            Some(limit),
        ) => {
            parts.push(format!("{size}/{limit} items"));
        }
        (
            ResourceKind::Queue | ResourceKind::ThreadQueue | ResourceKind::MemoryStream,
            Some(0),
            None,
        ) => {
            parts.push("empty".to_owned());
        }
        (
            ResourceKind::Queue | ResourceKind::ThreadQueue | ResourceKind::MemoryStream,
            Some(size),
            None,
        ) => {
            parts.push(format!("{size} items"));
        }
        (ResourceKind::Barrier | ResourceKind::ThreadBarrier, Some(size), Some(limit)) => {
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
        (ResourceKind::Lock | ResourceKind::ThreadLock, Some(true), _, true) => {
            parts.push("locked, no holder found".to_owned());
        }
        (ResourceKind::Lock | ResourceKind::ThreadLock, Some(false), ..) => {
            parts.push("free".to_owned())
        }
        (_, _, Some(true), _) => parts.push("set".to_owned()),
        (_, _, Some(false), _) => parts.push("not set".to_owned()),
        _ => {}
    }
    if resource.closed == Some(true) {
        parts.push("shut down".to_owned());
    }
    parts.join(", ")
}

/// The holders that the summary of the resource names.
pub fn named_holders(resource: &Resource) -> impl Iterator<Item = &ItemId> {
    resource.holders.iter().take(NAMES_SHOWN)
}

/// Names of the holders, with the place in the code where each took the resource.
fn holders(resource: &Resource, names: &Names) -> String {
    let shown = named_holders(resource).map(|id| {
        let name = names.get(id).cloned().unwrap_or_else(|| id.to_string());
        match resource.taken_at.iter().find(|taken| taken.by == *id) {
            Some(Acquisition {
                function,
                line: Some(line),
                ..
            }) => format!("{name} ({function}, line {line})"),
            _ => name,
        }
    });
    let shown: Vec<String> = shown.collect();
    match resource.holders.len() - shown.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Completes `wait` from its resource. `ahead` is the number of waiters before it.
pub fn wait(wait: &mut Wait, resource: Option<&Resource>, ahead: Option<u64>) {
    if let Some(resource) = resource {
        if wait.holders.is_empty() {
            wait.holders.clone_from(&resource.holders);
        }
        if wait.waiters_ahead.is_none()
            && !matches!(wait.kind, WaitKind::Event | WaitKind::QueueJoin)
        {
            wait.waiters_ahead = ahead;
        }
        let action = match wait.kind {
            WaitKind::QueueGet => "get from ",
            WaitKind::QueuePut => "put into ",
            WaitKind::QueueJoin => "join of ",
            WaitKind::SocketRead | WaitKind::PipeRead => "read from ",
            WaitKind::SocketWrite | WaitKind::PipeWrite => "write to ",
            WaitKind::Condition if resource.kind != ResourceKind::Condition => "notification, ",
            _ => "",
        };
        if wait.summary.is_empty() || wait.summary == wait.type_name {
            wait.summary = format!("{action}{}", resource.summary).into();
        }
        if wait.kind == WaitKind::Executor
            && let Some(ahead) = wait.waiters_ahead
        {
            wait.summary = format!("{}, position {}", wait.summary, ahead + 1).into();
        }
    }
    if wait.kind == WaitKind::Timer {
        wait.summary = match wait.remaining_s {
            Some(left) => timer(left),
            None => format!("timer, {}", wait.summary).into(),
        };
    }
}

/// Summary of the wait for a timer that is due in `left` seconds.
pub fn timer(left: f64) -> ArcStr {
    match left < 0.0 {
        true => format!("timer, overdue by {:.1} s", -left).into(),
        false => format!("timer, {left:.1} s left").into(),
    }
}

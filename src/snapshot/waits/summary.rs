//! Summaries of resources and waits in one line.

use rustc_hash::FxHashMap;

use crate::model::describe;
use crate::model::{Acquisition, ItemId, Resource, Wait, WaitKind};

/// Maximum number of names in a summary. The others are counted.
const NAMES_SHOWN: usize = 3;

/// Display names of tasks, threads and coroutines.
pub type Names = FxHashMap<ItemId, String>;

/// Summary of a resource: its type, name, state and holders.
pub fn resource(resource: &Resource, names: &Names) -> String {
    describe::held(resource, &holders(resource, names))
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
        let action = describe::action(wait.kind, resource.kind);
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
            Some(left) => describe::timer(left).into(),
            None => format!("timer, {}", wait.summary).into(),
        };
    }
}

//! Words that summaries share: names, locations, numbers.

use std::borrow::Borrow;

use super::facts::Facts;
use super::frames::user_frame;
pub(super) use crate::model::describe::duration;
use crate::model::describe::short_type;
use crate::model::{Frame, Framework, Item, ItemId, Resource, Task};

/// Names shown in one summary before the rest is counted.
const NAMES_SHOWN: usize = 3;

impl Facts<'_> {
    /// What people call the item.
    pub(super) fn name(&self, id: ItemId) -> String {
        match self.index.get(id) {
            Some(Item::Task(task)) => task_name(task),
            Some(Item::Thread(thread)) => thread.name.clone(),
            Some(Item::Resource(resource)) => resource_name(resource),
            Some(Item::Coroutine(coroutine)) => format!("{}()", coroutine.qualname),
            Some(Item::Child(child)) => format!("process {}", child.pid),
            Some(Item::Loop(_)) => "the event loop".to_owned(),
            None => match id.process() {
                Some(pid) => format!("process {pid}"),
                None => id.to_string(),
            },
        }
    }

    /// Several names in one phrase, the rest counted.
    pub(super) fn names(&self, ids: impl IntoIterator<Item = impl Borrow<ItemId>>) -> String {
        let mut names: Vec<String> = Vec::new();
        let mut more = 0;
        for id in ids {
            if names.len() < NAMES_SHOWN {
                names.push(self.name(*id.borrow()));
            } else {
                more += 1;
            }
        }
        match more {
            0 => names.join(", "),
            more => format!("{} and {more} more", names.join(", ")),
        }
    }
}

fn task_name(task: &Task) -> String {
    match (task.name.is_empty(), task.name_is_default) {
        (true, _) => task.coroutine.to_string(),
        // trio's default names have the function already.
        (false, true) if !task.coroutine.is_empty() && task.framework == Framework::Asyncio => {
            format!("{} ({})", task.name, task.coroutine)
        }
        _ => task.name.to_string(),
    }
}

/// The name of a resource, or its type where it has none.
pub(super) fn resource_name(resource: &Resource) -> String {
    match &resource.name {
        Some(name) => name.clone(),
        None if !resource.type_name.is_empty() => with_article(&short_type(&resource.type_name)),
        None => with_article(resource.kind.as_str()),
    }
}

/// The last part of a dotted name: `scan` of `Table.scan`.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The innermost user line of a stack: `handle (base.py:12)`.
pub(super) fn location(frames: &[Frame]) -> String {
    match user_frame(frames) {
        Some(frame) => format!(
            "{} ({}:{})",
            frame.function,
            base_name(frame.file.as_deref().unwrap_or_default()),
            frame.line.unwrap_or_default()
        ),
        None => frames.first().map_or_else(
            || "unknown code".to_owned(),
            |frame| frame.qualname.to_string(),
        ),
    }
}

/// The file name without its folders.
pub(super) fn base_name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// The verb for so many: `waits` for one, `wait` for several.
pub(super) fn verb(number: usize, stem: &str) -> String {
    match (number, stem) {
        (1, "have") => "has".to_owned(),
        (1, stem) => format!("{stem}s"),
        (_, stem) => stem.to_owned(),
    }
}

/// A thing with its article: `a queue`, `an event`.
fn with_article(thing: &str) -> String {
    let begins = thing.chars().next().unwrap_or_default();
    match begins.to_ascii_lowercase() {
        'a' | 'e' | 'i' | 'o' | 'u' => format!("an {thing}"),
        _ => format!("a {thing}"),
    }
}

/// The statement that takes the resource and gives it back.
pub(super) const fn with_statement(resource: &Resource) -> &'static str {
    match resource.kind.is_for_threads() {
        true => "with",
        false => "async with",
    }
}

/// A number of things: `1 task`, `3 tasks`.
pub(super) fn count(number: usize, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}

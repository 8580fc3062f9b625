//! Short names and wait reasons of everything in a process, made once.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use super::Index;
use super::text;
use crate::model::{ItemId, Process, Referrer, TaskState};

/// What the items of one process are called, and what they wait for.
#[derive(Debug, Clone, Default)]
pub struct Words {
    labels: FxHashMap<ItemId, String>,
    reasons: FxHashMap<ItemId, String>,
}

impl Words {
    /// The words for everything in `process`.
    pub fn of(process: &Process) -> Self {
        let index = Index::new(process);
        let tasks = process.tasks.iter().map(|task| task.id);
        let threads = process.threads.iter().map(|thread| thread.id);
        let others = (process.loops.iter().map(|it| it.id))
            .chain(process.resources.iter().map(|it| it.id))
            .chain(process.coroutines.iter().map(|it| it.id))
            .chain(process.children.iter().map(|it| it.id));
        let all = tasks.chain(threads).chain(others);
        let waiting = (process.tasks.iter())
            .filter(|task| task.state == TaskState::Waiting)
            .map(|task| task.id);
        let waiting = waiting.chain(
            (process.threads.iter())
                .filter(|thread| thread.waits_for.is_some())
                .map(|thread| thread.id),
        );
        Self {
            labels: all.map(|id| (id, index.label(id))).collect(),
            reasons: waiting.map(|id| (id, text::reason(id, &index))).collect(),
        }
    }

    /// A short, printable name for the item; its id where the process lists no
    /// such item.
    pub fn label(&self, id: ItemId) -> Cow<'_, str> {
        match self.labels.get(&id) {
            Some(label) => Cow::Borrowed(label),
            None => Cow::Owned(id.to_string()),
        }
    }

    /// A short name for whatever refers to a resource.
    pub fn referrer(&self, referrer: &Referrer) -> Cow<'_, str> {
        match referrer {
            Referrer::Item(id) => self.label(*id),
            Referrer::Module(_) => Cow::Owned(referrer.to_string()),
        }
    }

    /// What the task or thread waits for, in a few words; `None` if it does not
    /// wait.
    pub fn reason(&self, id: ItemId) -> Option<&str> {
        self.reasons.get(&id).map(String::as_str)
    }
}

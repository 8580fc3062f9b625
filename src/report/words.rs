//! Short names and reasons for all ids of a process, made once.

use arcstr::ArcStr;
use rustc_hash::FxHashMap;

use super::Index;
use super::text;
use crate::model::{Process, TaskState};

/// What the ids of one process are called, and what they wait for.
#[derive(Debug, Clone, Default)]
pub struct Words {
    labels: FxHashMap<ArcStr, String>,
    reasons: FxHashMap<ArcStr, String>,
}

impl Words {
    /// The words for everything in `process`.
    pub fn of(process: &Process) -> Self {
        let index = Index::new(process);
        let tasks = process.tasks.iter().map(|task| &task.id);
        let threads = process.threads.iter().map(|thread| &thread.id);
        let others = (process.loops.iter().map(|it| &it.id))
            .chain(process.resources.iter().map(|it| &it.id))
            .chain(process.coroutines.iter().map(|it| &it.id))
            .chain(process.children.iter().map(|it| &it.id));
        let all = tasks.chain(threads).chain(others);
        let waiting = (process.tasks.iter())
            .filter(|task| task.state == TaskState::Waiting)
            .map(|task| &task.id);
        let waiting = waiting.chain(
            (process.threads.iter())
                .filter(|thread| thread.waits_for.is_some())
                .map(|thread| &thread.id),
        );
        Self {
            labels: all.map(|id| (id.clone(), index.label(id))).collect(),
            reasons: waiting
                .map(|id| (id.clone(), text::reason(id, &index)))
                .collect(),
        }
    }

    /// A short, printable name for whatever the id stands for.
    pub fn label<'a>(&'a self, id: &'a str) -> &'a str {
        self.labels.get(id).map_or(id, String::as_str)
    }

    /// What the task or thread waits for, in a few words.
    pub fn reason(&self, id: &str) -> Option<&str> {
        self.reasons.get(id).map(String::as_str)
    }
}

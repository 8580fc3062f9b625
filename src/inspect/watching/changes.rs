//! What changes of a process from one verdict to the next: groups of tasks that grow, coroutines
//! that nobody awaits, pools at their limit, and its children.

use std::collections::BTreeMap;
use std::time::Instant;

use super::Event;
use crate::model::{ChildProcess, Process};
use crate::profile::growth::{Created, Growth};
use crate::profile::pools::FullPools;

/// What the verdicts up to now have shown.
#[derive(Debug)]
pub(super) struct Changes {
    began: Instant,
    growth: Growth,
    created: Created,
    pools: FullPools,
    /// The commands of its children. `None` before the first verdict.
    children: Option<BTreeMap<u32, String>>,
}

impl Changes {
    /// No verdict yet.
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            growth: Growth::default(),
            created: Created::default(),
            pools: FullPools::default(),
            children: None,
        }
    }

    /// What has changed since the verdict before.
    pub(super) fn judged(&mut self, process: &Process) -> Vec<Event> {
        let at_s = self.began.elapsed().as_secs_f64();
        let grown = self.growth.look(process, at_s).into_iter();
        let created = self.created.look(process, at_s).into_iter();
        let mut events: Vec<Event> = grown.map(Event::Grown).collect();
        events.extend(created.map(Event::Unawaited));
        let pools = self.pools.look(process).into_iter();
        events.extend(pools.map(Event::Pool));
        events.extend(self.of_children(&process.children));
        events
    }

    fn of_children(&mut self, children: &[ChildProcess]) -> Vec<Event> {
        let living = children.iter().filter(|child| !child.has_ended());
        let now: BTreeMap<u32, String> = living
            .map(|child| (child.pid, child.command.join(" ")))
            .collect();
        let Some(before) = self.children.replace(now.clone()) else {
            return Vec::new();
        };
        let begun = now.iter().filter(|(pid, _)| !before.contains_key(pid));
        let ended = before.iter().filter(|(pid, _)| !now.contains_key(pid));
        let begun = begun.map(|(pid, command)| Event::ChildBegan {
            pid: *pid,
            command: command.clone(),
        });
        let ended = ended.map(|(pid, command)| Event::ChildEnded {
            pid: *pid,
            command: command.clone(),
        });
        ended.chain(begun).collect()
    }
}

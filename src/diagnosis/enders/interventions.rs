//! Who may end waits without using what is waited for: by cancelling, by closing a generator,
//! by serving a child process, by awaiting a coroutine.

use rustc_hash::FxHashSet;

use super::program::Program;
use super::{Group, Reach, Search, has_tasks_of, wanted};
use crate::diagnosis::source::Place;
use crate::model::{Framework, ItemId, Task};

/// Methods of asynchronous generators that let them go on, and the function that does.
const CLOSE_GENERATOR: [&str; 4] = ["aclose", "athrow", "asend", "__anext__"];
const NEXT_ITEM: &str = "anext";
/// Methods that read from the pipes of a child, write to them, close them, or end the child.
const OF_PIPES: [&str; 18] = [
    "read",
    "readline",
    "readlines",
    "readexactly",
    "readuntil",
    "write",
    "writelines",
    "write_eof",
    "close",
    "communicate",
    "kill",
    "terminate",
    "send_signal",
    "__aiter__",
    "get",
    "get_nowait",
    "recv",
    "recv_bytes",
];
/// Functions that raise `SystemExit`, or `KeyboardInterrupt` in the main thread.
const ENDS: [&str; 3] = ["exit", "quit", "interrupt_main"];
/// Attributes of children with their pipes.
const PIPES: [&str; 3] = ["stdin", "stdout", "stderr"];

/// Which tasks code may cancel.
#[derive(Debug, Default, Clone)]
pub(in crate::diagnosis) struct Cancelled {
    /// Any.
    pub(super) any: bool,
    /// Those of coroutines of these functions.
    of: FxHashSet<String>,
}

impl Cancelled {
    const ANY: Self = Self {
        any: true,
        of: FxHashSet::with_hasher(rustc_hash::FxBuildHasher),
    };

    /// Whether the task may be one of them.
    pub(in crate::diagnosis) fn includes(&self, task: &Task) -> bool {
        let function = task.coroutine.rsplit('.').next().unwrap_or_default();
        self.any || self.of.contains(function)
    }

    /// Adds the tasks that the variable or attribute may have.
    pub(super) fn add_tasks_of(&mut self, program: &Program, place: &Place) {
        let kept = match place {
            Place::Local(name) | Place::Named(name) => program.tasks_kept_as(name),
            Place::Called(_) | Place::Got(_) | Place::Other => None,
        };
        match kept {
            Some(functions) => self.of.extend(functions),
            None => self.any = true,
        }
    }

    /// Adds those that other code may cancel.
    pub(super) fn add(&mut self, other: &Self) {
        self.any |= other.any;
        self.of.extend(other.of.iter().cloned());
    }

    fn is_empty(&self) -> bool {
        !self.any && self.of.is_empty()
    }
}

impl Search<'_> {
    /// Who may cancel tasks, and which.
    pub(super) fn cancellers(&self) -> Vec<(Vec<ItemId>, Cancelled)> {
        let of_greenlets = has_tasks_of(self.facts, Framework::Greenlet);
        // What is called under another name may be a method that cancels.
        let by_value = !self.outside.all.cancels.is_empty() || self.program.gives_cancel;
        // An object may go whatever runs.
        let finalizes = !self.program.finalized.is_empty();
        let of_group = |group: &Group| {
            let any = of_greenlets && group.reach.kills
                || by_value && (group.reach.calls_unknown || finalizes);
            match any {
                true => Cancelled::ANY,
                false => group.reach.cancels.clone(),
            }
        };
        let groups = self.groups.iter().map(|group| (group, of_group(group)));
        let cancelling = groups.filter(|(_, cancelled)| !cancelled.is_empty());
        let each =
            cancelling.map(|(group, cancelled)| (group.ids.iter().copied().collect(), cancelled));
        each.collect()
    }

    /// Tasks that may raise an error of their own: that cancels the others of their group, and
    /// ends the wait of who gathers them.
    pub(super) fn raising(&self) -> Vec<ItemId> {
        let groups = self.groups.iter().filter(|group| group.raises);
        let ids = groups.flat_map(|group| &group.ids).copied();
        ids.filter(|id| id.task().is_some()).collect()
    }

    /// Who may add a task to a group that raises an error: which group it is does not show.
    pub(super) fn spawning(&self) -> Vec<ItemId> {
        let groups = self.groups.iter();
        let groups = groups.filter(|group| group.reach.spawns && group.reach.raises);
        groups.flat_map(|group| &group.ids).copied().collect()
    }

    /// Who may give limiters more permits.
    pub(super) fn growing(&self) -> Vec<ItemId> {
        let groups = self.groups.iter().filter(|group| group.reach.grows);
        groups.flat_map(|group| &group.ids).copied().collect()
    }

    /// Whether a signal handler may raise an error when a timer of the kernel ends: the program
    /// sets such a timer and names the signal that it sends.
    pub(super) fn alarm_raises(&self) -> bool {
        let raises = self.signals.raises || ENDS.iter().any(|it| self.signals.names.contains(*it));
        raises && self.program.sets_alarm
    }

    /// Coroutines without a task, each with who keeps it and has code left that names it.
    pub(super) fn resumers(&self) -> Vec<(ItemId, ItemId)> {
        let names = |keeper: &ItemId, path: &str| {
            let mut own = self
                .groups
                .iter()
                .filter(|group| group.ids.contains(keeper));
            let name = wanted::first_identifier(path);
            name.is_some_and(|name| own.any(|group| group.reach.names.contains(&name)))
        };
        let coroutines = self.facts.process.coroutines.iter();
        let kept = coroutines.flat_map(|it| it.kept_by.iter().map(move |kept| (it.id, kept)));
        let resumed = kept.filter(|(_, (keeper, path))| names(keeper, path));
        resumed.map(|(id, (keeper, _))| (id, *keeper)).collect()
    }

    /// Who may use the pipes of a child, or end it.
    pub(super) fn serving_children(&self) -> Vec<ItemId> {
        let serves = |group: &&Group| {
            let mut operations = group.reach.operations.iter();
            operations.any(|it| OF_PIPES.contains(&it.method.as_str()))
                || PIPES.iter().any(|name| group.reach.names.contains(*name))
                || group.reach.calls_unknown
                || group.in_library
        };
        let groups = self.groups.iter().filter(serves);
        let ids = groups.flat_map(|group| &group.ids).copied();
        // What the thread of a loop does, its tasks and callbacks do.
        let runs_loop = |id: ItemId| {
            self.facts
                .thread(id)
                .is_some_and(|it| it.event_loop.is_some())
        };
        ids.filter(|id| !runs_loop(*id)).collect()
    }

    /// Who may close asynchronous generators, or take their next item.
    pub(super) fn closers(&self) -> Vec<ItemId> {
        let closes = |reach: &Reach| {
            let mut operations = reach.operations.iter();
            operations.any(|it| CLOSE_GENERATOR.contains(&it.method.as_str()))
                || reach.names.contains(NEXT_ITEM)
        };
        let groups = self.groups.iter().filter(|group| closes(&group.reach));
        groups.flat_map(|group| &group.ids).copied().collect()
    }
}

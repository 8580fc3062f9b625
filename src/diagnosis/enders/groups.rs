//! Activities that may still do the same: tasks, threads, coroutines, callbacks of loops.

use std::cell::OnceCell;

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::Search;
use super::loops::calls_in;
use super::program::{Function, Program};
use super::reach::Reach;
use super::wanted::Wanted;
use crate::diagnosis::frames::is_idle_worker;
use crate::model::{CoroutineState, Frame, ItemId, PendingCode, Thread};

/// Activities that may still do the same: they have equal stacks.
pub(super) struct Group {
    /// What the rest of their stacks may do.
    pub reach: Reach,
    /// The activities.
    pub ids: IndexSet<ItemId, FxBuildHasher>,
    /// Whether it stands in code of a library, which may call what it was given.
    pub in_library: bool,
    /// What of it is on no stack, and comes first: the end of a `with` block, the rest of a
    /// generator.
    pub pending: Reach,
    /// Whether one of its functions may raise an error that it makes.
    pub raises: bool,
}

impl Group {
    fn new(reach: Reach, id: ItemId) -> Self {
        Self {
            reach,
            ids: IndexSet::from_iter([id]),
            in_library: false,
            pending: Reach::default(),
            raises: false,
        }
    }

    /// Those that reach the resource through their variables.
    pub(super) fn reaching<'w>(&'w self, wanted: &'w Wanted) -> impl Iterator<Item = ItemId> + 'w {
        let reached_from = wanted.reached_from.iter().copied();
        reached_from.filter(|id| self.ids.contains(id))
    }
}

/// What functions may do that are called from somewhere else.
pub(super) struct Called {
    functions: Vec<Function>,
    /// All together.
    pub all: Reach,
    each: OnceCell<Vec<Reach>>,
}

impl Called {
    pub(super) fn new(program: &Program, functions: &[Function]) -> Self {
        Self {
            functions: functions.to_vec(),
            all: Reach::of_functions(program, functions.iter().copied()),
            each: OnceCell::new(),
        }
    }

    /// What each of them may do.
    pub(super) fn each(&self, program: &Program) -> &[Reach] {
        self.each.get_or_init(|| {
            let functions = self.functions.iter();
            let each = functions.map(|function| Reach::of_functions(program, [*function]));
            each.collect()
        })
    }
}

/// What tells stacks apart: the files and lines of the frames, and what is on no stack.
type Stack<'f> = (Vec<(usize, u32)>, &'f [PendingCode]);

impl Search<'_> {
    pub(super) fn add_stacks(&mut self) {
        let facts = self.facts;
        let mut known: FxHashMap<Stack<'_>, usize> = FxHashMap::default();
        let tasks = facts.live_tasks().map(|task| task.id);
        let threads = facts.process.threads.iter();
        let threads = threads.filter(|thread| thread.task.is_none() && !is_idle_worker(thread));
        let coroutines = facts.process.coroutines.iter();
        let ids = tasks.chain(threads.map(|thread| thread.id));
        for id in ids.chain(coroutines.map(|coroutine| coroutine.id)) {
            let frames = facts.frames(id);
            let key: Vec<(usize, u32)> = frames
                .iter()
                .map(|frame| {
                    let file = frame.file.as_deref();
                    let file = file.map_or(0, |file| file.as_ptr() as usize);
                    (file, frame.line.unwrap_or(0))
                })
                .collect();
            let key = (key, facts.pending_code(id));
            // What a library calls for a thread depends on its variables.
            let alone = frames.iter().all(|frame| frame.library) && id.task().is_none();
            let same = known.get(&key).filter(|_| !alone);
            match same.and_then(|at| self.groups.get_mut(*at)) {
                Some(group) => drop(group.ids.insert(id)),
                None => {
                    let reach = self.of_stack(id, frames);
                    if !alone {
                        known.insert(key, self.groups.len());
                    }
                    let mut group = Group::new(reach, id);
                    group.in_library = self.stands_in_library(id, frames);
                    group.raises = Reach::stack_raises(&self.program, frames);
                    group.pending =
                        Reach::of_pending(&self.program, frames, facts.pending_code(id));
                    self.groups.push(group);
                }
            }
        }
    }

    /// What the rest of a stack may do. A stack with code of libraries alone may call
    /// whatever these were given.
    fn of_stack(&self, id: ItemId, frames: &[Frame]) -> Reach {
        let thread = self.facts.thread(id).filter(|it| it.callbacks_complete);
        if let Some(thread) = thread {
            return Reach::of_callbacks(&self.program, &thread.callbacks);
        }
        if self
            .facts
            .coroutine(id)
            .is_some_and(|it| it.state == CoroutineState::Created)
        {
            return Reach::of_start(&self.program, frames);
        }
        let mut reach = Reach::of_stack(&self.program, frames, self.facts.pending_code(id));
        if frames.iter().all(|frame| frame.library) {
            reach.add(&self.outside.all);
            reach.calls_unknown = true;
        }
        reach
    }

    pub(super) fn add_callbacks(&mut self) {
        for task in self
            .facts
            .live_tasks()
            .filter(|it| !it.callbacks.is_empty())
        {
            let reach = Reach::of_callbacks(&self.program, &task.callbacks);
            self.groups.push(Group::new(reach, task.id));
        }
        let threads = self.facts.process.threads.iter();
        let calls = |it: &&Thread| !it.callbacks.is_empty() && !it.callbacks_complete;
        for thread in threads.filter(|it| calls(it) && !is_idle_worker(it)) {
            let reach = Reach::of_callbacks(&self.program, &thread.callbacks);
            self.groups.push(Group::new(reach, thread.id));
        }
        for event_loop in &self.facts.process.loops {
            let reach = Reach::of_callbacks(&self.program, &event_loop.callbacks);
            self.groups.push(Group::new(reach, event_loop.id));
            if calls_in(event_loop) {
                self.open_loops.push(event_loop.id);
            }
        }
    }
}

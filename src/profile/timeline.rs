//! Intervals: from when to when each task and thread was in which state.
//!
//! A state that is the same at two looks is one interval. Where it differs, the border is in the
//! middle between the looks, and half of the gap is its error. An item that waited and changed
//! while it was read is left out of that look: its state before goes on until the next one. Of one
//! that runs only the frames that are proved are shown.

use std::cell::OnceCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::interval::{Interval, Sum};
use super::iterations::{Iterations, Lag, Step};
use super::loop_names::LoopNames;
use super::reason::{Reason, without_numbers};
use super::stacks::{Activity, State, StateId, States, Who};
use crate::model::{
    EventLoop, Frame, Index, ItemId, LoopState, Process, StackSeen, Task, TaskState, Thread,
    ThreadState,
};

/// Maximum number of closed intervals that are kept one by one: 40 bytes each. The sums are of
/// all of them.
pub(super) const MAX_INTERVALS: usize = 4_000_000;

/// The state of an item that goes on.
#[derive(Debug, Clone)]
pub(super) struct Open {
    pub(super) state: StateId,
    pub(super) since_ns: u64,
    pub(super) seen_ns: u64,
    /// The last look that found the item.
    pub(super) look: u64,
    /// Whether a part of the timeline has told of it.
    pub(super) told: bool,
    /// The item as it was then, to tell at once that nothing has changed.
    pub(super) task: Option<Arc<Task>>,
    /// When a look at its stack found for the first time since that it may be in another state.
    pub(super) left_ns: Option<u64>,
    /// Processor time of a thread, at the last look.
    pub(super) cpu_s: Option<f64>,
    /// The last state in which it ran.
    pub(super) ran: Option<StateId>,
    /// The task that ran in a thread at the last look.
    pub(super) task_of: Option<ItemId>,
}

/// All states, and when who was in them.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    /// The states.
    pub states: States,
    pub(super) sums: Vec<Sum>,
    pub(super) intervals: Vec<Interval>,
    /// How many intervals were kept, also those that were taken out since.
    pub(super) kept: usize,
    pub(super) left_out: u64,
    pub(super) iterations: Iterations,
    pub(super) open: FxHashMap<ItemId, Open>,
    pub(super) loops: LoopNames,
    pub(super) looks: u64,
    pub(super) last_ns: Option<u64>,
}

/// What one look found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Looked {
    /// Tasks and threads that were read.
    pub read: u64,
    /// Those of them that changed while they were read.
    pub rejected: u64,
    /// Tasks that had not ended.
    pub tasks: u64,
}

impl Timeline {
    /// Adds one look, taken `at_ns` after the beginning.
    pub fn look(&mut self, process: &Process, at_ns: u64) -> Looked {
        self.looks += 1;
        let index = LazyIndex::new(process);
        let mut looked = Looked::default();
        let mut stacks: FxHashMap<*const Frame, u32> = FxHashMap::default();
        let loops = self.loops(process);
        for task in process
            .tasks
            .iter()
            .filter(|it| it.state != TaskState::Done)
        {
            looked.read += 1;
            looked.tasks += 1;
            let runs = task.state == TaskState::Running;
            if task.error.is_some() {
                looked.rejected += 1;
                // That it runs is certain; where is told by its thread.
                if !runs {
                    self.keep(task.id);
                    continue;
                }
            }
            if self.is_as_before(task, at_ns) {
                continue;
            }
            let state = self.task_state(task, &index, &loops, &mut stacks);
            self.seen(task.id, state, at_ns);
            if let Some(open) = self.open.get_mut(&task.id) {
                open.task = (!runs).then(|| Arc::clone(task));
            }
        }
        for thread in &process.threads {
            looked.read += 1;
            if thread.error.is_some() {
                looked.rejected += 1;
                if thread.state == ThreadState::Blocked {
                    self.keep(thread.id);
                    continue;
                }
            }
            let state = self.thread_state(thread, &index, &loops);
            self.seen(thread.id, state, at_ns);
            self.add_cpu(thread);
        }
        self.end_others(at_ns);
        let open = &self.open;
        let state_of = |id| open.get(&id).map(|open| open.state);
        self.iterations.look(process, at_ns, &loops, &state_of);
        self.last_ns = Some(at_ns);
        looked
    }

    /// Adds what a look at the stack of a thread found, `at_ns` after the beginning.
    pub fn glimpse(&mut self, thread: ItemId, seen: &StackSeen, at_ns: u64) {
        let Some(open) = self.open.get_mut(&thread) else {
            return;
        };
        let (activity, frames) = match seen {
            StackSeen::Runs(frames) => (Activity::Running, frames),
            StackSeen::WaitsForGil(frames) => (Activity::WaitingGil, frames),
            StackSeen::NotKnown => {
                open.left_ns.get_or_insert(at_ns);
                return;
            }
        };
        let Some(before) = self.states.get(open.state).copied() else {
            return;
        };
        let stack = self.states.add_stack(frames.iter());
        let state = self.states.add(State {
            stack,
            activity,
            reason: None,
            ..before
        });
        self.seen(thread, state, at_ns);
    }

    /// The iterations that blocked a loop for long, the longest first, each with what ran.
    pub fn slow_steps(&self) -> impl Iterator<Item = (&Step, Option<&State>)> {
        let slow = self.iterations.slow().into_iter();
        slow.map(|step| (step, step.state.and_then(|state| self.states.get(state))))
    }

    /// Ends all intervals. The recording ends `at_ns` after its beginning.
    pub fn finish(&mut self, at_ns: u64) {
        let open = std::mem::take(&mut self.open);
        for (item, open) in open {
            self.close(item, &open, at_ns.max(open.seen_ns));
        }
        self.intervals.sort_by_key(|it| (it.from_ns, it.to_ns));
        self.iterations.finish();
        self.last_ns = None;
    }

    /// Whether it was finished, and no look came after that.
    pub(super) fn is_finished(&self) -> bool {
        self.last_ns.is_none() && self.looks > 0
    }

    /// The closed intervals; sorted by their beginnings after [`Self::finish`].
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// How many intervals are in the sums only, because there were too many.
    pub fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The sums of the closed intervals of each state.
    pub fn sums(&self) -> impl Iterator<Item = (&State, Sum)> {
        let numbers = (0..).map(StateId);
        let sums = numbers.zip(&self.sums);
        sums.filter_map(|(id, sum)| Some((self.states.get(id)?, *sum)))
            .filter(|(_, sum)| sum.looks > 0)
    }

    /// The ages of iterations, in the order of the looks.
    pub fn lags(&self) -> &[Lag] {
        self.iterations.lags()
    }

    /// The number of the name of each loop.
    fn loops(&mut self, process: &Process) -> FxHashMap<ItemId, u32> {
        let loops = process.loops.iter().map(|event_loop| {
            let name = self.loops.of(event_loop, &process.threads);
            (event_loop.id, self.states.add_name(name))
        });
        loops.collect()
    }

    fn task_state(
        &mut self,
        task: &Task,
        index: &LazyIndex<'_>,
        loops: &FxHashMap<ItemId, u32>,
        stacks: &mut FxHashMap<*const Frame, u32>,
    ) -> StateId {
        let thread = task.thread.and_then(|id| index.thread(id));
        let thread = thread.filter(|it| it.task == Some(task.id));
        let (activity, reason, stack) = match (task.state, thread) {
            (TaskState::Running, Some(thread)) => {
                let (activity, reason) = running(thread, index);
                let own = proved(thread)
                    .iter()
                    .rposition(|it| it.owner == Some(task.id));
                let frames = own.and_then(|own| thread.frames.get(..=own));
                let stack = self.states.add_stack(frames.unwrap_or_default().iter());
                (activity, reason, stack)
            }
            (state, _) => {
                let stack = *stacks
                    .entry(task.frames.as_ptr())
                    .or_insert_with(|| self.states.add_stack(task.frames.iter()));
                let wait = task.waits_for.as_ref();
                let reason = wait.map(|wait| Reason::of_wait(wait, index.whole()));
                match state {
                    TaskState::Waiting => (Activity::Waiting, reason, stack),
                    TaskState::Running => (Activity::Running, None, stack),
                    TaskState::Ready | TaskState::Done => (Activity::Ready, None, stack),
                }
            }
        };
        let group = match task.coroutine.is_empty() {
            true => without_numbers(&task.name),
            false => task.coroutine.to_string(),
        };
        let state = State {
            stack,
            activity,
            reason: reason.map(|reason| self.states.add_reason(reason)),
            group: self.states.add_name(&group),
            event_loop: task.event_loop.and_then(|id| loops.get(&id).copied()),
            who: Who::Task,
        };
        self.states.add(state)
    }

    fn thread_state(
        &mut self,
        thread: &Thread,
        index: &LazyIndex<'_>,
        loops: &FxHashMap<ItemId, u32>,
    ) -> StateId {
        let (activity, reason) = running(thread, index);
        let state = State {
            stack: self.states.add_stack(proved(thread).iter()),
            activity,
            reason: reason.map(|reason| self.states.add_reason(reason)),
            group: self.states.add_name(&without_numbers(&thread.name)),
            event_loop: thread.event_loop.and_then(|id| loops.get(&id).copied()),
            who: Who::Thread,
        };
        self.states.add(state)
    }

    /// Notes that a task is as it was at the last look, if that is certain: then nothing of it
    /// has to be compared.
    fn is_as_before(&mut self, task: &Arc<Task>, at_ns: u64) -> bool {
        let look = self.looks;
        let Some(open) = self.open.get_mut(&task.id) else {
            return false;
        };
        let before = open.task.as_ref();
        if !before.is_some_and(|before| Arc::ptr_eq(before, task)) {
            return false;
        }
        (open.seen_ns, open.look) = (at_ns, look);
        let state = open.state;
        self.sum(state).looks += 1;
        true
    }

    /// Notes that an item was in `state` at this look.
    fn seen(&mut self, item: ItemId, state: StateId, at_ns: u64) {
        let last_ns = self.last_ns;
        self.sum(state).looks += 1;
        let runs = (self.states.get(state)).is_some_and(|it| it.activity == Activity::Running);
        let before = self.open.remove(&item);
        let since_ns = match &before {
            None => last_ns.map_or(at_ns, |last| middle(last, at_ns)),
            Some(before) if before.state == state => before.since_ns,
            Some(before) => {
                let border = before.border(at_ns);
                self.close(item, before, border);
                border
            }
        };
        let next = Open {
            state,
            since_ns,
            seen_ns: at_ns,
            left_ns: None,
            look: self.looks,
            told: (before.as_ref()).is_some_and(|before| before.told && before.state == state),
            task: None,
            cpu_s: before.as_ref().and_then(|before| before.cpu_s),
            ran: match runs {
                true => Some(state),
                false => before.as_ref().and_then(|before| before.ran),
            },
            task_of: before.as_ref().and_then(|before| before.task_of),
        };
        self.open.insert(item, next);
    }

    /// Adds what a thread used of a processor since the last look: to the last state in which it
    /// ran, and to that of the task that runs in it, or did at the last look.
    fn add_cpu(&mut self, thread: &Thread) {
        let Some(open) = self.open.get_mut(&thread.id) else {
            return;
        };
        let used_s = match (thread.cpu_s, open.cpu_s) {
            (Some(now), Some(before)) => (now - before).max(0.0),
            _ => 0.0,
        };
        let task = thread.task.or(open.task_of);
        open.cpu_s = thread.cpu_s.or(open.cpu_s);
        open.task_of = thread.task;
        let own = open.ran.unwrap_or(open.state);
        let of_task = task.and_then(|task| self.open.get(&task)?.ran);
        for state in std::iter::once(own).chain(of_task) {
            let sum = self.sum(state);
            sum.cpu_ns = sum.cpu_ns.saturating_add((used_s * 1e9) as u64);
        }
    }

    /// Notes that an item exists at this look, and that its state is not known.
    fn keep(&mut self, item: ItemId) {
        if let Some(open) = self.open.get_mut(&item) {
            open.look = self.looks;
            open.task = None;
        }
    }

    /// Ends the intervals of all that this look did not find.
    fn end_others(&mut self, at_ns: u64) {
        let look = self.looks;
        let gone: Vec<ItemId> = self
            .open
            .iter()
            .filter(|(_, open)| open.look != look)
            .map(|(item, _)| *item)
            .collect();
        for item in gone {
            if let Some(open) = self.open.remove(&item) {
                self.close(item, &open, open.border(at_ns));
            }
        }
    }

    fn close(&mut self, item: ItemId, open: &Open, to_ns: u64) {
        let wall_ns = to_ns.saturating_sub(open.since_ns);
        let sum = self.sum(open.state);
        sum.wall_ns = sum.wall_ns.saturating_add(wall_ns);
        if self.kept >= MAX_INTERVALS {
            self.left_out += 1;
            return;
        }
        self.kept += 1;
        self.intervals.push(Interval {
            item,
            state: open.state,
            from_ns: open.since_ns,
            to_ns,
        });
    }

    pub(super) fn sum(&mut self, state: StateId) -> &mut Sum {
        let at = state.0 as usize;
        if self.sums.len() <= at {
            self.sums.resize(at + 1, Sum::default());
        }
        &mut self.sums[at]
    }
}

impl Open {
    /// Where the state ended, which at `at_ns` is another one.
    fn border(&self, at_ns: u64) -> u64 {
        middle(self.seen_ns, self.left_ns.unwrap_or(at_ns))
    }

    /// One that a part of the timeline told of.
    pub(super) fn told(state: StateId, since_ns: u64) -> Self {
        Self {
            state,
            since_ns,
            seen_ns: since_ns,
            left_ns: None,
            look: 0,
            told: true,
            task: None,
            cpu_s: None,
            ran: None,
            task_of: None,
        }
    }
}

/// The items of a process by their ids. All are indexed only once something but a thread or
/// loop is asked for: at most looks, every task is as it was.
struct LazyIndex<'a> {
    process: &'a Process,
    whole: OnceCell<Index<'a>>,
}

impl<'a> LazyIndex<'a> {
    fn new(process: &'a Process) -> Self {
        Self {
            process,
            whole: OnceCell::new(),
        }
    }

    fn whole(&self) -> &Index<'a> {
        self.whole.get_or_init(|| Index::new(self.process))
    }

    fn thread(&self, id: ItemId) -> Option<&'a Thread> {
        self.process.threads.iter().find(|thread| thread.id == id)
    }

    fn event_loop(&self, id: ItemId) -> Option<&'a EventLoop> {
        let mut loops = self.process.loops.iter();
        loops.find(|event_loop| event_loop.id == id)
    }
}

/// The frames of a thread. None if they are not of one moment.
fn proved(thread: &Thread) -> &[Frame] {
    match thread.error {
        Some(_) => &[],
        None => &thread.frames,
    }
}

/// What a thread does, and why it does not run.
fn running(thread: &Thread, index: &LazyIndex<'_>) -> (Activity, Option<Reason>) {
    let event_loop = thread.event_loop.and_then(|id| index.event_loop(id));
    let polls = thread.task.is_none()
        && event_loop.is_some_and(|event_loop| event_loop.state == LoopState::Polling);
    let reason = Reason::of_thread(thread, polls, &|| index.whole());
    match (reason, thread.state) {
        (Some(reason), _) => (Activity::Waiting, Some(reason)),
        (None, ThreadState::WaitingGil) => (Activity::WaitingGil, None),
        (None, _) => (Activity::Running, None),
    }
}

fn middle(before_ns: u64, after_ns: u64) -> u64 {
    before_ns + after_ns.saturating_sub(before_ns) / 2
}

//! Owners of frames: tasks, threads, and coroutines without a task.

use std::sync::Arc;

use crate::activity::{ChainFrame, Links};
use crate::cpython::RawFrame;
use crate::model::{Frame, ItemId, TaskState};
use crate::snapshot::tasks::BuiltTask;
use crate::snapshot::threads::BuiltThread;

/// A frame of an owner.
#[derive(Debug, Clone, Copy)]
pub struct OwnedFrame<'a> {
    /// The frame.
    pub frame: &'a RawFrame,
    /// Whether it is on the stack of a thread or of a greenlet: no end of its value stack
    /// is saved.
    pub executing: bool,
    /// Whether its code is of the standard library or of an installed package.
    pub library: bool,
    /// Address of the coroutine or generator of the frame. `None` if it is not known.
    pub generator: Option<u64>,
}

/// A task, thread or coroutine with its frames.
#[derive(Debug)]
pub struct Owner<'a> {
    /// Its id.
    pub id: ItemId,
    /// Its frames, innermost first.
    pub frames: Vec<OwnedFrame<'a>>,
}

/// The frames of a coroutine without a task.
#[derive(Debug)]
pub struct DetachedFrames {
    /// Id of the coroutine.
    pub id: ItemId,
    /// Its await chain.
    pub chain: Links,
    /// All frames of the chain as the model shows them, innermost first.
    pub shown: Arc<[Frame]>,
}

/// All owners of frames: tasks that are not done, threads with the frames that belong to
/// no task, and coroutines without a task.
#[derive(Clone, Copy)]
pub struct Owners<'a> {
    /// All tasks.
    pub tasks: &'a [BuiltTask],
    /// All threads.
    pub threads: &'a [BuiltThread],
    /// Coroutines without a task.
    pub detached: &'a [DetachedFrames],
}

/// Indexes of tasks by address, sorted by address.
pub struct TaskIndexes(Vec<(u64, u32)>);

impl TaskIndexes {
    /// Index of the task at `addr`.
    fn get(&self, addr: u64) -> Option<usize> {
        let found = self.0.binary_search_by_key(&addr, |(addr, _)| *addr);
        found.ok().map(|at| self.0[at].1 as usize)
    }
}

impl<'a> Owners<'a> {
    /// Calls `visit` with each owner in turn. The frames of all owners together would need
    /// more memory than everything else.
    pub fn visit(&self, visit: &mut dyn FnMut(&Owner<'a>)) {
        let mut frames = Vec::new();
        let mut show = |id, add: &dyn Fn(&mut Vec<OwnedFrame<'a>>)| {
            let mut owner = Owner {
                id,
                frames: std::mem::take(&mut frames),
            };
            owner.frames.clear();
            add(&mut owner.frames);
            visit(&owner);
            frames = owner.frames;
        };
        for built in self.tasks.iter().filter(|built| is_live(built)) {
            show(built.task.id, &|frames| self.of_task(built, frames));
        }
        for built in self.threads {
            show(built.thread.id, &|frames| of_thread(built, frames));
        }
        for detached in self.detached {
            show(detached.id, &|frames| {
                of_chain(&detached.chain, &detached.shown, frames);
            });
        }
    }

    /// Indexes of all tasks by address.
    pub fn task_indexes(&self) -> TaskIndexes {
        let tasks = (0..).zip(self.tasks);
        let mut indexes: Vec<_> = tasks.map(|(index, built)| (built.addr, index)).collect();
        indexes.sort_unstable();
        TaskIndexes(indexes)
    }

    /// The frames of the owner with this id. `indexes` is from [`Self::task_indexes`].
    pub fn frames(&self, id: ItemId, indexes: &TaskIndexes) -> Vec<OwnedFrame<'a>> {
        let mut frames = Vec::new();
        let index = id.task().and_then(|addr| indexes.get(addr));
        if let Some(built) = index.and_then(|index| self.tasks.get(index)) {
            if is_live(built) {
                self.of_task(built, &mut frames);
            }
        } else if let Some(built) = self.threads.iter().find(|built| built.thread.id == id) {
            of_thread(built, &mut frames);
        } else if let Some(detached) = self.detached.iter().find(|it| it.id == id) {
            of_chain(&detached.chain, &detached.shown, &mut frames);
        }
        frames
    }

    /// Adds the frames of a task.
    fn of_task(&self, built: &'a BuiltTask, frames: &mut Vec<OwnedFrame<'a>>) {
        if let Some((thread, _)) = built.stack_position {
            let own = |frame: &Frame| frame.owner == Some(built.task.id);
            of_stack(&self.threads[thread as usize], own, frames);
        }
        let outer = frames.len().min(built.task.frames.len());
        of_chain(&built.chain, &built.task.frames[outer..], frames);
    }
}

/// Whether the task has frames.
fn is_live(built: &BuiltTask) -> bool {
    built.task.state != TaskState::Done
}

/// Adds the Python frames of a chain, innermost first. `shown` has all frames of the chain
/// as the model shows them.
fn of_chain<'a>(chain: &'a Links, shown: &[Frame], frames: &mut Vec<OwnedFrame<'a>>) {
    let links = chain.iter().enumerate().rev().zip(shown);
    frames.extend(links.filter_map(|((index, link), shown)| match link {
        ChainFrame::Python(frame) => {
            let generator = chain.generator(index);
            Some(OwnedFrame {
                frame,
                executing: generator.is_none(),
                library: shown.library,
                generator,
            })
        }
        ChainFrame::Native(_) => None,
    }));
}

/// Adds the frames of a thread that belong to no task.
fn of_thread<'a>(built: &'a BuiltThread, frames: &mut Vec<OwnedFrame<'a>>) {
    of_stack(built, |frame| frame.owner.is_none(), frames);
}

/// Adds the frames of a thread that are `wanted` in their shown form.
fn of_stack<'a>(
    built: &'a BuiltThread,
    wanted: impl Fn(&Frame) -> bool,
    frames: &mut Vec<OwnedFrame<'a>>,
) {
    let shown = &built.thread.frames;
    let raw = built.stack.frames.iter().zip(shown);
    let own = raw.filter(|(_, shown)| wanted(shown));
    frames.extend(own.map(|(frame, shown)| OwnedFrame {
        frame,
        executing: true,
        library: shown.library,
        generator: None,
    }));
}

//! Who has which frames: tasks, threads, and coroutines of no task.

use std::sync::Arc;

use arcstr::ArcStr;

use super::address;
use crate::activity::{ChainFrame, Links};
use crate::cpython::RawFrame;
use crate::model::{Frame, TaskState};
use crate::snapshot::tasks::BuiltTask;
use crate::snapshot::threads::BuiltThread;

/// A frame of somebody's.
#[derive(Debug, Clone, Copy)]
pub struct OwnedFrame<'a> {
    pub frame: &'a RawFrame,
    /// It is on a thread's stack.
    pub executing: bool,
    pub library: bool,
    /// The coroutine or generator whose frame it is, where that is known.
    pub generator: Option<u64>,
}

/// Somebody with frames.
#[derive(Debug)]
pub struct Owner<'a> {
    pub id: &'a ArcStr,
    /// Innermost first.
    pub frames: Vec<OwnedFrame<'a>>,
}

/// A coroutine of no task.
#[derive(Debug)]
pub struct Loose {
    pub id: ArcStr,
    pub chain: Links,
    /// All frames of the chain as the model shows them.
    pub shown: Arc<[Frame]>,
}

/// All that have frames: tasks that are not done, threads with the frames that
/// belong to no task, and coroutines of no task.
#[derive(Clone, Copy)]
pub struct Owners<'a> {
    pub tasks: &'a [BuiltTask],
    pub threads: &'a [BuiltThread],
    pub loose: &'a [Loose],
}

/// Where each task is in the list of all, by its address.
pub struct TaskPlaces(Vec<(u64, u32)>);

impl TaskPlaces {
    fn get(&self, addr: u64) -> Option<usize> {
        let found = self.0.binary_search_by_key(&addr, |(addr, _)| *addr);
        found.ok().map(|at| self.0[at].1 as usize)
    }
}

impl<'a> Owners<'a> {
    /// Shows them to `visit`, one after the other: together their frames would
    /// take more memory than all the rest of them.
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
            show(&built.task.id, &|frames| self.of_task(built, frames));
        }
        for built in self.threads {
            show(&built.thread.id, &|frames| of_thread(built, frames));
        }
        for loose in self.loose {
            show(&loose.id, &|frames| {
                of_chain(&loose.chain, &loose.shown, frames);
            });
        }
    }

    /// Where each task is, by address.
    pub fn task_places(&self) -> TaskPlaces {
        let places = (0..).zip(self.tasks);
        let mut places: Vec<_> = places.map(|(place, built)| (built.addr, place)).collect();
        places.sort_unstable();
        TaskPlaces(places)
    }

    /// The frames of the owner with this id; `places` are those of the tasks.
    pub fn frames(&self, id: &str, places: &TaskPlaces) -> Vec<OwnedFrame<'a>> {
        let mut frames = Vec::new();
        let place = address(id).and_then(|addr| places.get(addr));
        let task = place.and_then(|place| self.tasks.get(place));
        if let Some(built) = task.filter(|built| built.task.id == id) {
            if is_live(built) {
                self.of_task(built, &mut frames);
            }
        } else if let Some(built) = self.threads.iter().find(|built| built.thread.id == id) {
            of_thread(built, &mut frames);
        } else if let Some(loose) = self.loose.iter().find(|loose| loose.id == id) {
            of_chain(&loose.chain, &loose.shown, &mut frames);
        }
        frames
    }

    fn of_task(&self, built: &'a BuiltTask, frames: &mut Vec<OwnedFrame<'a>>) {
        if let Some((thread, _)) = built.place {
            let own = |frame: &Frame| frame.owner.as_ref() == Some(&built.task.id);
            of_stack(&self.threads[thread as usize], own, frames);
        }
        let outer = frames.len().min(built.task.frames.len());
        of_chain(&built.chain, &built.task.frames[outer..], frames);
    }
}

fn is_live(built: &BuiltTask) -> bool {
    built.task.state != TaskState::Done
}

/// The Python frames of a chain, innermost first; `shown` are all of its frames
/// as the model shows them.
fn of_chain<'a>(chain: &'a Links, shown: &[Frame], frames: &mut Vec<OwnedFrame<'a>>) {
    let links = chain.iter().enumerate().rev().zip(shown);
    frames.extend(links.filter_map(|((index, link), shown)| match link {
        ChainFrame::Python(frame) => Some(OwnedFrame {
            frame,
            executing: false,
            library: shown.library,
            generator: chain.generator(index),
        }),
        ChainFrame::Native(_) => None,
    }));
}

fn of_thread<'a>(built: &'a BuiltThread, frames: &mut Vec<OwnedFrame<'a>>) {
    of_stack(built, |frame| frame.owner.is_none(), frames);
}

/// The frames of a thread whose shown form is `wanted`.
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

//! Who has which frames: tasks, threads, and coroutines of no task.

use arcstr::ArcStr;

use crate::python::RawFrame;
use crate::snapshot::model::{Frame, TaskState};
use crate::snapshot::tasks::BuiltTask;
use crate::snapshot::threads::BuiltThread;
use crate::tasks::{ChainFrame, RawChain};

/// A frame of somebody's.
#[derive(Debug, Clone)]
pub struct OwnedFrame {
    pub frame: RawFrame,
    /// It is on a thread's stack.
    pub executing: bool,
    pub library: bool,
    /// The coroutine or generator whose frame it is, where that is known.
    pub generator: Option<u64>,
}

/// Somebody with frames.
#[derive(Debug, Clone)]
pub struct Owner {
    pub id: ArcStr,
    /// Innermost first.
    pub frames: Vec<OwnedFrame>,
}

/// The owners among tasks and threads: of a thread only the frames that belong
/// to no task.
pub fn owners(tasks: &[BuiltTask], threads: &[BuiltThread]) -> Vec<Owner> {
    let mut owners: Vec<Owner> = tasks
        .iter()
        .filter(|built| built.task.state != TaskState::Done)
        .map(|built| Owner {
            id: built.task.id.clone(),
            frames: task_frames(built, threads),
        })
        .collect();
    owners.extend(threads.iter().map(|built| Owner {
        id: built.thread.id.clone(),
        frames: stack_frames(built, |frame| frame.owner.is_none()),
    }));
    owners
}

fn task_frames(built: &BuiltTask, threads: &[BuiltThread]) -> Vec<OwnedFrame> {
    let mut frames = match built.place {
        Some((thread, _)) => stack_frames(&threads[thread], |frame| {
            frame.owner.as_ref() == Some(&built.task.id)
        }),
        None => Vec::new(),
    };
    let outer = &built.task.frames[frames.len().min(built.task.frames.len())..];
    frames.extend(chain_frames(&built.chain, outer));
    frames
}

/// The Python frames of a chain, innermost first; `shown` are all of its frames
/// as the model shows them.
pub fn chain_frames(chain: &RawChain, shown: &[Frame]) -> Vec<OwnedFrame> {
    let links = chain.frames.iter().rev().zip(shown);
    let frames = links.filter_map(|(link, shown)| match link {
        ChainFrame::Python {
            frame, generator, ..
        } => Some(OwnedFrame {
            frame: frame.clone(),
            executing: false,
            library: shown.library,
            generator: Some(*generator),
        }),
        ChainFrame::Native { .. } => None,
    });
    let mut owned = Vec::with_capacity(chain.frames.len());
    owned.extend(frames);
    owned
}

/// The frames of a thread whose shown form is `wanted`.
pub fn stack_frames(built: &BuiltThread, wanted: impl Fn(&Frame) -> bool) -> Vec<OwnedFrame> {
    let shown = &built.thread.frames;
    let raw = built.stack.frames.iter().zip(shown);
    raw.filter(|(_, shown)| wanted(shown))
        .map(|(frame, shown)| OwnedFrame {
            frame: frame.clone(),
            executing: true,
            library: shown.library,
            generator: None,
        })
        .collect()
}

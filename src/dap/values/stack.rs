//! The stack of a thread, or of a task and the tasks that it awaits.

use rustc_hash::FxHashSet;

use crate::dap::view::{Actor, FrameOf, View};
use crate::model::{EdgeKind, Frame, FrameKind, Outcome, TaskState};
use crate::plain_text;

/// Maximum number of tasks in one stack.
const MAX_TASKS: usize = 64;
/// Columns of a label.
const LABEL_COLUMNS: usize = 160;

/// One line of a stack, as the client shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Frame(FrameOf),
    /// Says how the frames above it are linked with those below it.
    Label(String),
}

/// The stack of a thread or task, innermost first.
///
/// The stack of a task begins with the frames of the task that it awaits in the
/// end. A label says how that task is awaited; below it are the frames of the task
/// that awaits it, and so on down to the coroutine of the task itself.
pub fn entries(view: &View, actor: Actor) -> Vec<Entry> {
    let task = match actor {
        Actor::Thread(index) => {
            let thread = view.thread(index);
            let mut entries = chain(actor, thread.frames.len());
            entries.extend(unread(thread.error.as_deref()));
            return entries;
        }
        Actor::Task(index) => index,
    };
    let path = awaited_path(view, task);
    let mut entries = Vec::new();
    for (index, link) in path.iter().rev() {
        entries.extend(own_frames(view, *index));
        if let Some(link) = link {
            entries.push(Entry::Label(link.clone()));
        }
    }
    if let Some(created) = &view.task(task).created_at {
        entries.push(label("created at"));
        entries.extend((0..created.len()).map(|at| Entry::Frame(FrameOf::Creation(task, at))));
    }
    entries
}

fn chain(actor: Actor, count: usize) -> Vec<Entry> {
    (0..count)
        .map(|at| Entry::Frame(FrameOf::Chain(actor, at)))
        .collect()
}

fn label(text: &str) -> Entry {
    Entry::Label(plain_text::cut(&plain_text::clean(text), LABEL_COLUMNS).into_owned())
}

fn unread(error: Option<&str>) -> Option<Entry> {
    error.map(|error| label(&format!("not all could be read: {error}")))
}

/// This task, the first task that it awaits, the first that this one awaits, and
/// so on. Each has the label for how it is awaited; the first has none.
fn awaited_path(view: &View, task: usize) -> Vec<(usize, Option<String>)> {
    let mut path = vec![(task, None)];
    let mut visited: FxHashSet<usize> = [task].into_iter().collect();
    let mut at = task;
    while let Some((next, via)) = view.awaits(at).first()
        && visited.insert(*next)
        && path.len() < MAX_TASKS
    {
        path.push((*next, Some(link(view, at, *next, *via))));
        at = *next;
    }
    path
}

/// `waits for Task-7 and 1 more: gather 1/3 done`.
fn link(view: &View, from: usize, to: usize, via: EdgeKind) -> String {
    let label = view.words.label(view.task(to).id);
    let more = match view.awaits(from).len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let wait = view.task(from).waits_for.as_ref();
    let how = match wait.map(|wait| (wait.done, wait.total)) {
        Some((Some(done), Some(total))) => format!("{via} {done}/{total} done"),
        _ => via.to_string(),
    };
    let text = format!("waits for {label}{more}: {how}");
    plain_text::cut(&plain_text::clean(&text), LABEL_COLUMNS).into_owned()
}

/// The frames of the task itself: its await chain, or the frames of the exception
/// that it ended with.
fn own_frames(view: &View, index: usize) -> Vec<Entry> {
    let task = view.task(index);
    let mut entries = chain(Actor::Task(index), task.frames.len());
    if let Some(exception) = &task.exception {
        let raised = (0..exception.frames.len()).map(|at| FrameOf::Exception(index, at));
        entries.extend(raised.map(Entry::Frame));
    }
    entries.extend(unread(task.error.as_deref()));
    if entries.is_empty() {
        entries.push(label(match (task.state, task.outcome) {
            (TaskState::Done, Some(Outcome::Result)) => "done, with a result",
            (TaskState::Done, Some(Outcome::Cancelled)) => "done, cancelled",
            (TaskState::Done, _) => "done",
            _ => "no frames could be read",
        }));
    }
    entries
}

/// The name of a frame: `Worker.run`. The class is known from 3.11 on.
pub fn name(frame: &Frame) -> String {
    let text = match frame.qualname.is_empty() {
        true => &frame.function,
        false => &frame.qualname,
    };
    let brief = text.rsplit("<locals>.").next().unwrap_or(text);
    let name = plain_text::cut(&plain_text::name(brief), LABEL_COLUMNS).into_owned();
    match frame.kind {
        FrameKind::Native => format!("{name} (native)"),
        _ => name,
    }
}

//! The stack of a thread, or of a task through the tasks that it awaits.

use rustc_hash::FxHashSet;

use crate::dap::view::{Actor, FrameOf, View};
use crate::model::{Frame, FrameKind, Outcome, TaskState};
use crate::plain_text;

/// Tasks that one stack leads through.
const MAX_TASKS: usize = 64;
/// Columns of a label.
const LABEL_COLUMNS: usize = 160;

/// One line of a stack, as the client shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    Frame(FrameOf),
    /// Says how what stands above it is linked with what stands below it.
    Label(String),
}

/// The stack of a thread or task, innermost first. Of a task, what it awaits
/// stands above its own frames: first the frames of the task at the end of
/// that way, then, below a label that says how it is waited for, those of the
/// next, back to the coroutine that `create_task` got.
pub fn entries(view: &View, actor: Actor) -> Vec<Entry> {
    let task = match actor {
        Actor::Thread(place) => {
            let thread = view.thread(place);
            let mut entries = chain(actor, thread.frames.len());
            entries.extend(problem(thread.error.as_deref()));
            return entries;
        }
        Actor::Task(place) => place,
    };
    let way = way(view, task);
    let mut entries = Vec::new();
    for (place, link) in way.iter().rev() {
        entries.extend(own(view, *place));
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

fn problem(error: Option<&str>) -> Option<Entry> {
    error.map(|error| label(&format!("not all could be read: {error}")))
}

/// The tasks from this one along what each awaits, with how the one before it
/// waits for it: nothing for the first.
fn way(view: &View, task: usize) -> Vec<(usize, Option<String>)> {
    let mut way = vec![(task, None)];
    let mut passed: FxHashSet<usize> = [task].into_iter().collect();
    let mut at = task;
    while let Some((next, via)) = view.awaits(at).first()
        && passed.insert(*next)
        && way.len() < MAX_TASKS
    {
        way.push((*next, Some(link(view, at, *next, via))));
        at = *next;
    }
    way
}

/// `waits for Task-7 and 1 more: gather 1/3 done`.
fn link(view: &View, from: usize, to: usize, via: &str) -> String {
    let label = view.words.label(&view.task(to).id);
    let more = match view.awaits(from).len().saturating_sub(1) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let wait = view.task(from).waits_for.as_ref();
    let how = match wait.map(|wait| (wait.done, wait.total)) {
        Some((Some(done), Some(total))) => format!("{via} {done}/{total} done"),
        _ => via.to_owned(),
    };
    let text = format!("waits for {label}{more}: {how}");
    plain_text::cut(&plain_text::clean(&text), LABEL_COLUMNS).into_owned()
}

/// The frames of a task itself: its await chain, or the exception that it
/// ended with.
fn own(view: &View, place: usize) -> Vec<Entry> {
    let task = view.task(place);
    let mut entries = chain(Actor::Task(place), task.frames.len());
    if let Some(exception) = &task.exception {
        let raised = (0..exception.frames.len()).map(|at| FrameOf::Exception(place, at));
        entries.extend(raised.map(Entry::Frame));
    }
    entries.extend(problem(task.error.as_deref()));
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

/// How a frame is called: `Worker.run`, as from 3.11 its code says.
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

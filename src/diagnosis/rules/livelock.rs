//! Tasks that wake each other, or poll, without getting anywhere.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, finding, ids};
use crate::diagnosis::source;
use crate::model::{Diagnosis, Frame, Task, TaskState};

/// Tasks that only yield to each other, at full load, with nothing else done.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let yielding: Vec<&Task> = context.live_tasks().filter(|task| yields(task)).collect();
    let others_move = context.live_tasks().any(|task| {
        !yields(task) && (context.progress.moved(&task.id) || context.progress.is_new(&task.id))
    });
    let still = context.progress.known
        && !others_move
        && context.progress.finished == 0
        && context.progress.appeared() == 0;
    let polling: Vec<&Task> = yielding
        .iter()
        .copied()
        .filter(|task| polls(context, task) && keeps_to_its_loop(context, task))
        .collect();
    if !still || !is_loaded(context) || polling.is_empty() || polling.len() < yielding.len() {
        return Vec::new();
    }
    vec![describe(context, &polling)]
}

/// Ready or running, at a yield to the loop.
fn yields(task: &Task) -> bool {
    matches!(task.state, TaskState::Ready | TaskState::Running) && task.started != Some(false)
}

fn is_loaded(context: &Context<'_>) -> bool {
    let loops = context.process.loops.iter();
    let mut threads = loops.filter_map(|event_loop| context.thread(event_loop.thread.as_deref()?));
    threads.any(|thread| context.computes(thread))
}

/// Whether the loop around its user line does nothing but sleep.
fn polls(context: &Context<'_>, task: &Task) -> bool {
    user_coroutine(task).is_some_and(|frame| {
        let module = frame.file.as_deref().and_then(|file| context.module(file));
        match (module, frame.line) {
            (Some(module), Some(line)) => source::only_sleeps(&module, line),
            _ => false,
        }
    })
}

fn user_coroutine(task: &Task) -> Option<&Frame> {
    culprit::user_frame(&task.frames)
}

/// Whether the task was in the same function in all samples.
fn keeps_to_its_loop(context: &Context<'_>, task: &Task) -> bool {
    context.earlier.iter().all(|sample| {
        let old = sample.tasks.iter().find(|old| old.id == task.id);
        let function = |task: &Task| user_coroutine(task).map(|frame| frame.qualname.clone());
        old.is_some_and(|old| function(old) == function(task))
    })
}

fn describe(context: &Context<'_>, tasks: &[&Task]) -> Diagnosis {
    let names = || tasks.iter().map(|task| task.id.as_str());
    let summary = format!(
        "{} poll without end: the loop turns at full load and nothing gets done",
        context.names(names()),
    );
    Diagnosis {
        tasks: ids(context, names()),
        culprit: tasks
            .first()
            .and_then(|task| user_coroutine(task))
            .and_then(|frame| culprit::of_spinning(context, frame)),
        affected_tasks: context.affected(names()),
        hint: Some("wait for an asyncio.Event instead of polling".to_owned()),
        ..finding("livelock", LIKELY, summary)
    }
}

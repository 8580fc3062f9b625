//! Tasks that wake each other, or poll, without getting anywhere.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::frames::user_frame;
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::source;
use crate::model::{Confidence, Diagnosis, DiagnosisKind, Frame, Framework, Task, TaskState};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::Livelock,
    rank: Rank::NotFinished,
    meaning: Meaning::Livelock,
    only_alone: false,
    outside: false,
    needs: Needs::Movement,
    find,
};

/// Tasks that only yield to each other, at full load, with nothing else done.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let yielding: Vec<&Task> = context
        .facts
        .live_tasks()
        .filter(|task| yields(task))
        .collect();
    let others_move = context.facts.live_tasks().any(|task| {
        !yields(task)
            && (context.facts.progress.moved(task.id) || context.facts.progress.is_new(task.id))
    });
    let still = context.facts.progress.known
        && !others_move
        && context.facts.progress.finished == 0
        && context.facts.progress.appeared() == 0;
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
    let loops = context.facts.process.loops.iter();
    let mut threads = loops.filter_map(|event_loop| context.facts.thread(event_loop.thread?));
    threads.any(|thread| context.facts.computes(thread))
}

/// Whether the loop around its user line does nothing but sleep.
fn polls(context: &Context<'_>, task: &Task) -> bool {
    user_coroutine(task).is_some_and(|frame| {
        let module = frame
            .file
            .as_deref()
            .and_then(|file| context.facts.module(file));
        match (module, frame.line) {
            (Some(module), Some(line)) => source::only_sleeps(&module, line),
            _ => false,
        }
    })
}

fn user_coroutine(task: &Task) -> Option<&Frame> {
    user_frame(&task.frames)
}

/// Whether the task was in the same function in all samples.
fn keeps_to_its_loop(context: &Context<'_>, task: &Task) -> bool {
    context.facts.earlier.iter().all(|sample| {
        let old = sample.tasks.iter().find(|old| old.id == task.id);
        let function = |task: &Task| user_coroutine(task).map(|frame| frame.qualname.clone());
        old.is_some_and(|old| function(old) == function(task))
    })
}

fn describe(context: &Context<'_>, tasks: &[&Task]) -> Diagnosis {
    let names = || tasks.iter().map(|task| task.id);
    let summary = format!(
        "{} poll without end: the loop turns at full load and nothing gets done",
        context.facts.names(names()),
    );
    Diagnosis {
        tasks: context.in_order(names()),
        culprit: tasks
            .first()
            .and_then(|task| user_coroutine(task))
            .and_then(|frame| culprit::of_spinning(&context.facts, frame)),
        affected_tasks: context.affected(names()),
        hint: Some(match context.facts.framework(names()) {
            Framework::Asyncio => "wait for an asyncio.Event instead of polling".to_owned(),
            Framework::Trio => "wait for a trio.Event instead of polling".to_owned(),
            Framework::Greenlet => "wait for a gevent.event.Event instead of polling".to_owned(),
        }),
        ..diagnosis(RULE.kind, Confidence::Likely, summary)
    }
}

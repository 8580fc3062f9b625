//! The one-line answer.

use super::context::Context;
use super::facts::{Facts, wait_kind};
use super::frames::{is_idle_worker, is_library_only};
use super::rule::{Finding, Meaning};
use super::rules::orphan_wait::is_serving;
use super::wording::{count, duration, location, verb};
use crate::model::{
    Confidence, Diagnosis, DiagnosisKind, ItemId, Task, TaskState, Thread, ThreadState, Verdict,
    VerdictState, WaitKind,
};

/// Share of a processor from which on a process counts as busy.
const BUSY: f64 = 0.1;

/// Judges the process by what was found, worst first.
pub(super) fn judge(context: &Context<'_>, found: &[Finding]) -> Verdict {
    let (state, confidence, summary) = of_findings(found)
        .or_else(|| of_movement(&context.facts, found))
        .unwrap_or_else(|| of_waits(context, found));
    Verdict {
        state,
        confidence,
        summary,
        samples: u32::try_from(context.facts.earlier.len() + 1).unwrap_or(u32::MAX),
        interval_s: context.facts.interval_s,
    }
}

type Judgement = (VerdictState, Confidence, String);

fn of_findings(found: &[Finding]) -> Option<Judgement> {
    let sure = |meaning| {
        let position = found
            .iter()
            .position(|one| !one.is_guess() && one.rule.meaning == meaning);
        position.and_then(|position| Some((position, &found.get(position)?.diagnosis)))
    };
    let blocked = sure(Meaning::BlockedLoop);
    let hang = found.iter().enumerate().find(|(_, one)| one.is_hang());
    if let Some((position, one)) = hang {
        let one = &one.diagnosis;
        let summary = match blocked.is_some_and(|(first, _)| first < position) {
            true => format!("{} (the event loop is blocked)", one.summary),
            false => one.summary.clone(),
        };
        return Some((VerdictState::Hung, one.confidence, summary));
    }
    if let Some((_, one)) = blocked {
        return Some(judgement(VerdictState::BlockedLoop, one));
    }
    if let Some((_, one)) = sure(Meaning::Livelock) {
        return Some(judgement(VerdictState::Livelock, one));
    }
    let recovers = found
        .iter()
        .find(|one| one.rule.meaning == Meaning::Hung && one.diagnosis.recovers_in_s.is_some());
    recovers.map(|one| judgement(VerdictState::Waiting, &one.diagnosis))
}

/// The state as this finding explains it.
fn judgement(state: VerdictState, one: &Diagnosis) -> Judgement {
    (state, one.confidence, with_recovery(one))
}

fn with_recovery(one: &Diagnosis) -> String {
    match one.recovers_in_s {
        Some(left) => format!("{}; ends in {}", one.summary, duration(left)),
        None => one.summary.clone(),
    }
}

/// Busy where something moved between the samples, or computes now.
fn of_movement(facts: &Facts<'_>, found: &[Finding]) -> Option<Judgement> {
    let process = facts.process;
    let load: f64 = process
        .threads
        .iter()
        .filter_map(|thread| facts.progress.cpu(thread.id))
        .sum();
    let moved = facts
        .live_tasks()
        .filter(|task| facts.progress.moved(task.id) && wait_kind(task) != Some(WaitKind::Timer))
        .count();
    let turnover = facts.progress.appeared().min(facts.progress.finished);
    if facts.progress.known {
        // A few that move do not hide many that wait for the outside.
        let waiting: usize = found
            .iter()
            .filter(|one| one.rule.meaning == Meaning::Waiting && one.rule.outside)
            .map(|one| one.diagnosis.tasks.len() + one.diagnosis.threads.len())
            .sum();
        let busy = load >= BUSY || moved + turnover > waiting;
        return busy.then(|| {
            let convoy = found
                .iter()
                .find(|one| one.rule.kind == DiagnosisKind::LockConvoy);
            let summary = match convoy {
                Some(one) => one.diagnosis.summary.clone(),
                None => format!(
                    "{} of {} tasks moved between the samples, {:.0} % of a processor used",
                    moved,
                    facts.live_tasks().count(),
                    load * 100.0
                ),
            };
            (VerdictState::Busy, Confidence::Likely, summary)
        });
    }
    let running = process.threads.iter().find(|thread| computes(thread));
    running.map(|thread| {
        let summary = format!("{} runs {}", thread.name, location(&thread.frames));
        (VerdictState::Busy, Confidence::Possible, summary)
    })
}

fn computes(thread: &Thread) -> bool {
    matches!(thread.state, ThreadState::Running | ThreadState::WaitingGil)
        && !thread.frames.is_empty()
        && !is_idle_worker(thread)
}

/// Nothing moves and nothing is wrong: waiting, idle, starting or unknown.
fn of_waits(context: &Context<'_>, found: &[Finding]) -> Judgement {
    if let Some(one) = found
        .iter()
        .find(|one| one.rule.meaning == Meaning::Waiting)
    {
        return judgement(VerdictState::Waiting, &one.diagnosis);
    }
    // What may hang waits at least.
    let mut guesses = found.iter().filter(|one| one.is_guess());
    if let Some(one) = guesses.find(|one| one.rule.meaning == Meaning::Hung) {
        return judgement(VerdictState::Waiting, &one.diagnosis);
    }
    if let Some(state) = before_work(&context.facts) {
        return state;
    }
    let live: Vec<&Task> = context.facts.live_tasks().collect();
    let (ready, pending): (Vec<&Task>, Vec<&Task>) =
        live.iter().partition(|task| task.state == TaskState::Ready);
    let waits = pending
        .into_iter()
        .filter(|task| !is_idle(context, task) && !is_behind(context, task));
    let waits: Vec<ItemId> = waits.map(|task| task.id).collect();
    match (live.len(), waits.as_slice()) {
        (0, _) => (
            VerdictState::Idle,
            Confidence::Likely,
            "no asyncio task, and no thread computes".to_owned(),
        ),
        (all, []) if ready.is_empty() => (
            VerdictState::Idle,
            Confidence::Likely,
            match all {
                1 => "the only task waits for work".to_owned(),
                _ => format!("{all} tasks, all wait for work"),
            },
        ),
        (all, []) => {
            let summary = format!(
                "{} of {} {} on when the loop turns",
                ready.len(),
                count(all, "task"),
                match ready.len() {
                    1 => "goes",
                    _ => "go",
                }
            );
            (VerdictState::Waiting, Confidence::Likely, summary)
        }
        (all, waits) => {
            let summary = format!(
                "{} of {} {}{}: {}",
                waits.len(),
                count(all, "task"),
                verb(waits.len(), "wait"),
                what_for(context, waits),
                context.facts.names(waits)
            );
            (VerdictState::Waiting, Confidence::Likely, summary)
        }
    }
}

/// What all of these tasks wait for, as far as that is of one kind.
fn what_for(context: &Context<'_>, waits: &[ItemId]) -> &'static str {
    let kinds = waits
        .iter()
        .filter_map(|id| wait_kind(context.facts.task(*id)?));
    let (mut timers, mut outside, mut others) = (false, false, false);
    for kind in kinds {
        match kind {
            WaitKind::Timer | WaitKind::Sleep => timers = true,
            kind if kind.ends_outside() => outside = true,
            _ => others = true,
        }
    }
    match (timers, outside, others) {
        (true, false, false) => " for timers",
        (false, true, false) => " for the outside",
        (true, true, false) => " for timers or for the outside",
        _ => "",
    }
}

/// The verdict before there is anything that might hang.
fn before_work(facts: &Facts<'_>) -> Option<Judgement> {
    let process = facts.process;
    if process.threads.is_empty() || process.threads.iter().all(|t| t.frames.is_empty()) {
        let waits = |thread: &Thread| thread.state == ThreadState::Blocked;
        let mut threads = process.threads.iter();
        if !process.threads.is_empty() && threads.all(waits) {
            let summary = "no Python code runs, and all threads wait in system calls".to_owned();
            return Some((VerdictState::Idle, Confidence::Possible, summary));
        }
        let summary = "no Python code of this process could be seen".to_owned();
        return Some((VerdictState::Unknown, Confidence::Possible, summary));
    }
    let first = process.threads.first()?;
    let mut frames = first.frames.iter();
    let imports = frames.any(|frame| {
        let file = frame.file.as_deref().unwrap_or_default();
        file.contains("importlib._bootstrap")
    });
    let bare = process.loops.is_empty() && process.tasks.is_empty();
    (imports && bare).then(|| match (first.state, &first.waits_for) {
        // It may wait for ever, and is not at work.
        (ThreadState::Blocked, Some(_)) => (
            VerdictState::Waiting,
            Confidence::Likely,
            format!(
                "{} imports modules, and waits in {}",
                first.name,
                location(&first.frames)
            ),
        ),
        _ => (
            VerdictState::Starting,
            Confidence::Likely,
            "it still imports modules".to_owned(),
        ),
    })
}

/// A task that waits for work to come in.
fn is_idle(context: &Context<'_>, task: &Task) -> bool {
    let kind = wait_kind(task);
    is_serving(context, task)
        || kind.is_some_and(WaitKind::is_for_work)
        || (kind == Some(WaitKind::SocketRead) && context.facts.listeners().next().is_some())
        || (task.state == TaskState::Waiting && is_library_only(&task.frames))
}

/// A task that only waits for other tasks.
fn is_behind(context: &Context<'_>, task: &Task) -> bool {
    let mut needs = context.graph.deps.needs(task.id).peekable();
    needs.peek().is_some() && needs.all(|(id, _)| context.facts.task(id).is_some())
}

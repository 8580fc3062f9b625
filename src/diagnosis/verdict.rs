//! The one-line answer.

use super::context::Context;
use super::finding::{CERTAIN, LIKELY, POSSIBLE};
use super::rules::{self, duration, wait_kind};
use crate::model::{Diagnosis, Task, TaskState, Thread, ThreadState, Verdict};

/// What a timeout ends within this time is waiting, not hanging.
const SOON_S: f64 = 60.0;
/// Share of a processor from which on a process counts as busy.
const BUSY: f64 = 0.1;

/// Kinds that mean: it will not go on.
const HUNG: [&str; 16] = [
    "deadlock-cycle",
    "self-deadlock",
    "cross-loop-deadlock",
    "cross-thread-deadlock",
    "leaked-lock",
    "leaked-permits",
    "held-by-suspended-asyncgen",
    "pool-exhausted",
    "executor-exhausted",
    "orphan-wait",
    "dead-consumers",
    "never-awaited",
    "swallowed-cancellation",
    "subprocess-pipe-full",
    "fork-inherited-lock",
    "shutdown-hang",
];
/// Kinds that mean: it waits for something which may come.
const WAITING: [&str; 5] = [
    "external-wait",
    "long-timer",
    "cross-process-wait",
    "stuck-executor-job",
    "shield-leak",
];

/// Judges the process by what was found, worst first.
pub fn judge(context: &Context<'_>, found: &[Diagnosis]) -> Verdict {
    let (state, confidence, summary) = of_findings(found)
        .or_else(|| of_movement(context, found))
        .unwrap_or_else(|| of_waits(context, found));
    Verdict {
        state: state.to_owned(),
        confidence: confidence.to_owned(),
        summary,
        samples: u32::try_from(context.earlier.len() + 1).unwrap_or(u32::MAX),
        interval_s: context.interval_s,
    }
}

type Judgement = (&'static str, &'static str, String);

/// Whether a finding alone makes the process count as hung.
pub fn is_hang(one: &Diagnosis) -> bool {
    let soon = one.recovers_in_s.is_some_and(|left| left < SOON_S);
    HUNG.contains(&one.kind.as_str()) && one.confidence != POSSIBLE && !soon
}

fn of_findings(found: &[Diagnosis]) -> Option<Judgement> {
    let sure = |one: &&Diagnosis| one.confidence != POSSIBLE;
    let of_kind = |kind: &str| found.iter().filter(sure).find(|one| one.kind == kind);
    if let Some(one) = found.iter().find(|one| is_hang(one)) {
        let blocked = of_kind("blocked-loop").is_some_and(|first| {
            let place = |wanted: &Diagnosis| found.iter().position(|one| one == wanted);
            place(first) < place(one)
        });
        let summary = match blocked {
            true => format!("{} (the event loop is blocked)", one.summary),
            false => one.summary.clone(),
        };
        return Some(("hung", static_confidence(one), summary));
    }
    for (kind, state) in [("blocked-loop", "blocked-loop"), ("livelock", "livelock")] {
        if let Some(one) = of_kind(kind) {
            return Some((state, static_confidence(one), with_recovery(one)));
        }
    }
    let soon = found
        .iter()
        .find(|one| HUNG.contains(&one.kind.as_str()) && one.recovers_in_s.is_some());
    soon.map(|one| ("waiting", static_confidence(one), with_recovery(one)))
}

fn with_recovery(one: &Diagnosis) -> String {
    match one.recovers_in_s {
        Some(left) => format!("{}; ends in {}", one.summary, duration(left)),
        None => one.summary.clone(),
    }
}

fn static_confidence(one: &Diagnosis) -> &'static str {
    match one.confidence.as_str() {
        "certain" => CERTAIN,
        "likely" => LIKELY,
        _ => POSSIBLE,
    }
}

/// Busy where something moved between the samples, or computes now.
fn of_movement(context: &Context<'_>, found: &[Diagnosis]) -> Option<Judgement> {
    let process = context.process;
    let load: f64 = process
        .threads
        .iter()
        .filter_map(|thread| context.progress.cpu(&thread.id))
        .sum();
    let moved = context
        .live_tasks()
        .filter(|task| context.progress.moved(&task.id) && wait_kind(task) != "timer")
        .count();
    let turnover = context.progress.appeared().min(context.progress.finished);
    if context.progress.known {
        let busy = load >= BUSY || moved + turnover > 0;
        return busy.then(|| {
            let convoy = found.iter().find(|one| one.kind == "lock-convoy");
            let summary = match convoy {
                Some(one) => one.summary.clone(),
                None => format!(
                    "{} of {} tasks moved between the samples, {:.0} % of a processor used",
                    moved,
                    context.live_tasks().count(),
                    load * 100.0
                ),
            };
            ("busy", LIKELY, summary)
        });
    }
    let running = process.threads.iter().find(|thread| computes(thread));
    running.map(|thread| {
        let summary = format!("{} runs {}", thread.name, rules::place(&thread.frames));
        ("busy", POSSIBLE, summary)
    })
}

fn computes(thread: &Thread) -> bool {
    matches!(thread.state, ThreadState::Running | ThreadState::WaitingGil)
        && !thread.frames.is_empty()
        && !rules::is_idle_worker(thread)
}

/// Nothing moves and nothing is wrong: waiting, idle, starting or unknown.
fn of_waits(context: &Context<'_>, found: &[Diagnosis]) -> Judgement {
    if let Some(one) = found.iter().find(|one| is_wait(one)) {
        return ("waiting", static_confidence(one), with_recovery(one));
    }
    if let Some(state) = before_work(context) {
        return state;
    }
    let live: Vec<&Task> = context.live_tasks().collect();
    let (ready, pending): (Vec<&Task>, Vec<&Task>) =
        live.iter().partition(|task| task.state == TaskState::Ready);
    let waits = pending
        .into_iter()
        .filter(|task| !is_idle(context, task) && !is_behind(context, task));
    let waits: Vec<&str> = waits.map(|task| task.id.as_str()).collect();
    match (live.len(), waits.as_slice()) {
        (0, _) => (
            "idle",
            LIKELY,
            "no asyncio task, and no thread computes".to_owned(),
        ),
        (all, []) if ready.is_empty() => {
            ("idle", LIKELY, format!("{all} tasks, all wait for work"))
        }
        (all, []) => {
            let summary = format!("{} of {all} tasks go on when their loop turns", ready.len());
            ("waiting", LIKELY, summary)
        }
        (all, waits) => {
            let summary = format!(
                "{} of {all} tasks wait for timers or for the outside: {}",
                waits.len(),
                context.names(waits)
            );
            ("waiting", LIKELY, summary)
        }
    }
}

/// The verdict before there is anything that might hang.
fn before_work(context: &Context<'_>) -> Option<Judgement> {
    let process = context.process;
    if process.threads.is_empty() || process.threads.iter().all(|t| t.frames.is_empty()) {
        let summary = "no Python code of this process could be seen".to_owned();
        return Some(("unknown", POSSIBLE, summary));
    }
    let imports = process.threads.first().is_some_and(|thread| {
        let mut frames = thread.frames.iter();
        frames.any(|frame| {
            let file = frame.file.as_deref().unwrap_or_default();
            file.contains("importlib._bootstrap")
        })
    });
    let bare = process.loops.is_empty() && process.tasks.is_empty();
    (imports && bare).then(|| ("starting", LIKELY, "it still imports modules".to_owned()))
}

/// A task that waits for work to come in.
fn is_idle(context: &Context<'_>, task: &Task) -> bool {
    let kind = wait_kind(task);
    rules::is_serving(context, task)
        || matches!(kind, "queue-get" | "accept")
        || (kind == "socket-read" && context.listeners().next().is_some())
        || (task.state == TaskState::Waiting && task.frames.iter().all(|frame| frame.library))
}

/// A task that only waits for other tasks.
fn is_behind(context: &Context<'_>, task: &Task) -> bool {
    let mut needs = context.graph.needs(&task.id).peekable();
    needs.peek().is_some() && needs.all(|(id, _)| context.task(id).is_some())
}

/// Whether the kind tells of a wait that may end.
pub fn is_wait(one: &Diagnosis) -> bool {
    WAITING.contains(&one.kind.as_str())
}

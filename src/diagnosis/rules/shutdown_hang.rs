//! The program wants to end, and something does not let it.

use super::{place, runs};
use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::finding::{LIKELY, POSSIBLE, finding, ids};
use crate::model::{Diagnosis, Frame, Task, TaskState, Thread, ThreadState};

/// Functions in which a thread waits at the end, and what for.
const ENDING: [(&str, &str, &str); 6] = [
    ("threading.py", "_shutdown", "non-daemon threads"),
    (
        "concurrent/futures/thread.py",
        "_python_exit",
        "workers of thread pools",
    ),
    ("asyncio/runners.py", "_cancel_all_tasks", "cancelled tasks"),
    (
        "asyncio/base_events.py",
        "shutdown_default_executor",
        "workers of the default executor",
    ),
    (
        "multiprocessing/util.py",
        "_exit_function",
        "child processes",
    ),
    (
        "asyncio/base_events.py",
        "shutdown_asyncgens",
        "asynchronous generators",
    ),
];

/// Who waits in the shutdown, without anything moving.
pub fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let threads = context.process.threads.iter();
    let threads = threads.filter_map(|thread| {
        let what = ending(&thread.frames)?;
        of(context, &thread.id, thread.event_loop.as_deref(), what)
    });
    let tasks = context.live_tasks();
    let tasks = tasks.filter_map(|task| {
        let what = ending(&task.frames)?;
        of(context, &task.id, task.event_loop.as_deref(), what)
    });
    threads.chain(tasks).take(1).collect()
}

fn ending(frames: &[Frame]) -> Option<&'static str> {
    ENDING
        .iter()
        .find(|(file, function, _)| runs(frames, file, function))
        .map(|(_, _, what)| *what)
}

fn of(context: &Context<'_>, id: &str, event_loop: Option<&str>, what: &str) -> Option<Diagnosis> {
    let known = context.progress.known;
    if known && !context.progress.unchanged(id) {
        return None;
    }
    let threads: Vec<&Thread> = match what {
        "cancelled tasks" | "asynchronous generators" => Vec::new(),
        _ => holding_up(context, id),
    };
    let tasks: Vec<&Task> = match what {
        "cancelled tasks" => context
            .live_tasks()
            .filter(|t| refuses(t, event_loop))
            .collect(),
        _ => Vec::new(),
    };
    if threads.is_empty() && tasks.is_empty() {
        return None;
    }
    let thread_ids = || threads.iter().map(|thread| thread.id.as_str());
    let task_ids = || tasks.iter().map(|task| task.id.as_str());
    let blockers = || task_ids().chain(thread_ids());
    let first = blockers().next()?;
    let summary = format!(
        "the program is shutting down and waits for {what}: {}, in {}",
        context.names(blockers()),
        place(context.frames(first)),
    );
    let blocked = blockers().all(|id| context.progress.unchanged(id));
    Some(Diagnosis {
        tasks: ids(context, task_ids()),
        threads: ids(context, thread_ids()),
        culprit: culprit::of_first(context, blockers()),
        affected_tasks: context.affected(blockers()),
        hint: Some("make the thread a daemon, or tell it to stop before the end".to_owned()),
        ..finding(
            "shutdown-hang",
            if known && blocked { LIKELY } else { POSSIBLE },
            summary,
        )
    })
}

/// Threads that do not end and do nothing: a thread that serves or computes
/// is what the program stays up for.
fn holding_up<'a>(context: &Context<'a>, own: &str) -> Vec<&'a Thread> {
    const INTERNAL: [&str; 8] = [
        "queue-get",
        "queue-put",
        "event",
        "condition",
        "thread-lock",
        "lock",
        "future",
        "sleep",
    ];
    let threads = context.process.threads.iter();
    threads
        .filter(|thread| thread.id != own && thread.daemon != Some(true))
        .filter(|thread| thread.event_loop.is_none() && thread.state == ThreadState::Blocked)
        .filter(|thread| !context.progress.works(&thread.id) && !context.progress.moved(&thread.id))
        .filter(|thread| {
            let kind = thread.waits_for.as_ref().map(|wait| wait.kind.as_str());
            kind.is_some_and(|kind| INTERNAL.contains(&kind))
        })
        .collect()
}

fn refuses(task: &Task, event_loop: Option<&str>) -> bool {
    task.state == TaskState::Waiting
        && (event_loop.is_none() || task.event_loop.as_deref() == event_loop)
        && !task.frames.iter().all(|frame| frame.library)
}

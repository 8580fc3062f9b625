//! The program wants to end, and something does not let it.

use crate::diagnosis::context::Context;
use crate::diagnosis::culprit;
use crate::diagnosis::frames::{is_library_only, runs};
use crate::diagnosis::rule::{Meaning, Needs, Rank, Rule, diagnosis};
use crate::diagnosis::wording::location;
use crate::model::{
    Confidence, Diagnosis, DiagnosisKind, Frame, IdSet, ItemId, Task, TaskState, Thread,
    ThreadState, WaitKind,
};

/// The rule of this kind.
pub(super) const RULE: Rule = Rule {
    kind: DiagnosisKind::ShutdownHang,
    rank: Rank::NotFinished,
    meaning: Meaning::Hung,
    only_alone: false,
    outside: false,
    needs: Needs::Sample,
    find,
};

/// What the end of a program waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Threads,
    PoolWorkers,
    CancelledTasks,
    DefaultExecutor,
    Children,
    AsyncGenerators,
    Requests,
}

impl Ending {
    const ALL: [Self; 7] = [
        Self::Threads,
        Self::PoolWorkers,
        Self::CancelledTasks,
        Self::DefaultExecutor,
        Self::Children,
        Self::AsyncGenerators,
        Self::Requests,
    ];

    /// The file and function of the standard library, or of a server, that waits for it.
    const fn function(self) -> (&'static str, &'static str) {
        match self {
            Self::Threads => ("threading.py", "_shutdown"),
            Self::PoolWorkers => ("concurrent/futures/thread.py", "_python_exit"),
            Self::CancelledTasks => ("asyncio/runners.py", "_cancel_all_tasks"),
            Self::DefaultExecutor => ("asyncio/base_events.py", "shutdown_default_executor"),
            Self::Children => ("multiprocessing/util.py", "_exit_function"),
            Self::AsyncGenerators => ("asyncio/base_events.py", "shutdown_asyncgens"),
            Self::Requests => ("uvicorn/server.py", "shutdown"),
        }
    }

    const fn in_words(self) -> &'static str {
        match self {
            Self::Threads => "non-daemon threads",
            Self::PoolWorkers => "workers of thread pools",
            Self::CancelledTasks => "cancelled tasks",
            Self::DefaultExecutor => "workers of the default executor",
            Self::Children => "child processes",
            Self::AsyncGenerators => "asynchronous generators",
            Self::Requests => "requests",
        }
    }

    /// Whether threads hold up this end.
    const fn is_for_threads(self) -> bool {
        match self {
            Self::Threads | Self::PoolWorkers | Self::DefaultExecutor | Self::Children => true,
            Self::CancelledTasks | Self::AsyncGenerators | Self::Requests => false,
        }
    }

    /// Whether who waits for it looks again and again, so that it moves.
    const fn polls(self) -> bool {
        match self {
            Self::Requests => true,
            Self::Threads
            | Self::PoolWorkers
            | Self::CancelledTasks
            | Self::DefaultExecutor
            | Self::Children
            | Self::AsyncGenerators => false,
        }
    }
}

/// Finds who waits in the shutdown without moving.
fn find(context: &Context<'_>) -> Vec<Diagnosis> {
    let threads = context.facts.process.threads.iter();
    let threads = threads.filter_map(|thread| {
        let what = ending(&thread.frames)?;
        of(context, thread.id, thread.event_loop, what)
    });
    let tasks = context.facts.live_tasks();
    let tasks = tasks.filter_map(|task| {
        let what = ending(&task.frames)?;
        of(context, task.id, task.event_loop, what)
    });
    threads.chain(tasks).take(1).collect()
}

/// Whether a thread or task ends the program, and waits for threads.
pub(super) fn ends(context: &Context<'_>) -> bool {
    let waits = |frames: &[Frame]| ending(frames).is_some_and(Ending::is_for_threads);
    let mut threads = context.facts.process.threads.iter();
    threads.any(|thread| waits(&thread.frames))
        || context.facts.live_tasks().any(|task| waits(&task.frames))
}

/// The tasks of requests. Where a request only hears its client while a task that it started
/// does the work, those that others of this process would have to end.
fn requests<'a>(context: &Context<'a>, tasks: impl Iterator<Item = &'a Task>) -> Vec<&'a Task> {
    let all: Vec<&Task> = tasks.collect();
    let own = |task: &&Task| serves_request(context, task);
    let inside = |task: &&Task| {
        let wait = task.waits_for.as_ref();
        wait.is_none_or(|wait| wait.kind.ends_inside())
    };
    match all.iter().any(own) {
        true => all.into_iter().filter(own).collect(),
        false => all.into_iter().filter(inside).collect(),
    }
}

/// Whether uvicorn made the task for a request or a websocket.
fn is_request(task: &Task) -> bool {
    /// Folder and function of uvicorn's protocols (uvicorn/protocols/*/*_impl.py).
    const REQUEST: (&str, &str) = ("/uvicorn/protocols/", "run_asgi");
    task.frames.last().is_some_and(|frame| {
        let file = frame.file.as_deref().unwrap_or_default();
        file.contains(REQUEST.0) && frame.function == REQUEST.1
    })
}

/// Whether a request waits for the task, or it is one.
fn serves_request(context: &Context<'_>, task: &Task) -> bool {
    let mut open: Vec<ItemId> = vec![task.id];
    let mut visited = IdSet::default();
    while let Some(id) = open.pop() {
        let Some(task) = context.facts.task(id).filter(|_| visited.insert(id)) else {
            continue;
        };
        if is_request(task) {
            return true;
        }
        open.extend(&task.awaited_by);
    }
    false
}

fn ending(frames: &[Frame]) -> Option<Ending> {
    Ending::ALL.into_iter().find(|ending| {
        let (file, function) = ending.function();
        runs(frames, file, function)
    })
}

fn of(
    context: &Context<'_>,
    id: ItemId,
    event_loop: Option<ItemId>,
    what: Ending,
) -> Option<Diagnosis> {
    let known = context.facts.progress.known;
    if known && !what.polls() && !context.facts.progress.unchanged(id) {
        return None;
    }
    let threads: Vec<&Thread> = match what.is_for_threads() {
        true => holding_up(context, id),
        false => Vec::new(),
    };
    let live = context.facts.live_tasks();
    let tasks: Vec<&Task> = match what {
        Ending::CancelledTasks => live.filter(|task| refuses(task, event_loop)).collect(),
        Ending::Requests => requests(context, live.filter(|task| refuses(task, event_loop))),
        _ => Vec::new(),
    };
    if threads.is_empty() && tasks.is_empty() {
        return None;
    }
    let thread_ids = || threads.iter().map(|thread| thread.id);
    let task_ids = || tasks.iter().map(|task| task.id);
    let blockers = || task_ids().chain(thread_ids());
    let first = blockers().next()?;
    let summary = format!(
        "the program is shutting down and waits for {}: {}, in {}",
        what.in_words(),
        context.facts.names(blockers()),
        location(context.facts.frames(first)),
    );
    let blocked = blockers().all(|id| context.facts.progress.unchanged(id));
    // Threads that go on may be the service that the program is.
    let for_ever = blockers().any(|id| context.graph.stuck(id)) || what == Ending::CancelledTasks;
    Some(Diagnosis {
        tasks: context.in_order(task_ids()),
        threads: context.in_order(thread_ids()),
        culprit: culprit::of_first(&context.facts, blockers()),
        affected_tasks: context.affected(blockers()),
        hint: Some(
            match threads.is_empty() {
                true => "end the tasks when the program is told to end, or cancel them",
                false => "make the thread a daemon, or tell it to stop before the end",
            }
            .to_owned(),
        ),
        ..diagnosis(
            RULE.kind,
            if known && blocked && for_ever {
                Confidence::Likely
            } else {
                Confidence::Possible
            },
            summary,
        )
    })
}

/// Threads that neither end nor do anything. A program is meant to stay up for a
/// thread that serves or computes.
fn holding_up<'a>(context: &Context<'a>, own: ItemId) -> Vec<&'a Thread> {
    let threads = context.facts.process.threads.iter();
    threads
        .filter(|thread| {
            let mut needs = context.graph.deps.needs(own);
            let joined = needs.any(|(id, _)| id == thread.id);
            thread.id != own && (thread.daemon != Some(true) || joined)
        })
        .filter(|thread| {
            let mut needs = context.graph.deps.needs(own);
            let joined = needs.any(|(id, _)| id == thread.id);
            let waits = thread.event_loop.is_none() || joined;
            waits && thread.state == ThreadState::Blocked
        })
        .filter(|thread| {
            !context.facts.progress.works(thread.id) && !context.facts.progress.moved(thread.id)
        })
        .filter(|thread| {
            let wait = thread.waits_for.as_ref();
            wait.is_none_or(|wait| !matches!(wait.kind, WaitKind::Idle | WaitKind::Accept))
        })
        .collect()
}

fn refuses(task: &Task, event_loop: Option<ItemId>) -> bool {
    task.state == TaskState::Waiting
        && (event_loop.is_none() || task.event_loop == event_loop)
        && !is_library_only(&task.frames)
}

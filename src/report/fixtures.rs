//! Made-up programs for the tests of the report and the debug adapter.

mod hung;

pub(crate) use hung::starved;

pub(crate) use crate::model::fixtures::{
    coroutine, diagnosis, edge, reference, resource, snapshot, verdict, wait,
};

use std::sync::Arc;

use crate::model::fixtures as model;
use crate::model::*;

pub(crate) fn frame(function: &str, file: &str, line: u32) -> Frame {
    model::frame(function, file, line, FrameKind::Coroutine)
}

/// A waiting task; its frames are given outermost first.
pub(crate) fn task(address: u64, name: &str, chain: &[(&str, &str, u32)], summary: &str) -> Task {
    let frames = model::frames(chain, FrameKind::Coroutine);
    Task {
        event_loop: Some("loop:0x1".into()),
        thread: Some("thread:4242".into()),
        waits_for: (!summary.is_empty()).then(|| wait("lock", summary)),
        ..model::task(&format!("task:{address:#x}"), name, frames)
    }
}

/// A blocked thread; its frames are given outermost first.
pub(crate) fn thread(native_id: u64, name: &str, chain: &[(&str, &str, u32)]) -> Thread {
    let frames = model::frames(chain, FrameKind::Function);
    model::thread(&format!("thread:{native_id}"), native_id, name, frames)
}

/// A process with a main thread that runs an idle loop, and no tasks.
pub(crate) fn process() -> Process {
    let mut main = thread(
        4242,
        "MainThread",
        &[
            ("<module>", "/srv/bank.py", 40),
            ("Runner.run", "/usr/lib/python3.13/asyncio/runners.py", 118),
            (
                "EpollSelector.select",
                "/usr/lib/python3.13/selectors.py",
                452,
            ),
        ],
    );
    main.syscall = Some("epoll_wait".into());
    main.event_loop = Some("loop:0x1".into());
    Process {
        threads: vec![main],
        loops: vec![EventLoop {
            timers: Some(1),
            next_timer_s: Some(29.7),
            ..model::event_loop("loop:0x1", "thread:4242")
        }],
        ..model::process("/srv/bank.py")
    }
}

/// The process of a deadlock between two transfers, among six tasks.
pub(crate) fn bank() -> Process {
    const LOCKS: &str = "/usr/lib/python3.13/asyncio/locks.py";
    let transfer = [
        ("transfer", "/srv/bank.py", 24),
        ("_ContextManagerMixin.__aenter__", LOCKS, 14),
        ("Lock.acquire", LOCKS, 110),
    ];
    let mut process = process();
    let main = [("main", "/srv/bank.py", 64), ("settle", "/srv/bank.py", 31)];
    let receipts = [
        ("send_receipts", "/srv/receipts.py", 12),
        ("Queue.get", "/usr/lib/python3.13/asyncio/queues.py", 186),
    ];
    let heartbeat = [
        ("heartbeat", "/srv/bank.py", 50),
        ("sleep", "/usr/lib/python3.13/asyncio/tasks.py", 718),
    ];
    process.tasks = vec![
        task(
            0x10,
            "Task-1",
            &main,
            "gather of alice-to-bob, bob-to-alice (0/2 done)",
        )
        .into(),
        task(
            0x20,
            "alice-to-bob",
            &transfer,
            "asyncio.Lock held by bob-to-alice (transfer, line 24)",
        )
        .into(),
        task(
            0x30,
            "bob-to-alice",
            &transfer,
            "asyncio.Lock held by alice-to-bob (transfer, line 24)",
        )
        .into(),
        task(0x40, "receipts", &receipts, "asyncio.Queue.get, empty").into(),
        task(
            0x50,
            "rates",
            &[("refresh_rates", "/srv/bank.py", 44)],
            "thread rates_0 (running fetch_rates, line 40)",
        )
        .into(),
        task(0x60, "heartbeat", &heartbeat, "timer, 29.7 s left").into(),
    ];
    let kinds = ["gather", "lock", "lock", "queue-get", "executor", "timer"];
    for (task, kind) in process.tasks_mut().zip(kinds) {
        if let Some(wait) = &mut task.waits_for {
            wait.kind = kind.parse().unwrap();
        }
    }
    *process.edges_mut() = vec![
        edge("task:0x10", "task:0x20", "gather"),
        edge("task:0x10", "task:0x30", "gather"),
        edge("task:0x20", "lock:0xa", "lock"),
        edge("task:0x30", "lock:0xb", "lock"),
        edge("lock:0xa", "task:0x30", "holds"),
        edge("lock:0xb", "task:0x20", "holds"),
        edge("task:0x50", "thread:4243", "executor"),
    ];
    for (index, lock, holder) in [(1, "lock:0xa", "task:0x30"), (2, "lock:0xb", "task:0x20")] {
        let waiter = lock_of(lock, holder, process.tasks[index].id);
        Arc::make_mut(&mut process.resources).push(waiter);
        let task = process.task_mut(index);
        if let Some(wait) = &mut task.waits_for {
            wait.resource = Some(lock.into());
        }
    }
    for (task, awaiters) in [
        (1, ["task:0x10", "task:0x30"]),
        (2, ["task:0x10", "task:0x20"]),
    ] {
        process.task_mut(task).awaited_by = awaiters.map(ItemId::from).to_vec();
    }
    process.threads.push(thread(
        4243,
        "rates_0",
        &[
            (
                "Thread._bootstrap",
                "/usr/lib/python3.13/threading.py",
                1014,
            ),
            (
                "_WorkItem.run",
                "/usr/lib/python3.13/concurrent/futures/thread.py",
                59,
            ),
            ("fetch_rates", "/srv/bank.py", 40),
        ],
    ));
    process.threads[1].syscall = Some("clock_nanosleep".into());
    process
}

fn lock_of(id: &str, holder: &str, waiter: ItemId) -> Resource {
    Resource {
        summary: "asyncio.Lock Account.lock".into(),
        holders: vec![holder.into()],
        taken_at: vec![Acquisition {
            by: holder.into(),
            function: "transfer".into(),
            file: Some("/srv/bank.py".into()),
            line: Some(22),
        }],
        waiters: vec![waiter],
        locked: Some(true),
        ..resource(id, "asyncio.locks.Lock", "Account.lock")
    }
}

/// Ten thousand tasks under one: workers that wait for work, jobs that wait to
/// try again, and one that has not started.
pub(crate) fn crowd() -> Process {
    const TASKS: &str = "/usr/lib/python3.13/asyncio/tasks.py";
    let main = [
        ("main", "/srv/crawl.py", 60),
        (
            "TaskGroup.__aexit__",
            "/usr/lib/python3.13/asyncio/taskgroups.py",
            106,
        ),
    ];
    let worker = [
        ("worker", "/srv/crawl.py", 33),
        ("Queue.get", "/usr/lib/python3.13/asyncio/queues.py", 186),
    ];
    let job = [
        ("fetch", "/srv/crawl.py", 12),
        ("backoff", "/srv/retry.py", 7),
        ("sleep", TASKS, 718),
    ];
    let mut process = process();
    process.tasks.push(task(1, "Task-1", &main, "").into());
    for at in 0..9_999 {
        let id = 0x1000 + at * 16;
        process.tasks.push(if at < 4_982 {
            task(
                id,
                &format!("worker-{at}"),
                &worker,
                "asyncio.Queue.get, empty",
            )
            .into()
        } else {
            let left = at as f64 / 10.0 - 500.0;
            let mut job = task(id, &format!("Task-{at}"), &job, &format!("timer, {left} s"));
            job.waits_for = job.waits_for.map(|wait| Wait {
                kind: WaitKind::Timer,
                remaining_s: Some(left),
                ..wait
            });
            job.into()
        });
    }
    let mut fresh = task(0x10, "Task-9999", &[("fetch", "/srv/crawl.py", 10)], "");
    fresh.state = TaskState::Ready;
    fresh.started = Some(false);
    process.tasks.push(fresh.into());
    let ids: Vec<ItemId> = (process.tasks.iter().skip(1)).map(|task| task.id).collect();
    for (index, id) in (1..).zip(ids) {
        let task = process.task_mut(index);
        task.awaited_by.push("task:0x1".into());
        process.edges_mut().push(Edge {
            from: "task:0x1".into(),
            to: id,
            via: EdgeKind::TaskGroup,
        });
    }
    process
}

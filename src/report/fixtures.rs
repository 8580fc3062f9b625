//! Hand-made snapshots for the tests of the report.

mod hung;

pub use hung::{diagnosis, starved, verdict};

use arcstr::ArcStr;

use crate::snapshot::*;

pub fn frame(function: &str, file: &str, line: u32) -> Frame {
    Frame {
        function: function.rsplit('.').next().unwrap_or(function).into(),
        qualname: function.into(),
        file: Some(file.into()),
        line: Some(line),
        column: None,
        kind: FrameKind::Coroutine,
        library: file.starts_with("/usr/lib"),
        owner: None,
        locals: None,
        error: None,
        place: None,
    }
}

/// A waiting task; its frames are given outermost first.
pub fn task(address: u64, name: &str, frames: &[(&str, &str, u32)], summary: &str) -> Task {
    let mut frames: Vec<Frame> = (frames.iter())
        .map(|(function, file, line)| frame(function, file, *line))
        .collect();
    frames.reverse();
    Task {
        id: format!("task:{address:#x}").into(),
        interpreter: 0,
        name: name.into(),
        name_is_default: name.starts_with("Task-"),
        coroutine: frames.last().map_or("gone", |frame| &frame.qualname).into(),
        type_name: "_asyncio.Task".into(),
        state: TaskState::Waiting,
        started: Some(true),
        cancelling: 0,
        must_cancel: false,
        outcome: None,
        exception: None,
        event_loop: Some("loop:0x1".into()),
        thread: Some("thread:4242".into()),
        frames: frames.into(),
        waits_for: (!summary.is_empty()).then(|| wait("lock", summary)),
        guards: Box::default(),
        awaited_by: Vec::new(),
        created_at: None,
        weakly_held: None,
        error: None,
    }
}

pub fn wait(kind: &str, summary: &str) -> Wait {
    Wait {
        kind: kind.into(),
        type_name: "asyncio.locks.Lock".into(),
        summary: summary.into(),
        ..Wait::default()
    }
}

pub fn thread(native_id: u64, name: &str, frames: &[(&str, &str, u32)]) -> Thread {
    let mut frames: Vec<Frame> = (frames.iter())
        .map(|(function, file, line)| Frame {
            kind: FrameKind::Function,
            ..frame(function, file, *line)
        })
        .collect();
    frames.reverse();
    Thread {
        id: format!("thread:{native_id}").into(),
        interpreter: 0,
        native_id,
        name: name.into(),
        state: ThreadState::Blocked,
        holds_gil: Some(false),
        daemon: Some(false),
        syscall: Some("futex".into()),
        event_loop: None,
        task: None,
        waits_for: None,
        cpu_s: None,
        waits_begun: None,
        frames,
        error: None,
    }
}

pub fn edge(from: &str, to: &str, via: &str) -> Edge {
    Edge {
        from: from.into(),
        to: to.into(),
        via: via.into(),
    }
}

/// A process with a main thread that runs an idle loop, and no tasks.
pub fn process() -> Process {
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
        pid: 4242,
        parent_pid: Some(1),
        command: vec!["python3".into(), "/srv/bank.py".into()],
        executable: Some("/usr/bin/python3.13".into()),
        python: PythonBuild {
            version: "3.13.0".into(),
            free_threaded: false,
            debug: false,
            layout: LayoutSource::Published,
        },
        read: ReadInfo {
            consistency: Consistency::Stopped,
            stopped_us: 2_840,
            bytes: 1 << 20,
            syscalls: 12,
            rejected_reads: 0,
            note: None,
        },
        threads: vec![main],
        loops: vec![EventLoop {
            id: "loop:0x1".into(),
            interpreter: 0,
            class_name: "asyncio.unix_events._UnixSelectorEventLoop".into(),
            thread: Some("thread:4242".into()),
            running: true,
            closed: Some(false),
            debug: Some(false),
            state: LoopState::Polling,
            ready: Some(0),
            timers: Some(1),
            next_timer_s: Some(29.7),
            slow_callback_s: None,
            executor: None,
            files: Vec::new(),
            error: None,
        }],
        tasks: Vec::new(),
        coroutines: Vec::new(),
        resources: Vec::new(),
        edges: Default::default(),
        references: Vec::new(),
        children: Vec::new(),
        verdict: None,
        diagnoses: Vec::new(),
        errors: Vec::new(),
        asyncio_imported: true,
    }
}

/// The process of a deadlock between two transfers, among six tasks.
pub fn bank() -> Process {
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
            wait.kind = kind.into();
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
    for (place, lock, holder) in [(1, "lock:0xa", "task:0x30"), (2, "lock:0xb", "task:0x20")] {
        let waiter = lock_of(lock, holder, &process.tasks[place].id);
        process.resources.push(waiter);
        let task = process.task_mut(place);
        if let Some(wait) = &mut task.waits_for {
            wait.resource = Some(lock.into());
        }
    }
    for (task, awaiters) in [
        (1, ["task:0x10", "task:0x30"]),
        (2, ["task:0x10", "task:0x20"]),
    ] {
        process.task_mut(task).awaited_by = awaiters.map(ArcStr::from).to_vec();
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

fn lock_of(id: &str, holder: &str, waiter: &str) -> Resource {
    Resource {
        id: id.into(),
        kind: "lock".into(),
        type_name: "asyncio.locks.Lock".into(),
        name: Some("Account.lock".into()),
        summary: "asyncio.Lock Account.lock".into(),
        holders: vec![holder.into()],
        taken_at: vec![Taken {
            by: holder.into(),
            function: "transfer".into(),
            file: Some("/srv/bank.py".into()),
            line: Some(22),
        }],
        waiters: vec![waiter.into()],
        locked: Some(true),
        ..Resource::default()
    }
}

pub fn snapshot(process: Process) -> Snapshot {
    Snapshot {
        schema_version: SCHEMA_VERSION,
        tool: Tool {
            name: "dapper-attach".into(),
            version: "0.1.0".into(),
        },
        taken_at: "2026-11-22T02:13:41.123456Z".into(),
        processes: vec![process],
    }
}

/// Ten thousand tasks under one: workers that wait for work, jobs that wait to
/// try again, and one that has not started.
pub fn crowd() -> Process {
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
                kind: "timer".into(),
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
    let ids: Vec<ArcStr> = (process.tasks.iter().skip(1))
        .map(|task| task.id.clone())
        .collect();
    for (place, id) in (1..).zip(ids) {
        let task = process.task_mut(place);
        task.awaited_by.push("task:0x1".into());
        process
            .edges_mut()
            .push(edge("task:0x1", &id, "task-group"));
    }
    process
}

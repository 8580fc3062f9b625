//! Made-up processes.

use std::sync::Arc;

use crate::model::fixtures::{
    edge, event_loop, frames, process, resource, task, thread, verdict, wait,
};
use crate::model::{
    Batch, FrameKind, ItemId, LoopState, Process, ResourceKind, Task, TaskState, ThreadState,
    Verdict, Wait,
};
use crate::top::{Cost, TopState};

pub(super) const FILE: &str = "/srv/bank.py";

/// A task that waits at a line of its coroutine.
pub(super) fn waiting(id: &str, name: &str, coroutine: &str, line: u32) -> Task {
    let chain = [(coroutine, FILE, line)];
    task(id, name, frames(&chain, FrameKind::Coroutine))
}

/// A task that sleeps: since how long, and for how long still.
pub(super) fn sleeping(id: &str, name: &str, since_s: f64, left_s: f64) -> Task {
    Task {
        waits_for: Some(Wait {
            remaining_s: Some(left_s),
            since_s: Some(since_s),
            ..wait("timer", "")
        }),
        ..waiting(id, name, "poll", 40)
    }
}

/// Three tasks transfer money, one of which has the lock and sleeps; one computes.
pub(super) fn bank(clock_s: f64) -> Process {
    let mut process = process("bank.py");
    process.clock_s = Some(clock_s);
    let mut main = thread(
        "thread:7",
        7,
        "MainThread",
        frames(
            &[("main", FILE, 60), ("report", FILE, 50)],
            FrameKind::Coroutine,
        ),
    );
    (main.state, main.holds_gil, main.cpu_s) =
        (ThreadState::Running, Some(true), Some(clock_s / 2.0));
    main.event_loop = Some("loop:0x5".into());
    main.task = Some("task:0x40".into());
    let mut other = thread(
        "thread:8",
        8,
        "pool_0",
        frames(&[("work", FILE, 9)], FrameKind::Function),
    );
    (other.cpu_s, other.waits_begun) = (Some(1.0), Some(17));
    process.threads = vec![main, other];
    let mut its_loop = event_loop("loop:0x5", "thread:7");
    its_loop.state = LoopState::Running;
    its_loop.ready = Some(2);
    its_loop.iteration_s = Some(0.012);
    its_loop.batch = Some(Batch {
        begun: 1,
        of: 2,
        callback: Some("report".into()),
        task: Some("task:0x40".into()),
    });
    process.loops = vec![its_loop];
    let mut lock = resource("lock:0x90", "asyncio.locks.Lock", "Account.lock");
    lock.locked = Some(true);
    lock.holders = vec!["task:0x10".into()];
    lock.waiters = vec!["task:0x20".into(), "task:0x30".into()];
    process.resources = Arc::new(vec![lock]);
    let for_lock = |id, name| Task {
        waits_for: Some(Wait {
            resource: Some(ItemId::Resource(ResourceKind::Lock, 0x90)),
            holders: vec!["task:0x10".into()],
            ..wait("lock", "")
        }),
        ..waiting(id, name, "transfer", 17)
    };
    let running = Task {
        state: TaskState::Running,
        thread: Some("thread:7".into()),
        event_loop: Some("loop:0x5".into()),
        ..waiting("task:0x40", "report", "report", 49)
    };
    process.tasks = [
        sleeping("task:0x10", "Task-1", 3.0, 7.0),
        for_lock("task:0x20", "Task-2"),
        for_lock("task:0x30", "Task-3"),
        running,
    ]
    .map(Arc::new)
    .to_vec();
    process.edges = Arc::new(vec![
        edge("task:0x20", "lock:0x90", "lock"),
        edge("task:0x30", "lock:0x90", "lock"),
        edge("lock:0x90", "task:0x10", "holds"),
    ]);
    process
}

pub(super) fn busy() -> Verdict {
    verdict("busy", "1 of 4 tasks moved between the samples").unwrap()
}

/// The bank after ten looks, a second apart, with four light looks each.
pub(super) fn watched() -> TopState {
    let mut state = TopState::default();
    state.cost = Cost {
        asked: 1.0,
        own_cpu: 0.012,
    };
    for second in 0..10_u32 {
        let at_s = f64::from(second);
        for part in 0..4_u32 {
            let at_s = at_s + f64::from(part) / 4.0;
            state.light_look(&bank(100.0 + at_s), at_s);
        }
        let mut process = bank(100.75 + at_s);
        let wait = process.task_mut(0).waits_for.as_mut().unwrap();
        wait.since_s = Some(3.0 + at_s);
        wait.remaining_s = Some(57.0 - at_s);
        state.look(&process, at_s + 0.75);
    }
    state.judge(busy(), &[], 8.0);
    state.clock_s = 10.0;
    state
}

pub(super) fn hung() -> Verdict {
    verdict("hung", "deadlock through a lock").unwrap()
}

//! Circles.

use crate::diagnosis::fixtures::{World, culprit, event_loop, how, ids, kinds};
use crate::model::{Guard, ItemId};

const BANK: &str = "\
async def transfer(src, dst):
    async with src.lock:
        await audit()
        async with dst.lock:
            pass
async def heartbeat():
    while True:
        await asyncio.sleep(3600)
async def main():
    await asyncio.gather(t1, t2)
";

fn bank() -> World {
    let mut world = World::new(BANK);
    let at = [("transfer", "async with dst.lock")];
    world.waiting("a-b", &at, "lock", "lock:b");
    world.waiting("b-a", &at, "lock", "lock:a");
    world.sleeping("heartbeat", &[("heartbeat", "sleep(3600)")], 3000.0);
    let main = [("main", "gather(t1, t2)")];
    world.awaiting("Task-1", &main, "gather", &["task:a-b", "task:b-a"]);
    world.resource("lock", "a", &["task:a-b"]).locked = Some(true);
    world.resource("lock", "b", &["task:b-a"]).locked = Some(true);
    world
}

#[test]
fn two_locks_in_opposite_order() {
    let (verdict, found) = bank().diagnose();
    assert_eq!(kinds(&found), ["deadlock-cycle"]);
    assert_eq!(
        (verdict.state.as_str(), verdict.confidence.as_str()),
        ("hung", "certain")
    );
    assert_eq!(culprit(&found), "async with dst.lock:");
    assert_eq!(found[0].tasks, ids(["task:a-b", "task:b-a"]));
    assert_eq!(found[0].affected_tasks, 3);
    assert_eq!(found[0].summary, "deadlock: a-b -> b -> b-a -> a -> a-b");
}

#[test]
fn a_timeout_that_breaks_the_circle_soon_is_waiting() {
    let mut world = bank();
    world.process.task_mut(1).guards = [Guard {
        kind: "timeout".parse().unwrap(),
        remaining_s: 4.0,
    }]
    .into();
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["deadlock-cycle"]);
    assert_eq!(found[0].recovers_in_s, Some(4.0));
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn a_holder_that_goes_on_is_no_deadlock() {
    let mut world = bank();
    let position = world
        .process
        .tasks
        .iter()
        .position(|t| t.id == ItemId::from("task:b-a"));
    let task = world.process.task_mut(position.unwrap());
    task.waits_for.as_mut().unwrap().kind = "timer".parse().unwrap();
    task.waits_for.as_mut().unwrap().resource = None;
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), [""; 0]);
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn a_task_takes_its_own_lock_again() {
    let mut world =
        World::new("async def save():\n    async with lock:\n        async with lock:\n");
    world.waiting(
        "save",
        &[("save", "    async with lock:")],
        "lock",
        "lock:x",
    );
    world.resource("lock", "x", &["task:save"]);
    let (_, found) = world.diagnose();
    assert_eq!(kinds(&found), ["self-deadlock"]);
}

const POOL: &str = "\
def render(loop, host):
    return asyncio.run_coroutine_threadsafe(resolve(host), loop).result()
async def resolve(host):
    return await loop.getaddrinfo(host, 80)
async def report(host):
    return await loop.run_in_executor(None, render, loop, host)
";

fn pool() -> World {
    let mut world = World::new(POOL);
    let render = [("render", ".result()")];
    let resolve = [("resolve", "getaddrinfo")];
    let report = [("report", "run_in_executor")];
    for n in 0..2 {
        world.blocked(&format!("io_{n}"), &render, "future", "");
        world.waiting(&format!("Task-{n}"), &resolve, "executor", "executor:io");
        world.waiting(&format!("report-{n}"), &report, "executor", "");
        world.edge(
            &format!("thread:io_{n}"),
            &format!("task:Task-{n}"),
            "future",
        );
        world.edge(
            &format!("task:report-{n}"),
            &format!("thread:io_{n}"),
            "executor",
        );
        world.edge("executor:io", &format!("thread:io_{n}"), "busy-worker");
    }
    world.waiting("report-2", &report, "executor", "executor:io");
    let executor = world.resource("executor", "io", &[]);
    (executor.limit, executor.used, executor.size) = (Some(2), Some(2), Some(3));
    world
}

#[test]
fn workers_wait_for_jobs_in_their_own_queue() {
    let (verdict, found) = pool().diagnose();
    assert_eq!(kinds(&found), ["executor-exhausted", "deadlock-cycle"]);
    assert!(culprit(&found).contains(".result()"));
    assert_eq!(found[1].threads, ids(["thread:io_0", "thread:io_1"]));
    assert_eq!(found[0].affected_tasks, 5);
    assert_eq!(verdict.state, "hung");
    assert!(
        verdict.summary.contains("thread pool \"io\""),
        "{}",
        verdict.summary
    );
}

#[test]
fn a_worker_that_computes_keeps_the_pool_going() {
    let mut world = pool();
    world.process.threads[1].waits_for = None;
    world.process.threads[1].state = crate::model::ThreadState::Running;
    world
        .process
        .edges_mut()
        .retain(|edge| edge.from != ItemId::from("thread:io_0"));
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), [""; 0]);
    assert_ne!(verdict.state, "hung");
}

#[test]
fn requests_share_few_workers_and_fewer_connections() {
    let mut world = World::new(
        "\
def get_db():
    conn = db.get()
    try:
        yield conn
    finally:
        db.put(conn)
async def handle():
    await run_in_threadpool(f)
",
    );
    world.listening("0.0.0.0:80");
    let limiter = world.resource("limiter", "tokens", &["task:r0", "task:r1"]);
    (limiter.limit, limiter.used) = (Some(2), Some(2));
    world.resource("thread-queue", "db", &[]).size = Some(0);
    for n in 0..2 {
        world.blocked(
            &format!("w{n}"),
            &[("get_db", "db.get()")],
            "queue-get",
            "thread-queue:db",
        );
        world.waiting(&format!("r{n}"), &[("handle", "run_in")], "executor", "");
        world.edge(&format!("task:r{n}"), &format!("thread:w{n}"), "executor");
    }
    world.waiting("r2", &[("handle", "run_in")], "event", "limiter:tokens");
    world.refers("module:__main__", "thread-queue:db", "db");
    let (verdict, found) = world.diagnose();
    let all = ["executor-exhausted", "deadlock-cycle", "orphan-wait"];
    assert_eq!(kinds(&found), all);
    assert_eq!(culprit(&found), "conn = db.get()");
    assert_eq!(verdict.state, "hung");
}

const SYNC: &str = "\
def publish(self):
    return fut.result()
async def on_message(bus):
    bus.publish()
";

#[test]
fn the_loop_waits_for_its_own_future() {
    let mut world = World::new(SYNC);
    world.task("mqtt", &[("on_message", "bus.publish")]);
    world.run(
        "task:mqtt",
        "thread:MainThread",
        &[("publish", "fut.result()")],
    );
    world.process.threads[0].waits_for = Some(crate::model::Wait {
        kind: "future".parse().unwrap(),
        ..Default::default()
    });
    world
        .coroutine("_publish", "created", "def publish")
        .event_loop = Some("loop:1".into());
    world.edge("task:mqtt", "coroutine:_publish", "future");
    world.edge("thread:MainThread", "coroutine:_publish", "future");
    world.edge("coroutine:_publish", "task:mqtt", "event-loop");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["self-deadlock", "blocked-loop"]);
    assert_eq!(how(&found[1]), "lock");
    assert_eq!(found[0].tasks, ids(["task:mqtt"]));
    assert_eq!(culprit(&found), "return fut.result()");
    assert_eq!(verdict.state, "hung");
}

/// A server whose handler is caught in a call on a connection to itself.
fn asks_itself() -> World {
    let mut world = World::new(SYNC);
    world.task("handler", &[("on_message", "bus.publish")]);
    let call = [("publish", "fut.result()")];
    world.run("task:handler", "thread:MainThread", &call);
    world.process.threads[0].waits_for = Some(crate::model::Wait {
        kind: "socket-write".parse().unwrap(),
        resource: Some("socket:fd-12".into()),
        ..Default::default()
    });
    world.resource("socket", "fd-12", &[]);
    world.edge("task:handler", "socket:fd-12", "socket");
    world.edge("socket:fd-12", "task:handler", "event-loop");
    world
}

#[test]
fn a_server_that_waits_for_itself_in_two_samples_is_stuck() {
    let (verdict, found) = asks_itself().diagnose();
    assert_eq!(kinds(&found), ["self-deadlock", "blocked-loop"]);
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_new_task_in_a_thread_that_goes_on_is_not_stuck() {
    let world = asks_itself();
    let mut before = world.process.clone();
    before
        .tasks
        .retain(|task| task.id != ItemId::from("task:handler"));
    before.threads[0].task = None;
    before.threads[0].waits_for = None;
    let (verdict, found) = world.diagnose_after(before);
    assert!(!kinds(&found).contains(&"self-deadlock"), "{found:?}");
    assert_ne!(verdict.state, "hung");
}

#[test]
fn two_loops_wait_for_each_other() {
    let mut world = World::new(SYNC);
    world.thread("beta", &[]).event_loop = Some("loop:2".into());
    world
        .process
        .loops
        .push(event_loop("loop:2", "thread:beta"));
    for (task, thread, event_loop) in [("a", "MainThread", "loop:1"), ("b", "beta", "loop:2")] {
        let of = world.task(task, &[("on_message", "bus.publish")]);
        of.event_loop = Some(event_loop.into());
        world.run(
            &format!("task:{task}"),
            &format!("thread:{thread}"),
            &[("publish", "result()")],
        );
        let coroutine = world.coroutine(&format!("ping_{task}"), "created", "def publish");
        coroutine.event_loop = Some(event_loop.into());
        world.edge(
            &format!("coroutine:ping_{task}"),
            &format!("task:{task}"),
            "event-loop",
        );
    }
    for thread in &mut world.process.threads {
        thread.waits_for = Some(crate::model::Wait {
            kind: "future".parse().unwrap(),
            ..Default::default()
        });
    }
    world.edge("task:a", "coroutine:ping_b", "future");
    world.edge("task:b", "coroutine:ping_a", "future");
    let (_, found) = world.diagnose();
    assert_eq!(kinds(&found), ["cross-loop-deadlock"]);
    assert_eq!(found[0].threads, ids(["thread:MainThread", "thread:beta"]));
    assert_eq!(found[0].tasks, ids(["task:a", "task:b"]));
}

#[test]
fn threads_take_two_locks_in_opposite_order() {
    let mut world = World::new("def left():\n    with b: pass\ndef right():\n    with a: pass\n");
    world.blocked(
        "left",
        &[("left", "with b")],
        "thread-lock",
        "thread-lock:b",
    );
    world.blocked(
        "right",
        &[("right", "with a")],
        "thread-lock",
        "thread-lock:a",
    );
    world.resource("thread-lock", "a", &["thread:left"]);
    world.resource("thread-lock", "b", &["thread:right"]);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["cross-thread-deadlock"]);
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_thread_lock_is_held_across_an_await() {
    let mut world = World::new(
        "\
async def token():
    with self._lock:
        await asyncio.sleep(0.1)
",
    );
    world.sleeping("call-1", &[("token", "sleep")], -0.5);
    world.task("call-2", &[("token", "with self._lock")]);
    world.run("task:call-2", "thread:MainThread", &[]);
    world.process.threads[0].waits_for = Some(crate::model::Wait {
        kind: "thread-lock".parse().unwrap(),
        resource: Some("thread-lock:l".into()),
        ..Default::default()
    });
    world.resource("thread-lock", "l", &["task:call-1"]);
    world.edge("task:call-1", "task:call-2", "event-loop");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["blocked-loop", "deadlock-cycle"]);
    assert_eq!(how(&found[0]), "threading.Lock");
    assert_eq!(found[0].tasks, ids(["task:call-2"]));
    assert_eq!(found[1].tasks, ids(["task:call-1", "task:call-2"]));
    assert_eq!(culprit(&found), "with self._lock:");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_child_is_blocked_on_the_pipe_that_we_do_not_read() {
    let mut world = World::new("async def run():\n    code = await proc.wait()\n");
    world.waiting("probe", &[("run", "proc.wait")], "subprocess", "");
    world.process.children.push(crate::model::ChildProcess {
        id: "process:77".into(),
        pid: 77,
        command: vec!["/usr/bin/ffprobe".into()],
        state: "S".into(),
        syscall: Some("write".into()),
        fd: Some(1),
        peers: vec!["task:probe".into()],
        is_python: false,
    });
    world.edge("task:probe", "process:77", "subprocess");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["internal-wait"]);
    assert_eq!(verdict.state, "waiting");
    world.edge("process:77", "task:probe", "pipe-full");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["subprocess-pipe-full"]);
    assert_eq!(culprit(&found), "code = await proc.wait()");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn the_source_tells_who_took_a_lock_by_acquire() {
    let mut world = World::new(
        "\
async def invoice(ledger):
    await ledger.orders.acquire()
    await asyncio.sleep(1)
    await ledger.payments.acquire()
async def pay(ledger):
    await ledger.payments.acquire()
    await ledger.orders.acquire()  # second
",
    );
    let takes = [("pay", "# second")];
    world.waiting("pay", &takes, "lock", "lock:Ledger.orders");
    let takes = [("invoice", "payments.acquire")];
    world.waiting("invoice", &takes, "lock", "lock:Ledger.payments");
    for lock in ["orders", "payments"] {
        let name = format!("Ledger.{lock}");
        world.resource("lock", &name, &[]).locked = Some(true);
        for task in ["task:pay", "task:invoice"] {
            world.refers(task, &format!("lock:{name}"), &format!("ledger.{lock}"));
        }
    }
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["deadlock-cycle"]);
    assert_eq!(verdict.state, "hung");
}

#[test]
fn tasks_of_two_loops_await_each_other() {
    let mut world = World::new("async def mirror():\n    await asyncio.wrap_future(remote)\n");
    world.thread("south", &[]).event_loop = Some("loop:2".into());
    world
        .process
        .loops
        .push(event_loop("loop:2", "thread:south"));
    world.awaiting("a", &[("mirror", "wrap_future")], "future", &["task:b"]);
    world.awaiting("b", &[("mirror", "wrap_future")], "future", &["task:a"]);
    world.process.task_mut(1).event_loop = Some("loop:2".into());
    let (_, found) = world.diagnose();
    assert_eq!(kinds(&found), ["cross-loop-deadlock"]);
    assert_eq!(found[0].tasks, ids(["task:a", "task:b"]));
}

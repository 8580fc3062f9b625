//! Who can end a wait: what hides a hang, and what does not.

use crate::diagnosis::fixtures::{World, kinds};
use crate::model::{Callback, CallbackKind, ResourceKind};

/// A consumer of a global queue; `rest` is the rest of the module.
fn consumer(rest: &str) -> World {
    let source = format!(
        "\
async def consume():
    while True:
        await orders.get()
async def main():
    await task
{rest}"
    );
    let mut world = World::new(&source);
    world.waiting(
        "consume",
        &[("consume", "orders.get")],
        "queue-get",
        "queue:orders",
    );
    world.awaiting(
        "Task-1",
        &[("main", "await task")],
        "await",
        &["task:consume"],
    );
    world.resource("queue", "orders", &[]).size = Some(0);
    world.refers("task:consume", "queue:orders", "orders");
    world.refers("module:app", "queue:orders", "orders");
    world
}

fn is_hung(world: &World) -> bool {
    let (verdict, found) = world.diagnose();
    assert_eq!(
        verdict.state == "hung",
        kinds(&found).contains(&"orphan-wait")
    );
    verdict.state == "hung"
}

#[test]
fn a_heartbeat_in_the_same_module_ends_nothing() {
    let mut world =
        consumer("async def beat():\n    while True:\n        await asyncio.sleep(5)\n");
    world.sleeping("beat", &[("beat", "sleep(5)")], 4.0);
    assert!(is_hung(&world));
}

#[test]
fn a_poller_that_only_looks_ends_nothing() {
    let poll = "async def poll():\n    while True:\n        print(orders.qsize())\n        await asyncio.sleep(5)\n";
    let mut world = consumer(poll);
    world.sleeping("poll", &[("poll", "sleep(5)")], 4.0);
    world.refers("task:poll", "queue:orders", "orders");
    assert!(is_hung(&world));
}

#[test]
fn a_producer_that_sleeps_ends_it() {
    let mut world =
        consumer("async def produce():\n    await asyncio.sleep(5)\n    orders.put_nowait(1)\n");
    world.sleeping("produce", &[("produce", "sleep(5)")], 4.0);
    assert!(!is_hung(&world));
}

#[test]
fn a_producer_that_has_put_before_ends_nothing() {
    let mut world =
        consumer("async def produce():\n    orders.put_nowait(1)\n    await asyncio.sleep(5)\n");
    world.sleeping("produce", &[("produce", "sleep(5)")], 4.0);
    assert!(is_hung(&world));
}

#[test]
fn a_producer_in_a_loop_puts_again() {
    let produce = "async def produce():\n    while True:\n        orders.put_nowait(1)\n        await asyncio.sleep(5)\n";
    let mut world = consumer(produce);
    world.sleeping("produce", &[("produce", "sleep(5)")], 4.0);
    assert!(!is_hung(&world));
}

#[test]
fn a_helper_that_is_still_to_be_called_ends_it() {
    let rest = "\
class Feed:
    def flush(self):
        orders.put_nowait(1)
async def produce(feed):
    await asyncio.sleep(5)
    feed.flush()
";
    let mut world = consumer(rest);
    world.sleeping("produce", &[("produce", "sleep(5)")], 4.0);
    assert!(!is_hung(&world));
}

#[test]
fn the_other_branch_of_an_if_is_over() {
    let rest = "\
async def produce(flag):
    if flag:
        orders.put_nowait(1)
    else:
        await asyncio.sleep(5)
";
    let mut world = consumer(rest);
    world.sleeping("produce", &[("produce", "sleep(5)")], 4.0);
    assert!(is_hung(&world));
}

#[test]
fn a_queue_of_another_name_is_another_queue() {
    let rest = "async def feed():\n    while True:\n        await asyncio.sleep(5)\n        invoices.put_nowait(1)\n";
    let mut world = consumer(rest);
    world.sleeping("feed", &[("feed", "sleep(5)")], 4.0);
    assert!(is_hung(&world));
}

#[test]
fn what_a_timer_calls_ends_it() {
    let mut world = consumer("def refill():\n    orders.put_nowait(1)\n");
    let Some(event_loop) = world.process.loops.first_mut() else {
        panic!("the world has a loop");
    };
    event_loop.callbacks_complete = true;
    assert!(is_hung(&world));
    let at = world.process.tasks[0].frames[0].file.clone();
    world.process.loops[0].callbacks.push(Callback {
        name: "refill".into(),
        file: at,
        line: Some(6),
        by: CallbackKind::Timer,
        due_s: Some(20.0),
    });
    assert!(!is_hung(&world));
}

#[test]
fn a_signal_handler_may_end_it() {
    let mut world =
        consumer("def refill(*_):\n    orders.put_nowait(1)\nsignal.signal(1, refill)\n");
    world.sleeping("beat", &[("consume", "orders.get")], 4.0);
    assert!(!is_hung(&world));
}

#[test]
fn without_its_source_nothing_is_said_of_a_task() {
    let mut world = consumer("");
    world.sleeping("produce", &[("consume", "orders.get")], 4.0);
    let index = world.process.tasks.len() - 1;
    let task = world.process.task_mut(index);
    let mut frames = task.frames.to_vec();
    frames[0].file = Some("<string>".into());
    task.frames = frames.into();
    world.refers("task:produce", "queue:orders", "orders");
    assert!(!is_hung(&world));
}

#[test]
fn a_lock_that_a_helper_took_has_a_holder() {
    let source = "\
class Store:
    def begin(self):
        self.mutex.acquire()
    def end(self):
        self.mutex.release()
    def update(self, fn):
        self.begin()
        fn(self)
        self.end()
def nested(store):
    store.update(print)
";
    let mut world = World::new(source);
    let chain = [
        ("begin", "mutex.acquire"),
        ("update", "self.begin()"),
        ("nested", "store.update"),
        ("update", "fn(self)"),
    ];
    world.blocked("worker", &chain, "thread-lock", "thread-lock:m");
    let lock = world.resource("thread-lock", "m", &[]);
    assert_eq!(lock.kind, ResourceKind::ThreadLock);
    lock.locked = Some(true);
    lock.name = Some("Store.mutex".into());
    world.refers("thread:worker", "thread-lock:m", "self.mutex");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["self-deadlock"]);
    assert_eq!(verdict.state, "hung");
}

/// The consumer, and a task of the program that sleeps at `here` in `code`.
fn with_canceller(code: &str, function: &str, here: &str) -> World {
    let mut world = consumer(code);
    world.sleeping("Task-9", &[(function, here)], 4.0);
    world
}

#[test]
fn who_may_cancel_a_task_may_end_its_wait() {
    let code = "async def watch():\n    await asyncio.sleep(9)\n    close()\ndef close():\n    for task in tasks:\n        task.cancel()\n";
    assert!(!is_hung(&with_canceller(code, "watch", "sleep(9)")));
}

#[test]
fn what_is_cancelled_at_the_end_of_a_service_ends_nothing_now() {
    let code = "async def serve():\n    try:\n        await asyncio.sleep(9)\n    finally:\n        for task in tasks:\n            task.cancel()\n";
    assert!(is_hung(&with_canceller(code, "serve", "sleep(9)")));
}

/// A task waits for a pool that another one, which sleeps in its own code or in a library,
/// reaches. Whether the pool counts as exhausted.
fn is_exhausted_beside(in_library: bool) -> bool {
    let source = "\
async def ask():
    await pool.fetch()
async def main():
    await task
async def idle():
    await asyncio.sleep(9)
";
    let mut world = World::new(source);
    world.waiting("late", &[("ask", "pool.fetch")], "event", "pool:shared");
    world.awaiting("Task-1", &[("main", "await task")], "await", &["task:late"]);
    world.sleeping("early", &[("idle", "sleep(9)")], 4.0);
    if in_library {
        let early = world.process.tasks_mut().last().unwrap();
        let mut frames = early.frames.to_vec();
        let mut inner = frames[0].clone();
        inner.library = true;
        inner.file = Some("/venv/site-packages/pool.py".into());
        frames.insert(0, inner);
        early.frames = frames.into();
    }
    world.refers("task:late", "pool:shared", "pool");
    world.refers("task:early", "pool:shared", "pool");
    let shared = world.resource("pool", "shared", &[]);
    (shared.limit, shared.used) = (Some(1), Some(1));
    let (_, found) = world.diagnose();
    kinds(&found).contains(&"pool-exhausted")
}

#[test]
fn a_call_of_a_library_that_reaches_the_pool_may_give_back() {
    assert!(is_exhausted_beside(false));
    assert!(!is_exhausted_beside(true));
}

#[test]
fn a_lambda_that_handles_a_signal_may_end_it() {
    let handler = "signal.signal(signal.SIGHUP, lambda *_: orders.put_nowait(1))\n";
    let mut world = consumer(&format!(
        "{handler}async def beat():\n    await asyncio.sleep(5)\n"
    ));
    world.sleeping("beat", &[("beat", "sleep(5)")], 4.0);
    assert!(!is_hung(&world));
}

#[test]
fn of_statements_on_one_line_any_may_be_still_to_come() {
    let mut world =
        consumer("async def produce():\n    await asyncio.sleep(5); orders.put_nowait(1)\n");
    world.sleeping("produce", &[("produce", "sleep(5)")], 4.0);
    assert!(!is_hung(&world));
}

#[test]
fn the_parameter_of_a_lambda_may_be_anything() {
    let mut world = consumer(
        "async def produce():\n    await asyncio.sleep(5)\n    loop.call_soon(lambda q: q.put_nowait(1), orders)\n",
    );
    world.sleeping("produce", &[("produce", "sleep(5)")], 4.0);
    assert!(!is_hung(&world));
}

#[test]
fn the_manager_that_a_class_makes_is_no_lock_of_others() {
    let source = "\
async def take():
    await slots.acquire()
async def main():
    async with Session() as session:
        await task
async def beat():
    await asyncio.sleep(5)
";
    let mut world = World::new(source);
    world.waiting(
        "late",
        &[("take", "slots.acquire")],
        "semaphore",
        "semaphore:slots",
    );
    world.awaiting("Task-1", &[("main", "await task")], "await", &["task:late"]);
    world.sleeping("beat", &[("beat", "sleep(5)")], 4.0);
    world.refers("task:late", "semaphore:slots", "slots");
    world.refers("task:Task-1", "semaphore:slots", "late.slots");
    world.resource("semaphore", "slots", &[]).value = Some(0);
    assert_eq!(world.diagnose().0.state, "hung");
}

#[test]
fn code_that_looks_into_frames_may_find_anything() {
    for (code, hangs) in [
        ("frame.f_locals['orders'].get_nowait()", false),
        ("ctypes.cast(address, ctypes.py_object)", false),
        ("frame.f_lineno", true),
    ] {
        let mut world = consumer(&format!(
            "async def look(frame):\n    await asyncio.sleep(5)\n    {code}\n"
        ));
        world.sleeping("look", &[("look", "sleep(5)")], 4.0);
        assert_eq!(is_hung(&world), hangs, "{code}");
    }
}

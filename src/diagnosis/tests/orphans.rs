//! Waits that nobody ends, and what died silently.

use std::sync::Arc;

use crate::diagnosis::fixtures::{World, culprit, how, ids, kinds};
use crate::model::TaskState;

const FEATURE: &str = "\
class Feature:
    async def load(self):
        self.value = config['flag']
        self.loaded.set()
    async def get(self):
        await self.loaded.wait()
async def main():
    await asyncio.gather(*jobs)
";

fn feature() -> World {
    let mut world = World::new(FEATURE);
    world.waiting(
        "Task-6",
        &[("Feature.get", "loaded.wait()")],
        "event",
        "event:Feature.loaded",
    );
    world.awaiting("Task-1", &[("main", "gather")], "gather", &["task:Task-6"]);
    world.resource("event", "Feature.loaded", &[]).set = Some(false);
    world.refers("task:Task-6", "event:Feature.loaded", "self.loaded");
    world.refers("task:Task-1", "event:Feature.loaded", "feature.loaded");
    world
}

#[test]
fn the_task_that_would_set_it_died() {
    let mut world = feature();
    world.failed("loader", &[("Feature.load", "config['flag']")], "KeyError");
    world.refers("task:loader", "event:Feature.loaded", "self.loaded");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["orphan-wait", "unretrieved-exception"]);
    assert_eq!(found[0].tasks, ids(["task:Task-6"]));
    assert_eq!(found[1].tasks, ids(["task:loader"]));
    assert_eq!(culprit(&found), "self.value = config['flag']");
    assert_eq!(
        (verdict.state.as_str(), found[0].affected_tasks),
        ("hung", 2)
    );
}

#[test]
fn somebody_alive_may_still_set_it() {
    let mut world = feature();
    world.sleeping("loader", &[("Feature.load", "config['flag']")], 1.0);
    world.refers("task:loader", "event:Feature.loaded", "self.loaded");
    let (verdict, found) = world.diagnose();
    assert_eq!(
        (kinds(&found), verdict.state.as_str()),
        (vec!["internal-wait"], "waiting")
    );
}

#[test]
fn a_timer_or_signal_handler_may_still_set_it() {
    let mut world = feature();
    world.refers("loop:1", "event:Feature.loaded", "_signal_handlers[15]");
    assert_eq!(kinds(&world.diagnose().1), ["internal-wait"]);
}

const STARTUP: &str = "\
class Startup:
    def __init__(self):
        self.pending = []
    async def run(self):
        result = hook()
        self.pending = [result]
    async def wait_ready(self):
        await self.ready.wait()
async def warm_cache(app):
    app.ready.set()
";

#[test]
fn the_coroutine_that_would_set_it_was_never_awaited() {
    let mut world = World::new(STARTUP);
    world.waiting(
        "http",
        &[("Startup.wait_ready", "ready.wait")],
        "event",
        "event:Startup.ready",
    );
    world.resource("event", "Startup.ready", &[]);
    world.refers("task:http", "event:Startup.ready", "self.ready");
    let coroutine = world.coroutine("warm_cache", "created", "async def warm_cache");
    coroutine.referenced_by = Some("Startup.pending[0]".into());
    coroutine.referenced_as = Some("pending".into());
    world.refers("coroutine:warm_cache", "event:Startup.ready", "app.ready");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["never-awaited", "orphan-wait"]);
    assert_eq!(culprit(&found), "self.pending = [result]");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_coroutine_that_waits_for_its_turn_is_no_finding() {
    let mut world = World::new(STARTUP);
    world.sleeping("Task-1", &[("Startup.run", "result = hook()")], 1.0);
    world.coroutine("warm_cache", "created", "async def warm_cache");
    assert_eq!(kinds(&world.diagnose().1), [""; 0]);
}

const WORKERS: &str = "\
async def process(item):
    return 100 // item
async def worker(queue):
    while True:
        item = await queue.get()
        await process(item)
        queue.task_done()
async def main():
    await queue.join()
";

fn workers() -> World {
    let mut world = World::new(WORKERS);
    world.waiting("Task-1", &[("main", "queue.join")], "queue-join", "queue:q");
    let queue = world.resource("queue", "q", &[]);
    (queue.size, queue.unfinished) = (Some(2), Some(4));
    world.refers("task:Task-1", "queue:q", "queue");
    world
}

#[test]
fn all_workers_died() {
    let mut world = workers();
    for name in ["w0", "w1"] {
        let at = [("worker", "await process"), ("process", "100 // item")];
        world.failed(name, &at, "ZeroDivisionError");
        world.refers(&format!("task:{name}"), "queue:q", "queue");
    }
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["dead-consumers", "unretrieved-exception"]);
    assert_eq!(culprit(&found), "return 100 // item");
    assert_eq!(found[0].tasks, ids(["task:Task-1"]));
    assert_eq!(found[1].tasks, ids(["task:w0", "task:w1"]));
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_worker_that_works_empties_the_queue() {
    let mut world = workers();
    world.sleeping("w0", &[("worker", "await process")], 0.5);
    world.refers("task:w0", "queue:q", "queue");
    assert_eq!(kinds(&world.diagnose().1), ["internal-wait"]);
}

#[test]
fn a_retrieved_exception_is_no_finding() {
    let mut world = workers();
    world.failed("w0", &[("process", "100 // item")], "ValueError");
    let task = world.process.tasks_mut().last().unwrap();
    let exception = task.exception.as_mut();
    exception.unwrap().retrieved = true;
    assert!(!kinds(&world.diagnose().1).contains(&"unretrieved-exception"));
}

const POLLER: &str = "\
async def poll(url):
    await asyncio.sleep(3600)
async def poller(url):
    while True:
        try:
            await poll(url)
        except BaseException as exc:
            continue
async def careful(url):
    try:
        await poll(url)
    except asyncio.CancelledError:
        await poll(bye)
        raise
async def main():
    async with asyncio.TaskGroup() as tg: pass
";

fn poller(chain: &[(&str, &str)]) -> World {
    let mut world = World::new(POLLER);
    world.sleeping("poller", chain, 3000.0);
    world.process.task_mut(0).cancelling = 1;
    world.awaiting(
        "Task-1",
        &[("main", "TaskGroup")],
        "task-group",
        &["task:poller"],
    );
    world.process.task_mut(1).cancelling = 1;
    world
}

#[test]
fn a_child_swallows_its_cancellation() {
    let world = poller(&[
        ("poller", "            await poll(url)"),
        ("poll", "sleep(3600)"),
    ]);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["swallowed-cancellation", "stuck-child"]);
    assert_eq!(culprit(&found), "except BaseException as exc:");
    assert_eq!(found[0].tasks, ids(["task:poller"]));
    assert_eq!(found[1].tasks, ids(["task:poller", "task:Task-1"]));
    assert_eq!(verdict.state, "hung");
}

#[test]
fn cleaning_up_is_not_swallowing() {
    let world = poller(&[("careful", "await poll(bye)"), ("poll", "sleep(3600)")]);
    let (verdict, found) = world.diagnose();
    assert!(
        found.iter().all(|one| one.confidence != "certain"),
        "{found:?}"
    );
    assert_ne!(verdict.state, "hung");
}

#[test]
fn a_ready_task_whose_loop_sleeps() {
    let mut world = World::new(
        "\
def callback():
    done.set()
async def main():
    await done.wait()
",
    );
    world.task("Task-1", &[("main", "done.wait()")]).state = TaskState::Ready;
    world.process.loops[0].ready = Some(1);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["orphan-wait"]);
    assert_eq!(how(&found[0]), "lost-wakeup");
    assert_eq!(culprit(&found), "done.set()");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_coroutine_for_a_loop_that_nobody_runs() {
    let mut world = World::new("def call():\n    return fut.result()\nasync def ping(): pass\n");
    world.process.loops[0].running = false;
    world.blocked("caller", &[("call", "fut.result()")], "future", "");
    world
        .coroutine("ping", "created", "async def ping")
        .event_loop = Some("loop:1".into());
    world.edge("thread:caller", "coroutine:ping", "future");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["orphan-wait"]);
    assert_eq!(culprit(&found), "return fut.result()");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_callback_that_was_queued_without_waking_the_loop() {
    let mut world = World::new(
        "\
def measure(self):
    self.loop.call_soon(self.deliver, 1)
    time.sleep(900)
async def regulate(sensor):
    return await sensor.value
",
    );
    let wait = [("regulate", "await sensor.value")];
    world.waiting("regulator", &wait, "future", "future:value");
    world.blocked("sensor", &[("measure", "sleep(900)")], "sleep", "");
    world.resource("future", "value", &[]);
    world.refers("loop:1", "future:value", "Sensor.deliver.value");
    world.refers("task:regulator", "future:value", "sensor.value");
    world.process.loops[0].ready = Some(1);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["orphan-wait"]);
    assert_eq!(how(&found[0]), "lost-wakeup");
    assert_eq!(culprit(&found), "self.loop.call_soon(self.deliver, 1)");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_condition_that_was_notified_before() {
    let mut world = feature();
    Arc::make_mut(&mut world.process.resources)[0].kind = "condition".parse().unwrap();
    Arc::make_mut(&mut world.process.resources)[0].locked = Some(false);
    Arc::make_mut(&mut world.process.resources)[0].set = None;
    let (_, found) = world.diagnose();
    assert_eq!(kinds(&found), ["orphan-wait"]);
    assert_eq!(how(&found[0]), "lost-wakeup");
}

#[test]
fn a_shielded_task_keeps_a_lock() {
    let mut world = World::new(
        "\
async def login(self):
    async with self.lock:
        await self.greeting
async def connect(session):
    login = asyncio.create_task(session.login())
    await asyncio.wait_for(asyncio.shield(login), 0.1)
    await session.login()  # again
def begin(self):
    self.greeting = loop.create_future()
",
    );
    let greeting = "future:greeting";
    world.waiting("login", &[("login", "greeting")], "future", greeting);
    world.waiting("connect", &[("connect", "# again")], "lock", "lock:l");
    world.resource("lock", "l", &["task:login"]);
    world.resource("future", "greeting", &[]);
    world.refers("task:login", greeting, "self.greeting");
    let (_, found) = world.diagnose();
    assert_eq!(kinds(&found), ["shield-leak", "orphan-wait"]);
    assert!(culprit(&found).contains("asyncio.shield(login)"));
}

//! By which ways code gets at what it ends: names that are not its own, calls that others make
//! for it, and timeouts that it catches.

use std::sync::Arc;

use super::dynamic::{event, is_hung};
use crate::diagnosis::fixtures::{World, culprit};
use crate::model::{Callables, Called, Guard, GuardKind, Referrer};

fn early(rest: &str) -> String {
    format!("async def early(k):\n    await asyncio.sleep(25)\n{rest}")
}

/// The function of the source that begins at the line with `# made`.
fn made(world: &World, name: &str, is_generator: bool) -> Called {
    let file = world.process.tasks[0].frames[0].file.clone().unwrap();
    let lines = world.source().lines().zip(1..);
    let mut made = lines.filter(|(text, _)| text.ends_with("# made"));
    Called::Own {
        name: name.into(),
        file,
        line: made.next().map(|(_, line)| line),
        is_generator,
    }
}

/// `world`, whose `early` reaches the event through a callable in its variable `k`.
fn with_callable(mut world: World, called: Called) -> World {
    let references = Arc::make_mut(&mut world.process.references);
    references[0].through = Some(Callables {
        variable: "k".into(),
        path: "".into(),
        class_file: None,
        called: vec![called],
    });
    world
}

#[test]
fn a_variable_of_a_comprehension_in_a_lambda_may_be_it() {
    let hangs = |method: &str| {
        let lambda = format!("    finish = lambda: [it.{method}() for it in all]  # made\n");
        let world = event(&format!("def begin():\n{lambda}{}", early("    k()\n")));
        let called = made(&world, "begin.<locals>.<lambda>", false);
        is_hung(&with_callable(world, called))
    };
    assert!(!hangs("set"));
    assert!(hangs("is_set"));
}

#[test]
fn a_variable_of_the_function_around_may_be_it() {
    let hangs = |method: &str| {
        let finish = format!("    def finish():  # made\n        signal.{method}()\n");
        let make = format!("def make(app):\n    signal = app.ready\n{finish}    return finish\n");
        let world = event(&format!("{make}{}", early("    k()\n")));
        let called = made(&world, "make.<locals>.finish", false);
        is_hung(&with_callable(world, called))
    };
    assert!(!hangs("set"));
    assert!(hangs("is_set"));
}

#[test]
fn what_gets_a_callable_may_call_it() {
    let hangs = |rest: &str| {
        let world = event(&early(rest));
        is_hung(&with_callable(world, Called::Library("set".into())))
    };
    assert!(!hangs("    sorted(items, key=k)\n"));
    assert!(hangs("    sorted(items)\n"));
}

#[test]
fn whoever_has_a_generator_lets_it_go_on() {
    let hangs = |last: &str| {
        let rows =
            format!("def rows(lock):  # made\n    with lock:\n        yield 1\n    {last}\n");
        let world = event(&format!("{rows}{}", early("    print(k)\n")));
        let called = made(&world, "rows", true);
        is_hung(&with_callable(world, called))
    };
    assert!(!hangs("ready.set()"));
    assert!(hangs("ready.is_set()"));
}

#[test]
fn globals_by_name_may_be_any() {
    let hangs = |rest: &str| {
        let mut world = event(&early(rest));
        world.refers("module:app", "event:ready", "ready");
        // Only the module has it.
        let references = Arc::make_mut(&mut world.process.references);
        references.retain(|it| it.from != Referrer::Item("task:early".into()));
        is_hung(&world)
    };
    assert!(!hangs("    globals()[k].set()\n"));
    assert!(hangs("    globals()[k].is_set()\n"));
}

#[test]
fn code_of_a_library_on_the_stack_may_use_what_it_has() {
    let hangs = |file: &str| {
        let mut world = event(&early(""));
        let references = Arc::make_mut(&mut world.process.references);
        references[0].in_libraries = vec![file.into()];
        is_hung(&world)
    };
    assert!(!hangs("/usr/lib/python3.13/logging/handlers.py"));
    assert!(hangs("/usr/lib/python3.13/asyncio/runners.py"));
}

/// Whether a task hangs that waits in the line with `# late`, with a timeout in 300 s.
fn hangs_with_timeout(body: &str) -> bool {
    let mut world = World::new(&format!(
        "async def late(ready):\n{body}async def main():\n    await task\n"
    ));
    world.waiting("late", &[("late", "# late")], "event", "event:ready");
    world.awaiting("Task-1", &[("main", "await task")], "await", &["task:late"]);
    world.resource("event", "ready", &[]).set = Some(false);
    world.refers("task:late", "event:ready", "ready");
    let mut tasks = world.process.tasks.iter_mut();
    let late = tasks.find(|task| task.id == "task:late".into()).unwrap();
    let guard = Guard {
        kind: GuardKind::WaitFor,
        remaining_s: 300.0,
    };
    Arc::make_mut(late).guards = [guard].into();
    is_hung(&world)
}

#[test]
fn a_timeout_that_is_caught_in_a_loop_wakes_the_task() {
    let again = "    while True:
        try:
            await asyncio.wait_for(ready.wait(), 300)  # late
        except TimeoutError:
            work()
";
    let suppressed = "    while True:
        with suppress(TimeoutError):
            await asyncio.wait_for(ready.wait(), 300)  # late
        work()
";
    assert!(!hangs_with_timeout(again));
    assert!(!hangs_with_timeout(suppressed));
}

#[test]
fn a_timeout_that_ends_the_loop_comes_too_late() {
    let once = "    try:
        await asyncio.wait_for(ready.wait(), 300)  # late
    except TimeoutError:
        work()
";
    let raised = "    while True:
        await asyncio.wait_for(ready.wait(), 300)  # late
";
    let left = "    while True:
        try:
            await asyncio.wait_for(ready.wait(), 300)  # late
        except TimeoutError:
            break
";
    assert!(hangs_with_timeout(once));
    assert!(hangs_with_timeout(raised));
    assert!(hangs_with_timeout(left));
}

#[test]
fn who_joins_a_queue_waits_and_its_idle_workers_do_not() {
    let source = "\
async def work(jobs):
    while True:
        await jobs.get()  # get
async def finish(jobs):
    await jobs.join()  # join
async def main():
    await task
";
    let mut world = World::new(source);
    for worker in ["one", "two"] {
        world.waiting(worker, &[("work", "# get")], "queue-get", "queue:jobs");
    }
    world.waiting("last", &[("finish", "# join")], "queue-join", "queue:jobs");
    world.awaiting("Task-1", &[("main", "await task")], "await", &["task:last"]);
    world.resource("queue", "jobs", &[]).unfinished = Some(3);
    for task in ["task:one", "task:two", "task:last"] {
        world.refers(task, "queue:jobs", "jobs");
    }
    let (verdict, found) = world.diagnose();
    assert_eq!(verdict.state, "hung");
    assert_eq!(culprit(&found), "await jobs.join()  # join");
    assert!(
        verdict.summary.starts_with("last waits for"),
        "{}",
        verdict.summary
    );
}

/// A service whose main task parks on an event in a variable of its own; `more` is the rest of
/// its source.
fn parks(body: &str) -> World {
    let other = "class Feed:\n    def close(self):\n        self.stop.set()\n";
    let mut world = World::new(&format!("{other}async def main():\n{body}"));
    world.waiting("Task-1", &[("main", "# parks")], "event", "event:stop");
    world.resource("event", "stop", &[]).set = Some(false);
    world.refers("task:Task-1", "event:stop", "stop");
    world
}

#[test]
fn a_variable_that_is_only_waited_for_is_a_place_to_park() {
    let alone = "    stop = asyncio.Event()\n    await stop.wait()  # parks\n";
    assert!(!is_hung(&parks(alone)));
    // Somebody was meant to set it.
    let given =
        "    stop = asyncio.Event()\n    spawn(work(stop))\n    await stop.wait()  # parks\n";
    assert!(is_hung(&parks(given)));
}

#[test]
fn an_object_that_only_its_waiter_has_is_never_ended() {
    let source = "class Feed:
    async def keep(self):
        while True:
            self.ready = asyncio.Event()
            await asyncio.sleep(25)
            self.ready.set()
    async def late(self):
        await self.ready.wait()  # late
";
    let world = |is_unshared: bool| {
        let mut world = World::new(source);
        world.waiting("late", &[("Feed.late", "# late")], "event", "event:ready");
        world.sleeping("keep", &[("Feed.keep", "asyncio.sleep(25)")], 20.0);
        world.resource("event", "ready", &[]).set = Some(false);
        world.refers("task:late", "event:ready", "self");
        if is_unshared {
            world.process.unshared.insert("event:ready".into());
        }
        world
    };
    assert!(is_hung(&world(true)));
    // Without the proof, the other one may have it where it was not found.
    assert!(!is_hung(&world(false)));
}

#[test]
fn a_handler_that_takes_a_lock_first_does_not_give_it_back_for_others() {
    let source = |first: &str| {
        format!(
            "@app.get('/state')
async def state():
{first}    run.lock.release()
async def abort():
    await run.lock.acquire()
    async with cache.lock:
        pass
    run.lock.release()
async def read():
    async with cache.lock:
        await run.lock.acquire()
"
        )
    };
    let hangs = |first: &str| {
        let mut world = World::new(&source(first));
        world.waiting(
            "a",
            &[("abort", "async with cache.lock:")],
            "lock",
            "lock:cache",
        );
        world.waiting(
            "r",
            &[("read", "        await run.lock.acquire()")],
            "lock",
            "lock:run",
        );
        world.resource("lock", "cache", &["task:r"]).locked = Some(true);
        world.resource("lock", "run", &[]).locked = Some(true);
        world.refers("module:app", "lock:run", "run.lock");
        world.listening("127.0.0.1:80");
        is_hung(&world)
    };
    assert!(hangs("    await run.lock.acquire()\n"));
    assert!(!hangs(""));
}

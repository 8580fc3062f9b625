//! Code that may end a wait though the source does not name it: the end of a block, the rest of
//! a generator, and calls whose target does not show.

use std::sync::Arc;

use crate::diagnosis::fixtures::{World, kinds};
use crate::model::{Callables, Called, CoroutineState, PendingCode};

const MAIN: &str = "async def main():\n    await task\n";

/// A task `late` that waits for the event `ready`, and a task `early` that sleeps in a function
/// of the source, which has both functions.
pub(super) fn event(source: &str) -> World {
    let late = "async def late(ready):\n    await ready.wait()  # late\n";
    let mut world = World::new(&format!("{MAIN}{source}{late}"));
    world.sleeping("early", &[("early", "sleep(25)")], 20.0);
    world.waiting("late", &[("late", "# late")], "event", "event:ready");
    world.awaiting("Task-1", &[("main", "await task")], "await", &["task:late"]);
    world.resource("event", "ready", &[]).set = Some(false);
    for task in ["task:early", "task:late"] {
        world.refers(task, "event:ready", "ready");
    }
    world
}

pub(super) fn is_hung(world: &World) -> bool {
    world.diagnose().0.state == "hung"
}

#[test]
fn what_runs_under_an_if_is_not_run_again() {
    let source = "\
async def early(ready):
    await asyncio.sleep(25)
async def never(ready):
    return
    ready.set()
def begin():
    never(ready)
if __name__ == '__main__':
    begin()  # runs
";
    let mut world = event(source);
    world.refers("module:app", "event:ready", "ready");
    world.thread("starter", &[("<module>", "# runs")]);
    assert!(is_hung(&world));
}

#[test]
fn the_first_statement_of_a_block_is_inside_of_the_block() {
    let source = "\
class Scope:
    def __init__(self, ready):
        self.ready = ready
    async def __aenter__(self):
        return self
    async def __aexit__(self, *exc):
        self.ready.set()
async def early(ready):
    async with Scope(ready):
        await asyncio.sleep(25)
";
    assert!(!is_hung(&event(source)));
}

#[test]
fn an_attribute_found_by_a_name_may_be_any() {
    let by_name =
        "async def early(ready):\n    await asyncio.sleep(25)\n    getattr(ready, word)()\n";
    assert!(!is_hung(&event(by_name)));
    let known =
        "async def early(ready):\n    await asyncio.sleep(25)\n    getattr(ready, 'set')()\n";
    assert!(!is_hung(&event(known)));
    let looks =
        "async def early(ready):\n    await asyncio.sleep(25)\n    getattr(ready, 'is_set')()\n";
    assert!(is_hung(&event(looks)));
}

#[test]
fn who_has_a_callable_that_ends_it_may_call_it() {
    let source = "async def early(done):\n    await asyncio.sleep(25)\n    done()\n";
    let called = |method: &str| {
        let mut world = event(source);
        let reference = &mut Arc::make_mut(&mut world.process.references)[0];
        reference.through = Some(Callables {
            variable: "done".into(),
            path: "".into(),
            class_file: None,
            called: vec![Called::Library(method.into())],
        });
        world
    };
    assert!(!is_hung(&called("set")));
    assert!(is_hung(&called("is_set")));
}

#[test]
fn what_a_block_of_an_outer_function_does_at_its_end_is_still_to_come() {
    let source = "\
class Scope:
    def __exit__(self, *exc):
        self.ready.set()
async def early(ready):
    await asyncio.sleep(25)
";
    let mut world = event(source);
    assert!(is_hung(&world));
    let file = world.process.tasks[0].frames[0].file.clone().unwrap();
    Arc::make_mut(&mut world.process.pending).insert(
        "task:early".into(),
        vec![PendingCode {
            function: "__exit__".into(),
            file,
            line: 4,
            has_begun: false,
        }],
    );
    assert!(!is_hung(&world));
}

#[test]
fn a_coroutine_that_somebody_keeps_may_be_awaited_later() {
    let source = "\
async def finish(ready):
    ready.set()
async def early(kept):
    await asyncio.sleep(25)
    await kept
";
    let mut world = event(source);
    let coroutine = world.coroutine("finish", "created", "async def finish");
    coroutine.state = CoroutineState::Created;
    world.refers("coroutine:finish", "event:ready", "ready");
    assert!(is_hung(&world));
    let coroutine = world.process.coroutines.last_mut().unwrap();
    coroutine.kept_by = vec![("task:early".into(), "kept".into())];
    assert!(!is_hung(&world));
}

#[test]
fn a_reentrant_lock_whose_owner_has_left_is_locked_for_ever() {
    let source = |rest: &str| {
        format!(
            "def owner():\n    work()\n    time.sleep(25)\n{rest}def reader():\n    with guard:  # reader\n        pass\n"
        )
    };
    let world = |rest: &str| {
        let mut world = World::new(&source(rest));
        world.thread("owner", &[("owner", "sleep(25)")]);
        world.blocked(
            "reader",
            &[("reader", "# reader")],
            "thread-lock",
            "thread-lock:guard",
        );
        let lock = world.resource("thread-lock", "guard", &["thread:owner"]);
        lock.type_name = "_thread.RLock".into();
        lock.locked = Some(true);
        for thread in ["thread:owner", "thread:reader"] {
            world.refers(thread, "thread-lock:guard", "guard");
        }
        world
    };
    let left = world("");
    assert!(kinds(&left.diagnose().1).contains(&"leaked-lock"));
    assert!(!is_hung(&world("    guard.release()\n")));
}

#[test]
fn a_loop_over_a_generator_lets_it_go_on() {
    let source = "\
async def items(ready):
    yield 1
    ready.set()
async def early(ready):
    async for item in items(ready):
        await asyncio.sleep(25)
";
    assert!(!is_hung(&event(source)));
}

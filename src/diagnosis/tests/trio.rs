//! Tasks of trio: who may cancel them, and nurseries that wait for tasks that serve.

use crate::diagnosis::fixtures::{World, kinds};
use crate::model::Framework;

/// Two tasks of a nursery that hold each other's lock; `rest` is what another task runs,
/// which stands at `sleep(5)`.
fn locked(rest: &str) -> World {
    let source = format!(
        "\
async def move(one, two):
    async with one:
        async with two:
            pass
{rest}"
    );
    let mut world = World::new(&source);
    let chain = [("move", "async with two")];
    world.waiting("left", &chain, "lock", "lock:b");
    world.waiting("right", &chain, "lock", "lock:a");
    world.sleeping("other", &[("other", "sleep(5)")], 4.0);
    world.resource("lock", "a", &["task:left"]);
    world.resource("lock", "b", &["task:right"]);
    of_trio(&mut world);
    world
}

fn of_trio(world: &mut World) {
    for task in world.process.tasks_mut() {
        task.framework = Framework::Trio;
    }
}

fn is_hung(world: &World) -> bool {
    world.diagnose().0.state == "hung"
}

#[test]
fn locks_in_a_circle_are_a_deadlock() {
    let world = locked("async def other():\n    await trio.sleep(5)\n");
    let (verdict, found) = world.diagnose();
    assert_eq!(verdict.state, "hung");
    assert_eq!(kinds(&found)[0], "deadlock-cycle");
}

#[test]
fn who_cancels_a_scope_later_ends_all_waits() {
    let mut world = locked("async def other():\n    await trio.sleep(5)\n    scope.cancel()\n");
    assert!(!is_hung(&world));
    // Of asyncio it is not known which task that is.
    for task in world.process.tasks_mut() {
        task.framework = Framework::Asyncio;
    }
    assert!(is_hung(&world));
}

#[test]
fn who_has_cancelled_before_ends_nothing() {
    let world = locked("async def other():\n    scope.cancel()\n    await trio.sleep(5)\n");
    assert!(is_hung(&world));
}

#[test]
fn what_was_cancelled_and_waits_all_the_same_does_not_go_on() {
    let mut world = locked("async def other():\n    await trio.sleep(5)\n    scope.cancel()\n");
    for task in world.process.tasks_mut().take(2) {
        task.cancelling = 1;
    }
    assert!(is_hung(&world));
}

/// A task of a nursery that waits for an event for which no code has a `set()`, beside a
/// task that ticks for ever.
fn parked() -> World {
    let mut world = World::new(
        "\
async def park(event):
    await event.wait()
async def tick():
    while True:
        await trio.sleep(5)
async def main():
    async with trio.open_nursery() as nursery:
        pass
",
    );
    world.waiting("park", &[("park", "event.wait")], "event", "event:e");
    world.sleeping("tick", &[("tick", "sleep(5)")], 4.0);
    let others = ["task:park", "task:tick"];
    world.awaiting("main", &[("main", "async with")], "task-group", &others);
    world.resource("event", "e", &[]).set = Some(false);
    world.refers("task:park", "event:e", "event");
    of_trio(&mut world);
    world
}

#[test]
fn a_task_that_parks_in_a_nursery_beside_others_is_not_stuck() {
    assert!(!is_hung(&parked()));
}

#[test]
fn a_nursery_whose_only_task_waits_for_nobody_is_stuck() {
    let mut world = parked();
    world.process.tasks.retain(|task| task.name != "tick");
    world
        .process
        .edges_mut()
        .retain(|edge| edge.to != "task:tick".into());
    assert!(is_hung(&world));
}

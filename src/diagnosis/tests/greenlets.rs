//! Greenlets: who kills one may end any wait of them.

use crate::diagnosis::fixtures::{World, kinds};
use crate::model::Framework;

/// Two greenlets that hold each other's lock; `rest` is what another one runs, which stands
/// at `sleep(5)`.
fn locked(rest: &str, framework: Framework) -> World {
    let source = format!(
        "\
def move(one, two):
    with one:
        with two:
            pass
{rest}"
    );
    let mut world = World::new(&source);
    let chain = [("move", "with two")];
    world.waiting("left", &chain, "lock", "lock:b");
    world.waiting("right", &chain, "lock", "lock:a");
    world.sleeping("other", &[("other", "sleep(5)")], 4.0);
    world.resource("lock", "a", &["task:left"]);
    world.resource("lock", "b", &["task:right"]);
    for task in world.process.tasks_mut() {
        task.framework = framework;
    }
    world
}

const KILLER: &str = "def other():\n    gevent.sleep(5)\n    left.kill()\n";

#[test]
fn locks_in_a_circle_are_a_deadlock() {
    let rest = "def other():\n    gevent.sleep(5)\n";
    let (verdict, found) = locked(rest, Framework::Greenlet).diagnose();
    assert_eq!(verdict.state, "hung");
    assert_eq!(kinds(&found)[0], "deadlock-cycle");
}

#[test]
fn who_kills_a_greenlet_later_may_end_all_waits() {
    let (verdict, _) = locked(KILLER, Framework::Greenlet).diagnose();
    assert_ne!(verdict.state, "hung");
    // A task of asyncio is not killed.
    let (verdict, _) = locked(KILLER, Framework::Asyncio).diagnose();
    assert_eq!(verdict.state, "hung");
}

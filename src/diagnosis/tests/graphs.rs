//! Large and odd graphs.

use crate::diagnosis::fixtures::{World, kinds};
use crate::diagnosis::{NoSources, checks, diagnose};

#[test]
fn a_long_chain_does_not_exhaust_the_stack() {
    let mut world = World::new("async def f():\n    await g()\n");
    for n in 0..20_000 {
        world.waiting(&format!("t{n}"), &[("f", "await g()")], "task", "");
        if n > 0 {
            world.edge(&format!("task:t{}", n - 1), &format!("task:t{n}"), "await");
        }
    }
    world.edge("task:t19999", "task:t0", "await");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["deadlock-cycle"]);
    assert_eq!(found[0].affected_tasks, 20_000);
    assert_eq!(verdict.state, "hung");
}

#[test]
fn edges_to_nowhere_are_harmless() {
    let mut world = World::new("");
    world.waiting("a", &[], "lock", "lock:gone");
    world.edge("task:a", "task:gone", "await");
    world.edge("task:gone", "thread:gone", "executor");
    world.refers("task:gone", "lock:gone", "x");
    world
        .resource("lock", "x", &["task:gone"])
        .waiters
        .push("task:gone".into());
    let judged = diagnose(&world.process, &[], f64::NAN, &NoSources);
    let (verdict, found) = (judged.verdict, judged.diagnoses);
    assert_eq!(kinds(&found), [""; 0]);
    assert_ne!(verdict.state, "hung");
}

#[test]
fn many_waits_without_an_end() {
    let mut world = World::new("async def f():\n    await fut\nfut = loop.create_future()\n");
    for n in 0..3_000 {
        let id = format!("future:{n}");
        world.waiting(&format!("t{n}"), &[("f", "await fut")], "future", &id);
        world.resource("future", &n.to_string(), &[]);
        world.refers(&format!("task:t{n}"), &id, "fut");
    }
    let (_, found) = world.diagnose();
    assert_eq!(kinds(&found), ["orphan-wait"]);
    assert_eq!(found[0].affected_tasks, 3_000);
    let answers = checks(&world.process, &[], &world);
    assert!(answers.iter().any(|check| check.ok == Some(false)));
}

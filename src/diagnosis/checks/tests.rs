use super::{Check, checks};
use crate::diagnosis::fixtures::World;

fn answer<'c>(checks: &'c [Check], name: &str) -> &'c Check {
    checks.iter().find(|check| check.name == name).unwrap()
}

#[test]
fn an_empty_process_is_in_order() {
    let world = World::new("");
    let answers = checks(&world.process, &[], &world);
    assert!(
        answers.iter().all(|check| check.ok != Some(false)),
        "{answers:?}"
    );
}

#[test]
fn tells_how_debug_mode_was_set() {
    let mut world = World::new("");
    world.process.loops[0].debug = Some(true);
    world.process.command = ["python3", "-X", "dev", "app.py"]
        .map(str::to_owned)
        .to_vec();
    let answers = checks(&world.process, &[], &world);
    let debug = answer(&answers, "debug mode");
    assert_eq!(debug.ok, Some(false));
    assert!(debug.evidence.iter().any(|line| line.contains("-X dev")));
}

#[test]
fn finds_groups_that_grow() {
    let mut world = World::new("async def leak():\n    pass\n");
    let before = world.process.clone();
    for n in 0..20 {
        world.sleeping(&format!("t{n}"), &[("leak", "pass")], 5.0);
    }
    let answers = checks(&world.process, &[before], &world);
    let groups = answer(&answers, "leaking or growing groups of tasks");
    assert_eq!(groups.evidence, ["leak: from 0 to 20 tasks"]);
}

#[test]
fn finds_what_is_never_awaited_or_closed() {
    let mut world = World::new("async def f():\n    pass\n");
    world.coroutine("f", "created", "async def f");
    world.coroutine("g", "async-generator", "pass");
    world.sleeping("t", &[("f", "pass")], 5.0);
    world.process.task_mut(0).weakly_held = Some(true);
    world.process.loops[0].running = false;
    world.process.loops[0].closed = Some(true);
    let answers = checks(&world.process, &[], &world);
    for name in [
        "never-awaited coroutines",
        "suspended async generators",
        "tasks only weakly referenced",
        "closed loops with pending tasks",
    ] {
        assert_eq!(answer(&answers, name).ok, Some(false), "{name}");
    }
}

//! Loops that do not turn, or turn in vain.

use crate::diagnosis::fixtures::{World, culprit, how, ids, kinds};
use crate::model::{Batch, LoopState, TaskState, ThreadState, Wait};

const SCORE: &str = "\
def score(text):
    while True:
        ch = text[i]
        total += 1
async def handle(doc):
    return score(doc)
async def health():
    await asyncio.sleep(0.1)
async def poll():
    while not done:
        await asyncio.sleep(0)
async def steps():
    for item in items:
        work(item)
        await asyncio.sleep(0)
";

fn spinning() -> World {
    let mut world = World::new(SCORE);
    world.sleeping("health", &[("health", "sleep(0.1)")], -5.0);
    world.task("doc", &[("handle", "score(doc)")]);
    world.run("task:doc", "thread:MainThread", &[("score", "total += 1")]);
    world.process.threads[0].state = ThreadState::Running;
    world.process.threads[0].syscall = None;
    world.process.loops[0].state = LoopState::Running;
    world.process.loops[0].next_timer_s = Some(-5.0);
    world.edge("task:health", "task:doc", "event-loop");
    world
}

#[test]
fn a_step_that_computes_for_ever() {
    let world = spinning();
    let mut before = world.process.clone();
    before.threads[0].cpu_s = Some(0.01);
    before.threads[0].frames[0].line = Some(3);
    before.task_mut(0).waits_for.as_mut().unwrap().remaining_s = Some(-4.0);
    let (verdict, found) = world.diagnose_after(before);
    assert_eq!(kinds(&found), ["blocked-loop"]);
    assert_eq!(how(&found[0]), "cpu");
    assert_eq!(found[0].confidence, "certain");
    assert_eq!(found[0].tasks, ids(["task:doc"]));
    assert_eq!(culprit(&found), "while True:");
    assert_eq!(verdict.state, "blocked-loop");
}

#[test]
fn who_is_ready_waits_for_its_turn_and_not_for_the_end_of_the_loop() {
    let mut world =
        World::new("async def main():\n    await gather(poll)\nasync def poll():\n    sleep(0)\n");
    world.task("poll", &[("poll", "sleep(0)")]).state = TaskState::Ready;
    world.awaiting(
        "main",
        &[("main", "await gather")],
        "gather",
        &["task:poll"],
    );
    // Both samples are between two steps.
    world.edge("task:poll", "thread:MainThread", "event-loop");
    world.process.threads[0].state = ThreadState::Running;
    world.process.threads[0].syscall = None;
    world.process.loops[0].state = LoopState::Running;
    world.process.loops[0].until = Some("task:main".into());
    let (verdict, found) = world.diagnose_after(world.process.clone());
    assert_eq!(kinds(&found), [""; 0]);
    assert_ne!(verdict.state, "hung");
}

#[test]
fn a_loop_that_turned_is_busy() {
    let world = spinning();
    let mut before = world.process.clone();
    before.threads[0].cpu_s = Some(0.01);
    before.task_mut(0).waits_for.as_mut().unwrap().remaining_s = Some(0.05);
    let (verdict, found) = world.diagnose_after(before);
    assert_eq!(kinds(&found), [""; 0]);
    assert_eq!(verdict.state, "busy");
}

#[test]
fn a_blocking_call_in_a_coroutine() {
    let mut world = spinning();
    let thread = &mut world.process.threads[0];
    thread.state = ThreadState::Blocked;
    thread.waits_for = Some(Wait {
        kind: "sleep".parse().unwrap(),
        summary: "time.sleep".into(),
        remaining_s: Some(400.0),
        ..Wait::default()
    });
    let mut before = world.process.clone();
    before.threads[0].waits_for.as_mut().unwrap().remaining_s = Some(401.0);
    before.task_mut(0).waits_for.as_mut().unwrap().remaining_s = Some(-4.0);
    let (verdict, found) = world.diagnose_after(before);
    assert_eq!(kinds(&found), ["blocked-loop"]);
    assert_eq!(how(&found[0]), "blocking-call");
    assert_eq!(found[0].recovers_in_s, Some(400.0));
    assert_eq!(culprit(&found), "total += 1");
    assert_eq!(verdict.state, "blocked-loop");
}

#[test]
fn since_when_is_exact_where_the_loop_has_it() {
    let mut world = spinning();
    let thread = &mut world.process.threads[0];
    thread.state = ThreadState::Blocked;
    thread.syscall = Some("clock_nanosleep".into());
    let mut before = world.process.clone();
    before.task_mut(0).waits_for.as_mut().unwrap().remaining_s = Some(-4.0);
    world.process.clock_s = Some(7.5);
    before.clock_s = Some(6.5);
    let batch = |begun| Batch {
        begun,
        of: 7,
        callback: Some("TaskStepMethWrapper".into()),
        task: Some("task:doc".into()),
    };
    for (iteration_s, batch, said) in [
        (Some(4.2), Some(batch(1)), "is blocked for 4.2 s by doc"),
        (
            Some(4.2),
            Some(batch(3)),
            "is blocked for 4.2 s, now by doc",
        ),
        (Some(1.01), Some(batch(1)), "is blocked for 1.0 s by doc"),
        (None, None, "is blocked for at least 1.0 s by doc"),
    ] {
        world.process.loops[0].iteration_s = iteration_s;
        world.process.loops[0].batch = batch;
        let (verdict, _) = world.diagnose_after(before.clone());
        assert!(verdict.summary.contains(said), "{}", verdict.summary);
    }
    // It has begun another iteration since the first sample.
    world.process.loops[0].iteration_s = Some(0.012);
    world.process.loops[0].batch = Some(batch(1));
    let (verdict, _) = world.diagnose_after(before);
    assert!(!verdict.summary.contains("blocked"), "{}", verdict.summary);
    world.process.loops[0].iteration_s = None;
    world.process.loops[0].batch = None;
    let verdict = super::super::diagnose(&world.process, &[], 0.0, &world).verdict;
    assert!(
        verdict.summary.contains("is blocked by doc"),
        "{}",
        verdict.summary
    );
}

#[test]
fn one_look_at_a_short_call_proves_nothing() {
    let mut world = spinning();
    world.process.threads[0].state = ThreadState::Blocked;
    world.process.loops[0].next_timer_s = Some(0.2);
    world
        .process
        .task_mut(0)
        .waits_for
        .as_mut()
        .unwrap()
        .remaining_s = Some(0.2);
    let verdict = super::super::diagnose(&world.process, &[], 0.0, &world).verdict;
    assert_ne!(verdict.state, "blocked-loop");
    assert_ne!(verdict.state, "hung");
}

fn yielding(function: &str, at: &str) -> (World, crate::model::Process) {
    let mut world = World::new(SCORE);
    for name in ["a", "b"] {
        let task = world.task(name, &[(function, at)]);
        task.state = crate::model::TaskState::Ready;
    }
    world.process.threads[0].state = ThreadState::Running;
    let mut before = world.process.clone();
    before.threads[0].cpu_s = Some(0.05);
    (world, before)
}

#[test]
fn polling_at_full_load_is_a_livelock() {
    let (mut world, before) = yielding("poll", "await asyncio.sleep(0)");
    world.process.loops[0].state = LoopState::Running;
    let (verdict, found) = world.diagnose_after(before);
    assert_eq!(kinds(&found), ["livelock"]);
    assert_eq!(culprit(&found), "while not done:");
    assert_eq!(verdict.state, "livelock");
}

#[test]
fn working_in_small_steps_is_busy() {
    let (mut world, before) = yielding("steps", "work(item)");
    world.process.loops[0].state = LoopState::Running;
    let (verdict, found) = world.diagnose_after(before);
    assert_eq!(kinds(&found), [""; 0]);
    assert_eq!(verdict.state, "busy");
}

#[test]
fn many_tasks_queue_for_one_lock() {
    let mut world = World::new(SCORE);
    for n in 0..12 {
        world.waiting(&format!("t{n}"), &[("health", "sleep")], "lock", "lock:x");
    }
    world.sleeping("holder", &[("health", "sleep")], 0.4);
    world.resource("lock", "x", &["task:holder"]).locked = Some(true);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["lock-convoy"]);
    assert_ne!(verdict.state, "hung");
}

//! Programs in which nothing is wrong.

use std::sync::Arc;

use crate::diagnosis::fixtures::{World, kinds, loop_file};
use crate::model::{ItemId, TaskState, ThreadState};

const APP: &str = "\
async def main():
    await stop_event.wait()
async def worker(queue):
    while True:
        item = await queue.get()
async def handle(reader):
    await reader.read()
async def job():
    await asyncio.sleep(1)
@app.post
async def accept(item):
    queue.put_nowait(item)
";

fn quiet(world: &World, states: &[&str]) {
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), [""; 0]);
    assert!(states.contains(&verdict.state.as_str()), "{verdict:?}");
}

#[test]
fn a_main_task_that_waits_to_be_stopped() {
    let mut world = World::new(APP);
    world.waiting("Task-1", &[("main", "stop_event")], "event", "event:stop");
    world.resource("event", "stop", &[]).set = Some(false);
    world.refers("task:Task-1", "event:stop", "stop_event");
    world.listening("0.0.0.0:80");
    quiet(&world, &["idle"]);
}

#[test]
fn a_main_task_that_waits_while_others_work() {
    let mut world = World::new(APP);
    world.waiting("Task-1", &[("main", "stop_event")], "future", "future:x");
    world.resource("future", "x", &[]);
    world.refers("task:Task-1", "future:x", "stop");
    world.sleeping("job", &[("job", "sleep")], 0.5);
    quiet(&world, &["waiting", "idle"]);
}

#[test]
fn workers_that_wait_for_work() {
    let mut world = World::new(APP);
    for n in 0..3 {
        world.waiting(
            &format!("w{n}"),
            &[("worker", "queue.get")],
            "queue-get",
            "queue:q",
        );
        world.refers(&format!("task:w{n}"), "queue:q", "queue");
    }
    let workers = ["task:w0", "task:w1", "task:w2"];
    world.awaiting("Task-1", &[("main", "stop_event")], "gather", &workers);
    world.resource("queue", "q", &[]).size = Some(0);
    world.refers("task:Task-1", "queue:q", "queue");
    world.listening("0.0.0.0:80");
    quiet(&world, &["idle"]);
}

#[test]
fn a_task_that_is_ready_does_not_wait_for_the_outside() {
    let mut world = World::new(APP);
    world.sleeping("job", &[("job", "sleep")], 0.5);
    world.task("fresh", &[("main", "stop_event")]).state = TaskState::Ready;
    let summary = world.diagnose().0.summary;
    let waits = "1 of 2 tasks waits for timers: job";
    assert_eq!(summary, waits);

    let mut world = World::new(APP);
    world.task("fresh", &[("main", "stop_event")]).state = TaskState::Ready;
    let verdict = world.diagnose().0;
    assert_eq!(verdict.state, "waiting");
    assert_eq!(verdict.summary, "1 of 1 task goes on when the loop turns");
}

#[test]
fn a_server_whose_requests_come_and_go() {
    let mut world = World::new(APP);
    world.listening("0.0.0.0:80");
    for n in 0..50 {
        world.waiting(
            &format!("Task-{n}"),
            &[("handle", "reader.read")],
            "socket-read",
            "",
        );
    }
    let mut before = world.process.clone();
    for (n, task) in before.tasks_mut().enumerate().skip(25) {
        task.id = ItemId::from(&*format!("task:gone-{n}"));
    }
    let (verdict, found) = world.diagnose_after(before);
    assert_eq!(kinds(&found), [""; 0]);
    assert_eq!(verdict.state, "busy");
}

#[test]
fn tasks_that_moved_are_not_hung_whatever_they_wait_for() {
    let mut world = World::new(APP);
    world.waiting("a", &[("handle", "reader.read")], "lock", "lock:b");
    world.waiting("b", &[("handle", "reader.read")], "lock", "lock:a");
    world.resource("lock", "a", &["task:a"]);
    world.resource("lock", "b", &["task:b"]);
    let mut before = world.process.clone();
    Arc::make_mut(&mut before.task_mut(0).frames)[0].line = Some(1);
    let (verdict, found) = world.diagnose_after(before);
    assert_eq!(kinds(&found), [""; 0]);
    assert_eq!(verdict.state, "busy");
}

#[test]
fn an_idle_thread_pool() {
    let mut world = World::new(APP);
    let executor = world.resource("executor", "asyncio", &[]);
    (executor.limit, executor.used, executor.size) = (Some(8), Some(0), Some(0));
    world.sleeping("job", &[("job", "sleep")], 0.5);
    quiet(&world, &["waiting"]);
}

#[test]
fn a_busy_pool_that_moves() {
    let mut world = World::new(APP);
    world.thread("w0", &[("job", "sleep")]).state = ThreadState::Running;
    world.waiting("a", &[("main", "stop")], "executor", "executor:e");
    let executor = world.resource("executor", "e", &["thread:w0"]);
    (executor.limit, executor.used, executor.size) = (Some(1), Some(1), Some(1));
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), [""; 0]);
    assert_ne!(verdict.state, "hung");
}

#[test]
fn nothing_at_all() {
    quiet(&World::new(APP), &["idle"]);
    let mut world = World::new(APP);
    world.process.threads.clear();
    world.process.loops.clear();
    assert_eq!(world.diagnose().0.state, "unknown");
}

#[test]
fn one_look_at_a_ready_task() {
    let mut world = World::new(APP);
    world.task("Task-1", &[("main", "stop")]).state = TaskState::Ready;
    world.process.loops[0].ready = Some(1);
    world.process.loops[0].files.push(loop_file(7));
    let judged = super::super::diagnose(&world.process, &[], 0.0, &world);
    let (verdict, found) = (judged.verdict, judged.diagnoses);
    assert_eq!(kinds(&found), [""; 0]);
    assert_ne!(verdict.state, "hung");
}

#[test]
fn a_server_that_is_held_by_who_serves() {
    let mut world = World::new(APP);
    world.waiting("Task-1", &[("main", "stop")], "server", "server:s");
    world.resource("server", "s", &["task:Task-1"]);
    world.edge("task:Task-1", "server:s", "server");
    world.edge("server:s", "task:Task-1", "holds");
    world.listening("0.0.0.0:80");
    quiet(&world, &["idle"]);
}

#[test]
fn jobs_that_take_turns_on_all_workers() {
    let mut world = World::new(APP);
    world.blocked("w0", &[("job", "sleep")], "sleep", "");
    world.waiting("done-soon", &[("main", "stop")], "executor", "");
    world.edge("task:done-soon", "thread:w0", "executor");
    world.waiting("queued", &[("main", "stop")], "executor", "executor:e");
    let executor = world.resource("executor", "e", &["thread:w0"]);
    (executor.limit, executor.used, executor.size) = (Some(1), Some(1), Some(1));
    let mut before = world.process.clone();
    before.tasks.remove(0);
    let (verdict, found) = world.diagnose_after(before);
    assert_eq!(kinds(&found), [""; 0]);
    assert_ne!(verdict.state, "hung");
}

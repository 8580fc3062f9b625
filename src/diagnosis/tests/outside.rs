//! Waits for timers, peers, other processes and the end.

use std::sync::Arc;

use crate::diagnosis::fixtures::{World, culprit, frame, how, ids, kinds, loop_file};
use crate::model::{ChildProcess, FrameKind, Guard, LoopFile, Wait};

const APP: &str = "\
async def request(self):
    status = await self.reader.readline()
async def handler(reader, writer):
    data = await reader.readline()
async def main():
    await task
async def send(writer):
    await writer.drain()
async def with_retry():
    while True:
        await asyncio.sleep(base_ms * attempt)
async def cron():
    while True:
        await asyncio.sleep(3600)
def job():
    os.waitpid(pid, 0)
def consume():
    item = jobs.get()
";

fn client() -> World {
    let mut world = World::new(APP);
    world.waiting(
        "sync",
        &[("request", "reader.readline")],
        "socket-read",
        "socket:fd-7",
    );
    world.process.task_mut(0).waits_for.as_mut().unwrap().peer = Some("10.0.0.1:80".into());
    world.process.loops[0].files.push(LoopFile {
        local: Some("10.0.0.2:41000".into()),
        peer: Some("10.0.0.1:80".into()),
        tasks: vec!["task:sync".into()],
        ..loop_file(7)
    });
    world.awaiting("Task-1", &[("main", "await task")], "await", &["task:sync"]);
    world
}

#[test]
fn a_client_reads_from_a_silent_peer() {
    let (verdict, found) = client().diagnose();
    assert_eq!(kinds(&found), ["external-wait"]);
    assert_eq!(how(&found[0]), "socket-read");
    assert_eq!(found[0].tasks, ids(["task:sync"]));
    assert_eq!(culprit(&found), "status = await self.reader.readline()");
    assert_eq!(
        (verdict.state.as_str(), verdict.confidence.as_str()),
        ("waiting", "possible")
    );
}

#[test]
fn what_nobody_reads_comes_before_who_may_just_be_idle() {
    let mut world = client();
    world.waiting(
        "broadcast",
        &[("send", "writer.drain")],
        "socket-write",
        "socket:fd-9",
    );
    world.process.task_mut(2).waits_for.as_mut().unwrap().peer = Some("10.0.0.7:52000".into());
    world.process.loops[0].files.push(LoopFile {
        local: Some("10.0.0.2:8000".into()),
        peer: Some("10.0.0.7:52000".into()),
        send_queue: Some(3_894_784),
        tasks: vec!["task:broadcast".into()],
        ..loop_file(9)
    });
    world.awaiting(
        "Task-4",
        &[("main", "await task")],
        "await",
        &["task:broadcast"],
    );
    let (_, found) = world.diagnose();
    let affected = found.iter().map(|one| one.affected_tasks);
    assert_eq!(affected.collect::<Vec<_>>(), [2, 2]);
    assert_eq!(
        found.iter().map(how).collect::<Vec<_>>(),
        ["socket-write-backpressure", "socket-read"]
    );
}

#[test]
fn a_timeout_guards_the_read() {
    let mut world = client();
    world.process.task_mut(0).guards = [Guard {
        kind: "timeout".parse().unwrap(),
        remaining_s: 5.0,
    }]
    .into();
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["external-wait"]);
    assert_eq!(found[0].recovers_in_s, Some(5.0));
    assert!(!found[0].summary.contains("no timeout"));
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn an_idle_client_of_our_server_is_no_finding() {
    let mut world = World::new(APP);
    world.listening("0.0.0.0:8000");
    world.waiting(
        "Task-2",
        &[("handler", "reader.readline")],
        "socket-read",
        "socket:fd-8",
    );
    world.process.loops[0].files.push(LoopFile {
        local: Some("10.0.0.2:8000".into()),
        peer: Some("10.0.0.9:51000".into()),
        tasks: vec!["task:Task-2".into()],
        ..loop_file(8)
    });
    let (verdict, found) = world.diagnose();
    assert_eq!((kinds(&found).len(), verdict.state.as_str()), (0, "idle"));
}

#[test]
fn a_job_sleeps_for_hours() {
    let mut world = World::new(APP);
    world.sleeping("export", &[("with_retry", "base_ms * attempt")], 29_000.0);
    world.awaiting(
        "Task-1",
        &[("main", "await task")],
        "wait_for",
        &["task:export"],
    );
    world.process.task_mut(1).guards = [Guard {
        kind: "wait_for".parse().unwrap(),
        remaining_s: 86_000.0,
    }]
    .into();
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["long-timer"]);
    assert_eq!(culprit(&found), "await asyncio.sleep(base_ms * attempt)");
    assert_eq!(found[0].recovers_in_s, Some(29_000.0));
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn a_periodic_job_is_meant_to_sleep() {
    let mut world = World::new(APP);
    world.sleeping("cron", &[("cron", "sleep(3600)")], 3_000.0);
    let (verdict, found) = world.diagnose();
    assert_eq!(
        (kinds(&found).len(), verdict.state.as_str()),
        (0, "waiting")
    );
}

#[test]
fn another_python_process_is_waited_for() {
    let mut world = World::new(APP);
    world.blocked("w0", &[("job", "waitpid")], "process", "");
    world.waiting("Task-1", &[("main", "await task")], "executor", "");
    world.edge("task:Task-1", "thread:w0", "executor");
    world.edge("thread:w0", "process:9", "subprocess");
    world.process.children.push(ChildProcess {
        id: "process:9".into(),
        pid: 9,
        command: vec!["python3".into()],
        state: "S".into(),
        syscall: Some("futex".into()),
        fd: None,
        peers: Vec::new(),
        is_python: true,
    });
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["cross-process-wait"]);
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn a_job_that_does_not_come_back() {
    let mut world = World::new(APP);
    world.blocked("w0", &[("job", "waitpid")], "socket-read", "");
    world.waiting("Task-1", &[("main", "await task")], "executor", "");
    world.edge("task:Task-1", "thread:w0", "executor");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["stuck-executor-job"]);
    assert_eq!(verdict.state, "waiting");
}

fn ending() -> World {
    let mut world = World::new(APP);
    world.process.loops.clear();
    let main = &mut world.process.threads[0];
    main.event_loop = None;
    main.waits_for = Some(Wait {
        kind: "thread".parse().unwrap(),
        ..Wait::default()
    });
    let file = "/usr/lib/python3.13/threading.py";
    main.frames = vec![frame("_shutdown", file, 1_500, FrameKind::Function)];
    world
}

#[test]
fn the_end_waits_for_a_thread_that_nobody_stops() {
    let mut world = ending();
    let jobs = "thread-queue:jobs";
    world.blocked("consumer", &[("consume", "jobs.get()")], "queue-get", jobs);
    world.resource("thread-queue", "jobs", &[]);
    world.refers("thread:consumer", jobs, "jobs");
    let (verdict, found) = world.diagnose();
    assert!(kinds(&found).contains(&"shutdown-hang"), "{found:?}");
    assert_eq!(culprit(&found), "item = jobs.get()");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn the_end_waits_for_a_thread_of_which_nothing_is_known() {
    let mut world = ending();
    world.blocked("consumer", &[("consume", "jobs.get()")], "queue-get", "");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["shutdown-hang"]);
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn a_thread_that_serves_keeps_the_program_up() {
    let mut world = ending();
    world.blocked("server", &[("consume", "jobs.get()")], "accept", "");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), [""; 0]);
    assert_ne!(verdict.state, "hung");
}

#[test]
fn a_timer_will_set_it_in_a_week() {
    let mut world = World::new(APP);
    world.waiting("publish", &[("request", "readline")], "event", "event:over");
    world.awaiting(
        "Task-1",
        &[("main", "await task")],
        "await",
        &["task:publish"],
    );
    world.resource("event", "over", &[]);
    world.refers("task:publish", "event:over", "embargo.over");
    world.refers("loop:1", "event:over", "Event.set");
    Arc::make_mut(&mut world.process.references)[1].due_s = Some(600_000.0);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["long-timer"]);
    assert_eq!(found[0].tasks, ids(["task:publish"]));
    assert_eq!(verdict.state, "waiting");
    Arc::make_mut(&mut world.process.references)[1].due_s = Some(60.0);
    assert_eq!(kinds(&world.diagnose().1), [""; 0]);
}

#[test]
fn a_job_in_another_process_that_sleeps() {
    let mut world = World::new(APP);
    let pool = "process-pool:p";
    world.waiting("Task-1", &[("main", "await task")], "executor", pool);
    world.resource("process-pool", "p", &["process:9"]).limit = Some(1);
    world.process.children.push(ChildProcess {
        id: "process:9".into(),
        pid: 9,
        command: vec!["python3".into()],
        state: "S".into(),
        syscall: Some("futex".into()),
        fd: None,
        peers: Vec::new(),
        is_python: true,
    });
    assert_eq!(kinds(&world.diagnose().1), ["stuck-executor-job"]);
    world.process.children[0].state = "R".into();
    assert_eq!(kinds(&world.diagnose().1), [""; 0]);
}

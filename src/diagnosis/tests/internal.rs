//! Waits for another part of the program of which it is not known whether they end.

use crate::diagnosis::fixtures::{World, culprit, frame, ids, kinds};
use crate::model::{FrameKind, Process, ThreadState};

const APP: &str = "\
def passed(api):
    api.gate.wait()  # passes
def tick(api):
    sleep(1)
    api.gate.set()  # opens
def work(api):
    while True:
        api.gate.wait()  # works
def fetch(api):
    api.result.get()  # fetches
async def boot(api):
    await api.gate.wait()  # boots
async def host(api):
    await asyncio.sleep(1)
    api.gate.set()
async def main():
    await task
";

fn threads() -> World {
    let mut world = World::new(APP);
    world.process.threads.clear();
    world.process.loops.clear();
    world
}

/// A thread that waits at this line for an event that another may set.
fn gate(line: &str, function: &str) -> World {
    let mut world = threads();
    world.thread("host", &[("tick", "sleep(1)")]).syscall = Some("clock_nanosleep".into());
    world.blocked("vehicle", &[(function, line)], "event", "event:gate");
    world.resource("event", "gate", &[]).set = Some(false);
    for thread in ["thread:host", "thread:vehicle"] {
        world.refers(thread, "event:gate", "api.gate");
    }
    world
}

/// `world`, whose first thread is in a call of a library, after a sample that `change` made of it.
fn in_library(function: &str, change: impl Fn(&mut Process)) -> Vec<String> {
    let mut world = threads();
    world.thread("main", &[("fetch", "# fetches")]);
    let mut inner = frame(
        function,
        "/usr/lib/python3/site-packages/huey/api.py",
        40,
        FrameKind::Function,
    );
    inner.library = true;
    world.process.threads[0].frames.insert(0, inner);
    world.process.threads[0].waits_begun = Some(100);
    let mut before = world.process.clone();
    before.threads[0].waits_begun = Some(0);
    change(&mut before);
    let (_, found) = world.diagnose_after(before);
    kinds(&found).into_iter().map(str::to_owned).collect()
}

#[test]
fn it_says_who_may_end_it() {
    let (verdict, found) = gate("# passes", "passed").diagnose();
    assert_eq!(kinds(&found), ["internal-wait"]);
    assert_eq!(found[0].threads, ids(["thread:vehicle"]));
    assert_eq!(culprit(&found), "api.gate.wait()  # passes");
    assert!(
        found[0].summary.ends_with("host may end that"),
        "{}",
        found[0].summary
    );
    assert_eq!(
        (verdict.state.as_str(), verdict.confidence.as_str()),
        ("waiting", "possible")
    );
}

#[test]
fn who_waits_for_work_is_no_finding() {
    let world = gate("# works", "work");
    // The main thread is the one that ticks.
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), [""; 0]);
    assert_eq!(verdict.state, "idle");
}

#[test]
fn a_task_that_another_may_wake() {
    let mut world = World::new(APP);
    world.awaiting("Task-1", &[("main", "await task")], "await", &["task:boot"]);
    world.waiting("boot", &[("boot", "# boots")], "event", "event:gate");
    world.sleeping("host", &[("host", "sleep(1)")], 0.5);
    world.resource("event", "gate", &[]).set = Some(false);
    for task in ["task:boot", "task:host"] {
        world.refers(task, "event:gate", "api.gate");
    }
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["internal-wait"]);
    assert_eq!(found[0].tasks, ids(["task:boot"]));
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn a_service_that_waits_for_a_signal() {
    let kinds_of = |referrer: &str| {
        let mut world = World::new(APP);
        world.waiting("main", &[("boot", "# boots")], "event", "event:gate");
        world.sleeping("host", &[("host", "sleep(1)")], 0.5);
        world.resource("event", "gate", &[]).set = Some(false);
        world.refers("task:main", "event:gate", "api.gate");
        world.refers(referrer, "event:gate", "_signal_handlers[15].set");
        kinds(&world.diagnose().1).len()
    };
    assert_eq!(kinds_of("loop:1"), 0);
    assert_eq!(kinds_of("task:host"), 1);
}

#[test]
fn a_call_of_a_library_that_sleeps_again_and_again() {
    assert_eq!(in_library("Result.get", |_| {}), ["internal-wait"]);
    // The program's own code went on.
    let moved = |before: &mut Process| before.threads[0].frames[1].line = Some(1);
    assert_eq!(in_library("Result.get", moved), [""; 0]);
}

#[test]
fn c_code_that_waits() {
    let hangs = |syscall: &str, state: ThreadState| {
        let mut world = threads();
        let thread = world.thread("main", &[("fetch", "# fetches")]);
        thread.syscall = Some(syscall.into());
        thread.state = state;
        !world.diagnose().1.is_empty()
    };
    assert!(hangs("futex", ThreadState::Blocked));
    assert!(!hangs("futex", ThreadState::Running));
    assert!(!hangs("epoll_wait", ThreadState::Blocked));
}

//! Waits of a process for itself, through sockets and pipes whose other end it has.

use std::sync::Arc;

use crate::diagnosis::fixtures::{World, culprit, event_loop, ids, kinds, loop_file};
use crate::diagnosis::{Sources, across, diagnose};
use crate::model::{EndOwner, OtherEnd, Process, fixtures};

const APP: &str = "\
def ask(side):
    answer = side.recv(4096)
def serve(side):
    request = side.recv(4096)
def main():
    asking.join()
";

fn end(fds: &[i64]) -> OtherEnd {
    OtherEnd {
        fds: fds.into(),
        processes: Vec::new(),
        accepted: true,
        complete: true,
        is_lock: false,
        is_semaphore: false,
        handles_signals: false,
    }
}

/// A process of threads alone.
fn threads(source: &str) -> World {
    let mut world = World::new(source);
    world.process.threads.clear();
    world.process.loops.clear();
    world
}

/// A thread reads from `fd`, whose other end is `other`.
fn reads(world: &mut World, thread: &str, chain: &[(&str, &str)], fd: i64, other: OtherEnd) {
    let id = format!("socket:fd-{fd}");
    world.blocked(thread, chain, "socket-read", &id);
    let resource = world.resource("socket", &format!("fd-{fd}"), &[]);
    resource.waiters = vec![format!("thread:{thread}").as_str().into()];
    resource.ends = Some(other);
}

/// Two threads that read from the two ends of a pair.
fn pair(source: &str) -> World {
    let mut world = threads(source);
    reads(&mut world, "asking", &[("ask", "answer =")], 3, end(&[4]));
    reads(
        &mut world,
        "serving",
        &[("serve", "request =")],
        4,
        end(&[3]),
    );
    world
}

fn change(world: &mut World, change: impl Fn(&mut OtherEnd)) {
    for resource in Arc::make_mut(&mut world.process.resources) {
        change(resource.ends.as_mut().unwrap());
    }
}

fn is_waiting(world: &World, why: &str) {
    let (verdict, found) = world.diagnose();
    assert_eq!(verdict.state, "waiting", "{why}");
    assert!(
        kinds(&found)
            .iter()
            .all(|kind| ["external-wait", "internal-wait"].contains(kind)),
        "{why}"
    );
}

#[test]
fn two_threads_read_from_each_other() {
    let mut world = pair(APP);
    world.thread("MainThread", &[("main", "asking.join")]);
    world.edge("thread:MainThread", "thread:asking", "join");
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["cross-thread-deadlock"]);
    assert_eq!(found[0].threads, ids(["thread:asking", "thread:serving"]));
    assert_eq!(culprit(&found), "answer = side.recv(4096)");
    assert_eq!(
        (verdict.state.as_str(), verdict.confidence.as_str()),
        ("hung", "certain")
    );
}

#[test]
fn whoever_lives_may_use_the_other_end() {
    let mut world = pair(APP);
    world.thread("other", &[("main", "asking.join")]);
    is_waiting(&world, "a live thread");
    let mut world = pair(APP);
    world
        .process
        .loops
        .push(event_loop("loop:1", "thread:none"));
    is_waiting(&world, "a loop that turns");
}

#[test]
fn what_is_not_known_is_open() {
    let owner = || EndOwner {
        pid: 7,
        name: "child".into(),
    };
    let mut world = pair(APP);
    change(&mut world, |end| end.processes.push(owner()));
    is_waiting(&world, "another process has it too");
    let mut world = pair(APP);
    change(&mut world, |end| end.complete = false);
    is_waiting(&world, "not all processes could be read");
    let mut world = pair(APP);
    world.process.foreign_threads = true;
    is_waiting(&world, "threads that run no Python");
    let mut world = pair(APP);
    change(&mut world, |end| end.handles_signals = true);
    is_waiting(&world, "signals of libraries");
    let mut world = pair(APP);
    for thread in &mut world.process.threads {
        thread.waits_for.as_mut().unwrap().summary = "fd 3 and 1 more".into();
    }
    is_waiting(&world, "one of several descriptors");
}

#[test]
fn a_signal_handler_may_use_the_other_end() {
    let handler = "def stop(number, frame):\n    side.send(b'x')\n";
    let given = "def setup():\n    signal.signal(signal.SIGINT, stop)\n";
    let world = pair(&format!("{APP}{handler}{given}"));
    is_waiting(&world, "a signal handler");
    let wakeup = "def setup():\n    signal.set_wakeup_fd(side.fileno())\n";
    let world = pair(&format!("{APP}{wakeup}"));
    is_waiting(&world, "a descriptor for signals");
}

#[test]
fn one_sample_is_not_enough() {
    let world = pair(APP);
    let earlier: [Process; 0] = [];
    let sources: &dyn Sources = &world;
    let verdict = diagnose(&world.process, &earlier, 1.0, sources).verdict;
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn the_only_thread_waits_for_itself() {
    let mut world = threads(APP);
    reads(
        &mut world,
        "MainThread",
        &[("ask", "answer =")],
        3,
        end(&[4]),
    );
    let (verdict, found) = world.diagnose();
    assert_eq!(
        (kinds(&found), verdict.state.as_str()),
        (vec!["self-deadlock"], "hung")
    );
    assert_eq!(found[0].threads, ids(["thread:MainThread"]));
    // Its time limit ends the call.
    let wait = world.process.threads[0].waits_for.as_mut().unwrap();
    wait.remaining_s = Some(5.0);
    is_waiting(&world, "a time limit");
}

#[test]
fn all_who_might_end_it_wait_behind_it() {
    let mut world = threads(APP);
    world.thread("MainThread", &[("main", "asking.join")]);
    world.edge("thread:MainThread", "thread:asking", "join");
    reads(&mut world, "asking", &[("ask", "answer =")], 3, end(&[4]));
    let (verdict, found) = world.diagnose();
    assert_eq!(
        (kinds(&found), verdict.state.as_str()),
        (vec!["orphan-wait"], "hung")
    );
    assert_eq!(found[0].threads, ids(["thread:asking"]));
}

#[test]
fn a_loop_that_watches_the_end_may_answer() {
    let mut world = World::new(APP);
    reads(&mut world, "asking", &[("ask", "answer =")], 3, end(&[4]));
    world.process.loops[0].files.push(loop_file(4));
    is_waiting(&world, "a loop that turns");
    world.process.loops[0].running = false;
    let (verdict, _) = world.diagnose();
    assert_eq!(verdict.state, "hung");
}

#[test]
fn the_cause_of_a_hung_child_reaches_who_reads_from_it() {
    let of = |state: &str, on: &str| {
        let mut world = threads(APP);
        world.process.verdict = fixtures::verdict(state, "it stands");
        let mut one = fixtures::diagnosis("external-wait", &[], &[], 0);
        one.resources = vec![on.into()];
        world.process.diagnoses.push(one);
        world.edge("socket:fd-3", "process:9", "socket");
        world.process
    };
    let child = || {
        let mut child = of("hung", "socket:fd-5");
        child.pid = 9;
        child
    };
    let state = |parent: Process| {
        let mut tree = [parent, child()];
        across(&mut tree);
        tree[0].verdict.as_ref().unwrap().state
    };
    assert_eq!(state(of("waiting", "socket:fd-3")), "hung");
    // It does something else as well, or waits for something else first.
    assert_eq!(state(of("busy", "socket:fd-3")), "busy");
    assert_eq!(state(of("waiting", "socket:fd-4")), "waiting");
}

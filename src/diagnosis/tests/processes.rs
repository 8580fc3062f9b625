//! What several processes share, and results of pools.

use std::sync::Arc;

use crate::diagnosis::fixtures::{World, culprit, ids, kinds};
use crate::model::{EndOwner, ItemId, OtherEnd, Resource, Resting, RestingProcess};

const APP: &str = "\
def main():
    guard.acquire()
    child.join()
    print(pool.get())
def beat():
    sleep(1)
";
const CHILD: u32 = 7;

fn sharers(pids: &[u32]) -> OtherEnd {
    let owner = |pid: &u32| EndOwner {
        pid: *pid,
        name: "python".into(),
    };
    OtherEnd {
        fds: Vec::new(),
        processes: pids.iter().map(owner).collect(),
        accepted: true,
        complete: true,
        is_lock: false,
        is_semaphore: true,
        handles_signals: false,
    }
}

/// A process of threads alone; its main thread waits for a lock that these processes share.
fn waits_for_lock(pids: &[u32]) -> World {
    let mut world = World::new(APP);
    world.process.threads.clear();
    world.process.loops.clear();
    let chain = [("main", "guard.acquire")];
    world.blocked("MainThread", &chain, "lock", "process-lock:guard");
    let lock = lock(&mut world);
    lock.name = Some("guard".into());
    lock.locked = Some(true);
    lock.waiters = ids(["thread:MainThread"]).into();
    lock.ends = Some(sharers(pids));
    for pid in pids {
        let process = ItemId::Process(*pid);
        world.edge("process-lock:guard", &process.to_string(), "lock");
    }
    world.refers("thread:MainThread", "process-lock:guard", "guard");
    world
}

fn lock(world: &mut World) -> &mut Resource {
    world.resource("process-lock", "guard", &[])
}

/// All threads of a process wait for `on`.
fn rests(world: &mut World, pid: u32, on: &[&str]) {
    let threads = on.iter().zip(pid..).map(|(on, tid)| Resting {
        tid,
        on: Some((*on).into()),
        waits_begun: 3,
    });
    world.process.resting.push(RestingProcess {
        id: ItemId::Process(pid),
        threads: threads.collect(),
        handles_signals: false,
    });
}

#[test]
fn a_lock_that_no_other_process_has_is_locked_for_ever() {
    let (verdict, found) = waits_for_lock(&[]).diagnose();
    assert_eq!(kinds(&found), ["leaked-lock"]);
    assert!(found[0].summary.contains("no other process has it"));
    assert_eq!(culprit(&found), "guard.acquire()");
    assert_eq!(verdict.state, "hung");
}

#[test]
fn whoever_has_it_too_may_give_it_back() {
    let (verdict, found) = waits_for_lock(&[CHILD]).diagnose();
    assert_eq!(kinds(&found), ["external-wait"]);
    assert!(found[0].summary.contains("python (pid 7) may give it back"));
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn what_is_not_known_of_others_is_open() {
    let mut world = waits_for_lock(&[]);
    let ends = &mut Arc::make_mut(&mut world.process.resources)[0].ends;
    ends.as_mut().unwrap().complete = false;
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["internal-wait"], "some cannot be read");
    assert_eq!(verdict.state, "waiting");
    Arc::make_mut(&mut world.process.resources)[0].ends = None;
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["internal-wait"], "nobody looked");
    assert_eq!(verdict.state, "waiting");
}

#[test]
fn who_rests_on_it_does_not_give_it_back() {
    let mut world = waits_for_lock(&[CHILD]);
    rests(&mut world, CHILD, &["process-lock:guard"]);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["leaked-lock"]);
    assert!(found[0].summary.contains("waits itself"));
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_process_goes_on_if_one_of_its_threads_may() {
    let waiting = |change: &dyn Fn(&mut RestingProcess), why: &str| {
        let mut world = waits_for_lock(&[CHILD]);
        rests(
            &mut world,
            CHILD,
            &["process-lock:guard", "process-lock:guard"],
        );
        change(&mut world.process.resting[0]);
        assert_eq!(world.diagnose().0.state, "waiting", "{why}");
    };
    waiting(&|one| one.threads[1].on = None, "one does something else");
    waiting(
        &|one| one.threads[1].on = Some(ItemId::Process(9)),
        "one waits for a process that goes on",
    );
    waiting(&|one| one.handles_signals = true, "a signal may come");
}

#[test]
fn who_has_moved_does_not_rest() {
    let mut world = waits_for_lock(&[CHILD]);
    rests(&mut world, CHILD, &["process-lock:guard"]);
    let before = world.process.clone();
    world.process.resting[0].threads[0].waits_begun += 1;
    let verdict = crate::diagnosis::diagnose(&world.process, &[before], 0.5, &world).verdict;
    assert_eq!(verdict.state.as_str(), "waiting");
    let verdict = crate::diagnosis::diagnose(&world.process, &[], 0.5, &world).verdict;
    assert_ne!(verdict.state.as_str(), "hung", "one sample is not enough");
}

#[test]
fn a_child_that_needs_the_lock_is_joined() {
    let mut world = World::new(APP);
    world.process.threads.clear();
    world.process.loops.clear();
    world.thread("MainThread", &[("main", "child.join")]);
    world.edge("thread:MainThread", "process:7", "subprocess");
    let lock = lock(&mut world);
    lock.locked = Some(true);
    lock.holders = ids(["thread:MainThread"]).into();
    lock.taken_at.push(crate::model::Acquisition {
        by: "thread:MainThread".into(),
        function: "main".into(),
        file: None,
        line: None,
    });
    lock.ends = Some(sharers(&[7]));
    let lock = lock.id;
    world.edge("process-lock:guard", "thread:MainThread", "holds");
    rests(&mut world, 7, &["process-lock:guard"]);
    assert_eq!(world.process.resting[0].threads[0].on, Some(lock));
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["cross-process-deadlock"]);
    assert_eq!(culprit(&found), "child.join()");
    assert_eq!(verdict.state, "hung");
}

/// The main thread waits for the result of a pool of processes.
fn waits_for_result(closed: Option<bool>, workers: &[&str]) -> World {
    let mut world = World::new(APP);
    world.process.threads.clear();
    world.process.loops.clear();
    let chain = [("main", "pool.get")];
    world.blocked("MainThread", &chain, "future", "job-result:r");
    let result = world.resource("job-result", "r", &[]);
    result.closed = closed;
    result.waiters = ids(["thread:MainThread"]).into();
    world.resource("process-pool", "p", &[]);
    for worker in workers {
        world.edge("job-result:r", worker, "future");
    }
    world
}

#[test]
fn a_job_that_no_worker_has_and_that_is_in_no_queue_is_lost() {
    let mut world = waits_for_result(Some(false), &["process:7", "process:8"]);
    let waiting = world.diagnose();
    assert_eq!(waiting.0.state, "waiting", "the workers may have it");
    rests(&mut world, 7, &["process-pool:p"]);
    assert_eq!(world.diagnose().0.state, "waiting", "one may have it");
    rests(&mut world, 8, &["process-pool:p"]);
    // Its side threads run no jobs, and it catches signals.
    let second = &mut world.process.resting[1];
    second.handles_signals = true;
    second.threads.push(Resting {
        tid: 99,
        on: None,
        waits_begun: 1,
    });
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["orphan-wait"]);
    assert!(found[0].summary.contains("in no queue"));
    assert_eq!(verdict.state, "hung");
}

#[test]
fn a_queued_job_is_not_lost() {
    let mut world = waits_for_result(Some(false), &["process:7"]);
    rests(&mut world, 7, &["process-pool:p"]);
    world.thread("feeder", &[("beat", "sleep")]);
    world.edge("process-pool:p", "thread:feeder", "process-pool");
    assert_ne!(world.diagnose().0.state, "hung");
}

#[test]
fn a_pool_without_the_thread_that_gives_results_gives_none() {
    let mut world = waits_for_result(Some(true), &[]);
    world.thread("beat", &[("beat", "sleep")]);
    let (verdict, found) = world.diagnose();
    assert_eq!(kinds(&found), ["orphan-wait"]);
    assert!(found[0].summary.contains("hands out results has ended"));
    assert_eq!(verdict.state, "hung");
    assert_ne!(waits_for_result(None, &[]).diagnose().0.state, "hung");
}

#[test]
fn a_thread_may_write_what_a_child_reads() {
    let mut world = World::new(APP);
    world.process.threads.clear();
    world.process.loops.clear();
    world.thread("MainThread", &[("main", "child.join")]);
    world.edge("thread:MainThread", "process:7", "subprocess");
    world.edge("process:7", "thread:MainThread", "pipe");
    world.process.children.push(crate::model::ChildProcess {
        id: ItemId::Process(7),
        pid: 7,
        command: vec!["python".into()],
        state: "S".into(),
        syscall: Some("read".into()),
        fd: Some(3),
        peers: ids(["thread:MainThread"]).into(),
        is_python: true,
    });
    assert_eq!(world.diagnose().0.state, "hung");
    world.thread("beat", &[("beat", "sleep")]);
    assert_eq!(world.diagnose().0.state, "waiting");
}

#[test]
fn whoever_makes_a_process_may_run_what_its_class_does() {
    const APP: &str = "\
class Worker(Process):
    def run(self):
        self.guard.release()
def main():
    guard.acquire()
def later():
    sleep(1)
    Worker().start()
";
    let state = |source: &str| {
        let mut world = waits_for_lock(&[]);
        world
            .files
            .insert(crate::diagnosis::fixtures::APP.into(), source.into());
        world.process.threads[0].frames[0].line = Some(5);
        world.thread("later", &[("later", "sleep")]);
        world.refers("thread:later", "process-lock:guard", "guard");
        world.diagnose().0.state
    };
    assert_ne!(state(APP), "hung");
    assert_eq!(
        state(&APP.replace("Worker().start()", "print(worker)")),
        "hung"
    );
}

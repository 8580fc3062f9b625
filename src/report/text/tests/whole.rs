//! Whole sections, as they look.

use super::*;
use crate::model::{Batch, LoopState, Wait};

#[test]
fn six_tasks_at_80_columns() {
    assert_eq!(
        plain(bank(), &options(80)),
        "\
bank.py  pid 4242  CPython 3.13.0  asyncio  read-only, paused 2.8 ms
LOOPS
  #1 MainThread  _UnixSelectorEventLoop: polling in epoll_wait, 0 ready, 1 timer
                   (next in 29.7 s)
TASKS 6, all waiting (:line is in bank.py)
  Task-1           main :64 > settle :31  gather of alice-to-bob, bob-to-alice
  ├─ alice-to-bob  transfer :24
  │                asyncio.Lock Account.lock, held by bob-to-alice (transfer:22)
  └─ bob-to-alice  transfer :24
                   asyncio.Lock Account.lock, held by alice-to-bob (transfer:22)
  receipts         send_receipts receipts.py:12  asyncio.Queue.get, empty
  rates            refresh_rates :44
                   thread rates_0 (running fetch_rates, line 40)
  heartbeat        heartbeat :50          timer, 29.7 s left
THREADS 2
  MainThread 4242  <module> :40     in epoll_wait, runs loop #1
  rates_0 4243     fetch_rates :40  in clock_nanosleep
"
    );
}

#[test]
fn six_tasks_at_200_columns() {
    assert_eq!(section(&plain(bank(), &options(200)), "TASKS"), "\
TASKS 6, all waiting (:line is in bank.py)
  Task-1           main :64 > settle :31         gather of alice-to-bob, bob-to-alice
  ├─ alice-to-bob  transfer :24                  asyncio.Lock Account.lock, held by bob-to-alice (transfer:22)
  └─ bob-to-alice  transfer :24                  asyncio.Lock Account.lock, held by alice-to-bob (transfer:22)
  receipts         send_receipts receipts.py:12  asyncio.Queue.get, empty
  rates            refresh_rates :44             thread rates_0 (running fetch_rates, line 40)
  heartbeat        heartbeat :50                 timer, 29.7 s left
");
}

#[test]
fn six_tasks_at_40_columns() {
    assert_eq!(
        section(&plain(bank(), &options(40)), "TASKS"),
        "\
TASKS 6, all waiting (:line is in
  bank.py)
  Task-1
    main :64 > settle :31
    gather of alice-to-bob, bob-to-alice
  ├─ alice-to-bob
    transfer :24
    asyncio.Lock Account.lock, held by
      bob-to-alice (transfer:22)
  └─ bob-to-alice
    transfer :24
    asyncio.Lock Account.lock, held by
      alice-to-bob (transfer:22)
  receipts
    send_receipts receipts.py:12
    asyncio.Queue.get, empty
  rates
    refresh_rates :44
    thread rates_0 (running fetch_rates,
      line 40)
  heartbeat
    heartbeat :50  timer, 29.7 s left
"
    );
}

#[test]
fn ten_thousand_tasks_take_a_few_rows() {
    assert_eq!(
        section(&plain(crowd(), &options(80)), "TASKS"),
        "\
TASKS 10,001: 1 ready, 10,000 waiting (:line is in crawl.py)
  equal chains share a row: --group-above 0 lists all, --task NAME opens one
  Task-1        main :60 > TaskGroup.__aexit__
  │             worker-0, worker-1 and 9,998 more (task-group)
  ├─ 4,982 x    worker :33  asyncio.Queue.get, empty; e.g. worker-0
  ├─ 5,017 x    fetch :12 > backoff retry.py:7
  │             timers: first overdue by 1.8 s, last in 8 min; e.g. Task-4982
  └─ Task-9999  fetch :10   not started
"
    );
}

#[test]
fn a_hung_program_at_80_columns() {
    assert_eq!(
        plain(fixtures::starved(), &options(80)),
        "\
bank.py  pid 4242  CPython 3.13.0  asyncio  read-only, paused 2.8 ms
VERDICT  HUNG: thread pool \"io\" is exhausted (certain; unchanged over 2 samples,
         1.0 s apart)
CULPRIT  report.py:8  render_report
         return run_coroutine_threadsafe(resolve(host), loop).result()
RECOVERY none: no timer or timeout is pending
WHY
  io_0, io_1 (all 2 workers) --Future.result()--> resolve() x2
  resolve() x2 --job queued in--> pool \"io\" (2/2 in use, 3 queued)
  pool \"io\" --no free worker until--> io_0, io_1 [cycle]
  6 of 6 tasks wait behind this
FIX      do it in another way
LOOPS
  #1 MainThread  _UnixSelectorEventLoop: polling in epoll_wait, 0 ready, 0
                   timers
TASKS 6, all waiting (:line is in report.py)
  Task-1       main :25    TaskGroup of report-0, report-1, report-2
  ├─ report-0  report :18  thread io_0 (running render_report:8)
  ├─ report-1  report :18  thread io_1 (running render_report:8)
  └─ report-2  report :18  pool \"io\", job 1 of 3 in its queue
  Task-2       resolve :12 > BaseEventLoop.getaddrinfo
               pool \"io\", job 2 of 3 in its queue
  Task-3       resolve :12 > BaseEventLoop.getaddrinfo
               pool \"io\", job 3 of 3 in its queue
THREADS 3
  MainThread 4242  <module> bank.py:40  in epoll_wait, runs loop #1
  io_0 4243        render_report :8     Future.result() of Task-2
  io_1 4244        render_report :8     Future.result() of Task-3
"
    );
}

#[test]
fn loops_say_since_when_they_are_blocked() {
    let line = |state, syscall: Option<&str>, batch: Option<(u64, u64)>| {
        let mut process = fixtures::process();
        process.threads[0].syscall = syscall.map(str::to_owned);
        let event_loop = &mut process.loops[0];
        event_loop.state = state;
        event_loop.iteration_s = Some(4.2);
        event_loop.batch = batch.map(|(begun, of)| Batch {
            begun,
            of,
            callback: Some("Jobs.refresh".into()),
            task: None,
        });
        let text = plain(process, &options(200));
        let line = text.lines().find(|line| line.contains("EventLoop:"));
        line.unwrap()
            .split_once("EventLoop: ")
            .unwrap()
            .1
            .to_owned()
    };
    for (state, syscall, batch, said) in [
        (
            LoopState::Blocked,
            Some("read"),
            Some((1, 1)),
            "BLOCKED for 4.2 s by a call in read, 0",
        ),
        (
            LoopState::Blocked,
            None,
            Some((3, 7)),
            "BLOCKED for 4.2 s, now by a call (callback 3 of 7), 0",
        ),
        (
            LoopState::Running,
            None,
            Some((1, 1)),
            "running a callback for 4.2 s, 0",
        ),
        (
            LoopState::Running,
            None,
            Some((1, 2)),
            "running a callback for 4.2 s (callback 1 of 2), 0",
        ),
        (
            LoopState::Running,
            None,
            Some((3, 7)),
            "running for 4.2 s, now a callback (callback 3 of 7), 0",
        ),
        (
            LoopState::Blocked,
            Some("read"),
            None,
            "BLOCKED for 4.2 s, now by a call in read, 0",
        ),
    ] {
        let line = line(state, syscall, batch);
        assert!(line.starts_with(said), "{line}");
    }
}

#[test]
fn a_timer_says_how_much_of_it_is_left() {
    let mut process = bank();
    let mut tasks = process.tasks_mut();
    let heartbeat = tasks.find(|task| task.name == "heartbeat");
    heartbeat.unwrap().waits_for = Some(Wait {
        remaining_s: Some(29.7),
        since_s: Some(0.3),
        ..fixtures::wait("timer", "")
    });
    drop(tasks);
    let text = plain(process, &options(80));
    assert!(text.contains("timer, 29.7 s of 30.0 s left"), "{text}");
}

//! A process is stopped for a bounded time and survives everything that can happen.

mod endings;

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use dapper_attach::process::{Error, Process, Stop};

use crate::support::{Target, helper, helper_pid, until};

const LONG: Duration = Duration::from_secs(60);

fn only(states: &str, state: char) -> bool {
    !states.is_empty() && states.chars().all(|found| found == state)
}

#[test]
fn all_threads_stand_still_and_then_run_on() {
    let target = Target::usual(&["20"]);
    let process = target.open();
    let calls = || -> Vec<_> {
        let ids = process.native_threads().unwrap();
        ids.into_iter()
            .filter_map(|tid| process.kernel_thread(tid).syscall?.name)
            .filter(|name| ["pause", "read"].contains(name))
            .collect()
    };
    until("21 idle threads", || calls().len() == 21);
    let mut stop = Stop::all_threads(target.pid(), LONG).unwrap();
    assert!(only(&target.states(), 't'), "{}", target.states());
    let before = target.counter("beats");
    // The kernel still states the interrupted system calls.
    assert_eq!(calls().len(), 21);
    assert_eq!(target.counter("beats"), before);
    assert!(!stop.expired() && !stop.released_early());

    stop.release();
    let stood_still = stop.stopped_for();
    assert!(stood_still > Duration::ZERO);
    assert!(!target.states().contains('t'), "{}", target.states());
    target.beats();
    stop.release();
    assert_eq!(stop.stopped_for(), stood_still);
    assert!(!stop.released_early());
}

#[test]
fn threads_that_are_born_meanwhile_are_stopped_too() {
    let target = Target::usual(&["breed"]);
    for _ in 0..50 {
        let stop = Stop::all_threads(target.pid(), LONG).unwrap();
        // A thread that had ended just before may still be listed.
        let states: HashSet<char> = target.states().chars().collect();
        assert!(
            states.is_subset(&HashSet::from(['t', 'Z', 'X'])),
            "{states:?}"
        );
        let before = target.counter("beats");
        assert_eq!(target.counter("beats"), before);
        drop(stop);
        target.beats();
    }
}

#[test]
fn a_program_may_replace_itself_meanwhile() {
    let mut target = Target::usual(&["exec"]);
    let mut stops = 0;
    until("a hundred stops", || {
        // All threads but one end, and that one changes its id, at any moment.
        stops += u32::from(Stop::all_threads(target.pid(), LONG).is_ok());
        stops == 100
    });
    // It still replaces itself: after two more starts it has completed a whole cycle.
    for _ in 0..2 {
        while target.line() != "ready" {}
    }
}

#[test]
fn three_hundred_threads_are_stopped_quickly() {
    let target = Target::usual(&["300"]);
    let mut best = Duration::MAX;
    for _ in 0..20 {
        let mut stop = Stop::all_threads(target.pid(), LONG).unwrap();
        let until_stopped = stop.stopped_for();
        stop.release();
        eprintln!(
            "302 threads: stopped after {until_stopped:?}, stood still for {:?}",
            stop.stopped_for()
        );
        best = best.min(stop.stopped_for());
    }
    assert!(best < Duration::from_millis(10), "{best:?}");
}

#[test]
fn it_goes_on_by_itself_when_the_time_is_over() {
    let target = Target::usual(&["3"]);
    let limit = Duration::from_millis(30);
    let stop = Stop::all_threads(target.pid(), limit).unwrap();
    until("the end of the stop", || stop.released_early());
    assert!(stop.expired());
    assert!(stop.stopped_for() >= limit);
    target.beats();
    assert!(!target.states().contains('t'));
}

#[test]
fn a_signal_sent_while_it_is_stopped_arrives_once() {
    let target = Target::usual(&["3"]);
    let stop = Stop::all_threads(target.pid(), LONG).unwrap();
    target.signal(libc::SIGUSR1);
    assert_eq!(target.counter("signals"), 0);
    drop(stop);
    until("the signal", || target.counter("signals") == 1);
    target.signal(libc::SIGUSR1);
    until("the next one", || target.counter("signals") >= 2);
    target.beats();
    assert_eq!(target.counter("signals"), 2);
}

#[test]
fn no_signal_is_lost_or_doubled_by_many_stops() {
    let target = Target::usual(&["8"]);
    let mut sent = 0;
    for _ in 0..100 {
        // Real-time signals queue up, so that each of them counts.
        for _ in 0..5 {
            target.signal(libc::SIGRTMIN());
            sent += 1;
        }
        drop(Stop::all_threads(target.pid(), LONG).unwrap());
    }
    until("all signals", || target.counter("signals") >= sent);
    target.beats();
    assert_eq!(target.counter("signals"), sent);
}

#[test]
fn who_was_stopped_by_its_owner_stays_so() {
    let target = Target::usual(&["5"]);
    target.signal(libc::SIGSTOP);
    until("the owner's stop", || only(&target.states(), 'T'));
    for _ in 0..3 {
        let stop = Stop::all_threads(target.pid(), LONG).unwrap();
        assert!(only(&target.states(), 't'));
        drop(stop);
        until("the owner's stop again", || only(&target.states(), 'T'));
    }
    target.signal(libc::SIGCONT);
    target.beats();
}

#[test]
fn an_owner_may_stop_it_meanwhile() {
    let target = Target::usual(&["5"]);
    let stop = Stop::all_threads(target.pid(), LONG).unwrap();
    target.signal(libc::SIGSTOP);
    assert!(only(&target.states(), 't'));
    drop(stop);
    until("the owner's stop", || only(&target.states(), 'T'));
    target.signal(libc::SIGCONT);
    target.beats();
}

#[test]
fn it_survives_the_death_of_the_one_who_stopped_it() {
    let target = Target::usual(&["20"]);
    let mut holder = helper("stopping::hold_a_stop", target.pid())
        .spawn()
        .unwrap();
    until("the stop", || only(&target.states(), 't'));
    target.signal(libc::SIGUSR1);
    holder.kill().unwrap();
    holder.wait().unwrap();
    until("all threads to run", || !target.states().contains('t'));
    target.beats();
    until("the signal", || target.counter("signals") == 1);
}

#[test]
fn it_survives_a_death_at_any_moment() {
    let target = Target::usual(&["50"]);
    let mut sent = 0;
    for delay in 0..20 {
        let mut holder = helper("stopping::stop_again_and_again", target.pid())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(holder.stdout.take().unwrap());
        let mut line = String::new();
        // The test harness prints something before.
        while !line.contains("stopping") {
            assert_ne!(output.read_line(&mut line).unwrap(), 0);
        }
        let start = Instant::now();
        while start.elapsed() < Duration::from_micros(delay * 331) {
            // Also while it is about to take a signal, which must not be lost.
            target.signal(libc::SIGRTMIN());
            sent += 1;
            std::thread::yield_now();
        }
        holder.kill().unwrap();
        holder.wait().unwrap();
        until("all threads to run", || !target.states().contains('t'));
        until("all signals", || target.counter("signals") >= sent);
        target.beats();
    }
    assert_eq!(target.counter("signals"), sent);
}

#[test]
fn who_is_traced_already_is_refused_with_the_tracer() {
    let target = Target::usual(&["2"]);
    let mut holder = helper("stopping::hold_a_stop", target.pid())
        .spawn()
        .unwrap();
    until("the stop", || only(&target.states(), 't'));
    let error = Stop::all_threads(target.pid(), LONG).unwrap_err();
    let pid = holder.id();
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).unwrap();
    holder.kill().unwrap();
    holder.wait().unwrap();
    let Error::Stop { reason, fix, .. } = error else {
        panic!("{error}");
    };
    let tracer = format!("{} (pid {pid})", name.trim_end());
    assert_eq!(reason, format!("it is already being traced by {tracer}"));
    assert!(fix.contains("--no-pause"), "{fix}");
    target.beats();
}

#[test]
fn a_thread_in_uninterruptible_sleep_holds_nobody_up() {
    let mut target = Target::usual(&["vfork"]);
    until("the sleep", || only(&target.states(), 'D'));
    let mut stop = Stop::all_threads(target.pid(), LONG).unwrap();
    assert_eq!(stop.sleepers(), [target.pid()]);
    assert!(stop.stopped_for() < Duration::from_secs(10));
    stop.release();
    // It wakes up when its child ends, and must not freeze then.
    drop(target.child.stdin.take());
    assert_eq!(target.line(), "woken");
    target.beats();
}

#[test]
fn a_thread_that_wakes_up_while_stopped_stands_still() {
    let mut target = Target::usual(&["vfork"]);
    until("the sleep", || only(&target.states(), 'D'));
    let stop = Stop::all_threads(target.pid(), LONG).unwrap();
    let before = target.counter("beats");
    drop(target.child.stdin.take());
    until("the stop", || only(&target.states(), 't'));
    assert_eq!(target.counter("beats"), before);
    drop(stop);
    assert_eq!(target.line(), "woken");
    target.beats();
}

#[test]
fn it_may_be_killed_while_it_is_stopped() {
    let mut target = Target::usual(&["20"]);
    let process = target.open();
    let mut stop = Stop::all_threads(target.pid(), LONG).unwrap();
    target.signal(libc::SIGKILL);
    stop.release();
    assert!(!target.child.wait().unwrap().success());
    assert!(!process.is_alive());
    let error = Stop::all_threads(target.pid(), LONG).unwrap_err();
    assert!(
        matches!(error, Error::NoSuchProcess { .. } | Error::Gone { .. }),
        "{error}"
    );
}

#[test]
fn a_main_thread_that_has_ended_does_not_matter() {
    let target = Target::usual(&["headless"]);
    until("the end of the main thread", || {
        target.states().starts_with('Z')
    });
    let stop = Stop::all_threads(target.pid(), LONG).unwrap();
    let stopped = target.states();
    assert_eq!(stopped.replace('t', ""), "Z", "{stopped}");
    drop(stop);
    let process = Process::open(target.pid()).unwrap();
    assert!(process.is_alive());
    target.beats();
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn hold_a_stop() {
    let _stop = Stop::all_threads(helper_pid(), LONG).unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
#[ignore = "run by other tests, in a process of its own"]
fn stop_again_and_again() {
    println!("stopping");
    loop {
        let _ = Stop::all_threads(helper_pid(), LONG);
    }
}

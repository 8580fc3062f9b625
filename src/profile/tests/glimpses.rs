//! What looks at the stacks of running threads add to a timeline.

use super::*;
use crate::model::{Frame, StackSeen};

fn at_line(line: u32) -> Vec<Frame> {
    let chain = [("crunch", "/srv/app.py", line), ("main", "/srv/app.py", 3)];
    frames(&chain, FrameKind::Function)
}

fn runs(line: u32) -> StackSeen {
    StackSeen::Runs(at_line(line))
}

/// A process with one thread, which is in `state` at `line`.
fn with_thread(state: ThreadState, line: u32) -> Process {
    let mut process = process("app.py");
    let mut one = thread("thread:7", 7, "MainThread", at_line(line));
    one.state = state;
    process.threads.push(one);
    process
}

/// The intervals of a thread that ran at line 1 at the beginning, at which each of `glimpses` found
/// something, and which is as in `last` after 10 s.
fn after(glimpses: &[(u64, StackSeen)], last: &Process) -> Vec<(String, f64, f64)> {
    let mut profile = profile(&[(with_thread(ThreadState::Running, 1), 0)], S);
    let timeline = &mut profile.timeline;
    *timeline = Timeline::default();
    timeline.look(&with_thread(ThreadState::Running, 1), 0);
    for (at_ns, seen) in glimpses {
        timeline.glimpse("thread:7".into(), seen, *at_ns);
    }
    timeline.look(last, 10 * S);
    timeline.finish(10 * S);
    intervals(&profile)
}

fn interval(leaf: &str, from_s: f64, to_s: f64) -> (String, f64, f64) {
    (leaf.to_owned(), from_s, to_s)
}

#[test]
fn each_stack_that_is_seen_is_an_interval() {
    let last = with_thread(ThreadState::Running, 1);
    let glimpses = [
        (2 * S, runs(1)),
        (4 * S, runs(2)),
        (5 * S, runs(2)),
        (7 * S, runs(3)),
    ];
    assert_eq!(
        after(&glimpses, &last),
        [
            interval("running", 0.0, 3.0),
            interval("running", 3.0, 6.0),
            interval("running", 6.0, 8.5),
            interval("running", 8.5, 10.0),
        ]
    );
    let waits = StackSeen::WaitsForGil(at_line(1));
    assert_eq!(
        after(&[(4 * S, waits)], &last),
        [
            interval("running", 0.0, 2.0),
            interval("gil", 2.0, 7.0),
            interval("running", 7.0, 10.0),
        ]
    );
}

#[test]
fn a_state_ends_where_it_was_not_seen_any_more_if_the_next_look_finds_another() {
    let left = |at_s: u64| (at_s * S, StackSeen::NotKnown);
    let glimpses = [(2 * S, runs(1)), left(4), left(6)];
    let blocked = with_thread(ThreadState::Blocked, 1);
    let found = after(&glimpses, &blocked);
    assert_eq!(found[0], interval("running", 0.0, 3.0));
    assert_eq!((found.len(), found[1].1, found[1].2), (2, 3.0, 10.0));
    // It did not change after all.
    let running = with_thread(ThreadState::Running, 1);
    assert_eq!(after(&glimpses, &running), [interval("running", 0.0, 10.0)]);
}

#[test]
fn a_thread_that_is_not_known_is_left_to_the_next_look() {
    let mut timeline = Timeline::default();
    timeline.look(&process("app.py"), 0);
    timeline.glimpse("thread:7".into(), &runs(1), S);
    timeline.finish(2 * S);
    assert!(timeline.intervals().is_empty());
}

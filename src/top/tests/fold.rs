//! The fold over looks: what is told of rates, lag, growth, waits and ends.

use std::sync::Arc;

use super::programs::{bank, sleeping, waiting, watched};
use crate::model::fixtures::{edge, process};
use crate::model::{Index, ItemId, LoopState, Outcome, Process, TaskState, ThreadState};
use crate::top::TopState;
use crate::top::waits::nodes;

const SLEEPER: ItemId = ItemId::Task(0x10);
const REPORT: ItemId = ItemId::Task(0x40);

/// A process with these tasks.
fn with(clock_s: f64, tasks: Vec<crate::model::Task>) -> Process {
    let mut process = process("app.py");
    process.clock_s = Some(clock_s);
    process.tasks = tasks.into_iter().map(Arc::new).collect();
    process
}

#[test]
fn the_time_of_a_wait_is_exact_where_the_process_has_it_and_at_least_where_looks_do() {
    let state = watched();
    let of = |id| state.tasks.get(ItemId::Task(id)).unwrap().lasted();
    assert_eq!(of(0x10), (12.0, true));
    assert_eq!(of(0x20), (9.0, false));
    assert_eq!(state.resources.all().next().unwrap().held(), Some(9.0));
    let other = state.threads.get(ItemId::Thread(8)).unwrap();
    assert_eq!(other.lasted(), Some((9.0, false)));
}

#[test]
fn a_wait_that_began_anew_between_two_looks_is_another_one() {
    let mut state = TopState::default();
    state.look(
        &with(100.0, vec![sleeping("task:0x10", "a", 0.2, 0.3)]),
        0.0,
    );
    state.look(
        &with(101.0, vec![sleeping("task:0x10", "a", 0.2, 0.3)]),
        1.0,
    );
    let entry = state.tasks.get(SLEEPER).unwrap();
    assert_eq!((entry.same_s, entry.past.len()), (1.0, 1));
    assert_eq!(state.tasks.steps_a_second(entry, 1.0), 1.0);
    // The same sleep goes on.
    state.look(
        &with(101.1, vec![sleeping("task:0x10", "a", 0.3, 0.2)]),
        1.1,
    );
    assert_eq!(state.tasks.get(SLEEPER).unwrap().same_s, 1.0);
}

#[test]
fn steps_are_counted_only_where_two_looks_prove_them() {
    let at = |line, state| {
        let mut task = waiting("task:0x10", "a", "work", line);
        task.state = state;
        task
    };
    let mut state = TopState::default();
    let mut steps = Vec::new();
    for (second, (line, now)) in (0_u32..).zip([
        (1, TaskState::Waiting),
        // It was woken, and has not run yet.
        (1, TaskState::Ready),
        // It has run, and waits again at the same line.
        (1, TaskState::Waiting),
        (2, TaskState::Waiting),
        (2, TaskState::Running),
        // The step that was counted has ended.
        (3, TaskState::Waiting),
    ]) {
        let at_s = f64::from(second);
        state.look(&with(100.0 + at_s, vec![at(line, now)]), at_s);
        let entry = state.tasks.get(SLEEPER).unwrap();
        let counted = state.tasks.steps_a_second(entry, at_s) * at_s.max(1.0);
        steps.push(counted.round() as u32);
    }
    assert_eq!(steps, [0, 0, 1, 2, 3, 3]);
}

#[test]
fn what_changed_while_it_was_read_stays_as_it_was() {
    let mut state = TopState::default();
    state.look(
        &with(100.0, vec![waiting("task:0x10", "a", "work", 1)]),
        0.0,
    );
    let mut torn = waiting("task:0x10", "a", "work", 2);
    torn.error = Some("changed".into());
    state.look(&with(101.0, vec![torn]), 1.0);
    let entry = state.tasks.get(SLEEPER).unwrap();
    assert_eq!((&*entry.line, entry.same_s), ("bank.py:1 work", 0.0));
    assert_eq!(state.rejected, 1);
}

#[test]
fn tasks_that_ended_stay_for_six_seconds() {
    let mut state = TopState::default();
    let both = || {
        vec![
            waiting("task:0x10", "a", "work", 1),
            waiting("task:0x20", "b", "work", 1),
        ]
    };
    state.look(&with(100.0, both()), 0.0);
    let mut done = both();
    done[1].state = TaskState::Done;
    done[1].outcome = Some(Outcome::Result);
    state.look(&with(101.0, done), 1.0);
    assert_eq!(state.counts.all(), 1);
    let ended = |state: &TopState| {
        let ended = state.tasks.all().filter(|it| it.ended_s.is_some());
        ended.map(|it| it.task.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(ended(&state), ["b"]);
    // The other one is simply not there any more.
    state.look(&with(102.0, Vec::new()), 2.0);
    assert_eq!(ended(&state), ["a", "b"]);
    state.look(&with(106.9, Vec::new()), 6.9);
    assert_eq!(ended(&state), ["a", "b"]);
    state.look(&with(107.5, Vec::new()), 7.5);
    assert_eq!(ended(&state), ["a"]);
    state.look(&with(108.1, Vec::new()), 8.1);
    assert_eq!(ended(&state), Vec::<String>::new());
}

#[test]
fn a_task_at_the_address_of_one_that_ended_is_another_one() {
    let mut state = TopState::default();
    state.look(
        &with(100.0, vec![waiting("task:0x10", "a", "work", 1)]),
        0.0,
    );
    state.look(
        &with(101.0, vec![waiting("task:0x10", "b", "work", 1)]),
        1.0,
    );
    let entry = state.tasks.get(SLEEPER).unwrap();
    assert_eq!((&*entry.task.name, entry.first_s), ("b", 1.0));
}

#[test]
fn growth_is_told_of_all_tasks_and_of_each_coroutine() {
    let mut state = TopState::default();
    for second in 0..5_u32 {
        let leaks =
            (0..second).map(|at| waiting(&format!("task:{:#x}", 0x100 + at), "", "leak", 1));
        let all = leaks
            .chain([waiting("task:0x10", "a", "work", 1)])
            .collect();
        state.look(&with(100.0 + f64::from(second), all), f64::from(second));
    }
    assert_eq!(state.growth.grown(), Some((4, 4.0)));
    assert_eq!(state.groups["leak"].grown(), Some((4, 4.0)));
    assert_eq!(state.groups["work"].grown(), Some((0, 4.0)));
}

#[test]
fn lag_is_the_age_of_the_iteration_and_nothing_while_the_loop_polls() {
    let mut state = TopState::default();
    for look in 0..100_u32 {
        let at_s = f64::from(look) / 10.0;
        let mut process = bank(100.0 + at_s);
        let event_loop = &mut process.loops[0];
        if look % 2 == 0 {
            (event_loop.state, event_loop.iteration_s) = (LoopState::Polling, None);
        } else {
            event_loop.iteration_s = Some(f64::from(look) / 1_000.0);
        }
        state.light_look(&process, at_s);
    }
    let loops = state.loops.worst_first();
    let lag = loops[0].lag().unwrap();
    assert_eq!((lag.p50_s, lag.p99_s, lag.max_s), (0.0, 0.097, 0.099));
    assert_eq!(loops[0].busy(), Some(0.5));
    assert_eq!(state.loops.gil(), Some((1.0, 0.0)));
    // A minute later nothing of it counts.
    let mut quiet = bank(200.0);
    (quiet.loops[0].state, quiet.loops[0].iteration_s) = (LoopState::Polling, None);
    state.light_look(&quiet, 100.0);
    assert_eq!(state.loops.worst_first()[0].lag().unwrap().max_s, 0.0);
}

#[test]
fn an_age_that_is_not_known_is_no_lag() {
    let mut state = TopState::default();
    let mut process = bank(100.0);
    process.loops[0].iteration_s = None;
    state.light_look(&process, 0.0);
    assert_eq!(state.loops.worst_first()[0].lag(), None);
    assert_eq!(state.loops.worst_first()[0].busy(), Some(1.0));
    assert_eq!(state.loops.worst_first()[0].known(), Some(0.0));
    state.light_look(&bank(100.1), 0.1);
    assert_eq!(state.loops.worst_first()[0].known(), Some(0.5));
}

#[test]
fn a_step_that_several_looks_met_is_one_and_ran_at_least_as_long_as_the_last_saw() {
    let mut state = TopState::default();
    state.look(&bank(100.0), 0.0);
    for (at_s, age_s) in [(0.1, 0.01), (0.2, 0.11), (0.5, 0.03)] {
        let mut process = bank(100.0 + at_s);
        process.loops[0].iteration_s = Some(age_s);
        state.light_look(&process, at_s);
    }
    // The first has ended; the second still runs.
    let lengths = state.steps.of_task(REPORT).unwrap();
    assert_eq!(lengths.len(), 1);
    assert!((lengths.percentile(1.0).unwrap() - 0.11).abs() < 1e-6);
    assert_eq!(state.steps.of_group("report").unwrap().len(), 1);
    let entry = state.tasks.get(REPORT).unwrap();
    assert_eq!(state.tasks.steps_a_second(entry, 0.5), 2.0);
    assert_eq!(state.tasks.runs(entry, 0.5), Some(1.0));
}

#[test]
fn of_a_step_that_is_not_the_first_only_the_time_between_two_looks_is_known() {
    let mut state = TopState::default();
    state.look(&bank(100.0), 0.0);
    for (at_s, age_s) in [(0.1, 0.05), (0.2, 0.15), (0.5, 0.01)] {
        let mut process = bank(100.0 + at_s);
        process.loops[0].iteration_s = Some(age_s);
        process.loops[0].batch.as_mut().unwrap().begun = 2;
        state.light_look(&process, at_s);
    }
    let lengths = state.steps.of_task(REPORT).unwrap();
    assert!((lengths.percentile(1.0).unwrap() - 0.1).abs() < 1e-6);
}

#[test]
fn processor_time_of_threads_is_that_between_looks() {
    let state = watched();
    assert_eq!(
        state.threads.get(ItemId::Thread(7)).unwrap().cpu(),
        Some(0.5)
    );
    assert_eq!(
        state.threads.get(ItemId::Thread(8)).unwrap().cpu(),
        Some(0.0)
    );
    assert_eq!(state.threads.cpu(), Some(0.5));
}

#[test]
fn a_thread_that_began_another_wait_has_not_waited_since() {
    let mut state = TopState::default();
    for (second, waits_begun) in [(0, 17), (1, 17), (2, 18)] {
        let mut process = bank(100.0 + f64::from(second));
        process.threads[1].waits_begun = Some(waits_begun);
        state.look(&process, f64::from(second));
    }
    let entry = state.threads.get(ItemId::Thread(8)).unwrap();
    assert_eq!(entry.lasted(), Some((0.0, false)));
    assert_eq!(entry.thread.state, ThreadState::Blocked);
}

#[test]
fn a_reset_forgets_the_past_and_keeps_what_is_now() {
    let mut state = watched();
    state.reset();
    assert_eq!(state.tasks.all().len(), 4);
    assert_eq!(state.growth.grown(), None);
    assert_eq!(state.loops.worst_first()[0].lag(), None);
    assert!(state.steps.of_task(REPORT).is_none());
}

#[test]
fn the_tree_of_waits_begins_with_those_who_wait_for_nobody() {
    let process = bank(100.0);
    let nodes = nodes(&process, &Index::new(&process));
    let shown: Vec<_> = nodes
        .iter()
        .map(|node| (node.depth, &*node.label, node.behind))
        .collect();
    assert_eq!(
        shown,
        [
            (0, "Task-1", 2),
            (1, "asyncio.Lock Account.lock", 2),
            (2, "Task-2", 0),
            (2, "Task-3", 0)
        ]
    );
}

#[test]
fn a_circle_of_waits_is_shown_once_and_named() {
    let mut process = with(
        100.0,
        vec![
            waiting("task:0x10", "a", "work", 1),
            waiting("task:0x20", "b", "work", 1),
        ],
    );
    process.edges = Arc::new(vec![
        edge("task:0x10", "task:0x20", "await"),
        edge("task:0x20", "task:0x10", "await"),
    ]);
    let nodes = nodes(&process, &Index::new(&process));
    let shown: Vec<_> = nodes
        .iter()
        .map(|node| (node.depth, &*node.label, node.is_cycle))
        .collect();
    assert_eq!(shown, [(0, "a", false), (1, "b", false), (2, "a", true)]);
}

#[test]
fn waiters_that_are_alike_share_a_line() {
    let mut tasks = vec![waiting("task:0x10", "a", "work", 1)];
    let waiters: Vec<String> = (0..50)
        .map(|at| format!("task:{:#x}", 0x100 + at))
        .collect();
    tasks.extend(waiters.iter().map(|id| waiting(id, id, "wants", 2)));
    let mut process = with(100.0, tasks);
    let edges = waiters.iter().map(|id| edge(id, "task:0x10", "await"));
    process.edges = Arc::new(edges.collect());
    let nodes = nodes(&process, &Index::new(&process));
    assert_eq!(nodes.len(), 2);
    assert_eq!((&*nodes[1].label, nodes[0].behind), ("50 x wants", 50));
}

#[test]
fn a_wait_lasts_only_as_long_as_looks_prove_it() {
    let at_look = |error: Option<&str>| {
        let mut task = waiting("task:0x10", "a", "poll", 40);
        task.error = error.map(Into::into);
        with(100.0, vec![task])
    };
    let mut state = TopState::default();
    state.look(&at_look(None), 0.0);
    state.look(&at_look(None), 2.0);
    // It changed while it was read; then it is gone.
    state.look(&at_look(Some("it changed while it was read")), 5.0);
    state.look(&with(100.0, Vec::new()), 9.0);
    let entry = state.tasks.get(SLEEPER).unwrap();
    assert_eq!(entry.lasted(), (2.0, false));
    assert_eq!(entry.ended_s, Some(9.0));
}

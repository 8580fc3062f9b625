//! Intervals from looks at made-up processes, and the formats that fold them.

mod glimpses;
mod parts;
mod ring;
mod tracks;

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::reason::without_numbers;
use super::*;
use crate::model::fixtures::{event_loop, frames, process, resource, task, thread, wait};
use crate::model::{FrameKind, Process, TaskState, Thread, ThreadState};

const S: u64 = 1_000_000_000;

/// A process with one task, which waits for a timer or for the lock `db`.
fn waiting_for(kind: &str) -> Process {
    let mut process = process("app.py");
    let chain = [("main", "/srv/app.py", 30), ("fetch", "/srv/app.py", 12)];
    let mut fetch = task("task:0x10", "fetch-1", frames(&chain, FrameKind::Coroutine));
    let mut wait = wait(kind, "");
    if kind == "lock" {
        let lock = resource("lock:0x20", "asyncio.locks.Lock", "db");
        wait.resource = Some(lock.id);
        process.resources = Arc::new([lock].into());
    }
    fetch.waits_for = Some(wait);
    process.tasks.push(Arc::new(fetch));
    process
}

fn profile(looks: &[(Process, u64)], end_ns: u64) -> Profile {
    let mut timeline = Timeline::default();
    for (process, at_ns) in looks {
        timeline.look(process, *at_ns);
    }
    timeline.finish(end_ns);
    Profile {
        about: About {
            pid: 4242,
            python: "3.13.0".into(),
            command: vec!["python3".into(), "/srv/app.py".into()],
            began: "2026-11-30T01:02:03.000000Z".into(),
            began_ns: 0,
        },
        timeline,
        trust: Trust {
            looks: looks.len() as u64,
            lasted: Duration::from_nanos(end_ns),
            ..Trust::default()
        },
    }
}

/// Of each interval: what stands above its stack, and from when to when it lasts, in seconds.
fn intervals(profile: &Profile) -> Vec<(String, f64, f64)> {
    let timeline = &profile.timeline;
    let all = timeline.intervals().iter().map(|it| {
        let state = timeline.states.get(it.state).unwrap();
        let seconds = |ns: u64| ns as f64 / S as f64;
        (
            timeline.states.leaf(state),
            seconds(it.from_ns),
            seconds(it.to_ns),
        )
    });
    all.collect()
}

#[test]
fn a_state_that_stays_is_one_interval_and_a_border_is_in_the_middle() {
    let looks = [
        (waiting_for("timer"), 0),
        (waiting_for("timer"), S),
        (waiting_for("lock"), 3 * S),
    ];
    let profile = profile(&looks, 4 * S);
    assert_eq!(
        intervals(&profile),
        [
            ("timer".to_owned(), 0.0, 2.0),
            ("lock: asyncio.Lock db".to_owned(), 2.0, 4.0),
        ]
    );
}

#[test]
fn what_begins_and_ends_between_looks_does_so_in_the_middle() {
    let looks = [
        (process("app.py"), 0),
        (waiting_for("timer"), 2 * S),
        (process("app.py"), 4 * S),
    ];
    assert_eq!(
        intervals(&profile(&looks, 9 * S)),
        [("timer".to_owned(), 1.0, 3.0)]
    );
}

#[test]
fn a_wait_that_changed_while_it_was_read_is_left_out_and_its_state_goes_on() {
    let mut torn = waiting_for("lock");
    Arc::make_mut(&mut torn.tasks[0]).error = Some("it changed while it was read".into());
    let looks = [
        (waiting_for("timer"), 0),
        (torn, S),
        (waiting_for("timer"), 2 * S),
    ];
    let profile = profile(&looks, 3 * S);
    assert_eq!(intervals(&profile), [("timer".to_owned(), 0.0, 3.0)]);
}

/// A thread that runs the task of `waiting_for`.
fn running(error: Option<&str>) -> (Process, Thread) {
    let mut process = waiting_for("timer");
    let id = process.tasks[0].id;
    let chain = [
        (
            "run_forever",
            "/usr/lib/python3.13/asyncio/base_events.py",
            1,
        ),
        ("main", "/srv/app.py", 30),
        ("compute", "/srv/app.py", 50),
    ];
    let mut main = thread(
        "thread:7",
        7,
        "MainThread",
        frames(&chain, FrameKind::Function),
    );
    main.state = ThreadState::Running;
    main.task = Some(id);
    main.frames[1].owner = Some(id);
    main.error = error.map(str::to_owned);
    let fetch = Arc::make_mut(&mut process.tasks[0]);
    fetch.state = TaskState::Running;
    fetch.waits_for = None;
    fetch.thread = Some(main.id);
    fetch.error = Some("it changed while it was read".into());
    (process, main)
}

#[test]
fn a_task_that_runs_has_the_frames_of_its_thread_down_to_its_own() {
    for (error, expected) in [
        (None, "main (app.py:30) compute (app.py:50)"),
        (Some("it changed while it was read"), ""),
    ] {
        let (mut process, main) = running(error);
        process.threads.push(main);
        let profile = profile(&[(process, 0)], S);
        let states = &profile.timeline.states;
        let mut sums = profile.timeline.sums();
        let (state, sum) = sums.find(|(state, _)| state.who == Who::Task).unwrap();
        assert_eq!((state.activity, sum.wall_ns), (Activity::Running, S));
        let places = states.places_of(state.stack).map(Place::label);
        assert_eq!(places.collect::<Vec<_>>().join(" "), expected);
    }
}

#[test]
fn an_iteration_is_one_step_however_often_it_is_seen() {
    let look = |age_s: f64| {
        let (mut process, main) = running(None);
        let mut its_loop = event_loop("loop:0x5", "thread:7");
        its_loop.state = crate::model::LoopState::Running;
        its_loop.iteration_s = Some(age_s);
        process.loops.push(its_loop);
        process.threads.push(main);
        process
    };
    let looks = [(look(0.5), S), (look(1.5), 2 * S), (look(0.1), 3 * S)];
    let profile = profile(&looks, 4 * S);
    let ages = profile.timeline.lags().iter().map(|lag| lag.age_s);
    assert_eq!(ages.collect::<Vec<_>>(), [0.5, 1.5, 0.1]);
    let steps = profile.timeline.slow_steps();
    let steps: Vec<(u64, u64)> = steps.map(|(it, _)| (it.from_ns, it.lasted_ns)).collect();
    assert_eq!(steps, [(S / 2, 3 * S / 2), (29 * S / 10, S / 10)]);
}

#[test]
fn every_format_has_the_same_time() {
    let looks = [(waiting_for("timer"), 0), (waiting_for("lock"), 2 * S)];
    let profile = profile(&looks, 4 * S);
    let text = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        out
    };
    let lines = text(&|out| collapsed::write(&profile, out).unwrap());
    let lines = String::from_utf8(lines).unwrap();
    let stack = "task main;main (app.py:30);fetch (app.py:12)";
    assert_eq!(
        lines,
        format!("{stack};[timer] 1000000\n{stack};[lock: asyncio.Lock db] 3000000\n")
    );
    let file = text(&|out| speedscope::write(&profile, out).unwrap());
    let file: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(
        file["profiles"][0]["weights"],
        serde_json::json!([S, 3 * S])
    );
    assert_eq!(file["profiles"][0]["endValue"], 4 * S);
    let objects = text(&|out| json_lines::write(&profile, out).unwrap());
    let objects = String::from_utf8(objects).unwrap();
    let lengths = objects.lines().skip(1).map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        line["to_s"].as_f64().unwrap() - line["from_s"].as_f64().unwrap()
    });
    assert_eq!(lengths.collect::<Vec<_>>(), [1.0, 3.0]);
    let page = text(&|out| html::write(&profile, out).unwrap());
    let page = String::from_utf8(page).unwrap();
    let (_, json) = page.split_once("id=\"recording\">").unwrap();
    let (json, _) = json.split_once("</script>").unwrap();
    let json: Value = serde_json::from_str(json).unwrap();
    let walls = json["stacks"].as_array().unwrap().iter();
    let walls: Vec<u64> = walls.map(|it| it["wall"].as_u64().unwrap()).collect();
    assert_eq!(walls, [S, 3 * S]);
}

#[test]
fn names_of_the_process_cannot_leave_their_place() {
    let mut hostile = waiting_for("timer");
    let one = Arc::make_mut(&mut hostile.tasks[0]);
    one.coroutine = "</script><b>;\n\u{1b}[2J".into();
    let profile = profile(&[(hostile, 0)], S);
    let mut page = Vec::new();
    html::write(&profile, &mut page).unwrap();
    let page = String::from_utf8(page).unwrap();
    assert!(!page.contains("</script><b>"));
    let mut lines = Vec::new();
    collapsed::write(&profile, &mut lines).unwrap();
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines:?}");
    assert!(
        !lines.contains('\u{1b}') && lines.matches(';').count() == 3,
        "{lines:?}"
    );
}

#[test]
fn numbers_do_not_split_a_group() {
    assert_eq!(without_numbers("worker-12"), "worker-N");
    assert_eq!(without_numbers("io_0_3x"), "io_N_Nx");
    assert_eq!(without_numbers("main"), "main");
}

#[test]
fn a_recording_is_named_after_the_script_or_module() {
    let named = |words: &[&str]| {
        let command: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
        script(&command).to_owned()
    };
    assert_eq!(
        named(&["python3", "-X", "dev", "/srv/app.py", "-v"]),
        "app.py"
    );
    assert_eq!(
        named(&["python3", "-u", "-m", "http.server"]),
        "http.server"
    );
    assert_eq!(named(&["/usr/bin/uvicorn"]), "uvicorn");
    assert_eq!(named(&[]), "python");
}

//! The verdict, and what stands below it.

use std::sync::Arc;

use super::*;
use crate::model::{
    Acquisition, Confidence, Coroutine, CoroutineState, Culprit, Diagnosis, EnteredBlock, Guard,
    GuardKind, How, Reference, Resource, Wait,
};
use crate::report::fixtures::{diagnosis, starved, verdict};

/// The bank with a first diagnosis.
fn deadlocked() -> Process {
    let mut process = bank();
    process.verdict = verdict("hung", "deadlock");
    process.diagnoses = vec![Diagnosis {
        resources: vec!["lock:0xa".into(), "lock:0xb".into()],
        ..diagnosis("deadlock-cycle", &["task:0x20", "task:0x30"], &[], 3)
    }];
    process
}

/// One task that waits for an event which nobody will set.
fn forgotten() -> Process {
    let mut process = fixtures::process();
    let chain = [("serve", "/srv/app.py", 21)];
    let mut waiting = task(1, "server", &chain, "asyncio.Event Startup.ready");
    waiting.waits_for = Some(Wait {
        resource: Some("event:0x1".into()),
        ..fixtures::wait("event", "asyncio.Event Startup.ready")
    });
    process.tasks = vec![waiting.into()];
    *process.edges_mut() = vec![edge("task:0x1", "event:0x1", "event")];
    process.resources = vec![Resource {
        waiters: vec!["task:0x1".into()],
        set: Some(false),
        ..fixtures::resource("event:0x1", "asyncio.locks.Event", "Startup.ready")
    }]
    .into();
    process.verdict = verdict("hung", "server waits for Startup.ready");
    process.diagnoses = vec![diagnosis("orphan-wait", &["task:0x1"], &[], 1)];
    process
}

fn line_of(text: &str, heading: &str) -> usize {
    let mut lines = text.lines();
    let line = lines.position(|line| line.starts_with(heading));
    line.unwrap_or_else(|| panic!("no {heading}: {text}"))
}

#[test]
fn a_hung_program_is_explained_in_order_and_on_one_page() {
    let text = plain(starved(), &options(80));
    let headings = [
        "VERDICT", "CULPRIT", "RECOVERY", "WHY", "FIX", "LOOPS", "TASKS", "THREADS",
    ];
    assert!(headings.map(|heading| line_of(&text, heading)).is_sorted());
    assert!(text.lines().count() <= 40, "{text}");
}

#[test]
fn ten_thousand_tasks_and_a_diagnosis_fit_one_screen() {
    let mut process = crowd();
    process.verdict = verdict("hung", "the queue has no producer");
    let waiting: Vec<String> = (0..4_982)
        .map(|at| format!("task:{:#x}", 0x1000 + at * 16))
        .collect();
    let waiting: Vec<&str> = waiting.iter().map(String::as_str).collect();
    process.diagnoses = vec![diagnosis("orphan-wait", &waiting, &[], 9_999); 9];
    // Chains of which no two are equal.
    for (index, task) in process.tasks_mut().enumerate().skip(9_000) {
        Arc::make_mut(&mut task.frames)[0].line = Some(index as u32);
    }
    let text = plain(process, &options(80));
    let lines = text.lines().count();
    assert!((24..=50).contains(&lines), "{lines}: {text}");
    assert!(text.contains("and 3 more (--json)"), "{text}");
}

#[test]
fn without_a_diagnosis_there_is_only_the_verdict() {
    for state in ["busy", "waiting", "idle", "starting", "unknown"] {
        let mut process = bank();
        process.verdict = verdict(state, "nothing is wrong");
        let text = plain(process, &options(80));
        let first = format!("VERDICT  {}: nothing is wrong", state.to_uppercase());
        assert!(text.contains(&first), "{text}");
        for heading in ["CULPRIT", "RECOVERY", "WHY", "FIX", "ALSO"] {
            assert!(!text.contains(heading), "{text}");
        }
    }
}

#[test]
fn a_side_finding_does_not_explain_a_program_that_works() {
    let mut process = bank();
    process.verdict = verdict("busy", "it works");
    process.diagnoses = vec![Diagnosis {
        culprit: Some(Culprit {
            file: "/srv/bank.py".into(),
            line: 3,
            function: "f".into(),
            text: "f()".into(),
        }),
        ..diagnosis("unretrieved-exception", &["task:0x40"], &[], 0)
    }];
    let text = plain(process, &options(80));
    assert!(
        text.contains("ALSO     a case of unretrieved-exception"),
        "{text}"
    );
    assert!(!text.contains("CULPRIT") && !text.contains("WHY"), "{text}");
}

#[test]
fn a_circle_is_followed_once_and_its_end_is_marked() {
    assert_eq!(
        section(&plain(deadlocked(), &options(120)), "WHY"),
        "\
WHY
  alice-to-bob --waits for--> asyncio.Lock Account.lock, held by bob-to-alice (transfer:22)
  bob-to-alice --waits for--> asyncio.Lock Account.lock, held by alice-to-bob (transfer:22) [cycle]
  3 of 6 tasks wait behind this
"
    );
}

#[test]
fn a_wait_that_nobody_can_end_says_who_would_have() {
    let mut process = forgotten();
    let text = plain(process.clone(), &options(80));
    assert!(text.contains("nobody alive can set it\n"), "{text}");
    assert!(!text.contains("[cycle]"), "{text}");
    process.coroutines = vec![Coroutine {
        referenced_by: Some("Startup.pending[0]".into()),
        referenced_as: Some("pending".into()),
        kept_by: Vec::new(),
        is_of_callable: false,
        ..fixtures::coroutine(
            "coroutine:0x9",
            "warm_cache",
            CoroutineState::Created,
            vec![frame("warm_cache", "/srv/app.py", 25)],
        )
    }];
    process.references = vec![fixtures::reference(
        "coroutine:0x9",
        "event:0x1",
        "app.ready",
    )]
    .into();
    assert_eq!(
        section(&plain(process, &options(120)), "WHY"),
        "\
WHY
  server --waits for--> asyncio.Event Startup.ready (not set)
  nobody alive can set it: warm_cache() was never started (kept in Startup.pending[0])
  1 of 1 task waits behind this
"
    );
}

#[test]
fn who_is_nearest_to_what_a_library_waits_for_is_named() {
    let mut process = forgotten();
    let inside = |name: &str, line, path: &str, steps| Reference {
        entered: Some(EnteredBlock {
            at: Acquisition {
                by: format!("task:{name}").as_str().into(),
                function: "listen".into(),
                file: Some("/srv/app.py".into()),
                line: Some(line),
            },
            path: path.into(),
            steps,
        }),
        ..fixtures::reference(&format!("task:{name}"), "event:0x1", "pool")
    };
    process.references = vec![
        inside("0x1", 9, "._used", 1),
        inside("0x2", 5, ".pool._holders[0]._used", 4),
        inside("0x3", 7, ".connection._holder._used", 3),
    ]
    .into();
    process.tasks.extend([
        task(2, "reader", &[("listen", "/srv/app.py", 6)], "read").into(),
        task(3, "listener", &[("listen", "/srv/app.py", 8)], "read").into(),
    ]);
    let named = "  listener is in a `with` block that leads to it (connection._holder._used), \
                 entered in listen:7\n";
    process.diagnoses[0].confidence = Confidence::Possible;
    assert!(!plain(process.clone(), &options(120)).contains(named));
    process.diagnoses[0].how = Some(How::LibraryCall);
    let text = plain(process, &options(120));
    assert!(text.contains(named), "{text}");
    assert!(!text.contains("reader is in"), "{text}");
}

#[test]
fn a_possible_finding_does_not_say_that_nobody_can_end_it() {
    let mut process = forgotten();
    process.diagnoses[0].confidence = Confidence::Possible;
    assert!(!plain(process, &options(80)).contains("nobody alive"));
}

#[test]
fn who_waits_for_what_the_finding_holds_is_named() {
    let mut process = bank();
    let (holder, behind) = (process.tasks[4].id, process.tasks[5].id);
    process.verdict = verdict("waiting", "it waits for its peer");
    process.diagnoses = vec![Diagnosis {
        tasks: vec![holder],
        ..diagnosis("external-wait", &[], &[], 0)
    }];
    let mut pool = fixtures::resource("pool:0x77", "asyncpg.pool.Pool", "pool");
    (pool.holders, pool.waiters) = (vec![holder], vec![behind]);
    Arc::make_mut(&mut process.resources).push(pool);
    process.task_mut(5).waits_for = Some(fixtures::wait("queue-get", ""));
    let why = section(&plain(process.clone(), &options(120)), "WHY");
    let name = &process.tasks[5].name;
    assert!(
        why.contains(&format!("{name} --get()--> asyncpg.Pool pool")),
        "{why}"
    );
}

#[test]
fn whether_a_timeout_guards_a_call_of_c_code_is_not_known() {
    let recovery = |resources: &[&str]| {
        let mut process = bank();
        process.verdict = verdict("waiting", "it waits");
        process.diagnoses = vec![Diagnosis {
            resources: resources.iter().map(|id| (*id).into()).collect(),
            ..diagnosis("internal-wait", &[], &[], 0)
        }];
        section(&plain(process, &options(120)), "RECOVERY")
    };
    assert_eq!(recovery(&[]), "RECOVERY when what it waits for happens\n");
    let known = recovery(&["lock:0x77"]);
    assert!(known.contains("no timeout guards it"), "{known}");
}

#[test]
fn recovery_tells_a_timeout_from_a_timer_and_from_none() {
    let recovery = |process: Process| section(&plain(process, &options(120)), "RECOVERY");
    assert_eq!(
        recovery(starved()),
        "RECOVERY none: no timer or timeout is pending\n"
    );
    // The heartbeat's timer is none that would help.
    assert_eq!(
        recovery(deadlocked()),
        "RECOVERY none: no timeout guards this wait\n"
    );
    // A library that has a timeout may cancel others when it is over.
    let mut closing = deadlocked();
    let other = closing.tasks.len() - 1;
    closing.diagnoses[0]
        .tasks
        .retain(|id| *id != closing.tasks[other].id);
    closing.task_mut(other).name = "closing".into();
    let mut frames = closing.tasks[other].frames.to_vec();
    for frame in &mut frames {
        frame.library = true;
    }
    closing.task_mut(other).frames = frames.into();
    closing.task_mut(other).guards = [Guard {
        kind: GuardKind::Timeout,
        remaining_s: 60.0,
    }]
    .into();
    assert_eq!(
        recovery(closing),
        "RECOVERY not known: closing has a timeout in 60.0 s, and its library may end this wait then\n"
    );
    let mut guarded = deadlocked();
    guarded.diagnoses[0].recovers_in_s = Some(3.2);
    guarded.task_mut(1).guards = [Guard {
        kind: GuardKind::Timeout,
        remaining_s: 3.2,
    }]
    .into();
    let text = plain(guarded.clone(), &options(140));
    assert!(text.contains("(transfer:22), timeout in 3.2 s"), "{text}");
    assert_eq!(
        recovery(guarded.clone()),
        "RECOVERY in 3.2 s, by a timeout\n"
    );
    guarded.verdict = verdict("waiting", "it ends");
    assert_eq!(
        recovery(guarded),
        "RECOVERY at the latest in 3.2 s, by a timeout\n"
    );
}

#[test]
fn severity_has_a_colour() {
    let red = "\u{1b}[31m";
    let state = |process: Process| {
        let text = styled(process, &options(80), None);
        let line = text.lines().find(|line| line.contains("VERDICT"));
        line.unwrap_or_default().to_owned()
    };
    assert!(state(starved()).contains(&format!("{red}HUNG:")));
    let mut busy = bank();
    busy.verdict = verdict("busy", "it works");
    assert!(!state(busy).contains(red));
}

#[test]
fn ids_that_lead_nowhere_or_in_circles_end() {
    let mut process = deadlocked();
    process.diagnoses[0].tasks = vec!["task:0xdead".into(), "task:0x10".into()];
    process
        .edges_mut()
        .push(edge("task:0xdead", "task:0xbeef", "await"));
    process
        .edges_mut()
        .push(edge("task:0x10", "task:0x10", "await"));
    assert!(plain(process, &options(80)).contains("WHY"));
}

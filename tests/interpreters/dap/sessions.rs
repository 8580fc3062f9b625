//! Whole sessions against hung and healthy programs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::asking::{Thread, hang};
use super::client::Client;
use super::comparing::{self, Truth};
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::target::Target;
use crate::support::{Outcome, ensure, none};

/// Programs that stand still, so two snapshots of them are equal.
pub const HUNG: [(&str, Test); 6] = [
    ("session_lock_cycle", |leg| {
        hung(leg, "lock_abba_transfer.py")
    }),
    ("session_gather_one_stuck", |leg| {
        hung(leg, "gather_one_stuck.py")
    }),
    ("session_loop_blocked_by_sleep", |leg| {
        hung(leg, "sleep_blocks_loop.py")
    }),
    ("session_loop_blocked_by_recv", |leg| {
        hung(leg, "blocking_recv.py")
    }),
    ("session_thread_lock_cycle", |leg| {
        hung(leg, "threads_lock_order.py")
    }),
    ("session_queue_join", |leg| {
        hung(leg, "queue_join_worker_died.py")
    }),
];

/// `TaskGroup` exists since 3.11.
pub const HUNG_SINCE_3_11: [(&str, Test); 1] = [("session_executor_starvation", |leg| {
    hung(leg, "executor_starvation.py")
})];

pub const HEALTHY: [(&str, Test); 3] = [
    ("session_healthy_timers", |leg| {
        healthy(leg, "healthy_periodic_timers.py")
    }),
    ("session_healthy_workers", |leg| {
        healthy(leg, "healthy_worker_pool.py")
    }),
    ("session_healthy_echo", |leg| {
        healthy(leg, "healthy_echo_idle_clients.py")
    }),
];

fn hung(leg: &Leg, program: &str) -> Outcome {
    let mut target = hang(leg, program)?;
    let (mut client, stopped) = Client::looking_at(&target, &json!({}))?;
    let truth = Truth::of(target.pid())?;
    first_stop(&mut client, &stopped, &truth, program)?;
    let threads = client.threads()?;
    let mut mismatches = Vec::new();
    for thread in &threads {
        mismatches.append(&mut one(&mut client, thread, &truth)?);
    }
    none(&mismatches)?;
    goes_on_and_stops_again(&mut client, &threads)?;
    left_running(
        client,
        &mut target,
        &json!({ "terminateDebuggee": true, "restart": false }),
    )
}

/// Everything that is shown for one thread or task.
fn one(client: &mut Client, thread: &Thread, truth: &Truth) -> Result<Vec<String>, String> {
    let frames = client.stack(thread.id)?;
    let mut mismatches = comparing::pages(client, thread, &frames)?;
    let (own, expected) = (comparing::own(&frames), truth.frames(thread)?);
    let failed = thread.is_task()
        && truth
            .task(&thread.name)
            .is_some_and(|it| it.exception.is_some());
    if !failed {
        mismatches.append(&mut comparing::stack(thread, own, expected));
        for (shown, expected) in own.iter().zip(expected) {
            mismatches.append(&mut comparing::locals(client, shown, expected)?);
        }
    }
    // A task that is done has one label frame, which says so.
    let frame = own
        .first()
        .or(frames.first())
        .ok_or_else(|| format!("{thread:?}: no frames"))?;
    mismatches.append(&mut comparing::facts(client, thread, frame, truth)?);
    Ok(mismatches)
}

/// The first stop shows the verdict and selects the task to inspect.
fn first_stop(client: &mut Client, stopped: &Value, truth: &Truth, program: &str) -> Outcome {
    ensure(
        stopped["reason"] == "pause" && stopped["allThreadsStopped"] == true,
        || stopped.to_string(),
    )?;
    let summary = &truth.raw["verdict"]["summary"];
    let words = |text: &Value| text.as_str().map(without_ages);
    ensure(words(&stopped["description"]) == words(summary), || {
        format!("{stopped}, not {summary}")
    })?;
    let threads = client.threads()?;
    let names = threads.iter().map(|thread| thread.name.clone()).collect();
    ensure(truth.names() == names, || {
        format!("{names:?}, not {:?}", truth.names())
    })?;
    let natives = threads.iter().filter(|thread| !thread.is_task());
    let strange: Vec<_> = natives.filter(|it| truth.thread(it.id).is_none()).collect();
    ensure(strange.is_empty(), || {
        format!("{strange:?} are not native ids")
    })?;
    let selected = threads
        .iter()
        .find(|thread| stopped["threadId"] == thread.id);
    let selected = selected.ok_or_else(|| format!("{stopped} selects nobody"))?;
    diagnosed(selected, program)?;
    let console = client.console()?;
    let verdict = truth.raw["verdict"]["state"]
        .as_str()
        .unwrap_or("?")
        .to_uppercase();
    ensure(console.contains(&format!("{verdict}: ")), || {
        format!("no verdict in {console:?}")
    })
}

/// The words of a summary but for ages and remaining times: it was made at another moment.
fn without_ages(text: &str) -> String {
    const UNITS: [&str; 5] = ["us", "ms", "s", "min", "h"];
    let is_unit = |word: &str| UNITS.contains(&word.trim_end_matches([';', ',', ')', ':']));
    let words: Vec<&str> = text.split(' ').collect();
    let number = |at: usize| {
        let next = words.get(at + 1);
        words[at].parse::<f64>().is_ok() && next.is_some_and(|word| is_unit(word))
    };
    let kept = (0..words.len()).filter(|at| !(number(*at) || *at > 0 && number(at - 1)));
    kept.map(|at| words[at]).collect::<Vec<_>>().join(" ")
}

/// The selected task is one that the program's author names as the cause.
fn diagnosed(selected: &Thread, program: &str) -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hangs");
    let path = folder.join(program).with_extension("expect.json");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let expect: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let worst = &expect["diagnosis"][0];
    let listed = ["tasks", "threads"]
        .into_iter()
        .filter_map(|key| worst[key].as_array());
    let names: Vec<&str> = listed.flatten().filter_map(Value::as_str).collect();
    // The numbers in default names differ between versions.
    let brief = |name: &str| {
        name.trim_end_matches(|c: char| c.is_ascii_digit())
            .to_owned()
    };
    let is_named = |name: &&str| {
        let name = if name.starts_with("Task-") {
            brief(name)
        } else {
            (*name).to_owned()
        };
        selected.name == name || selected.name.contains(&format!("({name}"))
    };
    ensure(names.is_empty() || names.iter().any(is_named), || {
        format!("{selected:?} is selected, not one of {names:?}")
    })
}

/// After `continue` earlier references are stale; after `pause` tasks have the same ids as before.
fn goes_on_and_stops_again(client: &mut Client, threads: &[Thread]) -> Outcome {
    let thread = threads.last().ok_or("no threads")?;
    let frame = client
        .stack(thread.id)?
        .first()
        .map(|frame| frame.id)
        .ok_or("no frame")?;
    let scopes = client.scopes(frame)?;
    let reference = scopes.last().ok_or("no scope")?.variables_reference;
    let stale = [
        ("scopes", json!({ "frameId": frame })),
        ("variables", json!({ "variablesReference": reference })),
        ("evaluate", json!({ "frameId": frame, "expression": "1" })),
    ];
    let body = client.ask("continue", json!({ "threadId": thread.id }))?;
    ensure(body["allThreadsContinued"] == true, || body.to_string())?;
    let continued = client.event("continued")?;
    ensure(continued["allThreadsContinued"] == true, || {
        continued.to_string()
    })?;
    for (command, arguments) in &stale {
        let refusal = client.refusal(command, arguments.clone())?;
        ensure(refusal.id == 1008 && !refusal.show_user, || {
            format!("{command}: {refusal:?}")
        })?;
    }
    let refusal = client.refusal("stackTrace", json!({ "threadId": thread.id }))?;
    ensure(refusal.id == 1008, || format!("{refusal:?}"))?;
    client.ask("pause", json!({ "threadId": 0 }))?;
    client.event("stopped")?;
    let again = client.threads()?;
    ensure(again == threads, || {
        format!("{again:?} at the second stop, {threads:?} before")
    })?;
    for (command, arguments) in stale {
        let refusal = client.refusal(command, arguments)?;
        ensure(refusal.id == 1005, || format!("{command}: {refusal:?}"))?;
    }
    client.stack(thread.id).map(|_| ())
}

/// After the client disconnects the adapter ends and the target goes on.
pub fn left_running(mut client: Client, target: &mut Target, disconnect: &Value) -> Outcome {
    client.ask("disconnect", disconnect.clone())?;
    let status = client.wait_exit()?;
    ensure(status.code() == Some(0), || {
        format!("{status}: {}", client.stderr())
    })?;
    let unasked = client.events_for("terminated", Duration::ZERO)?;
    ensure(unasked.is_empty() && client.stderr().is_empty(), || {
        format!("after disconnect: {unasked:?}, {}", client.stderr())
    })?;
    ensure(target.is_running_freely(), || {
        "the target is stopped, traced or gone".into()
    })
}

fn healthy(leg: &Leg, program: &str) -> Outcome {
    let mut target = hang(leg, program)?;
    let (mut client, stopped) = Client::looking_at(&target, &json!({}))?;
    let threads = client.threads()?;
    let named = threads
        .iter()
        .any(|thread| stopped["threadId"] == thread.id);
    ensure(named, || format!("{stopped} selects nobody"))?;
    let console = client.console()?;
    ensure(!console.contains("HUNG"), || console.clone())?;
    for thread in &threads {
        let frames = client.stack(thread.id)?;
        let frame = frames
            .first()
            .ok_or_else(|| format!("{thread:?} has no frames"))?;
        let last = client.scopes(frame.id)?;
        let scope = if thread.is_task() { "Wait" } else { "Thread" };
        ensure(last.iter().any(|it| it.name == scope), || {
            format!("{last:?}")
        })?;
    }
    let tasks = client.tasks()?;
    for _ in 0..3 {
        client.ask("continue", json!({ "threadId": 1 }))?;
        client.event("continued")?;
        client.ask("pause", json!({ "threadId": 1 }))?;
        client.event("stopped")?;
        let again = client.tasks()?;
        ensure(again == tasks, || format!("{again:?}, {tasks:?} before"))?;
    }
    left_running(client, &mut target, &json!({}))
}

/// The client gets the exception of a failed task like that of a thread.
pub fn exception_of_a_task(leg: &Leg) -> Outcome {
    let target = hang(leg, "gather_one_stuck.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let failed = client.thread("(feature-loader)")?;
    let body = client.ask("exceptionInfo", json!({ "threadId": failed.id }))?;
    let details = &body["details"];
    let trace = details["stackTrace"].as_str().unwrap_or_default();
    ensure(
        body["exceptionId"] == "KeyError" && body["breakMode"] == "never",
        || body.to_string(),
    )?;
    ensure(
        details["fullTypeName"] == "KeyError" && trace.contains("in load\n"),
        || body.to_string(),
    )?;
    let description = body["description"].as_str().unwrap_or_default();
    ensure(description.contains("flag"), || body.to_string())?;
    let frames = client.stack(failed.id)?;
    ensure(
        frames
            .first()
            .is_some_and(|frame| frame.name.ends_with("load")),
        || format!("{frames:?}"),
    )?;
    let alive = client.thread("main (")?;
    let refusal = client.refusal("exceptionInfo", json!({ "threadId": alive.id }))?;
    ensure(refusal.id == 1010, || format!("{refusal:?}"))
}

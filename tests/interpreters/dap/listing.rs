//! Which tasks and frames are listed: filter, cap, folds, own code.

use std::time::Duration;

use serde_json::{Value, json};

use super::asking::{Thread, hang, program};
use super::client::Client;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::target::Target;
use crate::support::{Outcome, ensure};

pub const TESTS: [(&str, Test); 7] = [
    ("list_filter", filter),
    ("list_cap_keeps_the_diagnosed", cap),
    ("list_filter_before_cap", filter_before_cap),
    ("list_folds_equal_tasks", fold),
    ("list_is_changed_from_the_console", from_the_console),
    ("list_thread_events", thread_events),
    ("list_just_my_code", just_my_code),
];

fn crowd(leg: &Leg, options: Value) -> Result<(Client, Vec<Thread>, String, Target), String> {
    let target = program(leg, "dap_crowd.py", &[])?;
    let (mut client, stopped) = Client::looking_at(&target, &options)?;
    let threads = client.tasks()?;
    let selected = stopped["threadId"].as_i64();
    let mine = threads.iter().any(|thread| Some(thread.id) == selected);
    // A task that is not listed is not selected.
    ensure(mine || options["taskFilter"].is_string(), || {
        format!("{stopped}, {threads:?}")
    })?;
    let console = client.console()?;
    Ok((client, threads, console, target))
}

fn filter(leg: &Leg) -> Outcome {
    let (_client, tasks, console, _target) = crowd(leg, json!({ "taskFilter": "worker-1*" }))?;
    let all = tasks.iter().all(|task| task.name.contains("(worker-1"));
    ensure(all && tasks.len() == 10, || format!("{tasks:?}"))?;
    ensure(console.contains("showing 10 of 33 tasks"), || {
        console.clone()
    })
}

fn cap(leg: &Leg) -> Outcome {
    let (mut client, tasks, console, _target) = crowd(leg, json!({ "maxTasks": 5 }))?;
    ensure(tasks.len() == 5, || format!("{tasks:?}"))?;
    for name in ["(transfer-1)", "(transfer-2)"] {
        ensure(tasks.iter().any(|task| task.name.ends_with(name)), || {
            format!("{tasks:?}")
        })?;
    }
    ensure(console.contains("showing 5 of 33 tasks"), || {
        console.clone()
    })?;
    // The user can select a task that is not listed; it is listed from then on.
    let body = client.ask("dapper/tasks", json!({ "filter": "worker-29" }))?;
    let id = body["tasks"][0]["id"].clone();
    client.ask("dapper/select", json!({ "id": id }))?;
    let stopped = client.event("stopped")?;
    let selected = client.thread("(worker-29)")?;
    ensure(stopped["threadId"] == selected.id, || {
        format!("{stopped}, {selected:?}")
    })
}

fn filter_before_cap(leg: &Leg) -> Outcome {
    let options = json!({ "taskFilter": "worker-2*", "maxTasks": 3 });
    let (_client, tasks, console, _target) = crowd(leg, options)?;
    let all = tasks.iter().all(|task| task.name.contains("(worker-2"));
    ensure(all && tasks.len() == 3, || format!("{tasks:?}"))?;
    ensure(console.contains("showing 3 of 33 tasks"), || {
        console.clone()
    })
}

fn fold(leg: &Leg) -> Outcome {
    let (mut client, tasks, _, _target) = crowd(leg, json!({ "foldTasks": true }))?;
    let folded: Vec<&Thread> = tasks
        .iter()
        .filter(|task| task.name.contains("worker-"))
        .collect();
    let [one] = folded[..] else {
        return Err(format!("{tasks:?}"));
    };
    ensure(one.name == "Task: worker (worker-00) ×30", || {
        format!("{one:?}")
    })?;
    // main, the entry of the workers, the two that wait for each other.
    ensure(tasks.len() == 4, || format!("{tasks:?}"))?;
    client.stack(one.id).map(|_| ())
}

fn from_the_console(leg: &Leg) -> Outcome {
    let (mut client, tasks, _, _target) = crowd(leg, json!({}))?;
    ensure(tasks.len() == 33, || format!("{tasks:?}"))?;
    for (command, count) in [
        ("dapper set max-tasks 7", 7),
        ("dapper set filter worker-0*", 7),
        ("dapper set max-tasks 1000", 10),
        ("dapper set fold on", 1),
        ("dapper set filter *", 4),
    ] {
        client.ask(
            "evaluate",
            json!({ "expression": command, "context": "repl" }),
        )?;
        // This client supports the event; another one gets a second stop.
        let invalidated = client.event("invalidated")?;
        ensure(invalidated["areas"] == json!(["all"]), || {
            invalidated.to_string()
        })?;
        let tasks = client.tasks()?;
        ensure(tasks.len() == count, || format!("{command}: {tasks:?}"))?;
    }
    Ok(())
}

fn thread_events(leg: &Leg) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("end").display().to_string();
    let target = program(leg, "dap_coming_and_going.py", &[&file])?;
    let (mut client, _) = Client::looking_at(&target, &json!({ "threadEvents": true }))?;
    client.ask("continue", json!({ "threadId": 0 }))?;
    let (mut started, mut exited) = (Vec::new(), Vec::new());
    while started.len() < 2 || exited.len() < 2 {
        let event = client.event("thread");
        let event = event.map_err(|why| format!("{started:?} {exited:?}: {why}"))?;
        let id = event["threadId"].as_i64().ok_or("no id")?;
        let list = if event["reason"] == "started" {
            &mut started
        } else {
            &mut exited
        };
        ensure(!list.contains(&id), || format!("{id} twice: {event}"))?;
        list.push(id);
    }
    let listed = client.threads()?;
    let gone = |id: &i64| exited.contains(id) || listed.iter().any(|thread| thread.id == *id);
    ensure(started.iter().all(gone), || {
        format!("{started:?} {exited:?} {listed:?}")
    })?;
    // Other sessions do not get them.
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    client.ask("continue", json!({ "threadId": 0 }))?;
    let unasked = client.events_for("thread", Duration::from_millis(2500))?;
    ensure(unasked.is_empty(), || format!("{unasked:?}"))
}

fn just_my_code(leg: &Leg) -> Outcome {
    let target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({ "justMyCode": true }))?;
    let task = client.thread("(transfer-a-b)")?;
    let frames = client.stack(task.id)?;
    let subtle = frames
        .iter()
        .any(|it| it.presentation_hint.as_deref() == Some("subtle"));
    let own = frames.iter().any(|frame| frame.name == "transfer");
    ensure(!subtle && own, || format!("{frames:?}"))?;
    // Library frames are better than an empty stack.
    let threads = client.threads()?;
    for thread in threads {
        ensure(!client.stack(thread.id)?.is_empty(), || {
            format!("{thread:?} has no frames")
        })?;
    }
    Ok(())
}

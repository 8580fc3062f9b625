//! Requests of the extension for VS Code (`dapper/…`), and commands of the console.

use serde_json::{Value, json};

use super::asking::{hang, program};
use super::client::Client;
use super::comparing::Truth;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::{Outcome, ensure};

pub const TESTS: [(&str, Test); 4] = [
    ("custom_tasks", tasks),
    ("custom_graph_and_report", graph_and_report),
    ("custom_select", select),
    ("console_commands", console),
];

/// The keys that clients read, and no others.
const KEYS: [(&str, &[&str]); 5] = [
    (
        "",
        &[
            "verdict",
            "total",
            "shown",
            "tasks",
            "threads",
            "resources",
            "diagnoses",
        ],
    ),
    (
        "tasks",
        &[
            "id",
            "threadId",
            "name",
            "coroutine",
            "label",
            "state",
            "kind",
            "summary",
            "waitsFor",
            "awaitedBy",
            "holders",
            "culprit",
            "path",
            "line",
        ],
    ),
    (
        "threads",
        &["id", "threadId", "name", "state", "summary", "waitsFor"],
    ),
    (
        "resources",
        &["id", "name", "summary", "holders", "waiters"],
    ),
    (
        "diagnoses",
        &[
            "kind",
            "summary",
            "culprit",
            "ids",
            "threadIds",
            "hint",
            "recoversInSeconds",
            "confidence",
        ],
    ),
];

fn keys_are(value: &Value, keys: &[&str]) -> Outcome {
    let mut ours: Vec<&str> = value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| &**key)
        .collect();
    let mut keys = keys.to_vec();
    ours.sort_unstable();
    keys.sort_unstable();
    ensure(ours == keys, || format!("{ours:?}, not {keys:?}"))
}

fn tasks(leg: &Leg) -> Outcome {
    let target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let truth = Truth::of(target.pid())?;
    let body = client.ask("dapper/tasks", json!({}))?;
    for (list, keys) in KEYS {
        match list {
            "" => keys_are(&body, keys)?,
            list => {
                let items = body[list]
                    .as_array()
                    .ok_or_else(|| format!("{list}: {body}"))?;
                ensure(!items.is_empty(), || format!("no {list}: {body}"))?;
                items.iter().try_for_each(|item| keys_are(item, keys))?;
            }
        }
    }
    let verdict = &truth.raw["verdict"];
    ensure(body["verdict"]["state"] == verdict["state"], || {
        body["verdict"].to_string()
    })?;
    ensure(
        body["total"] == truth.process.tasks.len() && body["shown"] == body["total"],
        || body.to_string(),
    )?;
    let listed = client.threads()?;
    for task in body["tasks"].as_array().into_iter().flatten() {
        let thread = listed.iter().find(|thread| task["threadId"] == thread.id);
        let name = format!("({})", task["name"].as_str().unwrap_or_default());
        ensure(
            thread.is_some_and(|thread| thread.name.contains(&name)),
            || task.to_string(),
        )?;
        let known = truth
            .process
            .tasks
            .iter()
            .find(|known| task["id"] == *known.id);
        let known = known.ok_or_else(|| format!("not in the snapshot: {task}"))?;
        let line = known
            .frames
            .iter()
            .find(|frame| !frame.library)
            .and_then(|frame| frame.line);
        ensure(
            task["state"] == known.state && task["line"] == json!(line),
            || task.to_string(),
        )?;
        let is_culprit = known.name.starts_with("transfer-");
        ensure(task["culprit"] == is_culprit, || task.to_string())?;
        let awaited: Vec<&str> = truth
            .process
            .edges
            .iter()
            .filter(|it| it.from == known.id)
            .map(|it| &*it.to)
            .collect();
        ensure(task["waitsFor"] == json!(awaited), || {
            format!("{task}, not {awaited:?}")
        })?;
    }
    let culprit = &body["diagnoses"][0]["culprit"];
    ensure(
        culprit["line"] == 19 && culprit["function"] == "transfer",
        || culprit.to_string(),
    )?;
    let filtered = client.ask("dapper/tasks", json!({ "filter": "transfer-*" }))?;
    ensure(
        filtered["shown"] == 2 && filtered["total"] == body["total"],
        || filtered.to_string(),
    )?;
    let nothing = client.ask("dapper/tasks", json!({ "filter": "no such task" }))?;
    ensure(
        nothing["shown"] == 0 && nothing["tasks"] == json!([]),
        || nothing.to_string(),
    )?;
    client.ask("continue", json!({ "threadId": 1 }))?;
    let refusal = client.refusal("dapper/tasks", json!({}))?;
    ensure(refusal.id == 1008, || format!("{refusal:?}"))
}

fn graph_and_report(leg: &Leg) -> Outcome {
    let target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let graph = client.ask("dapper/graph", json!({}))?;
    let dot = graph["dot"].as_str().unwrap_or_default();
    ensure(
        dot.starts_with("digraph") && dot.contains("transfer-a-b"),
        || graph.to_string(),
    )?;
    let whole = client.ask("dapper/report", Value::Null)?;
    let text = whole["text"].as_str().unwrap_or_default();
    let names = ["transfer-a-b", "heartbeat", "MainThread"];
    ensure(names.iter().all(|name| text.contains(name)), || {
        whole.to_string()
    })?;
    let task = client.thread("(heartbeat)")?;
    let one = client.ask("dapper/report", json!({ "threadId": task.id }))?;
    let text = one["text"].as_str().unwrap_or_default();
    ensure(
        text.contains("heartbeat") && !text.contains('\u{1b}'),
        || one.to_string(),
    )?;
    let refusal = client.refusal("dapper/report", json!({ "threadId": 4 }))?;
    ensure(refusal.id == 1005, || format!("{refusal:?}"))
}

fn select(leg: &Leg) -> Outcome {
    let target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let body = client.ask("dapper/tasks", json!({}))?;
    for task in body["tasks"].as_array().into_iter().flatten() {
        for key in ["id", "threadId"] {
            let answer = client.ask("dapper/select", json!({ key: task[key] }))?;
            ensure(answer.is_null(), || answer.to_string())?;
            let stopped = client.event("stopped")?;
            ensure(stopped["threadId"] == task["threadId"], || {
                format!("{stopped}: {task}")
            })?;
            ensure(stopped["reason"] == "pause", || stopped.to_string())?;
        }
    }
    for wrong in [
        json!({}),
        json!({ "id": "task:0x1" }),
        json!({ "threadId": -1 }),
    ] {
        client.refusal("dapper/select", wrong)?;
    }
    Ok(())
}

fn console(leg: &Leg) -> Outcome {
    let target = program(leg, "dap_crowd.py", &[])?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let mut repl = |command: &str| -> Result<String, String> {
        let arguments = json!({ "expression": command, "context": "repl" });
        let body = client.ask("evaluate", arguments)?;
        Ok(body["result"].as_str().unwrap_or_default().to_owned())
    };
    for (command, words) in [
        (
            "dapper help",
            &["dapper tasks", "dapper why", "dapper graph", "dapper set"][..],
        ),
        ("dapper tasks", &["Task: worker (worker-00)", "transfer-2"]),
        ("dapper tasks transfer-*", &["transfer-1", "transfer-2"]),
        ("dapper why", &["transfer-1"]),
        ("dapper why transfer-2", &["transfer-2"]),
        ("dapper graph", &["-->"]),
    ] {
        let text = repl(command)?;
        ensure(words.iter().all(|word| text.contains(word)), || {
            format!("{command}: {text}")
        })?;
        ensure(!text.contains('\u{1b}'), || format!("{command}: {text:?}"))?;
    }
    let few = repl("dapper tasks transfer-*")?;
    ensure(!few.contains("worker"), || few.clone())?;
    repl("dapper refresh")?;
    client.event("stopped")?;
    for wrong in [
        "dapper fly",
        "dapper set max-tasks many",
        "dapper set x 1",
        "dapper why nobody",
    ] {
        let arguments = json!({ "expression": wrong, "context": "repl" });
        let refusal = client.refusal("evaluate", arguments)?;
        ensure(refusal.id == 1006, || format!("{wrong}: {refusal:?}"))?;
    }
    Ok(())
}

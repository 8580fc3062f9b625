//! Transports of the adapter, and who may connect.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::adapter::{Adapter, Way};
use super::asking::{hang, vscode};
use super::client::Client;
use super::sessions::left_running;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::{Outcome, attach, ensure};

pub const TESTS: [(&str, Test); 4] = [
    ("server_of_one_process", of_one_process),
    ("server_asks_for_its_token", asks_for_its_token),
    ("slow_evaluate_holds_nobody_up", slow_evaluate),
    (
        "events_that_were_not_declared_are_not_sent",
        undeclared_events,
    ),
];

/// With `--pid` the adapter attaches to that process, whatever the client asks for.
fn of_one_process(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    let pid = target.pid().to_string();
    for (command, arguments) in [
        ("attach", json!({})),
        ("attach", json!({ "processId": 1 })),
        ("attach", json!({ "processId": "no number" })),
        ("attach", Value::Null),
        ("launch", json!({ "program": "a.py" })),
    ] {
        let mut client = Client::start(Way::Stdio, &["--pid", &pid])?;
        client.ask("initialize", vscode())?;
        let asked = client.send(command, arguments)?;
        client.event("initialized")?;
        client.ask("configurationDone", json!({}))?;
        let response = client.response(asked)?;
        ensure(response["success"] == true, || response.to_string())?;
        client.event("stopped")?;
        client.thread("(transfer-a-b)")?;
        left_running(client, &mut target, &json!({}))?;
    }
    Ok(())
}

pub fn only_for_this_machine() -> Outcome {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let output = attach::run(&["dap", "--listen", address])?;
        let refused = output.code() != Some(0) && output.stderr.contains("--allow-remote");
        ensure(refused && !output.stderr.contains("listening"), || {
            format!("{output:?}")
        })?;
    }
    for arguments in [
        &["dap", "--listen", "nonsense"][..],
        &["dap", "--listen", "127.0.0.1:99999"],
        &["dap", "--allow-remote"],
        &["dap", "--socket", "/no/such/folder/dap.sock"],
        &["dap", "--socket", "a", "--listen", "127.0.0.1:0"],
        &["dap", "--pid", "0"],
    ] {
        let output = attach::run(arguments)?;
        let refused = output.code().is_some_and(|code| code != 0) && !output.stderr.is_empty();
        ensure(refused && output.stdout.is_empty(), || {
            format!("{arguments:?}: {output:?}")
        })?;
    }
    Ok(())
}

pub fn socket_is_for_its_owner() -> Outcome {
    let mut adapter = Adapter::start(Way::Unix, &[])?;
    adapter.wait_listening()?;
    let path = adapter.socket();
    let mode = fs::metadata(&path)
        .map_err(|error| error.to_string())?
        .permissions()
        .mode();
    ensure(mode & 0o777 == 0o600, || format!("mode {mode:o}"))?;
    // The path is in use.
    let output = attach::run(&["dap", "--socket", &path.display().to_string()])?;
    ensure(output.code() != Some(0), || format!("{output:?}"))?;
    let mut client = Client::of(adapter)?;
    client.ask("initialize", vscode())?;
    client.leave().kill()?;
    // The socket that a killed server leaves behind does not disturb the next one.
    let mut next = Adapter::start(Way::Tcp, &["--listen", "127.0.0.1:0"])?;
    next.wait_listening().map(|_| ())
}

fn asks_for_its_token(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    let mut adapter = Adapter::start(Way::Tcp, &["--listen", "0.0.0.0:0", "--allow-remote"])?;
    adapter.wait_listening()?;
    let said = adapter.stderr();
    let token = said
        .split("\"token\": \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    let token = token
        .ok_or_else(|| format!("no token in {said:?}"))?
        .to_owned();
    ensure(token.len() >= 32, || format!("token {token:?}"))?;
    let mut client = Client::of(adapter)?;
    client.ask("initialize", vscode())?;
    let pid = target.pid();
    let nearly = format!("{}x", &token[..token.len() - 1]);
    for wrong in [
        Value::Null,
        json!(""),
        json!("x"),
        json!(nearly),
        json!(format!("{token}0")),
    ] {
        let refusal = client.refusal("attach", json!({ "processId": pid, "token": wrong }))?;
        ensure(refusal.id == 1013 && refusal.show_user, || {
            format!("{wrong}: {refusal:?}")
        })?;
        ensure(!refusal.text.contains(&token), || {
            "it tells the token".into()
        })?;
    }
    client.attach(&json!({ "processId": pid, "token": token }))?;
    client.thread("(transfer-a-b)")?;
    client.ask("disconnect", json!({}))?;
    ensure(target.is_running_freely(), || "it stands still".into())
}

/// Ends only at the time limit of the adapter.
const SLOW: &str = "sum(i for i in range(10 ** 9))";

fn slow_evaluate(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let frame = client.frame("(transfer-a-b)", "transfer")?;
    let slow = json!({ "frameId": frame.id, "expression": SLOW, "context": "repl" });
    // One that is not cancelled ends at the limit. What follows has to be faster.
    let begun = Instant::now();
    let refusal = client.refusal("evaluate", slow.clone())?;
    let limit = begun.elapsed();
    ensure(refusal.id == 1006, || format!("{refusal:?}"))?;
    // Other requests overtake it: their responses come before its own.
    let begun = Instant::now();
    let first = client.send("evaluate", slow.clone())?;
    client.threads()?;
    let thread = client.thread("(transfer-a-b)")?;
    client.stack(thread.id)?;
    ensure(!client.is_answered(first), || {
        "threads and stackTrace were answered after it".into()
    })?;
    client.ask("cancel", json!({ "requestId": first }))?;
    let response = client.response(first)?;
    let refusal = super::client::refusal(&response)?;
    ensure(refusal.text == "cancelled" && refusal.id == 1003, || {
        format!("{refusal:?}")
    })?;
    faster_than(limit, begun)?;
    // A client that leaves does not wait for it.
    let begun = Instant::now();
    client.send("evaluate", slow)?;
    client.wait_busy()?;
    left_running(client, &mut target, &json!({}))?;
    faster_than(limit, begun)
}

/// Less time passed since `begun` than an evaluation takes that nobody cancels.
fn faster_than(limit: Duration, begun: Instant) -> Outcome {
    let elapsed = begun.elapsed();
    ensure(elapsed < limit, || {
        format!("it took {elapsed:?}, not less than the limit of {limit:?}")
    })
}

fn undeclared_events(leg: &Leg) -> Outcome {
    let target = hang(leg, "lock_abba_transfer.py")?;
    let set = json!({ "expression": "dapper set max-tasks 3", "context": "repl" });
    let mut client = Client::start(Way::Stdio, &[])?;
    client.ask("initialize", json!({ "adapterID": "dapper-attach" }))?;
    client.attach(&json!({ "processId": target.pid() }))?;
    client.ask("evaluate", set.clone())?;
    // For this client a stop is the only sign that there is something new to see.
    client.event("stopped")?;
    for name in [
        "invalidated",
        "progressStart",
        "progressUpdate",
        "progressEnd",
        "memory",
    ] {
        let unasked = client.events_for(name, Duration::ZERO)?;
        ensure(unasked.is_empty(), || format!("{name}: {unasked:?}"))?;
    }
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let begin = client.event("progressStart")?;
    let end = client.event("progressEnd")?;
    ensure(begin["progressId"] == end["progressId"], || {
        format!("{begin}, {end}")
    })?;
    client.ask("evaluate", set)?;
    client.event("invalidated")?;
    let unasked = client.events_for("stopped", Duration::ZERO)?;
    ensure(unasked.is_empty(), || format!("{unasked:?}"))
}

//! Requests that cannot be served are refused in one sentence, with a stable number.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use dapper_attach::dap::protocol::unsupported::NEED_CONTROL;
use serde_json::{Value, json};

use super::adapter::{Adapter, Way};
use super::asking::{hang, vscode};
use super::client::{Client, Refusal};
use super::sessions::left_running;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::target::Target;
use crate::support::{Outcome, attach, ensure};

pub const TESTS: [(&str, Test); 3] = [
    ("refuses_what_needs_control", what_needs_control),
    ("refuses_garbage_and_goes_on", garbage),
    ("attaches_after_a_refused_attach", after_a_refused_attach),
];

/// Above the kernel's highest pid.
const NO_PID: u32 = 4_194_305;

/// The sentence that clients show to the user after a failed attach.
fn shown(refusal: &Refusal, id: i64, words: &str) -> Outcome {
    let right = refusal.id == id && refusal.show_user && refusal.text.contains(words);
    ensure(right, || format!("{refusal:?}, not {id}: {words}"))
}

fn initialized() -> Result<Client, String> {
    let mut client = Client::start(Way::Stdio, &[])?;
    client.ask("initialize", vscode())?;
    Ok(client)
}

pub fn attach_to_nothing() -> Outcome {
    let mut client = initialized()?;
    for (arguments, id, words) in [
        (
            json!({ "processId": NO_PID }),
            2000,
            "no process with pid 4194305",
        ),
        (
            json!({ "processId": NO_PID.to_string() }),
            2000,
            "no process with pid 4194305",
        ),
        (json!({}), 1007, "`processId` is missing"),
        (json!({ "processId": null }), 1007, "`processId` is missing"),
        (
            json!({ "processId": "web" }),
            1007,
            "must be the number of a process",
        ),
        (
            json!({ "processId": "" }),
            1007,
            "must be the number of a process",
        ),
        (
            json!({ "processId": -1 }),
            1007,
            "must be the number of a process",
        ),
        (
            json!({ "processId": 1.5 }),
            1007,
            "must be the number of a process",
        ),
        (
            json!({ "processId": [1] }),
            1007,
            "must be the number of a process",
        ),
        (
            json!({ "processId": "${command:pickProcess}" }),
            1007,
            "must be the number of a process",
        ),
        (
            json!({ "processId": NO_PID, "pauseBudgetMs": 0 }),
            1007,
            "pauseBudgetMs",
        ),
        (
            json!({ "processId": NO_PID, "maxFreezeSeconds": -1 }),
            1007,
            "maxFreezeSeconds",
        ),
    ] {
        let refusal = client.refusal("attach", arguments.clone())?;
        shown(&refusal, id, words).map_err(|why| format!("{arguments}: {why}"))?;
    }
    client.ask("disconnect", json!({})).map(|_| ())
}

pub fn attach_to_what_is_not_python() -> Outcome {
    let mut command = Command::new("sleep");
    command.arg("600");
    let target = Target::start("sleep", command)?;
    let refusal = initialized()?.refusal("attach", json!({ "processId": target.pid() }))?;
    shown(&refusal, 2004, "Python")
}

pub fn attach_to_a_zombie() -> Outcome {
    // It has ended and is a zombie.
    let mut child = Command::new("true")
        .spawn()
        .map_err(|error| error.to_string())?;
    let stat = format!("/proc/{}/stat", child.id());
    while !fs::read_to_string(&stat).is_ok_and(|text| text.contains(") Z ")) {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let refusal = initialized()?.refusal("attach", json!({ "processId": child.id() }))?;
    child.wait().map_err(|error| error.to_string())?;
    shown(&refusal, 2001, "ended")
}

/// Without permission, a button of the client leads to the explanation of how to get it.
pub fn attach_without_permission() -> Outcome {
    // The target belongs to root. The adapter runs as `nobody`, who must be able to reach the binary.
    let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
    let open = fs::Permissions::from_mode(0o755);
    fs::set_permissions(directory.path(), open).map_err(|error| error.to_string())?;
    let binary = directory.path().join("dapper-attach");
    fs::copy(attach::binary(), &binary).map_err(|error| error.to_string())?;
    let mut target = Command::new("sleep");
    target.arg("600");
    let target = Target::start("sleep", target)?;
    let mut asking = Command::new("setpriv");
    let nobody = [
        "--reuid=65534",
        "--regid=65534",
        "--clear-groups",
        "--inh-caps=-all",
    ];
    asking.args(nobody).arg(&binary);
    let mut client = Client::of(Adapter::start_by(asking, Way::Stdio, &[])?)?;
    client.ask("initialize", vscode())?;
    let refusal = client.refusal("attach", json!({ "processId": target.pid() }))?;
    shown(&refusal, 2003, "")?;
    let url = refusal.url.as_deref().unwrap_or_default();
    ensure(
        url.starts_with("https://") && url.contains("#permission"),
        || format!("{refusal:?}"),
    )
}

fn what_needs_control(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, stopped) = Client::looking_at(&target, &json!({}))?;
    for command in NEED_CONTROL.iter().flat_map(|(_, commands)| *commands) {
        let arguments = json!({
            "threadId": stopped["threadId"], "breakpoints": [{ "line": 1, "name": "f" }],
            "source": { "path": "/a.py" }, "filters": ["raised"], "name": "amount", "value": "1",
            "expression": "amount", "frameId": 1, "variablesReference": 1, "targetId": 1,
            "threadIds": [1], "memoryReference": "0x1", "data": "AA==",
        });
        let refusal = client.refusal(command, arguments)?;
        ensure(refusal.id == 1004 && refusal.show_user, || {
            format!("{command}: {refusal:?}")
        })?;
    }
    // A client that has none may say so.
    for command in [
        "setBreakpoints",
        "setExceptionBreakpoints",
        "setFunctionBreakpoints",
    ] {
        let arguments = json!({ "source": { "path": "/a.py" }, "breakpoints": [], "filters": [] });
        client.ask(command, arguments)?;
    }
    let refusal = client.refusal("launch", json!({ "program": "a.py" }))?;
    shown(&refusal, 1011, "starts no programs")?;
    left_running(client, &mut target, &json!({ "terminateDebuggee": true }))
}

/// Every request with any arguments gets a response, and the session goes on.
fn garbage(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    let refusals: [(&str, Value, i64); 16] = [
        ("fly", json!({}), 1001),
        ("", json!({}), 1001),
        ("dapper/fly", json!({}), 1001),
        ("initialize", vscode(), 1002),
        ("attach", json!({ "processId": target.pid() }), 1002),
        ("stackTrace", json!({}), 1000),
        ("stackTrace", Value::Null, 1000),
        ("stackTrace", json!({ "threadId": "1" }), 1000),
        ("stackTrace", json!({ "threadId": -1 }), 1005),
        ("stackTrace", json!({ "threadId": i64::MAX }), 1005),
        ("scopes", json!({ "frameId": i64::MIN }), 1005),
        ("scopes", json!({ "frameId": 1e300 }), 1000),
        ("variables", json!({ "variablesReference": 0 }), 1005),
        (
            "variables",
            json!({ "variablesReference": 123_456_789 }),
            1005,
        ),
        ("exceptionInfo", json!({ "threadId": 0 }), 1005),
        ("evaluate", json!({ "expression": 1 }), 1000),
    ];
    for (command, arguments, id) in refusals {
        let refusal = client.refusal(command, arguments.clone())?;
        ensure(refusal.id == id, || {
            format!("{command} {arguments}: {refusal:?}, not {id}")
        })?;
    }
    let response = client.request("loadedSources", json!("no object"))?;
    ensure(
        response["command"] == "loadedSources" && response["success"] == false,
        || response.to_string(),
    )?;
    for start in [-5, 0, 1_000_000, i64::MAX] {
        let thread = client.thread("(transfer-a-b)")?;
        let arguments = json!({ "threadId": thread.id, "startFrame": start, "levels": start });
        client.part_of_stack(&arguments)?;
    }
    let cancelled = client.ask("cancel", json!({ "requestId": 4711 }))?;
    ensure(cancelled.is_null(), || cancelled.to_string())?;
    left_running(client, &mut target, &Value::Null)
}

fn after_a_refused_attach(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    let mut client = initialized()?;
    let too_early = client.refusal("stackTrace", json!({ "threadId": 1 }))?;
    ensure(too_early.id == 1002, || format!("{too_early:?}"))?;
    let none = client.threads()?;
    ensure(none.is_empty(), || format!("{none:?}"))?;
    client.refusal("attach", json!({ "processId": NO_PID }))?;
    client.attach(&json!({ "processId": target.pid().to_string() }))?;
    client.thread("(transfer-a-b)")?;
    left_running(client, &mut target, &json!({}))
}

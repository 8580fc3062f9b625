//! The end of the target, and of sessions.

use std::fs;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::adapter::{Adapter, WAYS, Way};
use super::asking::{hang, program, vscode};
use super::client::Client;
use super::sessions::left_running;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::target::Target;
use crate::support::{Outcome, ensure};

pub const TESTS: [(&str, Test); 6] = [
    ("end_with_a_status", with_a_status),
    ("end_by_a_signal", by_a_signal),
    ("end_while_frozen", while_frozen),
    ("end_of_a_session_at_any_step", end_of_the_input),
    ("end_of_one_client_is_the_begin_of_the_next", next_client),
    ("end_during_the_attach", during_the_attach),
];

/// The client gets `exited` and `terminated` once each, and no other session ends.
fn ended(client: &mut Client, status: i64) -> Outcome {
    let exited = client.event("exited")?;
    ensure(exited["exitCode"] == status, || {
        format!("{exited}, not {status}")
    })?;
    client.event("terminated")?;
    let console = client.console()?;
    ensure(console.contains("has ended with status"), || {
        console.clone()
    })?;
    // The last stop can still be inspected, but there is no new one.
    let threads = client.threads()?;
    ensure(!threads.is_empty(), || "the threads are gone".into())?;
    let refusal = client.refusal("pause", json!({ "threadId": 0 }))?;
    ensure(!refusal.text.is_empty(), String::new)?;
    let mut again = client.events_for("exited", Duration::from_millis(300))?;
    again.extend(client.events_for("terminated", Duration::ZERO)?);
    ensure(again.is_empty(), || format!("once more: {again:?}"))?;
    client.ask("disconnect", json!({}))?;
    let status = client.wait_exit()?;
    ensure(status.code() == Some(0), || {
        format!("{status}: {}", client.stderr())
    })
}

fn with_a_status(leg: &Leg) -> Outcome {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("end");
    let target = program(
        leg,
        "dap_coming_and_going.py",
        &[&file.display().to_string()],
    )?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    fs::write(&file, "7").map_err(|error| error.to_string())?;
    ended(&mut client, 7)
}

fn by_a_signal(leg: &Leg) -> Outcome {
    let target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({}))?;
    end(&target)?;
    ended(&mut client, 128 + 9)
}

fn while_frozen(leg: &Leg) -> Outcome {
    let target = hang(leg, "lock_abba_transfer.py")?;
    let (mut client, _) = Client::looking_at(&target, &json!({ "freeze": true }))?;
    end(&target)?;
    ended(&mut client, 128 + 9)
}

fn end(target: &Target) -> Outcome {
    let pid = i32::try_from(target.pid()).map_err(|error| error.to_string())?;
    kill(Pid::from_raw(pid), Signal::SIGKILL).map_err(|error| error.to_string())
}

/// Whenever and however a session ends, the adapter ends and the target runs.
fn end_of_the_input(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    for requests in 0..10 {
        let (requests, says_so) = (requests / 2, requests % 2 == 1);
        let mut client = Client::start(Way::Stdio, &[])?;
        let attach = json!({ "processId": target.pid(), "freeze": true });
        let steps: [(&str, Value); 4] = [
            ("initialize", vscode()),
            ("attach", attach),
            ("configurationDone", json!({})),
            ("threads", json!({})),
        ];
        for (command, arguments) in &steps[..requests] {
            client.send(command, arguments.clone())?;
        }
        match says_so {
            true => drop(client.ask("disconnect", json!({}))?),
            false => client.end_input(),
        }
        let status = client.wait_exit()?;
        ensure(
            status.code() == Some(0) && client.stderr().is_empty(),
            || format!("after {requests} requests: {status}, {}", client.stderr()),
        )?;
        ensure(target.is_running_freely(), || {
            format!("after {requests} requests it stands still")
        })?;
    }
    Ok(())
}

fn next_client(leg: &Leg) -> Outcome {
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    for way in &WAYS[1..] {
        let mut adapter = Adapter::start(*way, &[])?;
        let mut lists = Vec::new();
        for leaves_politely in [true, false, true] {
            let mut client = Client::of(adapter)?;
            client.look(&target, &json!({}))?;
            lists.push(client.threads()?);
            if leaves_politely {
                client.ask("disconnect", json!({}))?;
            }
            adapter = client.leave();
        }
        ensure(lists.iter().all(|list| *list == lists[0]), || {
            format!("{way:?}: {lists:?}")
        })?;
        ensure(target.is_running_freely(), || {
            format!("{way:?}: it stands still")
        })?;
    }
    let (client, _) = Client::looking_at(&target, &json!({}))?;
    left_running(client, &mut target, &json!({}))
}

/// A target that ends while it is inspected leads to an error or an end, never to a hang.
fn during_the_attach(leg: &Leg) -> Outcome {
    for milliseconds in [0, 5, 30, 100, 400] {
        let target = hang(leg, "lock_abba_transfer.py")?;
        let mut client = Client::start(Way::Stdio, &[])?;
        client.ask("initialize", vscode())?;
        let attach = client.send("attach", json!({ "processId": target.pid() }))?;
        client.send("configurationDone", json!({}))?;
        // Not a wait for something: the test varies the moment of the end.
        std::thread::sleep(Duration::from_millis(milliseconds));
        end(&target)?;
        let response = client.response(attach)?;
        match response["success"] == true {
            true => drop(client.event("terminated")?),
            false => drop(super::client::refusal(&response)?),
        }
        client.ask("disconnect", json!({}))?;
        let status = client.wait_exit()?;
        ensure(status.code() == Some(0), || {
            format!("{status}: {}", client.stderr())
        })?;
    }
    Ok(())
}

//! `freeze`: the target is stopped while the client inspects it, and no longer.

use std::time::{Duration, Instant};

use serde_json::json;

use super::asking::{named, program};
use super::client::{Client, PATIENCE};
use super::sessions::left_running;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::target::{Target, thread_states};
use crate::support::{Outcome, ensure};

pub const TESTS: [(&str, Test); 6] = [
    ("freeze_until_continue", until_continue),
    ("freeze_until_disconnect", until_disconnect),
    ("freeze_until_the_input_ends", until_input_ends),
    ("freeze_until_the_adapter_is_killed", until_killed),
    ("freeze_until_its_limit", until_limit),
    ("freeze_not_unless_asked", not_unless_asked),
];

fn is_frozen(pid: u32) -> bool {
    let states = thread_states(pid);
    !states.is_empty() && states.chars().all(|state| state == 't')
}

fn frozen(leg: &Leg, more: serde_json::Value) -> Result<(Target, Client), String> {
    let target = program(leg, "heartbeat.py", &[])?;
    let options = super::asking::with(json!({ "freeze": true }), &more);
    let (client, _) = Client::looking_at(&target, &options)?;
    ensure(is_frozen(target.pid()), || {
        format!("threads are in {}", thread_states(target.pid()))
    })?;
    Ok((target, client))
}

/// It runs, and prints beats.
fn goes_on(target: &mut Target) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while !target.is_running_freely() {
        ensure(Instant::now() < deadline, || {
            format!("threads are in {}", thread_states(target.pid()))
        })?;
        std::thread::sleep(Duration::from_millis(2));
    }
    target.wait_beats(3)
}

fn until_continue(leg: &Leg) -> Outcome {
    let (mut target, mut client) = frozen(leg, json!({}))?;
    // A second process that is not frozen shows that there was time for beats.
    let mut control = program(leg, "heartbeat.py", &[])?;
    let frame = client.frame("Task: beat", "beat")?;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let rows = client.scope(frame.id, "Locals")?;
        seen.push(named(&rows, "number")?.value.clone());
        seen.push(client.evaluate(frame.id, "number")?);
        control.wait_beats(3)?;
    }
    seen.dedup();
    ensure(seen.len() == 1 && is_frozen(target.pid()), || {
        format!("{seen:?}")
    })?;
    client.ask("continue", json!({ "threadId": 0 }))?;
    client.event("continued")?;
    goes_on(&mut target)?;
    client.ask("pause", json!({ "threadId": 0 }))?;
    client.event("stopped")?;
    ensure(is_frozen(target.pid()), || {
        format!("threads are in {}", thread_states(target.pid()))
    })?;
    // A second `pause` lets it run for a moment and stops it again.
    client.ask("pause", json!({ "threadId": 0 }))?;
    client.event("stopped")?;
    ensure(is_frozen(target.pid()), || {
        format!("threads are in {}", thread_states(target.pid()))
    })?;
    client.ask("continue", json!({ "threadId": 0 }))?;
    goes_on(&mut target)
}

fn until_disconnect(leg: &Leg) -> Outcome {
    let (mut target, client) = frozen(leg, json!({}))?;
    left_running(client, &mut target, &json!({ "suspendDebuggee": true }))?;
    goes_on(&mut target)
}

fn until_input_ends(leg: &Leg) -> Outcome {
    let (mut target, mut client) = frozen(leg, json!({}))?;
    client.end_input();
    let status = client.wait_exit()?;
    ensure(status.code() == Some(0), || format!("{status}"))?;
    goes_on(&mut target)
}

fn until_killed(leg: &Leg) -> Outcome {
    let (mut target, client) = frozen(leg, json!({}))?;
    client.leave().kill()?;
    goes_on(&mut target)
}

fn until_limit(leg: &Leg) -> Outcome {
    let (mut target, mut client) = frozen(leg, json!({ "maxFreezeSeconds": 1 }))?;
    client.console()?;
    goes_on(&mut target)?;
    let said = client.event("output")?;
    ensure(
        said["output"]
            .as_str()
            .is_some_and(|it| it.contains("maxFreezeSeconds")),
        || said.to_string(),
    )?;
    // The client keeps what it was shown.
    let frame = client.frame("Task: beat", "beat")?;
    client.scopes(frame.id)?;
    left_running(client, &mut target, &json!({}))
}

fn not_unless_asked(leg: &Leg) -> Outcome {
    let mut target = program(leg, "heartbeat.py", &[])?;
    let (client, _) = Client::looking_at(&target, &json!({ "freeze": false }))?;
    goes_on(&mut target)?;
    left_running(client, &mut target, &json!({}))
}

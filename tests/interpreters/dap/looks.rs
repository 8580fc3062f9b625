//! A session that goes through the looks of a recording over time.

use serde_json::{Value, json};

use super::adapter::Way;
use super::asking::vscode;
use super::client::Client;
use crate::support::{Outcome, ensure};

/// One stop: its event, what the console said, and the names of the tasks.
struct Stop {
    body: Value,
    console: String,
    tasks: Vec<String>,
}

impl Stop {
    /// The number of the look, from 1.
    fn look(&self) -> Result<usize, String> {
        let mut lines = self.console.lines();
        let number = lines.find_map(|line| line.strip_prefix("look ")?.split(' ').next());
        let number = number.and_then(|number| number.parse().ok());
        number.ok_or_else(|| format!("no number of a look: {}", self.console))
    }

    fn says(&self, word: &str) -> bool {
        let description = self.body["description"].as_str().unwrap_or_default();
        description.contains(word)
    }
}

/// Sends a request that goes to another look, and waits for the stop there.
fn step(client: &mut Client, command: &str, thread: &Value) -> Result<Stop, String> {
    client.console()?;
    client.ask(command, json!({ "threadId": thread }))?;
    let body = client.event("stopped")?;
    stop(client, body)
}

fn stop(client: &mut Client, body: Value) -> Result<Stop, String> {
    let tasks = client.tasks()?.into_iter().map(|task| task.name);
    let tasks = tasks.collect();
    Ok(Stop {
        body,
        console: client.console()?,
        tasks,
    })
}

/// Walks through `file`, a recording of `turns.py` whose first look is of a healthy program, and whose
/// last is of one that hangs. `first_time` is a time soon after the first.
pub fn walked(file: &str, first_time: &str) -> Outcome {
    let mut client = Client::start(Way::Stdio, &[])?;
    let before = client.ask("initialize", vscode())?;
    ensure(before["supportsStepBack"] != true, || before.to_string())?;
    let stopped = client.attach(&json!({ "capture": file }))?;
    let capabilities = client.event("capabilities")?;
    ensure(
        capabilities["capabilities"]["supportsStepBack"] == true,
        || capabilities.to_string(),
    )?;
    let last = stop(&mut client, stopped)?;
    let count = last.look()?;
    ensure(last.says("lock is locked for ever") && count >= 2, || {
        format!("{} {}", last.console, last.body)
    })?;
    let thread = last.body["threadId"].clone();
    let stack = client.stack(thread.as_i64().unwrap_or(0))?;
    ensure(!stack.is_empty(), || "no stack at the last look".into())?;

    // There is nothing after it.
    let still = step(&mut client, "next", &thread)?;
    ensure(
        still.look()? == count && still.console.contains("this is the last look"),
        || still.console.clone(),
    )?;
    let back = step(&mut client, "stepBack", &thread)?;
    ensure(
        back.look()? == count - 1 && back.body["reason"] == "step",
        || format!("{} {}", back.console, back.body),
    )?;
    ensure(back.body["threadId"] == thread, || back.body.to_string())?;

    // To where it did not hang yet, and to where it began to.
    let healthy = step(&mut client, "reverseContinue", &thread)?;
    ensure(!healthy.says("lock is locked for ever"), || {
        healthy.body.to_string()
    })?;
    ensure(healthy.tasks.len() == last.tasks.len(), || {
        format!("{:?} {:?}", healthy.tasks, last.tasks)
    })?;
    let hung = step(&mut client, "continue", &thread)?;
    ensure(
        hung.says("lock is locked for ever") && hung.look()? == healthy.look()? + 1,
        || format!("{} {}", hung.console, hung.body),
    )?;
    let first = loop {
        let back = step(&mut client, "stepBack", &thread)?;
        if back.console.contains("this is the first look") {
            break back;
        }
    };
    ensure(first.look()? == 1, || first.console.clone())?;

    // Stepping within the program needs control of it, as elsewhere.
    let refusal = client.refusal("stepIn", json!({ "threadId": thread }))?;
    ensure(refusal.id == 1004, || format!("{refusal:?}"))?;
    client.ask("disconnect", json!({}))?;
    client.wait_exit().map(drop)?;
    starts_at(file, first_time, false)?;
    starts_at(file, "last", true)?;
    refused(file)
}

/// The look that `at` names is the first one that is shown.
fn starts_at(file: &str, at: &str, is_hung: bool) -> Outcome {
    let mut client = Client::start(Way::Stdio, &["--capture", file])?;
    client.ask("initialize", vscode())?;
    let stopped = client.attach(&json!({ "at": at }))?;
    let first = stop(&mut client, stopped)?;
    ensure(first.says("lock is locked for ever") == is_hung, || {
        format!("{at}: {}", first.body)
    })
}

fn refused(file: &str) -> Outcome {
    let mut client = Client::start(Way::Stdio, &[])?;
    client.ask("initialize", vscode())?;
    for (at, words) in [
        ("soon", "it must be seconds"),
        ("0", "no whole look at or before"),
    ] {
        let refusal = client.refusal("attach", json!({ "capture": file, "at": at }))?;
        ensure(refusal.text.contains(words), || format!("{refusal:?}"))?;
    }
    Ok(())
}

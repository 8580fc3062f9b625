//! A session that shows a capture instead of a process.

use std::time::Duration;

use serde_json::{Value, json};

use super::adapter::Way;
use super::asking::{named, vscode};
use super::client::Client;
use crate::support::ensure;

/// The values of the variables `local_text` and `local_number` in the frame
/// `transfer`, listed and evaluated, of a session of `dapper-attach dap` with
/// `arguments`.
pub fn secrets_of(arguments: &[&str], attach: &Value) -> Result<[String; 2], String> {
    let mut client = Client::start(Way::Stdio, arguments)?;
    client.ask("initialize", vscode())?;
    client.attach(attach)?;
    let process = client.event("process")?;
    ensure(process.get("systemProcessId").is_none(), || {
        process.to_string()
    })?;
    // Repeatedly, as with a process.
    client.ask("continue", json!({ "threadId": 1 }))?;
    client.ask("pause", json!({ "threadId": 1 }))?;
    client.event("stopped")?;
    let ended = client.events_for("terminated", Duration::from_millis(300))?;
    ensure(ended.is_empty(), || "it was said to have ended".into())?;
    let tasks = client.tasks()?;
    let task = tasks.iter().find(|task| task.name.contains("transfer"));
    let task = task.ok_or_else(|| format!("no transfer: {tasks:?}"))?;
    let frames = client.stack(task.id)?;
    let frame = frames.iter().find(|frame| frame.name == "transfer");
    let frame = frame.ok_or_else(|| format!("no transfer: {frames:?}"))?;
    let source = frame.source.clone().ok_or("no source")?;
    let reference = source.source_reference.unwrap_or(0);
    let asked = json!({ "source": { "path": source.path, "sourceReference": reference } });
    let text = client.ask(
        "source",
        json!({ "source": asked["source"], "sourceReference": reference }),
    )?;
    let text = text["content"].as_str().unwrap_or_default();
    ensure(text.contains("async def transfer"), || text.to_owned())?;
    let names = ["local_text", "local_number"];
    let mut values = names.map(|_| String::new());
    for (value, name) in values.iter_mut().zip(names) {
        let arguments = json!({ "frameId": frame.id, "expression": name, "context": "watch" });
        let response = client.request("evaluate", arguments)?;
        if response["success"] != true {
            *value = response["message"].to_string();
            continue;
        }
        *value = response["body"]["result"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let listed = client.scope(frame.id, "Locals")?;
        let listed = &named(&listed, name)?.value;
        ensure(listed == value, || format!("{listed} is not {value}"))?;
    }
    Ok(values)
}

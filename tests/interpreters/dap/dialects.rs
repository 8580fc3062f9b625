//! Recorded sessions of five clients get the same answers over each transport.
//!
//! `dialects/*.json` are the requests that the clients sent. In the arguments,
//! `$pid`, `$stopped`, `$thread`, `$frame` and `$reference` stand for what the
//! session has brought until then. What a `loose` request brings depends on how
//! far the first look is: it is not compared.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, mem};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::adapter::{WAYS, Way};
use super::asking::hang;
use super::client::Client;
use crate::support::legs::Leg;
use crate::support::suite::Test;
use crate::support::{Outcome, ensure};

pub const TESTS: [(&str, Test); 5] = [
    ("dialect_of_vscode", |leg| speaks(leg, "vscode.json")),
    ("dialect_of_nvim_dap", |leg| speaks(leg, "nvim-dap.json")),
    ("dialect_of_helix", |leg| speaks(leg, "helix.json")),
    ("dialect_of_dape", |leg| speaks(leg, "dape.json")),
    ("dialect_of_dap_mode", |leg| speaks(leg, "dap-mode.json")),
];

/// Responses to these have no body: Helix 25.01 treats a body as an error.
const UNIT: [&str; 4] = ["attach", "configurationDone", "pause", "disconnect"];

#[derive(Debug, Deserialize)]
struct Dialect {
    client: String,
    first_seq: i64,
    /// The events that this client understands, or has asked for.
    events: Vec<String>,
    steps: Vec<Map<String, Value>>,
}

fn speaks(leg: &Leg, file: &str) -> Outcome {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interpreters/dap/dialects");
    let text = fs::read_to_string(folder.join(file)).map_err(|error| error.to_string())?;
    let dialect: Dialect =
        serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
    let mut target = hang(leg, "lock_abba_transfer.py")?;
    let mut heard: Vec<(Way, Vec<String>)> = Vec::new();
    for way in WAYS {
        let mut session = Session {
            client: Client::start(way, &[])?,
            pid: target.pid(),
            known: Map::new(),
            lists: BTreeMap::new(),
            sent: BTreeMap::new(),
            heard: Vec::new(),
        };
        session.client.next_seq = dialect.first_seq;
        for step in &dialect.steps {
            let shown = Value::Object(step.clone());
            session
                .step(step)
                .map_err(|why| format!("{} over {way:?}: {shown}: {why}", dialect.client))?;
        }
        let lines = session.end(&dialect, way)?;
        ensure(target.is_running_freely(), || {
            format!("{way:?}: the target stands still")
        })?;
        heard.push((way, lines));
    }
    for (way, lines) in &heard[1..] {
        let (first, expected) = &heard[0];
        let differs = lines
            .iter()
            .zip(expected)
            .find(|(ours, theirs)| ours != theirs);
        ensure(differs.is_none() && lines.len() == expected.len(), || {
            format!(
                "{}: {way:?} and {first:?} differ: {differs:?}",
                dialect.client
            )
        })?;
    }
    Ok(())
}

/// One client's session, and the ids that it has received.
struct Session {
    client: Client,
    pid: u32,
    /// Values of the `$…` names.
    known: Map<String, Value>,
    /// Ids of threads, frames and scopes that were listed last.
    lists: BTreeMap<&'static str, Vec<Value>>,
    /// Requests that are not answered yet.
    sent: BTreeMap<String, i64>,
    /// Messages of the adapter, without parts that differ between sessions.
    heard: Vec<String>,
}

impl Session {
    fn step(&mut self, step: &Map<String, Value>) -> Outcome {
        let text = |key: &str| step.get(key).and_then(Value::as_str);
        if let Some(event) = text("event") {
            let body = self.client.event(event)?;
            if event == "stopped" {
                self.known
                    .insert("$stopped".into(), body["threadId"].clone());
            }
            self.heard.push(format!("{event} {}", plain(&body)));
            return Ok(());
        }
        if let Some(command) = text("answer") {
            let seq = self.sent.remove(command).ok_or("was not sent")?;
            return self.hear(command, seq);
        }
        if let Some(command) = text("send") {
            let seq = self.send(command, step)?;
            self.sent.insert(command.to_owned(), seq);
            return Ok(());
        }
        let command = text("ask").ok_or("neither event nor request")?;
        let Some(each) = text("each") else {
            let seq = self.send(command, step)?;
            self.hear(command, seq)?;
            if step.contains_key("loose") {
                self.heard.pop();
            }
            return Ok(());
        };
        let of = if each == "threads" {
            "$thread"
        } else {
            "$reference"
        };
        let list = self.lists.get(each).cloned().ok_or("nothing was listed")?;
        ensure(!list.is_empty(), || format!("no {each}"))?;
        for id in list {
            self.known.insert(of.into(), id);
            let seq = self.send(command, step)?;
            self.hear(command, seq)?;
        }
        Ok(())
    }

    fn send(&mut self, command: &str, step: &Map<String, Value>) -> Result<i64, String> {
        let mut message = json!({ "type": "request", "command": command });
        if let Some(arguments) = step.get("arguments") {
            message["arguments"] = self.filled(arguments)?;
        }
        self.client.send_message(message)
    }

    fn filled(&self, arguments: &Value) -> Result<Value, String> {
        Ok(match arguments {
            Value::String(text) if text == "$pid" => self.pid.into(),
            Value::String(text) if text == "$pid_text" => self.pid.to_string().into(),
            Value::String(text) if text.starts_with('$') => self
                .known
                .get(text)
                .cloned()
                .ok_or_else(|| format!("{text} is not known yet"))?,
            Value::Object(fields) => {
                let filled = fields
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), self.filled(value)?)));
                Value::Object(filled.collect::<Result<_, String>>()?)
            }
            other => other.clone(),
        })
    }

    /// Takes the response, and learns from it.
    fn hear(&mut self, command: &str, seq: i64) -> Outcome {
        let response = self.client.response(seq)?;
        ensure(response["success"] == true, || response.to_string())?;
        let has_body = response.get("body").is_some();
        ensure(!(has_body && UNIT.contains(&command)), || {
            format!("a body: {response}")
        })?;
        let body = &response["body"];
        let ids = |list: &str, id: &str, wanted: fn(&Value) -> bool| -> Vec<Value> {
            let items = body[list].as_array().into_iter().flatten();
            items
                .filter(|item| wanted(item))
                .map(|item| item[id].clone())
                .collect()
        };
        match command {
            "threads" => drop(self.lists.insert("threads", ids("threads", "id", |_| true))),
            "stackTrace" => {
                let frames = ids("stackFrames", "id", |frame| frame["source"].is_object());
                if let Some(frame) = frames.first().filter(|_| !body.is_null()) {
                    self.known.insert("$frame".into(), frame.clone());
                }
            }
            "scopes" => {
                let all = ids("scopes", "variablesReference", |_| true);
                let cheap = ids("scopes", "variablesReference", |scope| {
                    scope["expensive"] == false
                });
                self.lists.insert("scopes", all);
                self.lists.insert("cheap scopes", cheap);
            }
            _ => {}
        }
        self.heard.push(format!("{command} {}", plain(body)));
        Ok(())
    }

    /// After the last step: only what the client understands was sent.
    fn end(mut self, dialect: &Dialect, way: Way) -> Result<Vec<String>, String> {
        if way == Way::Stdio {
            let status = self.client.wait_exit()?;
            ensure(status.code() == Some(0), || {
                format!("{status}: {}", self.client.stderr())
            })?;
        }
        let strange = self
            .client
            .seen_events
            .iter()
            .find(|name| !dialect.events.contains(name));
        ensure(strange.is_none(), || {
            format!("{} got an event {strange:?}", dialect.client)
        })?;
        Ok(mem::take(&mut self.heard))
    }
}

/// The text of a message, without numbers: ids, addresses and times differ.
fn plain(body: &Value) -> String {
    let mut plain = String::new();
    let mut in_number = false;
    for letter in body.to_string().chars() {
        let is_digit = letter.is_ascii_digit() || (in_number && letter == '.');
        if !is_digit || !in_number {
            plain.push(if is_digit { '#' } else { letter });
        }
        in_number = is_digit;
    }
    plain
}

//! A scripted client: it sends what a test asks for, and checks every message that arrives.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::ExitStatus;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::adapter::{Adapter, Streams, Way};
use super::asking::with;
use super::schema::schema;
use crate::support::{Outcome, ensure};

/// Generous, for loaded machines.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The id of internal errors of the adapter.
pub const INTERNAL: i64 = 1012;

/// The id of the error for a message that is not a valid request.
const MALFORMED: i64 = 1000;

/// One session with an adapter.
pub struct Client {
    adapter: Adapter,
    incoming: Receiver<Result<Value, String>>,
    output: Option<Box<dyn Write + Send>>,
    /// `seq` of the next request.
    pub next_seq: i64,
    /// Requests that were not answered yet.
    asked: BTreeMap<i64, String>,
    answers: BTreeMap<i64, Value>,
    events: VecDeque<Value>,
    /// The names of all events, whether they were asked for or not.
    pub seen_events: BTreeSet<String>,
    last_seq: i64,
}

/// The `error` of a refused request.
#[derive(Debug)]
pub struct Refusal {
    pub id: i64,
    pub text: String,
    pub show_user: bool,
    pub url: Option<String>,
}

impl Client {
    /// Starts `dapper-attach dap` with more arguments, and connects.
    pub fn start(way: Way, arguments: &[&str]) -> Result<Self, String> {
        Self::of(Adapter::start(way, arguments)?)
    }

    /// Connects to an adapter, which ends with this client.
    pub fn of(mut adapter: Adapter) -> Result<Self, String> {
        let Streams { input, output } = adapter.connect()?;
        let (sender, incoming) = channel();
        thread::spawn(move || {
            let mut input = BufReader::new(input);
            while let Some(message) = read_message(&mut input).transpose() {
                let is_last = message.is_err();
                if sender.send(message).is_err() || is_last {
                    return;
                }
            }
        });
        Ok(Self {
            adapter,
            incoming,
            output: Some(output),
            next_seq: 1,
            asked: BTreeMap::new(),
            answers: BTreeMap::new(),
            events: VecDeque::new(),
            seen_events: BTreeSet::new(),
            last_seq: 0,
        })
    }

    /// Closes the connection without `disconnect`; the adapter goes on running.
    pub fn leave(self) -> Adapter {
        self.adapter
    }

    /// Sends a request; gives its number.
    pub fn send(&mut self, command: &str, arguments: Value) -> Result<i64, String> {
        let mut message = json!({ "type": "request", "command": command });
        if !arguments.is_null() {
            message["arguments"] = arguments;
        }
        self.send_message(message)
    }

    /// Sends a complete request; only its `seq` is filled in.
    pub fn send_message(&mut self, mut message: Value) -> Result<i64, String> {
        let seq = self.next_seq;
        self.next_seq += 1;
        message["seq"] = seq.into();
        let command = message["command"].as_str().unwrap_or_default().to_owned();
        self.asked.insert(seq, command);
        self.send_bytes(&framed(&message.to_string()))?;
        Ok(seq)
    }

    /// Sends bytes unchanged.
    pub fn send_bytes(&mut self, bytes: &[u8]) -> Outcome {
        let output = self
            .output
            .as_mut()
            .ok_or("the input of the adapter was ended")?;
        let sent = output.write_all(bytes).and_then(|()| output.flush());
        sent.map_err(|error| {
            format!(
                "the adapter takes no more: {error}; {}",
                self.adapter.said()
            )
        })
    }

    /// Waits for the response to a request, successful or not.
    pub fn response(&mut self, seq: i64) -> Result<Value, String> {
        let deadline = Instant::now() + PATIENCE;
        while !self.answers.contains_key(&seq) {
            let command = self.asked.get(&seq).cloned();
            self.take(deadline, &format!("a response to {command:?}"))?;
        }
        self.answers
            .remove(&seq)
            .ok_or_else(|| "no response".to_owned())
    }

    /// Whether the response to a request has been received.
    pub fn is_answered(&self, seq: i64) -> bool {
        self.answers.contains_key(&seq)
    }

    /// Waits until a thread of the adapter is on a processor, or ready for one.
    pub fn wait_busy(&self) -> Outcome {
        self.adapter.wait_busy()
    }

    /// Sends a request and waits for its response.
    pub fn request(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        let seq = self.send(command, arguments)?;
        self.response(seq)
    }

    /// The body of the response to a request that must succeed.
    pub fn ask(&mut self, command: &str, arguments: Value) -> Result<Value, String> {
        let shown = arguments.to_string();
        let mut response = self.request(command, arguments)?;
        ensure(response["success"] == true, || {
            format!("{command} {shown} was refused: {response}")
        })?;
        Ok(response["body"].take())
    }

    /// Why a request that must not succeed was refused.
    pub fn refusal(&mut self, command: &str, arguments: Value) -> Result<Refusal, String> {
        let shown = arguments.to_string();
        let response = self.request(command, arguments)?;
        refusal(&response).map_err(|why| format!("{command} {shown}: {why}"))
    }

    /// The body of the next event of that name; other events are kept.
    pub fn event(&mut self, name: &str) -> Result<Value, String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.events.iter().position(|event| event["event"] == name);
            if let Some(mut event) = found.and_then(|place| self.events.remove(place)) {
                return Ok(event["body"].take());
            }
            self.take(deadline, &format!("an event {name}"))?;
        }
    }

    /// The bodies of all events of that name that have come, or come within `time`.
    pub fn events_for(&mut self, name: &str, time: Duration) -> Result<Vec<Value>, String> {
        let deadline = Instant::now() + time;
        while self.take_until(deadline)? {}
        let (mine, others) = std::mem::take(&mut self.events)
            .into_iter()
            .partition(|event| event["event"] == name);
        self.events = others;
        let mine: VecDeque<Value> = mine;
        Ok(mine
            .into_iter()
            .map(|mut event| event["body"].take())
            .collect())
    }

    /// All that was written into the console since this was last asked.
    pub fn console(&mut self) -> Result<String, String> {
        let outputs = self.events_for("output", Duration::ZERO)?;
        let texts = outputs.iter().filter_map(|body| body["output"].as_str());
        Ok(texts.collect())
    }

    /// Takes all that still comes, until the adapter ends the connection.
    pub fn drain(&mut self) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = match self.incoming.recv_timeout(left) {
                Ok(message) => message?,
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!(
                        "the connection does not end; {}",
                        self.adapter.said()
                    ));
                }
            };
            check(&message)?;
            ensure(message["body"]["error"]["id"] != INTERNAL, || {
                message.to_string()
            })?;
        }
    }

    /// Ends our side of the connection.
    pub fn end_input(&mut self) {
        self.output = None;
    }

    /// Waits until the adapter has ended.
    pub fn wait_exit(&mut self) -> Result<ExitStatus, String> {
        let status = self.adapter.wait_exit()?;
        // What it said at last is checked, too.
        while self.take_until(Instant::now() + PATIENCE)? {}
        Ok(status)
    }

    /// What the adapter wrote to stderr.
    pub fn stderr(&self) -> String {
        self.adapter.stderr()
    }

    fn take(&mut self, deadline: Instant, what: &str) -> Outcome {
        match self.take_until(deadline) {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("no {what}; {}", self.adapter.said())),
            Err(why) => Err(format!("{why}, while waiting for {what}")),
        }
    }

    /// Takes one message; false when there is none in time, or no more.
    fn take_until(&mut self, deadline: Instant) -> Result<bool, String> {
        let left = deadline.saturating_duration_since(Instant::now());
        let message = match self.incoming.recv_timeout(left) {
            Ok(message) => message?,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(false),
        };
        check(&message)?;
        let seq = message["seq"].as_i64().unwrap_or(-1);
        ensure(seq == self.last_seq + 1, || {
            format!("{message} follows message {}", self.last_seq)
        })?;
        self.last_seq = seq;
        if message["type"] == "event" {
            let name = message["event"].as_str().unwrap_or_default();
            self.seen_events.insert(name.to_owned());
            self.events.push_back(message);
            return Ok(true);
        }
        let answered = message["request_seq"].as_i64().unwrap_or(-1);
        let command = self.asked.remove(&answered);
        // Of a request that is malformed, the command may not be known.
        let is_malformed = message["body"]["error"]["id"] == MALFORMED && message["command"] == "";
        let is_right = command.as_deref() == message["command"].as_str() || is_malformed;
        ensure(command.is_some() && is_right, || {
            format!("{message} answers request {answered}, {command:?}")
        })?;
        self.answers.insert(answered, message);
        Ok(true)
    }
}

/// Checks a message against the schema, where there is one.
fn check(message: &Value) -> Outcome {
    let Ok(schema) = schema() else { return Ok(()) };
    match message["request_seq"] == 0 {
        // The schema counts from 1, Helix 25.01 from 0, malformed requests not at all.
        true => schema.check(&with(message.clone(), &json!({ "request_seq": 1 }))),
        false => schema.check(message),
    }
}

/// What a response that is an error says, in the places where clients look.
pub fn refusal(response: &Value) -> Result<Refusal, String> {
    let error = &response["body"]["error"];
    let text = response["message"].as_str().unwrap_or_default();
    let is_sentence = !text.is_empty() && !text.contains(['\n', '{', '}']);
    ensure(response["success"] == false, || {
        format!("succeeds: {response}")
    })?;
    ensure(is_sentence && error["format"] == text, || {
        format!("its message is not one sentence, or is not the format: {response}")
    })?;
    Ok(Refusal {
        id: error["id"]
            .as_i64()
            .ok_or_else(|| format!("no id: {response}"))?,
        text: text.to_owned(),
        show_user: error["showUser"] == true,
        url: error["url"].as_str().map(str::to_owned),
    })
}

/// A message as it lies on the wire.
pub fn framed(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// The next message of an adapter; nothing at the end.
pub fn read_message(input: &mut impl BufRead) -> Result<Option<Value>, String> {
    let complain = |error: &dyn std::fmt::Display| format!("from the adapter: {error}");
    let mut header = String::new();
    let read = input
        .read_line(&mut header)
        .map_err(|error| complain(&error))?;
    if read == 0 {
        return Ok(None);
    }
    let number = header
        .strip_prefix("Content-Length: ")
        .and_then(|it| it.trim_end().parse().ok());
    let length: u64 = number.ok_or_else(|| complain(&format!("header {header:?}")))?;
    let mut empty = String::new();
    input
        .read_line(&mut empty)
        .map_err(|error| complain(&error))?;
    ensure(empty == "\r\n", || {
        complain(&format!("second header {empty:?}"))
    })?;
    let mut body = Vec::new();
    input
        .take(length)
        .read_to_end(&mut body)
        .map_err(|error| complain(&error))?;
    serde_json::from_slice(&body)
        .map(Some)
        .map_err(|error| complain(&error))
}

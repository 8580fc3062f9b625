//! What a test program writes about itself (`tests/programs/oracle.py`, `cases.py`).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

#[derive(Debug, Deserialize)]
pub struct Truth {
    pub version: (u32, u32, u32),
    pub pid: u32,
    pub tasks: Vec<Task>,
    pub edges: Vec<Edge>,
    pub locals: Vec<Locals>,
    pub coroutines: Vec<Coroutine>,
    /// Tasks that may be shown or not: both are right.
    pub ignored: Vec<String>,
    pub threads: Vec<Thread>,
    pub loops: Vec<Loop>,
    /// Sub-interpreters, each of which wrote a truth of its own.
    #[serde(default)]
    pub interpreters: Vec<Interpreter>,
}

#[derive(Debug, Deserialize)]
pub struct Interpreter {
    pub id: i64,
    pub truth: String,
}

#[derive(Debug, Deserialize)]
pub struct Task {
    pub case: Option<String>,
    pub id: String,
    pub interpreter: i64,
    pub name: String,
    pub name_is_default: bool,
    pub coroutine: Option<String>,
    #[serde(rename = "type")]
    pub type_name: String,
    pub state: String,
    pub started: Option<bool>,
    pub cancelling: Option<u64>,
    pub must_cancel: bool,
    pub outcome: Option<String>,
    pub exception: Option<Exception>,
    #[serde(rename = "loop")]
    pub event_loop: String,
    pub thread: Option<u64>,
    pub frames: Option<Vec<Frame>>,
    pub created_at: Option<Vec<Place>>,
}

#[derive(Debug, Deserialize)]
pub struct Exception {
    #[serde(rename = "type")]
    pub type_name: String,
    pub message: String,
    pub retrieved: bool,
    pub frames: Vec<Place>,
}

#[derive(Debug, Deserialize)]
pub struct Frame {
    pub function: String,
    /// Qualified name of the code object; 3.11 and later.
    pub qualname: Option<String>,
    /// Qualified name of the coroutine or generator.
    pub coroutine_qualname: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub kind: String,
    pub library: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub struct Place {
    pub function: String,
    pub file: String,
    pub line: u32,
}

#[derive(Debug, Deserialize)]
pub struct Thread {
    pub case: Option<String>,
    pub interpreter: i64,
    pub native_id: Option<u64>,
    pub name: String,
    pub daemon: Option<bool>,
    pub syscall: Option<String>,
    #[serde(rename = "loop")]
    pub event_loop: Option<String>,
    pub task: Option<String>,
    pub frames: Option<Vec<Frame>>,
}

#[derive(Debug, Deserialize)]
pub struct Loop {
    pub case: Option<String>,
    pub id: String,
    pub interpreter: i64,
    #[serde(rename = "class")]
    pub class_name: String,
    pub thread: Option<u64>,
    pub state: String,
    pub running: bool,
    pub closed: bool,
    pub debug: bool,
    pub ready: Option<u64>,
    pub timers: Option<u64>,
}

#[derive(Debug, Deserialize)]
pub struct Edge {
    pub case: Option<String>,
    pub from: String,
    pub to: String,
    /// `None` where several values are right.
    pub via: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Locals {
    pub case: Option<String>,
    pub task: String,
    pub function: String,
    pub values: BTreeMap<String, Expected>,
}

#[derive(Debug, Deserialize)]
pub struct Expected {
    /// `repr`, `type`, `contains`, `starts` or `absent`.
    pub mode: String,
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    pub value: Value,
}

#[derive(Debug, Deserialize)]
pub struct Coroutine {
    pub case: Option<String>,
    pub qualname: String,
    pub state: String,
    pub frames: Vec<Frame>,
}

/// Reads what a program wrote to `path`.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<T, String> {
    let text = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))
}

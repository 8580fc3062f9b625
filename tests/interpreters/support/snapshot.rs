//! The JSON contract as the tests read it, on purpose not the tool's own types:
//! a field that is renamed or left out makes every comparison fail.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Snapshot {
    pub schema_version: u32,
    pub tool: Tool,
    pub taken_at: String,
    pub processes: Vec<Process>,
}

#[derive(Debug, Deserialize)]
pub struct Tool {
    pub name: String,
    pub version: String,
}

#[derive(Debug, Deserialize)]
pub struct Process {
    pub pid: u32,
    pub parent_pid: Option<u32>,
    pub command: Vec<String>,
    pub executable: Option<String>,
    pub python: Python,
    pub read: ReadInfo,
    pub threads: Vec<Thread>,
    pub loops: Vec<Loop>,
    pub tasks: Vec<Task>,
    pub coroutines: Vec<Coroutine>,
    pub edges: Vec<Edge>,
    pub errors: Vec<String>,
    pub asyncio_imported: bool,
}

#[derive(Debug, Deserialize)]
pub struct Python {
    pub version: String,
    pub free_threaded: bool,
    pub debug: bool,
    pub layout: String,
}

#[derive(Debug, Deserialize)]
pub struct ReadInfo {
    pub consistency: String,
    pub stopped_us: u64,
    pub bytes: u64,
    pub syscalls: u64,
    pub rejected_reads: u64,
    pub note: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Thread {
    pub id: String,
    pub interpreter: i64,
    pub native_id: u64,
    pub name: String,
    pub state: String,
    pub holds_gil: Option<bool>,
    pub daemon: Option<bool>,
    pub syscall: Option<String>,
    #[serde(rename = "loop")]
    pub event_loop: Option<String>,
    pub task: Option<String>,
    pub frames: Vec<Frame>,
    pub error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Loop {
    pub id: String,
    pub interpreter: i64,
    #[serde(rename = "class")]
    pub class_name: String,
    pub thread: Option<String>,
    pub running: bool,
    pub closed: Option<bool>,
    pub debug: Option<bool>,
    pub state: String,
    pub ready: Option<u64>,
    pub timers: Option<u64>,
    pub next_timer_s: Option<f64>,
    pub error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Task {
    pub id: String,
    pub interpreter: i64,
    pub name: String,
    pub name_is_default: bool,
    pub coroutine: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub state: String,
    pub started: Option<bool>,
    pub cancelling: u64,
    pub must_cancel: bool,
    pub outcome: Option<String>,
    pub exception: Option<Exception>,
    #[serde(rename = "loop")]
    pub event_loop: Option<String>,
    pub thread: Option<String>,
    pub frames: Vec<Frame>,
    pub awaited_by: Vec<String>,
    pub created_at: Option<Vec<Frame>>,
    pub error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Exception {
    #[serde(rename = "type")]
    pub type_name: String,
    pub message: String,
    pub retrieved: bool,
    pub frames: Vec<Frame>,
}

#[derive(Debug, Deserialize)]
pub struct Frame {
    pub function: String,
    pub qualname: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub column: Option<u32>,
    pub kind: String,
    pub library: bool,
    pub owner: Option<String>,
    #[serde(default)]
    pub locals: Option<Vec<Local>>,
    pub error: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Local {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub value: String,
}

#[derive(Debug, Deserialize)]
pub struct Coroutine {
    pub id: String,
    pub qualname: String,
    pub state: String,
    pub frames: Vec<Frame>,
    pub referenced_by: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Edge {
    pub from: String,
    pub to: String,
    pub via: String,
}

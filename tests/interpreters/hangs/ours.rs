//! The part of `--json` that is scored.

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Snapshot {
    pub processes: Vec<Process>,
}

#[derive(Debug, Deserialize)]
pub struct Process {
    pub threads: Vec<Thread>,
    pub tasks: Vec<Task>,
    pub edges: Vec<Edge>,
    pub verdict: Option<Verdict>,
    pub diagnoses: Vec<Diagnosis>,
}

#[derive(Debug, Deserialize)]
pub struct Thread {
    pub id: String,
    pub name: String,
}

#[derive(Debug, Deserialize)]
pub struct Task {
    pub id: String,
    pub name: String,
    pub name_is_default: bool,
    pub coroutine: String,
    pub state: String,
    /// Innermost first.
    pub frames: Vec<Frame>,
    pub waits_for: Option<Wait>,
}

impl Task {
    pub fn is_done(&self) -> bool {
        self.state == "done"
    }

    pub fn waits(&self) -> Option<&str> {
        self.waits_for.as_ref().map(|wait| &*wait.kind)
    }
}

#[derive(Debug, Deserialize)]
pub struct Frame {
    pub function: String,
    pub qualname: String,
    pub file: Option<String>,
    pub line: Option<u32>,
    pub kind: String,
    pub library: bool,
}

#[derive(Debug, Deserialize)]
pub struct Wait {
    pub kind: String,
}

#[derive(Debug, Deserialize)]
pub struct Edge {
    pub from: String,
    pub to: String,
    pub via: String,
}

#[derive(Debug, Deserialize)]
pub struct Verdict {
    pub state: String,
    pub summary: String,
}

#[derive(Debug, Deserialize)]
pub struct Diagnosis {
    pub kind: String,
    pub how: Option<String>,
    pub tasks: Vec<String>,
    pub threads: Vec<String>,
    pub summary: String,
    pub culprit: Option<Culprit>,
}

#[derive(Debug, Deserialize)]
pub struct Culprit {
    pub file: String,
    pub line: u32,
}

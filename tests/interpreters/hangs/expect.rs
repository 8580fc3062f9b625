//! The perfect answer about each hang program: `tests/hangs/*.expect.json`.
//!
//! The format is described in `tests/hangs/README.md`. Both its ways to state
//! tasks and edges, by hand and dumped per version, become one `Truth`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::graph::Path as Way;
use super::graph::{Graph, label};
use crate::support::legs::Leg;

/// The folder of the programs.
pub fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hangs")
}

/// All programs, by name.
pub fn programs() -> Result<Vec<Expect>, String> {
    let problem = |error: std::io::Error| format!("{}: {error}", directory().display());
    let mut found = Vec::new();
    for entry in fs::read_dir(directory()).map_err(problem)? {
        let path = entry.map_err(problem)?.path();
        if path.to_string_lossy().ends_with(".expect.json") {
            let text = fs::read_to_string(&path).map_err(problem)?;
            let expect: Expect = serde_json::from_str(&text)
                .map_err(|error| format!("{}: {error}", path.display()))?;
            found.push(expect);
        }
    }
    found.sort_by(|a, b| a.program.cmp(&b.program));
    Ok(found)
}

#[derive(Debug, Deserialize)]
pub struct Expect {
    pub program: String,
    pub min_version: String,
    /// Packages that it imports.
    #[serde(default)]
    pub requires: Vec<String>,
    /// Needs a search of the heap, which free-threaded builds do not allow.
    #[serde(default)]
    pub needs_heap: bool,
    /// Without a GIL it does not hang.
    #[serde(default)]
    pub needs_gil: bool,
    pub diagnosis: Vec<Map<String, Value>>,
    pub culprit: Option<Culprit>,
    /// For a healthy program: the highest verdict that is right.
    pub verdict_at_most: Option<String>,
    /// For a healthy program: kinds of diagnoses that are no false alarm.
    #[serde(default)]
    pub may_say: Vec<String>,
    /// Functions that may be at any of their lines.
    #[serde(default)]
    pub any_line: Vec<String>,
    /// The number of tasks with the same chain differs between runs.
    #[serde(default)]
    pub any_count: bool,
    tasks: Option<Vec<TaskByHand>>,
    #[serde(default)]
    edges: Vec<EdgeByHand>,
    #[serde(default)]
    edges_by_hand: Vec<EdgeByHand>,
    #[serde(default)]
    by_version: BTreeMap<String, Version>,
}

#[derive(Debug, Deserialize)]
pub struct Culprit {
    pub file: String,
    pub line: u32,
    /// Other lines that are right as well.
    #[serde(default)]
    pub also: Vec<u32>,
}

#[derive(Debug, Deserialize)]
struct TaskByHand {
    #[serde(default)]
    name: Option<String>,
    coro: String,
    state: String,
    #[serde(default)]
    wait: Vec<String>,
    chain: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct EdgeByHand {
    src: String,
    to: String,
    via: String,
    #[serde(default)]
    optional: bool,
}

#[derive(Debug, Deserialize)]
struct Version {
    processes: Vec<Process>,
}

#[derive(Debug, Deserialize)]
struct Process {
    interpreters: Vec<Interpreter>,
}

#[derive(Debug, Deserialize)]
struct Interpreter {
    tasks: Vec<TaskDumped>,
    edges: Vec<EdgeDumped>,
}

#[derive(Debug, Deserialize)]
struct TaskDumped {
    name: String,
    name_is_default: bool,
    coro: String,
    state: String,
    #[serde(default)]
    chain: Vec<FrameDumped>,
    terminal: Option<Terminal>,
}

#[derive(Debug, Deserialize)]
struct FrameDumped {
    func: String,
    qualname: String,
    line: u32,
    user: bool,
}

#[derive(Debug, Deserialize)]
struct Terminal {
    awaitable_type: Option<String>,
    detail: Vec<Detail>,
}

#[derive(Debug, Deserialize)]
struct Detail {
    #[serde(rename = "type")]
    type_name: String,
    #[serde(default)]
    op: Option<String>,
}

#[derive(Debug, Deserialize)]
struct EdgeDumped {
    from: String,
    to: Option<String>,
    via: String,
}

/// The right answer on one leg.
pub struct Truth {
    /// Tasks that are not done.
    pub tasks: Vec<Task>,
    /// The list of tasks and frames is complete, and was dumped on this version.
    pub exact: bool,
    /// Number of processes it covers: the one asked for, then its children.
    pub processes: usize,
    /// The list of edges is complete, also for kinds that a dump cannot derive.
    pub all_edges: bool,
    graph: Graph,
    /// What diagnoses call a task, and its label.
    names: BTreeMap<String, String>,
}

pub struct Task {
    pub label: String,
    pub waiting: bool,
    /// Outermost first.
    pub chain: Vec<Frame>,
    /// Any of these; empty: not stated.
    pub waits: Vec<String>,
}

#[derive(Debug)]
pub struct Frame {
    pub function: String,
    pub line: u32,
    /// `None` of the program's own frames, whose function and line count.
    pub library: Option<String>,
}

impl Truth {
    /// From task to task, through whatever is between them.
    pub fn edges(&self) -> Vec<Way> {
        self.graph.between_tasks()
    }

    /// The label of a task as a diagnosis names it: `Task-1`, `main`, `crawler (2 responses)`.
    pub fn label_of(&self, name: &str) -> String {
        let name = name.split(" (").next().unwrap_or(name);
        self.names.get(name).cloned().unwrap_or(name.to_owned())
    }
}

impl Expect {
    pub fn name(&self) -> &str {
        self.program.trim_end_matches(".py")
    }

    pub fn is_healthy(&self) -> bool {
        self.verdict_at_most.is_some()
    }

    pub fn runs_on(&self, leg: &Leg) -> bool {
        let mut numbers = self.min_version.split('.').map_while(|n| n.parse().ok());
        let first = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        leg.minor() >= first
    }

    /// The right answer on `leg`; `None` where the file has none.
    pub fn truth(&self, leg: &Leg) -> Option<Truth> {
        let named = leg.minor() >= (3, 8);
        if let Some(tasks) = &self.tasks {
            return Some(self.by_hand(tasks, named));
        }
        let nearest = if leg.minor() < (3, 12) {
            "3.11"
        } else {
            "3.13"
        };
        let version = self.by_version.get(nearest)?;
        Some(self.dumped(version, nearest == leg.leg))
    }

    fn by_hand(&self, tasks: &[TaskByHand], named: bool) -> Truth {
        let mut truth = Truth {
            tasks: Vec::new(),
            exact: false,
            processes: 1,
            all_edges: true,
            graph: Graph::default(),
            names: BTreeMap::new(),
        };
        for task in tasks {
            let name = task.name.as_deref().filter(|_| named);
            let label = label(0, name, &task.coro, false);
            let known_as = task.name.as_ref().unwrap_or(&task.coro);
            truth.names.insert(known_as.clone(), label.clone());
            truth.graph.task(&label, &label);
            truth.tasks.push(Task {
                label,
                waiting: task.state == "waiting",
                chain: task.chain.iter().map(|text| frame(text)).collect(),
                waits: task.wait.clone(),
            });
        }
        for edge in &self.edges {
            let (from, to) = (truth.label_of(&edge.src), truth.label_of(&edge.to));
            truth.graph.edge(&from, &to, &edge.via, edge.optional);
        }
        truth
    }

    fn dumped(&self, version: &Version, exact: bool) -> Truth {
        let mut truth = Truth {
            tasks: Vec::new(),
            exact,
            processes: version.processes.len(),
            all_edges: false,
            graph: Graph::default(),
            names: BTreeMap::new(),
        };
        for (number, process) in version.processes.iter().enumerate() {
            for interpreter in &process.interpreters {
                let labels = truth.add_tasks(number, &interpreter.tasks);
                for edge in &interpreter.edges {
                    let to = edge.to.as_ref().and_then(|to| labels.get(to));
                    if let (Some(from), Some(to)) = (labels.get(&edge.from), to) {
                        truth.graph.edge(from, to, &edge.via, false);
                    }
                }
                truth.names.extend(labels);
            }
        }
        // The diagnoses were written of 3.11, whose default names differ from those of others.
        for process in self
            .by_version
            .get("3.11")
            .iter()
            .flat_map(|v| &v.processes)
        {
            for task in process.interpreters.iter().flat_map(|i| &i.tasks) {
                if task.name_is_default && task.state != "done" {
                    let label = label(0, None, &task.coro, false);
                    truth.names.insert(task.name.clone(), label);
                }
            }
        }
        for edge in &self.edges_by_hand {
            let (from, to) = (truth.node(&edge.src), truth.node(&edge.to));
            truth.graph.edge(&from, &to, &edge.via, edge.optional);
        }
        truth
    }
}

impl Truth {
    /// Adds the tasks that are not done; returns the label of each by its name.
    fn add_tasks(&mut self, process: usize, tasks: &[TaskDumped]) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::new();
        for task in tasks {
            let done = task.state == "done";
            let name = (!task.name_is_default).then_some(&*task.name);
            let label = label(process, name, &task.coro, done);
            labels.insert(task.name.clone(), label.clone());
            self.graph.task(&label, &label);
            if !done {
                self.tasks.push(Task {
                    label,
                    waiting: task.state == "waiting",
                    chain: task.chain.iter().map(FrameDumped::frame).collect(),
                    waits: task.waits(),
                });
            }
        }
        labels
    }

    /// The node that an edge written by hand means: a task's label, or its own text.
    fn node(&self, text: &str) -> String {
        let text = text.strip_prefix("parent:").unwrap_or(text);
        match text.split_once(':') {
            Some(("task", coroutine)) => label(0, None, coroutine, false),
            Some(("child", name)) => label(1, Some(name), "", false),
            _ => self.label_of(text),
        }
    }
}

impl FrameDumped {
    fn frame(&self) -> Frame {
        Frame {
            function: self.func.clone(),
            line: self.line,
            library: (!self.user).then(|| self.qualname.clone()),
        }
    }
}

impl TaskDumped {
    /// The kinds of waits that are right for what the dump saw.
    fn waits(&self) -> Vec<String> {
        let Some(terminal) = &self.terminal else {
            return Vec::new();
        };
        let operation = |detail: &Detail| detail.op.clone().unwrap_or_default();
        let of_as_completed = |frame: &FrameDumped| frame.qualname.contains("_wait_for_one");
        let of_wait_for = |frame: &FrameDumped| !frame.user && frame.qualname == "wait_for";
        let kinds: &[&str] = match terminal.detail.first() {
            None if terminal.awaitable_type.as_deref() == Some("_asyncio.Task") => {
                &["task", "wait_for"]
            }
            None => &[],
            Some(detail) => match (&*detail.type_name, &*operation(detail)) {
                ("Lock", _) => &["lock"],
                ("Semaphore", _) => &["semaphore"],
                ("Event", _) => &["event"],
                ("Condition", _) => &["condition"],
                // Before 3.12 wait_for() waits for a future that its timer would set.
                ("timer", _) if self.chain.iter().any(of_wait_for) => &["wait_for", "timer"],
                ("timer", _) => &["timer"],
                ("gather", _) => &["gather"],
                ("TaskGroup", _) => &["task-group"],
                ("StreamReader", _) => &["socket-read", "pipe-read"],
                ("SubprocessTransport", _) => &["subprocess"],
                ("concurrent.Future", _) => &["executor", "future"],
                (_, "get") if self.chain.iter().any(of_as_completed) => {
                    &["as_completed", "queue-get"]
                }
                (_, "get") => &["queue-get"],
                (_, "put") => &["queue-put"],
                (_, "join") => &["queue-join"],
                _ => &[],
            },
        };
        kinds.iter().map(|&kind| kind.to_owned()).collect()
    }
}

/// A frame written as `function:line`.
fn frame(text: &str) -> Frame {
    let (function, line) = text.rsplit_once(':').unwrap_or((text, ""));
    Frame {
        function: function.to_owned(),
        line: line.parse().unwrap_or(0),
        library: None,
    }
}

//! Compares the tool's answer about a hang program with the expected one.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::AddAssign;

use serde_json::{Map, Value};

use super::answer::{culprit_is, kind_is, said, tasks_are, text};
use super::expect::{self, Expect, Frame, Truth};
use super::graph::{Graph, Path, label};
use super::ours::{self, Snapshot, Task};

/// A number of right answers out of a number of judged ones.
#[derive(Debug, Clone, Copy, Default)]
pub struct Count {
    pub right: u32,
    pub of: u32,
}

impl Count {
    fn add(&mut self, right: bool) {
        self.right += u32::from(right);
        self.of += 1;
    }

    /// All judged ones were right; also where none was judged.
    pub fn is_full(self) -> bool {
        self.right == self.of
    }

    /// `None` where nothing was judged: that is no success.
    pub fn percent(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.right) * 100.0 / f64::from(self.of))
    }

    /// What is wrong with a group that must reach `least` percent.
    pub fn below(self, group: &str, least: f64) -> Option<String> {
        match self.percent() {
            None => Some(format!("{group}: no program was judged")),
            Some(percent) if percent < least => Some(format!(
                "{group}: {self} is {percent:.1} %, below {least} %"
            )),
            Some(_) => None,
        }
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.right += other.right;
        self.of += other.of;
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.right, self.of)
    }
}

/// The score of one program on one leg, or the sum of several.
#[derive(Debug, Clone, Default)]
pub struct Score {
    pub chains: Count,
    pub leaves: Count,
    pub recall: Count,
    pub precision: Count,
    pub kind: Count,
    pub tasks: Count,
    /// Kind and tasks both.
    pub diagnosis: Count,
    pub culprit: Count,
    /// Healthy programs without a false alarm.
    pub healthy: Count,
    /// One line for each mistake.
    pub misses: Vec<String>,
}

impl Score {
    /// How many things were judged.
    pub fn judged(&self) -> u32 {
        self.chains.of + self.kind.of + self.healthy.of
    }

    /// Judges a snapshot of the program `expect`.
    pub fn of(expect: &Expect, truth: Option<&Truth>, snapshot: &Snapshot) -> Self {
        let mut score = Self::default();
        if let Some(truth) = truth {
            score.chains_and_leaves(expect, truth, snapshot);
            score.edges(truth, snapshot);
        }
        if expect.is_healthy() {
            score.no_false_alarm(expect, snapshot);
        } else if let Some(expected) = expect.diagnosis.first() {
            score.diagnosis(expect, expected, truth, snapshot);
        }
        score
    }

    pub fn add(&mut self, other: &Self) {
        self.chains += other.chains;
        self.leaves += other.leaves;
        self.recall += other.recall;
        self.precision += other.precision;
        self.kind += other.kind;
        self.tasks += other.tasks;
        self.diagnosis += other.diagnosis;
        self.culprit += other.culprit;
        self.healthy += other.healthy;
    }

    fn miss(&mut self, text: String) {
        self.misses.push(text);
    }

    // ------------------------------------------------------------ chains and leaves

    fn chains_and_leaves(&mut self, expect: &Expect, truth: &Truth, snapshot: &Snapshot) {
        let mut open = labelled(snapshot, truth);
        let all = labelled(snapshot, truth);
        for task in &truth.tasks {
            let same = |(label, ours): &(String, &Task)| {
                *label == task.label && chain_is(expect, truth, &task.chain, ours)
            };
            let named = |(label, _): &(String, &Task)| *label == task.label;
            let index = open.iter().position(same);
            let right = index.is_some() || expect.any_count && all.iter().any(same);
            let index = index.or_else(|| open.iter().position(named));
            let ours = index.map(|index| open.remove(index).1);
            let ours = ours.or_else(|| all.iter().find(|found| same(found)).map(|found| found.1));
            self.chains.add(right);
            if !right {
                self.miss(chain_miss(truth, task, ours));
            }
            if task.waiting && !task.waits.is_empty() {
                let kind = ours.and_then(Task::waits);
                let right = kind.is_some_and(|kind| task.waits.iter().any(|wait| wait == kind));
                self.leaves.add(right);
                if !right {
                    let (label, waits) = (&task.label, task.waits.join(" or "));
                    self.miss(format!("leaf of {label}: {kind:?} instead of {waits}"));
                }
            }
        }
        if truth.exact && !expect.any_count {
            // Of child processes only the tasks that the file lists are judged.
            for (label, task) in open
                .iter()
                .filter(|(label, _)| !label.starts_with("child:"))
            {
                self.chains.add(false);
                self.miss(format!("task {label} ({}) is not expected", task.state));
            }
        }
    }

    // ------------------------------------------------------------ edges

    fn edges(&mut self, truth: &Truth, snapshot: &Snapshot) {
        let mut graph = Graph::default();
        let processes = snapshot.processes.iter().take(truth.processes);
        for (number, process) in processes.enumerate() {
            for task in &process.tasks {
                let id = format!("{number} {}", task.id);
                graph.task(&id, &label_of(number, task, truth));
            }
            for edge in process.edges.iter() {
                let (from, to) = (&edge.from, &edge.to);
                let (from, to) = (format!("{number} {from}"), format!("{number} {to}"));
                graph.edge(&from, &to, &edge.via, false);
            }
        }
        let (ours, right) = (graph.between_tasks(), truth.edges());
        let pair = |path: &Path| (path.from.clone(), path.to.clone());
        let found: BTreeSet<_> = ours.iter().map(pair).collect();
        let known: BTreeSet<_> = right.iter().map(pair).collect();
        for path in right.iter().filter(|path| !path.optional) {
            let there = found.contains(&pair(path));
            self.recall.add(there);
            if !there {
                self.miss(format!("edge {} is missing", shown(path)));
            }
        }
        for path in &ours {
            let there = known.contains(&pair(path));
            if there || is_judged(path, truth) {
                self.precision.add(there);
            }
            if !there && is_judged(path, truth) {
                self.miss(format!("edge {} is wrong", shown(path)));
            }
        }
    }

    // ------------------------------------------------------------ diagnosis

    fn diagnosis(
        &mut self,
        expect: &Expect,
        expected: &Map<String, Value>,
        truth: Option<&Truth>,
        snapshot: &Snapshot,
    ) {
        let in_child = text(expected, "process") == Some("child");
        let process = snapshot.processes.get(usize::from(in_child));
        let ours = process.and_then(|process| process.diagnoses.first());
        let kind = ours.is_some_and(|ours| kind_is(expected, ours));
        let tasks = match (process, ours, truth) {
            (Some(process), Some(ours), Some(truth)) => tasks_are(
                expect,
                expected,
                truth,
                process,
                usize::from(in_child),
                ours,
            ),
            _ => false,
        };
        let culprit = ours.is_some_and(|ours| culprit_is(expect, ours));
        self.kind.add(kind);
        self.tasks.add(tasks);
        self.diagnosis.add(kind && tasks);
        self.culprit.add(culprit);
        if !(kind && tasks && culprit) {
            let said = ours.map_or("nothing".to_owned(), |ours| said(process, ours));
            self.miss(format!("diagnosis: {said}"));
            self.miss(format!("       not: {}", Value::Object(expected.clone())));
            if let Some(right) = expect.culprit.as_ref().filter(|_| !culprit) {
                self.miss(format!("   culprit: {}:{}", right.file, right.line));
            }
        }
    }

    fn no_false_alarm(&mut self, expect: &Expect, snapshot: &Snapshot) {
        let allowed: &[&str] = match expect.verdict_at_most.as_deref() {
            Some("busy") => &["busy", "waiting", "idle"],
            _ => &["waiting", "idle"],
        };
        let mut alarms = Vec::new();
        if snapshot.processes.is_empty() {
            alarms.push("there is no process".to_owned());
        }
        for process in &snapshot.processes {
            match &process.verdict {
                Some(verdict) if allowed.contains(&&*verdict.state) => {}
                Some(verdict) => {
                    alarms.push(format!("verdict {}: {}", verdict.state, verdict.summary));
                }
                None => alarms.push("there is no verdict".to_owned()),
            }
            let bad = |ours: &&ours::Diagnosis| !expect.may_say.contains(&ours.kind);
            for ours in process.diagnoses.iter().filter(bad) {
                alarms.push(format!("false alarm: {}", said(Some(process), ours)));
            }
        }
        self.healthy.add(alarms.is_empty());
        self.misses.append(&mut alarms);
    }
}

// ---------------------------------------------------------------- parts of a snapshot

pub fn label_of(process: usize, task: &Task, truth: &Truth) -> String {
    // The truth knows that somebody chose the name, even where the snapshot calls it a default.
    let chosen = truth.tasks.iter().any(|known| known.label == task.name);
    let named = (!task.name_is_default || chosen) && !task.name.is_empty();
    let name = named.then_some(&*task.name);
    label(process, name, &task.coroutine, task.is_done())
}

/// The tasks that are not done.
fn labelled<'a>(snapshot: &'a Snapshot, truth: &Truth) -> Vec<(String, &'a Task)> {
    let processes = snapshot.processes.iter().take(truth.processes).enumerate();
    let tasks = processes.flat_map(|(n, process)| process.tasks.iter().map(move |task| (n, task)));
    let alive = tasks.filter(|(_, task)| !task.is_done());
    alive
        .map(|(n, task)| (label_of(n, task, truth), task))
        .collect()
}

fn is_own(frame: &ours::Frame) -> bool {
    let directory = expect::directory();
    let file = frame.file.as_deref().map(std::path::Path::new);
    file.is_some_and(|file| file.parent() == Some(&*directory))
}

/// Compares a chain: frames of the program by function and line, frames of
/// libraries by qualified name. On versions that were not dumped only the former count.
fn chain_is(expect: &Expect, truth: &Truth, chain: &[Frame], ours: &Task) -> bool {
    let frames = ours.frames.iter().rev();
    let ours: Vec<_> = frames
        .filter(|frame| frame.kind != "native" && (truth.exact || is_own(frame)))
        .collect();
    let right = chain
        .iter()
        .filter(|frame| truth.exact || frame.library.is_none());
    let right: Vec<_> = right.collect();
    let same = |(right, ours): (&&Frame, &&ours::Frame)| match &right.library {
        Some(qualname) => ours.library && *qualname == ours.qualname,
        None => {
            let any_line = expect.any_line.contains(&right.function);
            let line = any_line || ours.line == Some(right.line);
            !ours.library && is_own(ours) && right.function == ours.function && line
        }
    };
    right.len() == ours.len() && right.iter().zip(&ours).all(same)
}

fn chain_miss(truth: &Truth, task: &expect::Task, ours: Option<&Task>) -> String {
    let right = task.chain.iter().map(|f| match &f.library {
        Some(qualname) => qualname.clone(),
        None => format!("{}:{}", f.function, f.line),
    });
    let right: Vec<_> = right.collect();
    let right = right.join(" > ");
    let Some(ours) = ours else {
        return format!("task {} is missing: {right}", task.label);
    };
    let frames = ours.frames.iter().rev();
    let frames = frames.filter(|frame| truth.exact || is_own(frame));
    let frames = frames.map(|f| match is_own(f) {
        true => format!("{}:{}", f.function, f.line.unwrap_or(0)),
        false => f.qualname.clone(),
    });
    let frames: Vec<_> = frames.collect();
    let (label, ours) = (&task.label, frames.join(" > "));
    format!("chain of {label}: {ours}\n          instead of {right}")
}

/// Edges that a program can derive about itself: those that it does not list do not exist.
const DERIVED: [&str; 9] = [
    "await",
    "gather",
    "task-group",
    "wait",
    "wait_for",
    "shield",
    "lock",
    "semaphore",
    "holds",
];

/// Whether an edge that the truth does not list is wrong.
fn is_judged(path: &Path, truth: &Truth) -> bool {
    let mut vias = path.vias.iter().map(|via| &**via);
    if truth.all_edges {
        return vias.all(|via| via != "event-loop");
    }
    vias.all(|via| DERIVED.contains(&via))
}

fn shown(path: &Path) -> String {
    format!("{} -> {} ({})", path.from, path.to, path.vias.join(", "))
}

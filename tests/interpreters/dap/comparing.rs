//! Compares the answers of the adapter with `--json` of the same process.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::asking::{Frame, Thread, Variable, named};
use super::client::Client;
use crate::support::compare::Mismatches;
use crate::support::snapshot::{self, Process};
use crate::support::{attach, pause};

/// The process in `--json --locals`. `raw` also has the fields that the types of
/// the tests leave out.
pub struct Truth {
    pub process: Process,
    pub raw: Value,
}

impl Truth {
    pub fn of(pid: u32) -> Result<Self, String> {
        let pid = pid.to_string();
        let look = || -> Result<Self, String> {
            let output = attach::run(&["--json", "--locals", "--pid", &pid])?;
            let mut process = attach::parse(&output.stdout)?.processes;
            let raw: Value =
                serde_json::from_str(&output.stdout).map_err(|error| error.to_string())?;
            Ok(Self {
                process: process.pop().ok_or("no process")?,
                raw: raw["processes"][0].clone(),
            })
        };
        pause::until_stopped(look, |truth| std::slice::from_ref(&truth.process))
    }

    /// Expected names of the threads and tasks.
    pub fn names(&self) -> BTreeSet<String> {
        let threads = self
            .process
            .threads
            .iter()
            .map(|thread| thread.name.clone());
        let tasks = self.process.tasks.iter().map(task_name);
        threads.chain(tasks).collect()
    }

    /// The task that is listed under this name.
    pub fn task(&self, listed: &str) -> Option<&snapshot::Task> {
        self.process
            .tasks
            .iter()
            .find(|task| task_name(task) == listed)
    }

    pub fn thread(&self, native_id: i64) -> Option<&snapshot::Thread> {
        let mut threads = self.process.threads.iter();
        threads.find(|thread| i64::try_from(thread.native_id) == Ok(native_id))
    }

    /// The frames that belong to this thread or task alone.
    pub fn frames(&self, thread: &Thread) -> Result<&[snapshot::Frame], String> {
        let frames = match thread.is_task() {
            true => self.task(&thread.name).map(|task| &task.frames),
            false => self.thread(thread.id).map(|thread| &thread.frames),
        };
        frames
            .map(Vec::as_slice)
            .ok_or_else(|| format!("{thread:?} is not in the snapshot"))
    }
}

/// `Task: fetch_data (Task-3)`
pub fn task_name(task: &snapshot::Task) -> String {
    format!("Task: {} ({})", task.coroutine, task.name)
}

/// The frames of the thread or task itself, without those of the task it waits for and those of its creation.
pub fn own(frames: &[Frame]) -> &[Frame] {
    let created = frames
        .iter()
        .position(|frame| frame.name == "created at" && frame.is_label());
    let frames = &frames[..created.unwrap_or(frames.len())];
    let label = frames.iter().rposition(Frame::is_label);
    &frames[label.map_or(0, |place| place + 1)..]
}

/// Compares functions, files, lines and columns of a stack.
pub fn stack(thread: &Thread, shown: &[Frame], truth: &[snapshot::Frame]) -> Vec<String> {
    let mut mismatches = Mismatches::of(&thread.name);
    let brief = |frames: &[Frame]| -> Vec<String> {
        frames
            .iter()
            .map(|frame| format!("{}:{}", frame.name, frame.line))
            .collect()
    };
    if shown.len() != truth.len() {
        mismatches.add(&format!(
            "{} frames, not {}: {:?}",
            shown.len(),
            truth.len(),
            brief(shown)
        ));
        return mismatches.found;
    }
    for (shown, truth) in shown.iter().zip(truth) {
        let mut frame = Mismatches::of(format!("{}, {}", thread.name, truth.qualname));
        let brief = truth
            .qualname
            .rsplit("<locals>.")
            .next()
            .unwrap_or_default();
        frame.equal("name", &shown.name.trim_end_matches(" (native)"), &brief);
        frame.equal("path", &shown.path(), &truth.file.as_deref());
        frame.equal("line", &shown.line, &truth.line.map_or(0, i64::from));
        let column = truth.column.or(truth.line.and(Some(1)));
        frame.equal("column", &shown.column, &column.map_or(0, i64::from));
        let is_subtle = shown.presentation_hint.as_deref() == Some("subtle");
        frame.equal("subtle", &is_subtle, &truth.library);
        mismatches.found.append(&mut frame.found);
    }
    mismatches.found
}

/// All variables, including those in groups of private names.
pub fn ungrouped(client: &mut Client, rows: Vec<Variable>) -> Result<Vec<Variable>, String> {
    let mut all = Vec::new();
    for row in rows {
        match row.is_group() {
            true => all.extend(client.variables(row.variables_reference)?),
            false => all.push(row),
        }
    }
    Ok(all)
}

/// Compares the locals of a frame by name and type, and evaluates each by its name.
pub fn locals(
    client: &mut Client,
    shown: &Frame,
    truth: &snapshot::Frame,
) -> Result<Vec<String>, String> {
    let Some(expected) = &truth.locals else {
        return Ok(Vec::new());
    };
    let mut mismatches = Mismatches::of(format!("locals of {}", truth.qualname));
    let rows = client.scope(shown.id, "Locals")?;
    let rows = ungrouped(client, rows)?;
    if truth.function != "<module>" {
        let names = |names: Vec<&str>| -> BTreeSet<String> {
            names.into_iter().map(str::to_owned).collect()
        };
        let ours = names(rows.iter().map(|row| &*row.name).collect());
        mismatches.equal(
            "names",
            &ours,
            &names(expected.iter().map(|it| &*it.name).collect()),
        );
    }
    let types: BTreeMap<&str, &str> = expected
        .iter()
        .map(|local| (&*local.name, &*local.type_name))
        .collect();
    for row in &rows {
        let Some(expected) = types.get(&*row.name) else {
            continue;
        };
        let ours = row.type_name.as_deref().unwrap_or_default();
        mismatches.equal(
            &format!("type of {}", row.name),
            &last(ours),
            &last(expected),
        );
        // A clock goes on between two snapshots, so its value may differ.
        let Some(name) = row.evaluate_name.as_deref().filter(|_| !truth.library) else {
            continue;
        };
        match client.evaluate(shown.id, name) {
            Ok(value) => mismatches.equal(&format!("value of {name}"), &value, &row.value),
            Err(why) => mismatches.add(&why),
        }
    }
    Ok(mismatches.found)
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Each page of a stack equals that part of the complete stack.
pub fn pages(client: &mut Client, thread: &Thread, whole: &[Frame]) -> Result<Vec<String>, String> {
    let mut mismatches = Mismatches::of(&thread.name);
    let parts = [
        (0, 1),
        (1, 19),
        (0, 0),
        (2, 3),
        (whole.len(), 5),
        (0, whole.len() + 1),
    ];
    for (start, levels) in parts {
        let arguments = json!({ "threadId": thread.id, "startFrame": start, "levels": levels });
        let (part, total) = client.part_of_stack(&arguments)?;
        let end = match levels {
            0 => whole.len(),
            levels => whole.len().min(start + levels),
        };
        mismatches.equal("totalFrames", &total, &whole.len());
        mismatches.equal(
            &format!("frames {start}+{levels}"),
            &&part[..],
            &&whole[start.min(end)..end],
        );
    }
    Ok(mismatches.found)
}

/// The scope with the reason of a task's wait, or with a thread's state.
pub fn facts(
    client: &mut Client,
    thread: &Thread,
    frame: &Frame,
    truth: &Truth,
) -> Result<Vec<String>, String> {
    let mut mismatches = Mismatches::of(&thread.name);
    let text = |rows: &[Variable], name: &str| -> Result<String, String> {
        named(rows, name).map(|row| row.value.clone())
    };
    if !thread.is_task() {
        let rows = client.scope(frame.id, "Thread")?;
        mismatches.equal(
            "native_id",
            &text(&rows, "native_id")?,
            &thread.id.to_string(),
        );
        let known = ["running", "blocked", "waits for the GIL", "unknown"];
        if !known.contains(&&*text(&rows, "state")?) {
            mismatches.add(&format!("state: {rows:?}"));
        }
        return Ok(mismatches.found);
    }
    let rows = client.scope(frame.id, "Wait")?;
    let (summary, reason) = (text(&rows, "summary")?, text(&rows, "wait_reason")?);
    if summary.is_empty() || reason.is_empty() {
        mismatches.add(&format!("summary {summary:?}, wait_reason {reason:?}"));
    }
    let task = truth
        .task(&thread.name)
        .ok_or("the task is not in the snapshot")?;
    let raw = truth.raw["tasks"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|it| it["id"] == *task.id);
    let kind = raw.and_then(|raw| raw["waits_for"]["kind"].as_str());
    let expected = match (&*task.state, task.outcome.as_deref()) {
        ("waiting", _) => kind.unwrap_or("unknown"),
        ("running", _) => "running",
        ("ready", _) => "runnable",
        (_, Some("exception")) => "failed",
        (_, Some("cancelled")) => "cancelled",
        _ => "completed",
    };
    mismatches.equal("wait_reason", &&*reason, &expected);
    if task.state == "waiting" && !rows.iter().any(|row| row.name == "since") {
        mismatches.add("nothing says since when it waits");
    }
    Ok(mismatches.found)
}

//! Holders of locks and the lines on which they were acquired; and tasks that only
//! their own references keep alive.

use std::collections::BTreeMap;

use dapper_attach::model::{ItemId, Process, Snapshot};
use libtest_mimic::Trial;
use serde::Deserialize;

use crate::support::legs::{Leg, Manifest};
use crate::support::suite::{Test, on_every_leg};
use crate::support::target::Target;
use crate::support::{Outcome, attach, none, truth};

pub fn trials(manifest: &Manifest) -> Vec<Vec<Trial>> {
    let tests: &[(&str, Test)] = &[
        ("holder_and_line_of_each_lock", holder_and_line),
        ("tasks_that_nothing_keeps", weakly_held),
    ];
    on_every_leg(manifest, "holders", |_| None, tests)
}

#[derive(Deserialize)]
struct Truth {
    /// Line on which each lock was taken, by its name.
    lines: BTreeMap<String, u32>,
}

fn look(leg: &Leg) -> Result<(Process, Truth), String> {
    let (target, path) = Target::program(leg, "holders.py")?;
    let truth = truth::read(&path)?;
    let pid = target.pid().to_string();
    let arguments = [
        "--pid",
        &pid,
        "--json",
        "--samples",
        "1",
        "--max-pause",
        "30000",
    ];
    let output = attach::run(&arguments)?;
    if output.code() != Some(0) {
        return Err(format!("dapper-attach failed: {}", output.stderr));
    }
    let mut snapshot: Snapshot =
        serde_json::from_str(&output.stdout).map_err(|error| error.to_string())?;
    match snapshot.processes.pop() {
        Some(process) => Ok((process, truth)),
        None => Err("no process in the snapshot".to_owned()),
    }
}

/// The id of the task of this coroutine, or of the thread of this name.
fn id_of(process: &Process, name: &str) -> Option<ItemId> {
    let mut tasks = process.tasks.iter();
    let task = tasks.find(|task| task.coroutine == name);
    let thread = || process.threads.iter().find(|thread| thread.name == name);
    task.map(|task| task.id).or_else(|| Some(thread()?.id))
}

fn holder_and_line(leg: &Leg) -> Outcome {
    let (process, truth) = look(leg)?;
    let mut mismatches = Vec::new();
    if truth.lines.len() != 7 {
        mismatches.push(format!("{} locks instead of 7", truth.lines.len()));
    }
    for (lock, line) in &truth.lines {
        if let Err(what) = compare(&process, lock, *line) {
            mismatches.push(format!("{lock}: {what}"));
        }
    }
    none(&mismatches)
}

fn compare(process: &Process, lock: &str, line: u32) -> Result<(), String> {
    let id = |name: String| id_of(process, &name).ok_or_else(|| format!("nobody is called {name}"));
    let (waiter, holder) = (id(format!("wants_{lock}"))?, id(format!("holds_{lock}"))?);
    let resource = process
        .resources
        .iter()
        .find(|resource| resource.waiters.contains(&waiter))
        .ok_or("nothing is waited for")?;
    if resource.holders != [holder] {
        return Err(format!("held by {:?}, not by {holder}", resource.holders));
    }
    let lines: Vec<_> = resource.taken_at.iter().map(|taken| taken.line).collect();
    if !lines.contains(&Some(line)) {
        return Err(format!("taken on {lines:?}, not on line {line}"));
    }
    Ok(())
}

fn weakly_held(leg: &Leg) -> Outcome {
    let (process, _) = look(leg)?;
    let mut mismatches = Vec::new();
    let mut seen = 0;
    for task in &process.tasks {
        let expected = match task.coroutine.as_str() {
            // There are two counts for each object, and no way to assign references to them.
            _ if leg.free_threaded => None,
            name if name.starts_with("lost_") => Some(true),
            name if name.starts_with("kept_") => Some(false),
            _ => continue,
        };
        seen += 1;
        if task.weakly_held != expected {
            let found = task.weakly_held;
            mismatches.push(format!("{}: {found:?}, not {expected:?}", task.coroutine));
        }
    }
    if seen < 8 {
        mismatches.push(format!("only {seen} tasks"));
    }
    none(&mismatches)
}

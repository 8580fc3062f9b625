//! A checklist over one process: what is in order, what is not, what is unknown.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::context::Context;
use super::facts::Facts;
use super::rule::Finding;
use super::rules;
use super::sources::Sources;
use super::wording::{location, resource_name};
use crate::model::{CoroutineState, DiagnosisKind, EventLoop, ItemId, Process, TaskState};

/// Findings shown as evidence of one check before the rest is counted.
const MAX_EVIDENCE: usize = 10;
/// A group of tasks this large is reported.
const LARGE_GROUP: usize = 1_000;
/// A group that grew by this many tasks between the first and the last sample
/// is reported.
const GROWTH: usize = 10;

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: String,
    /// `None` where it is not known.
    pub ok: Option<bool>,
    pub evidence: Vec<String>,
}

/// Answers all questions for the last sample.
pub fn checks(process: &Process, earlier: &[Process], sources: &dyn Sources) -> Vec<Check> {
    let context = Context::new(process, earlier, 0.0, sources);
    let found = rules::find_all(&context);
    let facts = &context.facts;
    vec![
        debug_mode(process),
        slow_callbacks(process),
        never_awaited(process),
        weakly_held(facts),
        unretrieved(facts),
        of_kind(
            &found,
            "swallowed cancellations",
            DiagnosisKind::SwallowedCancellation,
        ),
        growing_groups(facts),
        closed_loops(facts),
        executors(process, &found),
        async_generators(process),
        of_kind(&found, "blocked loops", DiagnosisKind::BlockedLoop),
    ]
}

fn check(name: &str, ok: Option<bool>, mut evidence: Vec<String>) -> Check {
    if evidence.len() > MAX_EVIDENCE {
        let more = evidence.len() - MAX_EVIDENCE;
        evidence.truncate(MAX_EVIDENCE);
        evidence.push(format!("and {more} more"));
    }
    Check {
        name: name.to_owned(),
        ok,
        evidence,
    }
}

/// A check that is in order where there is no evidence against it.
fn unless(name: &str, evidence: Vec<String>) -> Check {
    check(name, Some(evidence.is_empty()), evidence)
}

fn of_kind(found: &[Finding], name: &str, kind: DiagnosisKind) -> Check {
    let summaries = found.iter().filter(|one| one.rule.kind == kind);
    unless(
        name,
        summaries.map(|one| one.diagnosis.summary.clone()).collect(),
    )
}

/// Debug mode costs time, so it is in order when it is off.
fn debug_mode(process: &Process) -> Check {
    let modes: Vec<&EventLoop> = process.loops.iter().filter(|l| l.debug.is_some()).collect();
    let on = modes
        .iter()
        .any(|event_loop| event_loop.debug == Some(true));
    let mut evidence: Vec<String> = modes
        .iter()
        .map(|event_loop| {
            let state = if event_loop.debug == Some(true) {
                "on"
            } else {
                "off"
            };
            format!("{}: debug mode is {state}", event_loop.class_name)
        })
        .collect();
    if on {
        evidence.push(how_debug_was_set(process));
    }
    check("debug mode", (!modes.is_empty()).then_some(!on), evidence)
}

fn how_debug_was_set(process: &Process) -> String {
    let mut words = process.command.iter().map(String::as_str);
    let dev = words.clone().any(|word| word == "-Xdev")
        || words
            .clone()
            .zip(process.command.iter().skip(1))
            .any(|(x, dev)| x == "-X" && dev == "dev");
    match dev {
        true => "set by -X dev on the command line".to_owned(),
        false if words.any(|word| word == "-X") => {
            "set by a -X option, PYTHONASYNCIODEBUG or loop.set_debug()".to_owned()
        }
        false => {
            "set by PYTHONASYNCIODEBUG, asyncio.run(debug=True) or loop.set_debug()".to_owned()
        }
    }
}

fn slow_callbacks(process: &Process) -> Check {
    let known = process.loops.iter().filter_map(|event_loop| {
        let limit = event_loop.slow_callback_s?;
        let used = match event_loop.debug {
            Some(true) => "",
            _ => " (used in debug mode only)",
        };
        Some(format!(
            "{}: callbacks of more than {limit} s are slow{used}",
            event_loop.class_name
        ))
    });
    let evidence: Vec<String> = known.collect();
    check(
        "slow callback threshold",
        (!evidence.is_empty()).then_some(true),
        evidence,
    )
}

fn never_awaited(process: &Process) -> Check {
    let created = process.coroutines.iter().filter(|coroutine| {
        coroutine.state == CoroutineState::Created && coroutine.event_loop.is_none()
    });
    let evidence = created.map(|coroutine| match &coroutine.referenced_by {
        Some(path) => format!("{} (kept in {path})", coroutine.qualname),
        None => coroutine.qualname.clone(),
    });
    unless("never-awaited coroutines", evidence.collect())
}

fn weakly_held(facts: &Facts<'_>) -> Check {
    let known = facts.live_tasks().any(|task| task.weakly_held.is_some());
    let weak = facts
        .live_tasks()
        .filter(|task| task.weakly_held == Some(true));
    let evidence: Vec<String> = weak
        .map(|task| format!("{} in {}", facts.name(task.id), location(&task.frames)))
        .collect();
    let none = facts.live_tasks().next().is_none();
    let ok = (known || none).then_some(evidence.is_empty());
    check("tasks only weakly referenced", ok, evidence)
}

fn unretrieved(facts: &Facts<'_>) -> Check {
    let done = facts.process.tasks.iter();
    let failed = done.filter(|task| task.state == TaskState::Done);
    let evidence = failed.filter_map(|task| {
        let exception = task
            .exception
            .as_ref()
            .filter(|exception| !exception.retrieved)?;
        Some(format!(
            "{}: {}: {}",
            facts.name(task.id),
            exception.type_name,
            exception.message
        ))
    });
    unless("unretrieved exceptions", evidence.collect())
}

/// Live tasks by the coroutine that they run.
fn groups(process: &Process) -> FxHashMap<&str, usize> {
    let mut groups = FxHashMap::default();
    for task in process
        .tasks
        .iter()
        .filter(|task| task.state != TaskState::Done)
    {
        *groups.entry(task.coroutine.as_str()).or_default() += 1;
    }
    groups
}

fn growing_groups(facts: &Facts<'_>) -> Check {
    let now = groups(facts.process);
    let samples: Vec<FxHashMap<&str, usize>> = facts.earlier.iter().map(groups).collect();
    let mut evidence: Vec<(usize, String)> = Vec::new();
    for (coroutine, count) in &now {
        let mut course: Vec<usize> = samples
            .iter()
            .map(|sample| sample.get(coroutine).copied().unwrap_or_default())
            .collect();
        course.push(*count);
        let first = course.first().copied().unwrap_or_default();
        let rises = course.is_sorted() && *count >= first + GROWTH;
        if rises {
            evidence.push((
                *count,
                format!("{coroutine}: from {first} to {count} tasks"),
            ));
        } else if *count >= LARGE_GROUP {
            evidence.push((*count, format!("{coroutine}: {count} tasks")));
        }
    }
    evidence.sort_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.cmp(y)));
    let evidence = evidence.into_iter().map(|(_, text)| text).collect();
    unless("leaking or growing groups of tasks", evidence)
}

fn closed_loops(facts: &Facts<'_>) -> Check {
    let loops = facts.process.loops.iter();
    let dead = loops.filter(|event_loop| event_loop.closed == Some(true) || !event_loop.running);
    let evidence = dead.filter_map(|event_loop| {
        let tasks = facts
            .live_tasks()
            .filter(|task| task.event_loop == Some(event_loop.id));
        let tasks: Vec<ItemId> = tasks.map(|task| task.id).collect();
        let state = if event_loop.closed == Some(true) {
            "closed"
        } else {
            "stopped"
        };
        (!tasks.is_empty()).then(|| {
            format!(
                "{} is {state} and {} pending: {}",
                event_loop.class_name,
                if tasks.len() == 1 {
                    "1 task is".to_owned()
                } else {
                    format!("{} tasks are", tasks.len())
                },
                facts.names(&tasks)
            )
        })
    });
    unless("closed loops with pending tasks", evidence.collect())
}

fn executors(process: &Process, found: &[Finding]) -> Check {
    let all: Vec<_> = process
        .resources
        .iter()
        .filter(|resource| resource.kind.runs_jobs())
        .collect();
    let closed = all.iter().filter(|resource| resource.closed == Some(true));
    let mut evidence: Vec<String> = closed
        .map(|resource| {
            let name = resource_name(resource);
            format!(
                "{name} is shut down, {} queued",
                resource.size.unwrap_or_default()
            )
        })
        .collect();
    let exhausted = found
        .iter()
        .filter(|one| one.rule.kind == DiagnosisKind::ExecutorExhausted);
    evidence.extend(exhausted.map(|one| one.diagnosis.summary.clone()));
    unless("executors shut down or exhausted", evidence)
}

fn async_generators(process: &Process) -> Check {
    let suspended = process
        .coroutines
        .iter()
        .filter(|coroutine| coroutine.state == CoroutineState::AsyncGenerator);
    let evidence = suspended
        .map(|generator| format!("{} in {}", generator.qualname, location(&generator.frames)));
    unless("suspended async generators", evidence.collect())
}

#[cfg(test)]
mod tests;

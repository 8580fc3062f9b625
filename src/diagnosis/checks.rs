//! A checklist over one process: what is in order, what is not, what is unknown.

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::context::Context;
use super::rules;
use crate::diagnosis::sources::Sources;
use crate::model::{Diagnosis, EventLoop, Process, TaskState};

/// Most findings shown as evidence of one check.
const EVIDENCE: usize = 10;
/// A group of tasks this large is worth a look.
const LARGE_GROUP: usize = 1_000;
/// Growth of a group between the first and the last sample that counts.
const GROWTH: usize = 10;

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    pub name: String,
    /// `None` where it cannot be known.
    pub ok: Option<bool>,
    pub evidence: Vec<String>,
}

/// Answers all questions for the last sample.
pub fn checks(process: &Process, earlier: &[Process], sources: &dyn Sources) -> Vec<Check> {
    let context = Context::new(process, earlier, 0.0, sources);
    let found: Vec<Diagnosis> = rules::RULES
        .iter()
        .flat_map(|rule| rule(&context))
        .collect();
    vec![
        debug_mode(process),
        slow_callbacks(process),
        never_awaited(process),
        weakly_held(&context),
        unretrieved(&context),
        of_kind(&found, "swallowed cancellations", "swallowed-cancellation"),
        growing_groups(&context),
        closed_loops(&context),
        executors(process, &found),
        async_generators(process),
        of_kind(&found, "blocked loops", "blocked-loop"),
    ]
}

fn check(name: &str, ok: Option<bool>, mut evidence: Vec<String>) -> Check {
    if evidence.len() > EVIDENCE {
        let more = evidence.len() - EVIDENCE;
        evidence.truncate(EVIDENCE);
        evidence.push(format!("and {more} more"));
    }
    Check {
        name: name.to_owned(),
        ok,
        evidence,
    }
}

/// In order where nothing speaks against it.
fn unless(name: &str, evidence: Vec<String>) -> Check {
    check(name, Some(evidence.is_empty()), evidence)
}

fn of_kind(found: &[Diagnosis], name: &str, kind: &str) -> Check {
    let summaries = found.iter().filter(|one| one.kind == kind);
    unless(name, summaries.map(|one| one.summary.clone()).collect())
}

/// Debug mode costs time: in order is off.
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
    let created = process
        .coroutines
        .iter()
        .filter(|coroutine| coroutine.state == "created" && coroutine.event_loop.is_none());
    let evidence = created.map(|coroutine| match &coroutine.referenced_by {
        Some(path) => format!("{} (kept in {path})", coroutine.qualname),
        None => coroutine.qualname.clone(),
    });
    unless("never-awaited coroutines", evidence.collect())
}

fn weakly_held(context: &Context<'_>) -> Check {
    let known = context.live_tasks().any(|task| task.weakly_held.is_some());
    let weak = context
        .live_tasks()
        .filter(|task| task.weakly_held == Some(true));
    let evidence: Vec<String> = weak
        .map(|task| {
            format!(
                "{} in {}",
                context.name(&task.id),
                rules::place(&task.frames)
            )
        })
        .collect();
    let none = context.live_tasks().next().is_none();
    let ok = (known || none).then_some(evidence.is_empty());
    check("tasks only weakly referenced", ok, evidence)
}

fn unretrieved(context: &Context<'_>) -> Check {
    let done = context.process.tasks.iter();
    let failed = done.filter(|task| task.state == TaskState::Done);
    let evidence = failed.filter_map(|task| {
        let exception = task
            .exception
            .as_ref()
            .filter(|exception| !exception.retrieved)?;
        Some(format!(
            "{}: {}: {}",
            context.name(&task.id),
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

fn growing_groups(context: &Context<'_>) -> Check {
    let now = groups(context.process);
    let samples: Vec<FxHashMap<&str, usize>> = context.earlier.iter().map(groups).collect();
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

fn closed_loops(context: &Context<'_>) -> Check {
    let loops = context.process.loops.iter();
    let dead = loops.filter(|event_loop| event_loop.closed == Some(true) || !event_loop.running);
    let evidence = dead.filter_map(|event_loop| {
        let tasks = context
            .live_tasks()
            .filter(|task| task.event_loop.as_deref() == Some(&event_loop.id));
        let tasks: Vec<&str> = tasks.map(|task| task.id.as_str()).collect();
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
                context.names(&tasks)
            )
        })
    });
    unless("closed loops with pending tasks", evidence.collect())
}

fn executors(process: &Process, found: &[Diagnosis]) -> Check {
    let kinds = ["executor", "process-pool", "limiter"];
    let all: Vec<_> = process
        .resources
        .iter()
        .filter(|resource| kinds.contains(&resource.kind.as_str()))
        .collect();
    let closed = all.iter().filter(|resource| resource.closed == Some(true));
    let mut evidence: Vec<String> = closed
        .map(|resource| {
            let name = super::context::resource_name(resource);
            format!(
                "{name} is shut down, {} queued",
                resource.size.unwrap_or_default()
            )
        })
        .collect();
    let exhausted = found.iter().filter(|one| one.kind == "executor-exhausted");
    evidence.extend(exhausted.map(|one| one.summary.clone()));
    unless("executors shut down or exhausted", evidence)
}

fn async_generators(process: &Process) -> Check {
    let suspended = process
        .coroutines
        .iter()
        .filter(|coroutine| coroutine.state == "async-generator");
    let evidence = suspended.map(|generator| {
        format!(
            "{} in {}",
            generator.qualname,
            rules::place(&generator.frames)
        )
    });
    unless("suspended async generators", evidence.collect())
}

#[cfg(test)]
mod tests;

//! The events of `watch`: as text, as JSON, and for systemd's journal.

use std::io::{self, Write};

use serde::Serialize;

use super::watch_arguments::{LogFormat, WatchArguments};
use crate::inspect::inspection::now;
use crate::inspect::watching::Event;
use crate::model::VerdictState;
use crate::plain_text::clean;
use crate::profile::Place;
use crate::profile::growth::Grown;
use crate::profile::pools::PoolChange;
use crate::profile::steps::SlowStep;

/// Version of the JSON objects.
const SCHEMA_VERSION: u32 = 1;

/// Priorities of systemd's journal (`sd-daemon(3)`).
const WARNING: u8 = 4;
const NOTICE: u8 = 5;
const ERROR: u8 = 3;

/// One event as JSON.
#[derive(Default, Serialize)]
struct Line<'a> {
    schema_version: u32,
    at: &'a str,
    event: &'static str,
    pid: u32,
    #[serde(rename = "loop", skip_serializing_if = "Option::is_none")]
    event_loop: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lasted_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_most_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waited_for_processor_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stopped_by_cgroup_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<VerdictState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    every_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recording: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tasks: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    over_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creates: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_in: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    child: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    arguments: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting: Option<u64>,
}

/// Prints an event at once: whoever reads the lines waits for them.
///
/// # Errors
/// Those of standard output.
pub(super) fn print(event: &Event, arguments: &WatchArguments) -> io::Result<()> {
    let pid = arguments.pid;
    // Of one process, everybody knows which it is.
    let whose = match arguments.children {
        true => format!("{pid} "),
        false => String::new(),
    };
    let at = now();
    let mut out = io::stdout().lock();
    match arguments.log {
        LogFormat::Json => {
            serde_json::to_writer(&mut out, &as_json(event, pid, &at))?;
            writeln!(out)?;
        }
        LogFormat::Text => writeln!(out, "{at} {whose}{}", in_words(event, pid))?,
        LogFormat::Journal => {
            let priority = priority(event);
            writeln!(out, "<{priority}>{whose}{}", in_words(event, pid))?;
        }
    }
    out.flush()
}

const fn priority(event: &Event) -> u8 {
    match event {
        Event::Hang { .. } => ERROR,
        Event::Slow(_)
        | Event::Grown(_)
        | Event::Unawaited(_)
        | Event::Pool(PoolChange::Full(_)) => WARNING,
        Event::HangOver { .. }
        | Event::Pool(PoolChange::Free { .. })
        | Event::Thinned { .. }
        | Event::JudgedRarely { .. }
        | Event::ChildBegan { .. }
        | Event::ChildEnded { .. }
        | Event::Executed { .. }
        | Event::Kept { .. }
        | Event::Gone => NOTICE,
    }
}

fn as_json<'a>(event: &'a Event, pid: u32, at: &'a str) -> Line<'a> {
    let line = Line {
        schema_version: SCHEMA_VERSION,
        at,
        event: "gone",
        pid,
        ..Line::default()
    };
    match event {
        Event::Slow(step) => {
            let place = step.what.place.as_ref();
            Line {
                event: match step.at_most_s {
                    Some(_) => "slow_step",
                    None => "loop_blocked",
                },
                event_loop: Some(&step.event_loop),
                lasted_s: Some(step.lasted_s),
                at_most_s: step.at_most_s,
                callback: step.what.callback.as_deref(),
                why: Some(&step.what.why)
                    .filter(|why| !why.is_empty())
                    .map(String::as_str),
                waited_for_processor_s: worth_telling(step, step.delays.waited_s),
                stopped_by_cgroup_s: worth_telling(step, step.delays.stopped_s),
                ..at_place(line, place)
            }
        }
        Event::Hang {
            state,
            summary,
            culprit,
        } => Line {
            event: "hang",
            verdict: Some(*state),
            summary: Some(summary),
            function: culprit.as_ref().map(|it| &*it.function),
            file: culprit.as_ref().map(|it| &*it.file),
            line: culprit.as_ref().map(|it| it.line),
            ..line
        },
        Event::HangOver { lasted_s } => Line {
            event: "hang_over",
            at_most_s: Some(*lasted_s),
            ..line
        },
        Event::Thinned { rate } => Line {
            event: "thinned",
            rate: Some(*rate),
            ..line
        },
        Event::JudgedRarely { every_s } => Line {
            event: "thinned",
            every_s: Some(*every_s),
            ..line
        },
        Event::Grown(grown) => Line {
            event: "grows",
            group: Some(&grown.group),
            tasks: Some(grown.tasks),
            before: Some(grown.before),
            over_s: Some(grown.over_s),
            creates: grown.place.as_ref().map(|_| grown.is_creation),
            ..at_place(line, grown.place.as_ref())
        },
        Event::Unawaited(unawaited) => Line {
            event: "never_awaited",
            lasted_s: Some(unawaited.for_s),
            kept_in: unawaited.kept_in.as_deref(),
            ..at_place(line, Some(&unawaited.place))
        },
        Event::Pool(PoolChange::Full(full)) => Line {
            event: "pool_full",
            pool: Some(&full.pool),
            limit: Some(full.limit),
            waiting: Some(full.waiting),
            ..line
        },
        Event::Pool(PoolChange::Free { pool }) => Line {
            event: "pool_free",
            pool: Some(pool),
            ..line
        },
        Event::ChildBegan { pid, command } => Line {
            event: "child_began",
            child: Some(*pid),
            command: Some(command),
            ..line
        },
        Event::ChildEnded { pid, command } => Line {
            event: "child_ended",
            child: Some(*pid),
            command: Some(command),
            ..line
        },
        Event::Executed { command } => Line {
            event: "executed",
            arguments: Some(command),
            ..line
        },
        Event::Kept { path } => Line {
            event: "kept",
            recording: Some(path.display().to_string()),
            ..line
        },
        Event::Gone => line,
    }
}

/// Less than this part of a step is not told.
const LEAST_DELAY: f64 = 0.1;

/// A delay of a step, if it is a part of it that matters.
fn worth_telling(step: &SlowStep, delay_s: f64) -> Option<f64> {
    (delay_s > LEAST_DELAY * step.lasted_s).then_some(delay_s)
}

/// The line with a place in the source.
fn at_place<'a>(line: Line<'a>, place: Option<&'a Place>) -> Line<'a> {
    Line {
        function: place.map(|place| &*place.name),
        file: place.and_then(|place| place.file.as_deref()),
        line: place.and_then(|place| place.line),
        ..line
    }
}

fn in_words(event: &Event, pid: u32) -> String {
    let words = match event {
        Event::Slow(step) => slow(step),
        Event::Hang {
            state,
            summary,
            culprit,
        } => {
            let state = state.as_str().to_uppercase().replace('-', " ");
            let at = culprit
                .as_ref()
                .map(|it| format!(", at {}:{}", it.file, it.line));
            format!("{state}: {summary}{}", at.unwrap_or_default())
        }
        Event::HangOver { lasted_s } => {
            format!("it no longer hangs; it did for at most {lasted_s:.0} s")
        }
        Event::Thinned { rate } => {
            format!("looks {rate:.1} times a second, to keep to --max-overhead")
        }
        Event::JudgedRarely { every_s } => {
            format!("judges it every {every_s:.0} s, to keep to --max-overhead")
        }
        Event::Grown(grown) => growth(grown),
        Event::Unawaited(unawaited) => {
            let kept = unawaited.kept_in.as_ref();
            let kept = kept.map(|path| format!(", kept in {path}"));
            format!(
                "coroutine {} was created and not awaited for at least {:.0} s{}",
                unawaited.place.label(),
                unawaited.for_s,
                kept.unwrap_or_default()
            )
        }
        Event::Pool(PoolChange::Full(full)) => format!(
            "{} is at its limit of {}; {} wait{} for a place",
            full.pool,
            full.limit,
            full.waiting,
            if full.waiting == 1 { "s" } else { "" }
        ),
        Event::Pool(PoolChange::Free { pool }) => {
            format!("{pool} is no longer at its limit, or nobody waits for a place")
        }
        Event::ChildBegan { pid, command } => format!("has a new child {pid}: {command}"),
        Event::ChildEnded { pid, command } => format!("its child {pid} has ended: {command}"),
        Event::Executed { command } => format!("runs another program: {}", command.join(" ")),
        Event::Kept { path } => format!("what was before it is in {}", path.display()),
        Event::Gone => format!("process {pid} has ended"),
    };
    clean(&words).into_owned()
}

fn growth(grown: &Grown) -> String {
    let how = match grown.is_creation {
        true => "created at",
        false => "of",
    };
    let place = grown.place.as_ref();
    let place = place.map(|place| format!(", {how} {}", place.label()));
    format!(
        "tasks of {} grow: from {} to {} in {:.0} s{}",
        grown.group,
        grown.before,
        grown.tasks,
        grown.over_s,
        place.unwrap_or_default()
    )
}

fn slow(step: &SlowStep) -> String {
    let ms = |seconds: f64| seconds * 1e3;
    let lasted = match step.at_most_s {
        Some(most) => format!(
            "was blocked for {:.0} to {:.0} ms",
            ms(step.lasted_s),
            ms(most)
        ),
        None => format!("is blocked for {:.1} s", step.lasted_s),
    };
    let place = step.what.place.as_ref();
    let place = place.map(|place| format!(", in {}", place.label()));
    let callback = step.what.callback.as_ref().map(|it| format!(" by {it}"));
    let why = match step.what.why.is_empty() {
        true => String::new(),
        false => format!(": {}", step.what.why),
    };
    let delay = |delay_s, what| {
        let told = worth_telling(step, delay_s);
        told.map(|delay_s| format!("; {what} for {:.0} ms", ms(delay_s)))
    };
    let waited = delay(step.delays.waited_s, "its thread waited for a processor");
    let stopped = delay(
        step.delays.stopped_s,
        "its cgroup had used its processor time and stood still",
    );
    format!(
        "loop {} {lasted}{}{}{why}{}{}",
        step.event_loop,
        callback.unwrap_or_default(),
        place.unwrap_or_default(),
        waited.unwrap_or_default(),
        stopped.unwrap_or_default(),
    )
}

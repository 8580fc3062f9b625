//! `dapper-attach watch`

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use signal_hook::consts::{SIGINT, SIGTERM};

use super::failure::Failure;
use super::on_hang::OnHang;
use super::watch_arguments::{LogFormat, WatchArguments};
use crate::inspect::inspection::now;
use crate::inspect::watching::{Event, WatchOptions, Watcher};
use crate::model::VerdictState;
use crate::plain_text::clean;
use crate::profile::steps::SlowStep;

/// Version of the JSON objects.
const SCHEMA_VERSION: u32 = 1;

/// Priorities of systemd's journal (`sd-daemon(3)`).
const WARNING: u8 = 4;
const NOTICE: u8 = 5;
const ERROR: u8 = 3;

/// One event as JSON.
#[derive(Serialize)]
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
    verdict: Option<VerdictState>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rate: Option<f64>,
}

/// Watches a process, and prints a line for each event.
///
/// # Errors
/// If the process cannot be read.
pub(super) fn run(arguments: &WatchArguments) -> Result<(), Failure> {
    let end: Arc<AtomicBool> = Arc::default();
    for signal in [SIGINT, SIGTERM] {
        let registered = signal_hook::flag::register_conditional_default(signal, Arc::clone(&end))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&end)));
        registered.map_err(|error| {
            Failure::new(
                "signals",
                format!("signals cannot be received: {error}"),
                None,
            )
        })?;
    }
    let mut watcher = Watcher::open(WatchOptions {
        pid: arguments.pid,
        rate: arguments.rate,
        slow_s: arguments.slow.as_secs_f64(),
        verdict_every: arguments.every,
        max_overhead: arguments.max_overhead / 100.0,
        lasts: arguments.duration,
    })?;
    for class in watcher.unseen() {
        let _ = writeln!(
            io::stderr().lock(),
            "dapper-attach: slow steps of a {} cannot be seen; hangs are",
            clean(class)
        );
    }
    let command = arguments.on_hang.clone();
    let mut on_hang = command.map(|command| OnHang::new(command, arguments.pid));
    let mut written = Ok(());
    let mut tell = |event: &Event| {
        if let Some(on_hang) = &mut on_hang {
            on_hang.tell(event);
        }
        written = print(event, arguments);
        written.is_ok()
    };
    let watched = watcher.run(&|| !end.load(Ordering::Relaxed), &mut tell);
    written.map_err(Failure::from)?;
    Ok(watched?)
}

/// Prints an event at once: whoever reads the lines waits for them.
fn print(event: &Event, arguments: &WatchArguments) -> io::Result<()> {
    let at = now();
    let mut out = io::stdout().lock();
    match arguments.log {
        LogFormat::Json => {
            serde_json::to_writer(&mut out, &as_json(event, arguments.pid, &at))?;
            writeln!(out)?;
        }
        LogFormat::Text => writeln!(out, "{at} {}", in_words(event, arguments.pid))?,
        LogFormat::Journal => {
            let priority = priority(event);
            writeln!(out, "<{priority}>{}", in_words(event, arguments.pid))?;
        }
    }
    out.flush()
}

const fn priority(event: &Event) -> u8 {
    match event {
        Event::Hang { .. } => ERROR,
        Event::Slow(_) => WARNING,
        Event::HangOver { .. } | Event::Thinned { .. } | Event::Gone => NOTICE,
    }
}

fn as_json<'a>(event: &'a Event, pid: u32, at: &'a str) -> Line<'a> {
    let line = Line {
        schema_version: SCHEMA_VERSION,
        at,
        event: "gone",
        pid,
        event_loop: None,
        lasted_s: None,
        at_most_s: None,
        callback: None,
        function: None,
        file: None,
        line: None,
        why: None,
        verdict: None,
        summary: None,
        rate: None,
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
                function: place.map(|place| &*place.name),
                file: place.and_then(|place| place.file.as_deref()),
                line: place.and_then(|place| place.line),
                why: Some(&step.what.why)
                    .filter(|why| !why.is_empty())
                    .map(String::as_str),
                ..line
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
        Event::Gone => line,
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
        Event::Gone => format!("process {pid} has ended"),
    };
    clean(&words).into_owned()
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
    format!(
        "loop {} {lasted}{}{}{why}",
        step.event_loop,
        callback.unwrap_or_default(),
        place.unwrap_or_default(),
    )
}

//! JSON lines: one object for the recording, then one for each interval.

use std::io::{self, Write};

use serde::Serialize;

use super::Profile;
use super::interval::Interval;

#[derive(Serialize)]
#[serde(rename_all = "snake_case", tag = "record")]
enum Line<'a> {
    /// The first line.
    Recording {
        version: u32,
        pid: u32,
        python: &'a str,
        command: &'a [String],
        began: &'a str,
        duration_s: f64,
        trust: Vec<String>,
        looks: u64,
        missed: u64,
        failed: u64,
        rejected: u64,
        read: u64,
        /// Intervals that are missing, because there were too many.
        left_out: u64,
    },
    /// One interval of a task or thread.
    Interval {
        item: String,
        from_s: f64,
        to_s: f64,
        state: &'static str,
        kind: Option<&'static str>,
        reason: Option<&'a str>,
        group: &'a str,
        #[serde(rename = "loop")]
        event_loop: Option<&'a str>,
        /// Outermost first: `fetch (app.py:12)`.
        stack: Vec<String>,
    },
}

/// Writes the profile.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    line(
        out,
        &Line::Recording {
            version: 1,
            pid: profile.about.pid,
            python: &profile.about.python,
            command: &profile.about.command,
            began: &profile.about.began,
            duration_s: profile.trust.lasted.as_secs_f64(),
            trust: profile.trust.parts(),
            looks: profile.trust.looks,
            missed: profile.trust.missed,
            failed: profile.trust.failed,
            rejected: profile.trust.rejected,
            read: profile.trust.read,
            left_out: profile.timeline.left_out(),
        },
    )?;
    for interval in profile.timeline.intervals() {
        if let Some(interval) = of_interval(profile, interval) {
            line(out, &interval)?;
        }
    }
    Ok(())
}

fn of_interval<'a>(profile: &'a Profile, interval: &Interval) -> Option<Line<'a>> {
    let states = &profile.timeline.states;
    let state = states.get(interval.state)?;
    let reason = states.reason(state);
    Some(Line::Interval {
        item: interval.item.to_string(),
        from_s: seconds(interval.from_ns),
        to_s: seconds(interval.to_ns),
        state: state.activity.as_str(),
        kind: reason.map(|reason| reason.kind.as_str()),
        reason: reason
            .map(|reason| reason.text.as_str())
            .filter(|text| !text.is_empty()),
        group: states.name(state.group),
        event_loop: state.event_loop.map(|name| states.name(name)),
        stack: states
            .places_of(state.stack)
            .map(|place| place.label())
            .collect(),
    })
}

fn seconds(ns: u64) -> f64 {
    ns as f64 / 1e9
}

fn line(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

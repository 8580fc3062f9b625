//! The file format of speedscope: one profile for all tasks, one for all threads, and one for what
//! runs (speedscope's file-format-spec.ts).

use std::io::{self, Write};

use serde::Serialize;

use super::Profile;
use super::interval::Sum;
use super::stacks::{Activity, State, Who};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: String,
    exporter: String,
    active_profile_index: usize,
    shared: Shared,
    profiles: Vec<Sampled>,
}

#[derive(Serialize)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Serialize)]
struct Frame {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Sampled {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

/// Writes the profile. Weights are nanoseconds.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let states = &profile.timeline.states;
    let places = states.places().map(|place| Frame {
        name: place.name.to_string(),
        file: place.file.as_deref().map(str::to_owned),
        line: place.line,
    });
    let mut frames: Vec<Frame> = places.collect();
    // The reasons come after the places, then the groups.
    let first_reason = frames.len();
    let label = |name: String| Frame {
        name,
        file: None,
        line: None,
    };
    let reasons = states.reasons();
    frames.extend(reasons.map(|it| label(format!("[{}]", it.label()))));
    let first_activity = frames.len();
    let activities = [
        Activity::Waiting,
        Activity::Ready,
        Activity::Running,
        Activity::WaitingGil,
    ];
    frames.extend(activities.map(|it| label(format!("[{}]", it.as_str()))));
    let first_name = frames.len();
    frames.extend(states.names().map(|name| label(name.to_owned())));
    let sample = |state: &State| {
        let leaf = match state.reason {
            Some(reason) => Some(first_reason + reason as usize),
            None => activities
                .iter()
                .position(|it| *it == state.activity)
                .map(|at| first_activity + at),
        };
        let stack = states.stack(state.stack).iter().map(|at| *at as usize);
        let group = std::iter::once(first_name + state.group as usize);
        group.chain(stack).chain(leaf).collect::<Vec<usize>>()
    };
    let sampled = |name: &str, is_in: &dyn Fn(&State) -> bool, weight: fn(Sum) -> u64| {
        let sums = profile.timeline.sums().filter(|(state, _)| is_in(state));
        let sums = sums.map(|(state, sum)| (sample(state), weight(sum)));
        let (samples, weights): (Vec<_>, Vec<u64>) = sums.filter(|(_, weight)| *weight > 0).unzip();
        Sampled {
            kind: "sampled",
            name: name.to_owned(),
            unit: "nanoseconds",
            start_value: 0,
            end_value: weights
                .iter()
                .fold(0, |sum: u64, it| sum.saturating_add(*it)),
            samples,
            weights,
        }
    };
    let wall = |sum: Sum| sum.wall_ns;
    let file = File {
        schema: "https://www.speedscope.app/file-format-schema.json",
        name: format!("{} ({})", profile.title(), profile.trust.line()),
        exporter: concat!(env!("CARGO_PKG_NAME"), "@", env!("CARGO_PKG_VERSION")).to_owned(),
        active_profile_index: 0,
        profiles: vec![
            sampled("all tasks, wall time", &|it| it.who == Who::Task, wall),
            sampled("all threads, wall time", &|it| it.who == Who::Thread, wall),
            sampled(
                "processor time of threads",
                &|it| it.who == Who::Thread,
                |sum| sum.cpu_ns,
            ),
        ],
        shared: Shared { frames },
    };
    serde_json::to_writer(&mut *out, &file)?;
    out.write_all(b"\n")
}

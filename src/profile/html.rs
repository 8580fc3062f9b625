//! A page that shows the profile in any browser, offline: `flamegraph.html`, with the profile as
//! JSON in it. The page says what each key is.

use std::collections::BTreeMap;
use std::io::{self, Write};

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use super::Profile;
use super::stacks::State;

/// The page, with `PLACEHOLDER` where the JSON belongs.
const PAGE: &str = include_str!("flamegraph.html");
const PLACEHOLDER: &str = "__RECORDING__";

/// Version of the JSON in the page.
pub(super) const VERSION: u32 = 1;

#[derive(Serialize)]
pub(super) struct Recording<'a> {
    pub version: u32,
    /// Of a diff: what the recording before is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<String>,
    pub title: String,
    pub pid: u32,
    pub python: &'a str,
    pub command: String,
    pub began: &'a str,
    pub duration_s: f64,
    pub trust: Vec<String>,
    pub strings: Vec<String>,
    pub frames: Vec<Frame>,
    pub reasons: Vec<Reason>,
    pub groups: Vec<usize>,
    pub loops: Vec<usize>,
    pub stacks: Vec<Stack<'a>>,
    pub lag: Vec<Lag>,
    pub steps: Vec<Step>,
}

#[derive(Serialize)]
pub(super) struct Frame {
    #[serde(rename = "n")]
    pub name: usize,
    #[serde(rename = "f")]
    pub file: Option<usize>,
    #[serde(rename = "l")]
    pub line: Option<u32>,
    #[serde(rename = "o")]
    pub own: u8,
}

#[derive(Serialize)]
pub(super) struct Reason {
    #[serde(rename = "k")]
    pub kind: &'static str,
    #[serde(rename = "t")]
    pub text: usize,
}

#[derive(Serialize)]
pub(super) struct Stack<'a> {
    #[serde(rename = "f")]
    pub frames: &'a [u32],
    #[serde(rename = "r")]
    pub reason: Option<u32>,
    #[serde(rename = "s")]
    pub state: &'static str,
    #[serde(rename = "g")]
    pub group: usize,
    #[serde(rename = "p")]
    pub event_loop: Option<usize>,
    pub who: &'static str,
    pub wall: u64,
    /// Of a diff: the same in the recording before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    pub cpu: u64,
}

#[derive(Serialize)]
pub(super) struct Lag {
    #[serde(rename = "loop")]
    pub event_loop: usize,
    pub points: Vec<(f64, f64)>,
}

/// A step that blocked its loop for long.
#[derive(Serialize)]
pub(super) struct Step {
    #[serde(rename = "loop")]
    pub event_loop: usize,
    pub at: f64,
    pub s: f64,
    pub frame: Option<u32>,
    #[serde(rename = "g")]
    pub group: Option<usize>,
}

/// Numbers for things in the order in which they come.
pub(super) type Numbers<T> = IndexSet<T, FxBuildHasher>;

/// Writes the page.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    write_page(&recording(profile), out)
}

/// Writes the page with these data.
pub(super) fn write_page(recording: &Recording<'_>, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(recording)?;
    // Nothing in the JSON can end the element that it stands in.
    let json = json.replace('<', "\\u003c");
    let (before, after) = PAGE.split_once(PLACEHOLDER).unwrap_or((PAGE, ""));
    out.write_all(before.as_bytes())?;
    out.write_all(json.as_bytes())?;
    out.write_all(after.as_bytes())
}

fn recording(profile: &Profile) -> Recording<'_> {
    let states = &profile.timeline.states;
    let mut strings: Numbers<String> = Numbers::default();
    let mut string = |text: &str| match strings.get_index_of(text) {
        Some(at) => at,
        None => strings.insert_full(text.to_owned()).0,
    };
    let frames = states.places().map(|place| Frame {
        name: string(&place.name),
        file: place.file.as_deref().map(&mut string),
        line: place.line,
        own: u8::from(!place.library),
    });
    let frames: Vec<Frame> = frames.collect();
    let reasons = states.reasons().map(|reason| Reason {
        kind: reason.kind.as_str(),
        text: string(match reason.text.is_empty() {
            true => reason.kind.as_str(),
            false => &reason.text,
        }),
    });
    let reasons: Vec<Reason> = reasons.collect();
    let mut groups: Numbers<u32> = Numbers::default();
    let mut loops: Numbers<u32> = Numbers::default();
    let mut stack = |state: &State, wall, cpu| Stack {
        frames: states.stack(state.stack),
        reason: state.reason,
        state: state.activity.as_str(),
        group: groups.insert_full(state.group).0,
        event_loop: state.event_loop.map(|name| loops.insert_full(name).0),
        who: state.who.as_str(),
        wall,
        before: None,
        cpu,
    };
    let sums = profile.timeline.sums();
    let stacks = sums.map(|(state, sum)| stack(state, sum.wall_ns, sum.cpu_ns));
    let stacks: Vec<Stack<'_>> = stacks.collect();
    let mut lags: BTreeMap<u32, Vec<(f64, f64)>> = BTreeMap::new();
    for lag in profile.timeline.lags() {
        let points = lags.entry(lag.event_loop).or_default();
        points.push((lag.at_ns as f64 / 1e9, lag.age_s));
    }
    let lag = lags.into_iter().map(|(name, points)| Lag {
        event_loop: loops.insert_full(name).0,
        points,
    });
    let lag: Vec<Lag> = lag.collect();
    let steps = profile.timeline.slow_steps().map(|(step, state)| Step {
        event_loop: loops.insert_full(step.event_loop).0,
        at: step.from_ns as f64 / 1e9,
        s: step.lasted_ns as f64 / 1e9,
        frame: state.and_then(|state| innermost_own(profile, state)),
        group: state.map(|state| groups.insert_full(state.group).0),
    });
    let steps: Vec<Step> = steps.collect();
    let groups = groups.iter().map(|name| string(states.name(*name)));
    let groups: Vec<usize> = groups.collect();
    let loops = loops.iter().map(|name| string(states.name(*name)));
    let loops: Vec<usize> = loops.collect();
    Recording {
        version: VERSION,
        compared: None,
        title: profile.title(),
        pid: profile.about.pid,
        python: &profile.about.python,
        command: profile.about.command.join(" "),
        began: &profile.about.began,
        duration_s: profile.trust.lasted.as_secs_f64(),
        trust: profile.trust.parts(),
        frames,
        reasons,
        groups,
        loops,
        stacks,
        lag,
        steps,
        strings: strings.into_iter().collect(),
    }
}

/// The number of the innermost place of the program's own code, or of the innermost at all.
fn innermost_own(profile: &Profile, state: &State) -> Option<u32> {
    let states = &profile.timeline.states;
    let stack = states.stack(state.stack);
    let places = states.places_of(state.stack).zip(stack);
    let own = places.filter(|(place, _)| !place.library).last();
    own.map(|(_, at)| *at).or_else(|| stack.last().copied())
}

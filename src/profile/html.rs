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
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Recording<'a> {
    version: u32,
    title: String,
    pid: u32,
    python: &'a str,
    command: String,
    began: &'a str,
    duration_s: f64,
    trust: Vec<String>,
    strings: Vec<String>,
    frames: Vec<Frame>,
    reasons: Vec<Reason>,
    groups: Vec<usize>,
    loops: Vec<usize>,
    stacks: Vec<Stack<'a>>,
    lag: Vec<Lag>,
    steps: Vec<Step>,
}

#[derive(Serialize)]
struct Frame {
    #[serde(rename = "n")]
    name: usize,
    #[serde(rename = "f")]
    file: Option<usize>,
    #[serde(rename = "l")]
    line: Option<u32>,
    #[serde(rename = "o")]
    own: u8,
}

#[derive(Serialize)]
struct Reason {
    #[serde(rename = "k")]
    kind: &'static str,
    #[serde(rename = "t")]
    text: usize,
}

#[derive(Serialize)]
struct Stack<'a> {
    #[serde(rename = "f")]
    frames: &'a [u32],
    #[serde(rename = "r")]
    reason: Option<u32>,
    #[serde(rename = "s")]
    state: &'static str,
    #[serde(rename = "g")]
    group: usize,
    #[serde(rename = "p")]
    event_loop: Option<usize>,
    who: &'static str,
    wall: u64,
    cpu: u64,
}

#[derive(Serialize)]
struct Lag {
    #[serde(rename = "loop")]
    event_loop: usize,
    points: Vec<(f64, f64)>,
}

/// A step that blocked its loop for long.
#[derive(Serialize)]
struct Step {
    #[serde(rename = "loop")]
    event_loop: usize,
    at: f64,
    s: f64,
    frame: Option<u32>,
    #[serde(rename = "g")]
    group: Option<usize>,
}

/// Numbers for things in the order in which they come.
type Numbers<T> = IndexSet<T, FxBuildHasher>;

/// Writes the page.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let json = serde_json::to_string(&recording(profile))?;
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

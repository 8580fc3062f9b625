//! One of the two recordings, in slices.

use rustc_hash::FxHashMap;
use serde::{Serialize, Serializer};

use super::total::Total;
use crate::model::ItemId;
use crate::profile::{Activity, Interval, Place, Profile, Reason, StateId, Who};

/// A line of a stack without its number, which changes with each edit of the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line {
    /// The function.
    pub name: String,
    /// The name of the file without its directories. `None` for frames that are not Python's.
    pub file: Option<String>,
}

/// What is compared: the same in both recordings.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Key {
    /// The coroutine of a task, the name of a thread.
    pub group: String,
    /// What it does.
    #[serde(rename = "state")]
    pub activity: Activity,
    /// Why it waits. `None` if it does not.
    #[serde(serialize_with = "label")]
    pub reason: Option<Reason>,
    /// Outermost first.
    #[serde(skip)]
    pub stack: Vec<Line>,
}

impl Key {
    /// What stands above the innermost frame: `lock: asyncio.Lock db`, `running`.
    pub fn leaf(&self) -> String {
        match &self.reason {
            Some(reason) => reason.label(),
            None => self.activity.as_str().to_owned(),
        }
    }
}

/// The time of one key.
#[derive(Debug, Clone)]
pub(super) struct Time {
    /// By slice.
    pub seconds: Vec<f64>,
    pub places: Vec<Place>,
}

/// A recording in slices of equal length.
pub(super) struct Side {
    pub slices: usize,
    pub slice_s: f64,
    pub seconds: FxHashMap<Key, Time>,
    /// Tasks of each group that finished, by slice.
    pub finished: FxHashMap<String, Vec<f64>>,
}

impl Side {
    pub(super) fn new(profile: &Profile, who: Who, slices: usize) -> Self {
        let intervals = profile.timeline.intervals();
        let last_ns = intervals.iter().map(|it| it.to_ns).max().unwrap_or(0);
        let slice_ns = (last_ns.max(1) as f64) / slices as f64;
        let mut side = Self {
            slices,
            slice_s: slice_ns / 1e9,
            seconds: FxHashMap::default(),
            finished: FxHashMap::default(),
        };
        side.add_time(profile, who, slice_ns);
        side.add_finished(profile, who, last_ns, slice_ns);
        side
    }

    fn add_time(&mut self, profile: &Profile, who: Who, slice_ns: f64) {
        let states = &profile.timeline.states;
        let mut by_state: FxHashMap<StateId, Vec<f64>> = FxHashMap::default();
        for interval in profile.timeline.intervals() {
            let slices = by_state
                .entry(interval.state)
                .or_insert_with(|| vec![0.0; self.slices]);
            spread(interval, slice_ns, slices);
        }
        for (id, seconds) in by_state {
            let Some(state) = states.get(id).filter(|state| state.who == who) else {
                continue;
            };
            let key = Key {
                group: states.name(state.group).to_owned(),
                activity: state.activity,
                reason: states.reason(state).cloned(),
                stack: states.places_of(state.stack).map(line).collect(),
            };
            let time = self.seconds.entry(key).or_insert_with(|| Time {
                seconds: vec![0.0; self.slices],
                places: states.places_of(state.stack).cloned().collect(),
            });
            add(&mut time.seconds, &seconds);
        }
    }

    /// Counts the tasks whose last interval ended before the recording did. The address of a task
    /// that finished may be that of another one soon after.
    fn add_finished(&mut self, profile: &Profile, who: Who, last_ns: u64, slice_ns: f64) {
        let states = &profile.timeline.states;
        let group_of = |interval: &Interval| {
            let state = states.get(interval.state).filter(|it| it.who == who)?;
            Some(state.group)
        };
        let mut last: FxHashMap<ItemId, (u64, u32)> = FxHashMap::default();
        let mut ends: Vec<(u64, u32)> = Vec::new();
        for interval in profile.timeline.intervals() {
            let Some(group) = group_of(interval) else {
                continue;
            };
            let before = last.insert(interval.item, (interval.to_ns, group));
            let is_another = |it: &(u64, u32)| it.0 != interval.from_ns || it.1 != group;
            ends.extend(before.filter(is_another));
        }
        ends.extend(last.into_values().filter(|(end_ns, _)| *end_ns < last_ns));
        for (end_ns, group) in ends {
            let name = states.name(group).to_owned();
            let finished = self.finished.entry(name);
            let finished = finished.or_insert_with(|| vec![0.0; self.slices]);
            if let Some(slice) = finished.get_mut((end_ns as f64 / slice_ns) as usize) {
                *slice += 1.0;
            }
        }
    }

    /// All time by what it is spent with, by slice.
    pub(super) fn totals(&self) -> FxHashMap<Total, Vec<f64>> {
        let mut totals: FxHashMap<Total, Vec<f64>> = FxHashMap::default();
        for (key, time) in &self.seconds {
            let kind = key.reason.as_ref().map(|reason| reason.kind);
            for total in Total::of(key.activity, kind) {
                let sums = totals.entry(total);
                let sums = sums.or_insert_with(|| vec![0.0; self.slices]);
                add(sums, &time.seconds);
            }
        }
        totals
    }

    /// Finished tasks of all groups, by slice.
    pub(super) fn all_finished(&self) -> Vec<f64> {
        let mut all = vec![0.0; self.slices];
        for finished in self.finished.values() {
            add(&mut all, finished);
        }
        all
    }
}

fn add(sums: &mut [f64], more: &[f64]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}

/// Adds the seconds of an interval to the slices that it lies in.
fn spread(interval: &Interval, slice_ns: f64, slices: &mut [f64]) {
    let (from, to) = (interval.from_ns as f64, interval.to_ns as f64);
    let first = (from / slice_ns) as usize;
    for (number, slice) in slices.iter_mut().enumerate().skip(first) {
        let begin = from.max(number as f64 * slice_ns);
        let end = to.min((number + 1) as f64 * slice_ns);
        if end <= begin {
            break;
        }
        *slice += (end - begin) / 1e9;
    }
}

fn line(place: &Place) -> Line {
    let file = place.file.as_deref();
    Line {
        name: place.name.to_string(),
        file: file.map(|file| file.rsplit('/').next().unwrap_or(file).to_owned()),
    }
}

fn label<S: Serializer>(reason: &Option<Reason>, to: S) -> Result<S::Ok, S::Error> {
    match reason {
        Some(reason) => to.serialize_some(&reason.label()),
        None => to.serialize_none(),
    }
}

//! The processed format of the Firefox profiler: each thread is a track with samples, each loop a
//! track whose markers are the states of its tasks and the steps that blocked it, and the lag of
//! each loop is a counter.

mod marker;

use std::io::{self, Write};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use fxprof_processed_profile::{
    CategoryColor, CategoryHandle, CategoryPairHandle, CounterHandle, CpuDelta, Frame, FrameFlags,
    FrameInfo, MarkerTiming, ProcessHandle, Profile as Processed, ReferenceTimestamp,
    SamplingInterval, StackHandle, ThreadHandle, Timestamp, WeightType,
};
use rustc_hash::FxHashMap;

use super::Profile;
use super::interval::{Interval, Sum};
use super::stacks::{Activity, State, StateId};
use crate::model::ItemId;
use crate::plain_text::clean;
use marker::StateMarker;

/// The unit of weights, in nanoseconds: `tracing-ms`.
const WEIGHT_NS: u64 = 1_000_000;
/// Least time between two samples of one state.
const MIN_STEP_NS: u64 = 1_000_000;
/// In a state that lasts as long as the recording there are at most so many samples.
const MAX_STEPS: u64 = 10_000;
/// All threads have at most so many samples beside those at the beginnings of their states.
const MAX_SAMPLES: u64 = 1_000_000;
/// Milliseconds in a second.
const MS_PER_S: f64 = 1e3;

/// Writes the profile, compressed. Times are milliseconds since the beginning of the recording.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let mut gzip = GzEncoder::new(out, Compression::default());
    serde_json::to_writer(&mut gzip, &processed(profile))?;
    gzip.finish()?.flush()
}

fn processed(profile: &Profile) -> Processed {
    let mut writer = Writer::new(profile);
    let timeline = &profile.timeline;
    let is_thread = |it: &&Interval| matches!(it.item, ItemId::Thread(_));
    // Threads first: those that come first keep the ids that they have.
    for interval in timeline.intervals().iter().filter(is_thread) {
        writer.thread_interval(interval);
    }
    writer.end_samples();
    for interval in timeline.intervals().iter().filter(|it| !is_thread(it)) {
        writer.task_interval(interval);
    }
    for (step, state) in timeline.slow_steps() {
        let thread = writer.of_loop(Some(step.event_loop));
        let item = timeline.states.name(step.event_loop);
        let to_ns = step.from_ns.saturating_add(step.lasted_ns);
        let times = (step.from_ns, to_ns);
        writer.marker(thread, (BLOCKED, item), times, step.state.zip(state));
    }
    writer.lags();
    writer.out
}

/// Name of the markers of steps that blocked a loop.
const BLOCKED: &str = "blocked";

/// The track of a thread, while its samples are added.
struct Track {
    thread: ThreadHandle,
    ended_ns: u64,
    /// Processor time between the last sample and the next one.
    used: Duration,
}

struct Writer<'p> {
    profile: &'p Profile,
    out: Processed,
    process: ProcessHandle,
    threads: FxHashMap<ItemId, Track>,
    /// By the number of the name of the loop; `None` for tasks without one.
    loops: FxHashMap<Option<u32>, ThreadHandle>,
    stacks: FxHashMap<(ThreadHandle, StateId), Option<StackHandle>>,
    activities: FxHashMap<Activity, CategoryHandle>,
    /// Of an activity and the word for its reason.
    categories: FxHashMap<(Activity, &'static str), CategoryPairHandle>,
    sums: FxHashMap<State, Sum>,
    step_ns: u64,
    /// How many of [`MAX_SAMPLES`] are left.
    samples_left: u64,
}

impl<'p> Writer<'p> {
    fn new(profile: &'p Profile) -> Self {
        let about = &profile.about;
        let began = Duration::from_nanos(about.began_ns);
        let looks = profile.trust.looks.max(1);
        let lasted_ns = u64::try_from(profile.trust.lasted.as_nanos()).unwrap_or(u64::MAX);
        let interval_ns = (lasted_ns / looks).max(MIN_STEP_NS);
        let mut out = Processed::new(
            &clean(&profile.title()),
            ReferenceTimestamp::from_duration_since_unix_epoch(began),
            SamplingInterval::from_nanos(interval_ns),
        );
        // Frames have names and no addresses.
        out.set_symbolicated(true);
        let script = clean(super::script(&about.command)).into_owned();
        let process = out.add_process(&script, about.pid, at(0));
        let activities = [
            (Activity::Waiting, CategoryColor::Blue),
            (Activity::Ready, CategoryColor::Yellow),
            (Activity::Running, CategoryColor::Green),
            (Activity::WaitingGil, CategoryColor::Orange),
        ];
        let activities = activities.map(|(it, color)| (it, out.add_category(it.as_str(), color)));
        Self {
            process,
            threads: FxHashMap::default(),
            loops: FxHashMap::default(),
            stacks: FxHashMap::default(),
            activities: activities.into_iter().collect(),
            categories: FxHashMap::default(),
            sums: (profile.timeline.sums())
                .map(|(state, sum)| (*state, sum))
                .collect(),
            step_ns: interval_ns.max(lasted_ns / MAX_STEPS),
            samples_left: MAX_SAMPLES,
            out,
            profile,
        }
    }

    /// Samples of a thread: one where the state begins, and one after each step of it.
    fn thread_interval(&mut self, interval: &Interval) {
        let Some(state) = self.profile.timeline.states.get(interval.state).copied() else {
            return;
        };
        let thread = self.of_thread(interval.item, &state);
        let stack = self.stack(thread, interval.state, &state);
        let share = self.processor_share(&state);
        let Some(track) = self.threads.get_mut(&interval.item) else {
            return;
        };
        let mut from_ns = interval.from_ns;
        while from_ns < interval.to_ns {
            let to_ns = match self.samples_left {
                0 => interval.to_ns,
                _ => interval.to_ns.min(from_ns.saturating_add(self.step_ns)),
            };
            self.samples_left -= u64::from(to_ns < interval.to_ns);
            // Of both ends the whole milliseconds: so no part is lost over many intervals.
            let weight = to_ns / WEIGHT_NS - from_ns / WEIGHT_NS;
            let weight = i32::try_from(weight).unwrap_or(i32::MAX);
            let used = std::mem::take(&mut track.used);
            let used = CpuDelta::from(used);
            self.out
                .add_sample(thread, at(from_ns), stack, used, weight);
            track.used = Duration::from_nanos(to_ns - from_ns).mul_f64(share);
            from_ns = to_ns;
        }
        track.ended_ns = interval.to_ns;
    }

    /// The part of the time of a state in which its thread used a processor.
    fn processor_share(&self, state: &State) -> f64 {
        let sum = self.sums.get(state).copied().unwrap_or_default();
        match sum.wall_ns {
            0 => 0.0,
            wall_ns => (sum.cpu_ns as f64 / wall_ns as f64).min(1.0),
        }
    }

    /// Ends the last sample of each thread.
    fn end_samples(&mut self) {
        for track in self.threads.values() {
            let (thread, end) = (track.thread, at(track.ended_ns));
            self.out
                .add_sample(thread, end, None, CpuDelta::from(track.used), 0);
            self.out.set_thread_end_time(thread, end);
        }
    }

    fn task_interval(&mut self, interval: &Interval) {
        let states = &self.profile.timeline.states;
        let Some(state) = states.get(interval.state) else {
            return;
        };
        let thread = self.of_loop(state.event_loop);
        let item = interval.item.to_string();
        let names = (states.name(state.group), &*item);
        let times = (interval.from_ns, interval.to_ns);
        self.marker(thread, names, times, Some((interval.state, state)));
    }

    /// A marker of a track with its name and the item that it is of, in a state if that is known.
    fn marker(
        &mut self,
        thread: ThreadHandle,
        (name, item): (&str, &str),
        (from_ns, to_ns): (u64, u64),
        state: Option<(StateId, &State)>,
    ) {
        let leaf = state.map(|(_, state)| self.profile.timeline.states.leaf(state));
        let activity = state.map(|(_, state)| state.activity);
        let values = [
            item,
            activity.map_or("", |it| it.as_str()),
            leaf.as_deref().unwrap_or_default(),
        ];
        let marker = StateMarker {
            name: self.out.intern_string(&clean(name)),
            category: activity.map_or(CategoryHandle::OTHER, |it| self.activity(it)),
            values: values.map(|text| self.out.intern_string(&clean(text))),
        };
        let timing = MarkerTiming::Interval(at(from_ns), at(to_ns));
        let marker = self.out.add_marker(thread, timing, marker);
        if let Some((id, state)) = state {
            let stack = self.stack(thread, id, state);
            self.out.set_marker_stack(thread, marker, stack);
        }
    }

    /// The ages of iterations: a counter has differences.
    fn lags(&mut self) {
        let mut counters: FxHashMap<u32, (CounterHandle, f64)> = FxHashMap::default();
        let states = &self.profile.timeline.states;
        for lag in self.profile.timeline.lags() {
            let (counter, before) = counters.entry(lag.event_loop).or_insert_with(|| {
                let name = format!("lag of loop {}", clean(states.name(lag.event_loop)));
                let what = "Age of the running iteration, in milliseconds";
                (self.out.add_counter(self.process, &name, "lag", what), 0.0)
            });
            let age_ms = lag.age_s * MS_PER_S;
            self.out
                .add_counter_sample(*counter, at(lag.at_ns), age_ms - *before, 0);
            *before = age_ms;
        }
    }

    fn of_thread(&mut self, item: ItemId, state: &State) -> ThreadHandle {
        if let Some(track) = self.threads.get(&item) {
            return track.thread;
        }
        let tid = match item {
            ItemId::Thread(tid) => u32::try_from(tid).unwrap_or_default(),
            _ => 0,
        };
        let name = self.profile.timeline.states.name(state.group);
        let thread = self.track(tid, name, tid == self.profile.about.pid);
        self.threads.insert(
            item,
            Track {
                thread,
                ended_ns: 0,
                used: Duration::ZERO,
            },
        );
        thread
    }

    fn of_loop(&mut self, name: Option<u32>) -> ThreadHandle {
        if let Some(thread) = self.loops.get(&name) {
            return *thread;
        }
        let title = match name {
            Some(name) => format!("loop {}", self.profile.timeline.states.name(name)),
            None => "tasks without a loop".to_owned(),
        };
        // It is no thread of the kernel: the id of the process gets a number of its own.
        let thread = self.track(self.profile.about.pid, &title, false);
        self.out.set_thread_show_markers_in_timeline(thread, true);
        self.loops.insert(name, thread);
        thread
    }

    fn track(&mut self, tid: u32, name: &str, is_main: bool) -> ThreadHandle {
        let thread = self.out.add_thread(self.process, tid, at(0), is_main);
        self.out.set_thread_name(thread, &clean(name));
        self.out
            .set_thread_samples_weight_type(thread, WeightType::TracingMs);
        self.out.add_initial_visible_thread(thread);
        thread
    }

    /// The stack of a state, with its reason as the innermost frame.
    fn stack(&mut self, thread: ThreadHandle, id: StateId, state: &State) -> Option<StackHandle> {
        if let Some(stack) = self.stacks.get(&(thread, id)) {
            return *stack;
        }
        let states = &self.profile.timeline.states;
        let category_pair = self.category(state);
        let places = states.places_of(state.stack).map(|place| place.label());
        let labels: Vec<String> = places
            .chain([format!("[{}]", states.leaf(state))])
            .collect();
        let frames = labels.iter().map(|label| FrameInfo {
            frame: Frame::Label(self.out.intern_string(&clean(label))),
            category_pair,
            flags: FrameFlags::empty(),
        });
        let frames: Vec<FrameInfo> = frames.collect();
        let stack = self.out.intern_stack_frames(thread, frames.into_iter());
        self.stacks.insert((thread, id), stack);
        stack
    }

    fn activity(&self, activity: Activity) -> CategoryHandle {
        let known = self.activities.get(&activity);
        known.copied().unwrap_or(CategoryHandle::OTHER)
    }

    /// The activity as category, and the kind of the reason as its part.
    fn category(&mut self, state: &State) -> CategoryPairHandle {
        let activity = self.activity(state.activity);
        let Some(reason) = self.profile.timeline.states.reason(state) else {
            return activity.into();
        };
        let kind = reason.kind.as_str();
        let known = self.categories.entry((state.activity, kind));
        *known.or_insert_with(|| self.out.add_subcategory(activity, kind))
    }
}

fn at(ns: u64) -> Timestamp {
    Timestamp::from_nanos_since_reference(ns)
}

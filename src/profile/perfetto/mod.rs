//! The format of Perfetto: a track for each task and each thread with a slice for each interval,
//! and for each loop a track with the steps that blocked it and a counter of its lag.
//!
//! No arrows are drawn from who woke a task to the task: who had a lock at the last look need not
//! be who gave it to the task that waited.

mod messages;

use std::hash::Hash;
use std::io::{self, Write};

use indexmap::IndexSet;
use prost::Message;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::Profile;
use super::interval::Interval;
use super::iterations::Step;
use super::stacks::{Place, State, StateId, States};
use crate::model::ItemId;
use crate::plain_text::clean;
use messages::{
    BuiltinClock, Clock, ClockSnapshot, CounterDescriptor, CounterUnit, DebugAnnotation, EventType,
    InternedData, Named, ProcessDescriptor, SequenceFlags, SourceLocation, ThreadDescriptor, Trace,
    TracePacket, TrackDescriptor, TrackEvent,
};

/// The only sequence of packets: all numbers of names count in it.
const SEQUENCE: u32 = 1;
/// The track of the process.
const PROCESS: u64 = 1;

/// Writes the profile. Times are nanoseconds since 1970; the counters are nanoseconds.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let mut writer = Writer {
        profile,
        out,
        last_track: PROCESS,
        loops: FxHashMap::default(),
        items: FxHashMap::default(),
        known: FxHashMap::default(),
        names: Table::default(),
        categories: Table::default(),
        texts: Table::default(),
        places: Table::default(),
    };
    writer.begin()?;
    writer.loops()?;
    for interval in profile.timeline.intervals() {
        writer.interval(interval)?;
    }
    writer.out.flush()
}

/// The tracks of a loop.
#[derive(Clone, Copy)]
struct LoopTracks {
    steps: u64,
    lag: u64,
}

struct Writer<'p, 'o> {
    profile: &'p Profile,
    out: &'o mut dyn Write,
    last_track: u64,
    /// By the number of the name of the loop.
    loops: FxHashMap<u32, LoopTracks>,
    /// By item and the number of its group: the address of a task that has ended is used again.
    items: FxHashMap<(ItemId, u32), u64>,
    /// The event that begins a slice of each state, but for its track.
    known: FxHashMap<StateId, TrackEvent>,
    names: Table<String>,
    categories: Table<&'static str>,
    texts: Table<String>,
    places: Table<Place>,
}

impl Writer<'_, '_> {
    /// The clock, the process, and how far the recording can be trusted.
    fn begin(&mut self) -> io::Result<()> {
        let about = &self.profile.about;
        let clock = |clock: BuiltinClock| Clock {
            clock_id: clock.into(),
            timestamp: about.began_ns,
        };
        self.packet(TracePacket {
            clock_snapshot: Some(ClockSnapshot {
                clocks: vec![clock(BuiltinClock::Boottime), clock(BuiltinClock::Realtime)],
                primary_trace_clock: Some(BuiltinClock::Boottime.into()),
            }),
            sequence_flags: Some(SequenceFlags::IncrementalStateCleared.into()),
            ..TracePacket::default()
        })?;
        let words = about.command.iter();
        let process = ProcessDescriptor {
            pid: self.pid(),
            cmdline: words.map(|word| clean(word).into_owned()).collect(),
            process_name: Some(clean(&self.profile.title()).into_owned()),
        };
        self.track(TrackDescriptor {
            uuid: Some(PROCESS),
            process: Some(process),
            ..TrackDescriptor::default()
        })?;
        let note = |name: &str, text: String| DebugAnnotation {
            name: Some(name.to_owned()),
            string_value: Some(text),
            ..DebugAnnotation::default()
        };
        let event = TrackEvent {
            kind: Some(EventType::Instant.into()),
            track_uuid: Some(PROCESS),
            name: Some("recording".to_owned()),
            debug_annotations: vec![note("trust", self.profile.trust.line())],
            ..TrackEvent::default()
        };
        self.event(0, event, InternedData::default())
    }

    /// The lag of each loop, and its slow steps.
    fn loops(&mut self) -> io::Result<()> {
        let timeline = &self.profile.timeline;
        for lag in timeline.lags() {
            let tracks = self.of_loop(lag.event_loop)?;
            let event = TrackEvent {
                kind: Some(EventType::Counter.into()),
                track_uuid: Some(tracks.lag),
                counter_value: Some((lag.age_s * 1e9) as i64),
                ..TrackEvent::default()
            };
            self.event(lag.at_ns, event, InternedData::default())?;
        }
        let slow = timeline.slow_steps().map(|(step, _)| *step);
        let mut slow: Vec<Step> = slow.collect();
        slow.sort_by_key(|step| (step.event_loop, step.from_ns));
        for (at, step) in slow.iter().enumerate() {
            // Beginnings are known to within a moment: slices of a track must not overlap.
            let next = slow.get(at + 1);
            let next = next.filter(|next| next.event_loop == step.event_loop);
            let to_ns = step.from_ns.saturating_add(step.lasted_ns);
            let to_ns = next.map_or(to_ns, |next| to_ns.min(next.from_ns));
            let tracks = self.of_loop(step.event_loop)?;
            let (event, interned) = match step.state.map(|id| (id, timeline.states.get(id))) {
                Some((id, Some(state))) => self.slice(id, state),
                _ => (TrackEvent::default(), InternedData::default()),
            };
            let event = TrackEvent {
                name: Some("blocked".to_owned()),
                name_iid: None,
                ..event
            };
            self.between(tracks.steps, (step.from_ns, to_ns), event, interned)?;
        }
        Ok(())
    }

    fn interval(&mut self, interval: &Interval) -> io::Result<()> {
        let Some(state) = self.profile.timeline.states.get(interval.state) else {
            return Ok(());
        };
        let track = self.of_item(interval.item, state)?;
        let (event, interned) = self.slice(interval.state, state);
        self.between(track, (interval.from_ns, interval.to_ns), event, interned)
    }

    /// The tracks of a loop, by the number of its name.
    fn of_loop(&mut self, name: u32) -> io::Result<LoopTracks> {
        if let Some(tracks) = self.loops.get(&name) {
            return Ok(*tracks);
        }
        let tracks = LoopTracks {
            steps: self.next_track(),
            lag: self.next_track(),
        };
        self.loops.insert(name, tracks);
        let text = clean(self.profile.timeline.states.name(name)).into_owned();
        self.track(TrackDescriptor {
            uuid: Some(tracks.steps),
            parent_uuid: Some(PROCESS),
            name: Some(format!("loop {text}")),
            ..TrackDescriptor::default()
        })?;
        self.track(TrackDescriptor {
            uuid: Some(tracks.lag),
            parent_uuid: Some(tracks.steps),
            name: Some(format!("lag of loop {text}")),
            counter: Some(CounterDescriptor {
                unit: Some(CounterUnit::TimeNs.into()),
            }),
            ..TrackDescriptor::default()
        })?;
        Ok(tracks)
    }

    /// The track of a task or thread: tasks are below their loops.
    fn of_item(&mut self, item: ItemId, state: &State) -> io::Result<u64> {
        let key = (item, state.group);
        if let Some(track) = self.items.get(&key) {
            return Ok(*track);
        }
        let group = clean(self.profile.timeline.states.name(state.group)).into_owned();
        let parent = match (item, state.event_loop) {
            (ItemId::Thread(_), _) | (_, None) => PROCESS,
            (_, Some(name)) => self.of_loop(name)?.steps,
        };
        let track = self.next_track();
        self.items.insert(key, track);
        let descriptor = TrackDescriptor {
            uuid: Some(track),
            ..TrackDescriptor::default()
        };
        self.track(match item {
            ItemId::Thread(tid) => TrackDescriptor {
                thread: Some(ThreadDescriptor {
                    pid: self.pid(),
                    tid: i64::try_from(tid).ok(),
                    thread_name: Some(group),
                }),
                ..descriptor
            },
            _ => TrackDescriptor {
                parent_uuid: Some(parent),
                name: Some(format!("{group} {item}")),
                ..descriptor
            },
        })?;
        Ok(track)
    }

    /// The event that begins a slice of a state, and the names that are new in it.
    fn slice(&mut self, id: StateId, state: &State) -> (TrackEvent, InternedData) {
        if let Some(event) = self.known.get(&id) {
            return (event.clone(), InternedData::default());
        }
        let states = &self.profile.timeline.states;
        let mut interned = InternedData::default();
        let name = clean(&states.leaf(state)).into_owned();
        let name = self.names.named(name, &mut interned.event_names);
        let kind = states.reason(state).map(|reason| reason.kind.as_str());
        let categories = [Some(state.activity.as_str()), kind].into_iter().flatten();
        let new = &mut interned.event_categories;
        let categories = categories.map(|category| self.categories.named(category, new));
        let categories = categories.collect();
        let labels = states.places_of(state.stack).map(Place::label);
        let stack = labels.collect::<Vec<_>>().join(" > ");
        let new = &mut interned.debug_annotation_string_values;
        let stack = self.texts.named(clean(&stack).into_owned(), new);
        let event = TrackEvent {
            category_iids: categories,
            kind: Some(EventType::SliceBegin.into()),
            name_iid: Some(name),
            source_location_iid: self.location(states, state, &mut interned),
            debug_annotations: vec![DebugAnnotation {
                name: Some("stack".to_owned()),
                string_value_iid: Some(stack),
                ..DebugAnnotation::default()
            }],
            ..TrackEvent::default()
        };
        self.known.insert(id, event.clone());
        (event, interned)
    }

    /// The innermost line of the program's own code. `None` if there is none.
    fn location(
        &mut self,
        states: &States,
        state: &State,
        interned: &mut InternedData,
    ) -> Option<u64> {
        let mut places = states.places_of(state.stack);
        let place = places.rfind(|it| !it.library && it.file.is_some())?;
        let (iid, is_new) = self.places.number(place.clone());
        if is_new {
            let text = |text: &str| Some(clean(text).into_owned());
            interned.source_locations.push(SourceLocation {
                iid,
                file_name: place.file.as_deref().and_then(text),
                function_name: text(&place.name),
                line_number: place.line,
            });
        }
        Some(iid)
    }

    /// A slice of a track.
    fn between(
        &mut self,
        track: u64,
        (from_ns, to_ns): (u64, u64),
        event: TrackEvent,
        interned: InternedData,
    ) -> io::Result<()> {
        let begin = TrackEvent {
            kind: Some(EventType::SliceBegin.into()),
            track_uuid: Some(track),
            ..event
        };
        self.event(from_ns, begin, interned)?;
        let end = TrackEvent {
            kind: Some(EventType::SliceEnd.into()),
            track_uuid: Some(track),
            ..TrackEvent::default()
        };
        self.event(to_ns, end, InternedData::default())
    }

    /// An event `at_ns` after the beginning.
    fn event(&mut self, at_ns: u64, event: TrackEvent, interned: InternedData) -> io::Result<()> {
        let timestamp = self.profile.about.began_ns.saturating_add(at_ns);
        self.packet(TracePacket {
            timestamp: Some(timestamp),
            track_event: Some(event),
            interned_data: (interned != InternedData::default()).then_some(interned),
            sequence_flags: Some(SequenceFlags::NeedsIncrementalState.into()),
            ..TracePacket::default()
        })
    }

    fn track(&mut self, track: TrackDescriptor) -> io::Result<()> {
        self.packet(TracePacket {
            track_descriptor: Some(track),
            ..TracePacket::default()
        })
    }

    /// A trace of one packet: traces one after the other are one trace.
    fn packet(&mut self, packet: TracePacket) -> io::Result<()> {
        let packet = TracePacket {
            trusted_packet_sequence_id: Some(SEQUENCE),
            ..packet
        };
        let trace = Trace {
            packet: vec![packet],
        };
        self.out.write_all(&trace.encode_to_vec())
    }

    fn next_track(&mut self) -> u64 {
        self.last_track += 1;
        self.last_track
    }

    fn pid(&self) -> Option<i32> {
        i32::try_from(self.profile.about.pid).ok()
    }
}

/// What was told once, and is referred to by its number: from 1 on.
struct Table<T>(IndexSet<T, FxBuildHasher>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(IndexSet::default())
    }
}

impl<T: Hash + Eq> Table<T> {
    /// The number, and whether it is new.
    fn number(&mut self, item: T) -> (u64, bool) {
        let (at, is_new) = self.0.insert_full(item);
        (at as u64 + 1, is_new)
    }
}

impl<T: Hash + Eq + Clone + Into<String>> Table<T> {
    /// The number of a text, which is added to `new` if it was not told before.
    fn named(&mut self, text: T, new: &mut Vec<Named>) -> u64 {
        let (iid, is_new) = self.number(text.clone());
        if is_new {
            new.push(Named {
                iid,
                name: text.into(),
            });
        }
        iid
    }
}

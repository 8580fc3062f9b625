//! The format of pprof: a gzipped protocol buffer (google/pprof, proto/profile.proto).
//!
//! The few messages are encoded here field by field. Labels follow the names that others use:
//! `task`, `thread`, `wait`.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;

use super::Profile;
use super::interval::Sum;
use super::stacks::{Activity, State, Who};
use crate::plain_text;

/// Fields of `Profile`.
mod profile_field {
    pub(super) const SAMPLE_TYPE: u32 = 1;
    pub(super) const SAMPLE: u32 = 2;
    pub(super) const LOCATION: u32 = 4;
    pub(super) const FUNCTION: u32 = 5;
    pub(super) const STRING_TABLE: u32 = 6;
    pub(super) const TIME_NANOS: u32 = 9;
    pub(super) const DURATION_NANOS: u32 = 10;
    pub(super) const COMMENT: u32 = 13;
    pub(super) const DEFAULT_SAMPLE_TYPE: u32 = 14;
}
/// Fields of `ValueType`.
mod value_type {
    pub(super) const TYPE: u32 = 1;
    pub(super) const UNIT: u32 = 2;
}
/// Fields of `Sample`.
mod sample {
    pub(super) const LOCATION_ID: u32 = 1;
    pub(super) const VALUE: u32 = 2;
    pub(super) const LABEL: u32 = 3;
}
/// Fields of `Label`.
mod label {
    pub(super) const KEY: u32 = 1;
    pub(super) const STR: u32 = 2;
}
/// Fields of `Location`.
mod location {
    pub(super) const ID: u32 = 1;
    pub(super) const LINE: u32 = 4;
}
/// Fields of `Line`.
mod line {
    pub(super) const FUNCTION_ID: u32 = 1;
    pub(super) const LINE: u32 = 2;
}
/// Fields of `Function`.
mod function {
    pub(super) const ID: u32 = 1;
    pub(super) const NAME: u32 = 2;
    pub(super) const FILENAME: u32 = 4;
}

/// Wire types (protobuf encoding).
const VARINT: u32 = 0;
const BYTES: u32 = 2;

/// A message that is being encoded.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push((value as u8 & 0x7f) | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn number(&mut self, field: u32, value: u64) {
        self.varint(u64::from(field << 3 | VARINT));
        self.varint(value);
    }

    fn bytes(&mut self, field: u32, bytes: &[u8]) {
        self.varint(u64::from(field << 3 | BYTES));
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u32, message: &Self) {
        self.bytes(field, &message.0);
    }

    fn packed(&mut self, field: u32, values: impl Iterator<Item = u64>) {
        let mut packed = Self::default();
        values.for_each(|value| packed.varint(value));
        self.message(field, &packed);
    }
}

/// The table of strings; the first one is empty.
struct Strings(IndexSet<String, FxBuildHasher>);

impl Strings {
    fn number(&mut self, text: &str) -> u64 {
        let text = plain_text::clean(text);
        let at = match self.0.get_index_of(&*text) {
            Some(at) => at,
            None => self.0.insert_full(text.into_owned()).0,
        };
        at as u64
    }
}

/// Writes the profile, compressed. All values are nanoseconds, but for the number of looks.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let mut gzip = GzEncoder::new(out, Compression::default());
    gzip.write_all(&encoded(profile))?;
    gzip.finish()?.flush()
}

/// The values of a sample: wall time, processor time, waiting time, looks.
const TYPES: [(&str, &str); 4] = [
    ("wall", "nanoseconds"),
    ("cpu", "nanoseconds"),
    ("wait", "nanoseconds"),
    ("looks", "count"),
];

fn encoded(profile: &Profile) -> Vec<u8> {
    let states = &profile.timeline.states;
    let mut strings = Strings(IndexSet::default());
    strings.number("");
    let mut message = Message::default();
    for (kind, unit) in TYPES {
        let mut value = Message::default();
        value.number(value_type::TYPE, strings.number(kind));
        value.number(value_type::UNIT, strings.number(unit));
        message.message(profile_field::SAMPLE_TYPE, &value);
    }
    // The leaf that says the reason and the root that says whose state it is are locations of
    // their own, after those of the places.
    let first_label = states.places().len();
    let mut labels: IndexSet<String, FxBuildHasher> = IndexSet::default();
    for (state, sum) in profile.timeline.sums() {
        let root = format!("{} {}", state.who.as_str(), states.name(state.group));
        let mut number = |label: String| (first_label + labels.insert_full(label).0) as u64 + 1;
        let ends = (number(format!("[{}]", states.leaf(state))), number(root));
        let sample = sample_of(profile, state, sum, ends, &mut strings);
        message.message(profile_field::SAMPLE, &sample);
    }
    for (at, place) in states.places().enumerate() {
        let name = strings.number(&place.name);
        let file = strings.number(place.file.as_deref().unwrap_or_default());
        add_location(&mut message, at, name, file, place.line);
    }
    for (at, label) in labels.iter().enumerate() {
        let name = strings.number(label);
        add_location(&mut message, first_label + at, name, 0, None);
    }
    let lasted = u64::try_from(profile.trust.lasted.as_nanos()).unwrap_or(u64::MAX);
    message.number(profile_field::TIME_NANOS, profile.about.began_ns);
    message.number(profile_field::DURATION_NANOS, lasted);
    let comments = [profile.title(), profile.trust.line()];
    for comment in comments {
        message.number(profile_field::COMMENT, strings.number(&comment));
    }
    message.number(
        profile_field::DEFAULT_SAMPLE_TYPE,
        strings.number(TYPES[0].0),
    );
    for text in &strings.0 {
        message.bytes(profile_field::STRING_TABLE, text.as_bytes());
    }
    message.0
}

fn sample_of(
    profile: &Profile,
    state: &State,
    sum: Sum,
    (leaf, root): (u64, u64),
    strings: &mut Strings,
) -> Message {
    let states = &profile.timeline.states;
    let mut message = Message::default();
    // Innermost first; numbers of locations begin at 1.
    let stack = states.stack(state.stack).iter().rev();
    let places = stack.map(|at| u64::from(*at) + 1);
    let stack = std::iter::once(leaf).chain(places).chain([root]);
    message.packed(sample::LOCATION_ID, stack);
    let wait_ns = match state.activity {
        Activity::Waiting => sum.wall_ns,
        Activity::Ready | Activity::Running | Activity::WaitingGil => 0,
    };
    let values = [sum.wall_ns, sum.cpu_ns, wait_ns, sum.looks];
    message.packed(sample::VALUE, values.into_iter());
    let group = match state.who {
        Who::Task => "task",
        Who::Thread => "thread",
    };
    let reason = states.reason(state).map(|reason| reason.kind.as_str());
    let event_loop = state.event_loop.map(|name| states.name(name));
    let labels = [
        (group, Some(states.name(state.group))),
        ("state", Some(state.activity.as_str())),
        ("wait", reason),
        ("loop", event_loop),
    ];
    for (key, text) in labels {
        let Some(text) = text else { continue };
        let mut of_sample = Message::default();
        of_sample.number(label::KEY, strings.number(key));
        of_sample.number(label::STR, strings.number(text));
        message.message(sample::LABEL, &of_sample);
    }
    message
}

/// Adds the location and the function with the number `at`, from 0.
fn add_location(message: &mut Message, at: usize, name: u64, file: u64, number: Option<u32>) {
    let id = at as u64 + 1;
    let mut of_line = Message::default();
    of_line.number(line::FUNCTION_ID, id);
    of_line.number(line::LINE, number.unwrap_or_default().into());
    let mut place = Message::default();
    place.number(location::ID, id);
    place.message(location::LINE, &of_line);
    message.message(profile_field::LOCATION, &place);
    let mut code = Message::default();
    code.number(function::ID, id);
    code.number(function::NAME, name);
    code.number(function::FILENAME, file);
    message.message(profile_field::FUNCTION, &code);
}

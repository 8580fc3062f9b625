//! The format of pprof: a gzipped protocol buffer. Labels follow the names that others use:
//! `task`, `thread`, `wait`.

mod messages;

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use indexmap::IndexSet;
use prost::Message;
use rustc_hash::FxBuildHasher;

use super::Profile;
use super::interval::Sum;
use super::stacks::{Activity, State, Who};
use crate::plain_text;
use messages::{Function, Label, Line, Location, Sample, ValueType};

/// The table of strings; the first one is empty.
struct Strings(IndexSet<String, FxBuildHasher>);

impl Strings {
    fn number(&mut self, text: &str) -> i64 {
        let text = plain_text::clean(text);
        let at = match self.0.get_index_of(&*text) {
            Some(at) => at,
            None => self.0.insert_full(text.into_owned()).0,
        };
        signed(at as u64)
    }
}

/// Writes the profile, compressed. All values are nanoseconds, but for the number of looks.
///
/// # Errors
/// Those of `out`.
pub fn write(profile: &Profile, out: &mut dyn Write) -> io::Result<()> {
    let mut gzip = GzEncoder::new(out, Compression::default());
    gzip.write_all(&message(profile).encode_to_vec())?;
    gzip.finish()?.flush()
}

/// The values of a sample: wall time, processor time, waiting time, looks.
const TYPES: [(&str, &str); 4] = [
    ("wall", "nanoseconds"),
    ("cpu", "nanoseconds"),
    ("wait", "nanoseconds"),
    ("looks", "count"),
];

fn message(profile: &Profile) -> messages::Profile {
    let states = &profile.timeline.states;
    let mut strings = Strings(IndexSet::default());
    strings.number("");
    let sample_type = TYPES.map(|(kind, unit)| ValueType {
        kind: strings.number(kind),
        unit: strings.number(unit),
    });
    // The leaf that says the reason and the root that says whose state it is are locations of
    // their own, after those of the places.
    let first_label = states.places().len();
    let mut labels: IndexSet<String, FxBuildHasher> = IndexSet::default();
    let samples = profile.timeline.sums().map(|(state, sum)| {
        let root = format!("{} {}", state.who.as_str(), states.name(state.group));
        let mut number = |label: String| (first_label + labels.insert_full(label).0) as u64 + 1;
        let ends = (number(format!("[{}]", states.leaf(state))), number(root));
        sample_of(profile, state, sum, ends, &mut strings)
    });
    let sample = samples.collect();
    let places = states.places().map(|place| Function {
        id: 0,
        name: strings.number(&place.name),
        filename: strings.number(place.file.as_deref().unwrap_or_default()),
    });
    let mut function: Vec<Function> = places.collect();
    function.extend(labels.iter().map(|label| Function {
        name: strings.number(label),
        ..Function::default()
    }));
    let numbered = (1..).zip(&mut function);
    numbered.for_each(|(id, function)| function.id = id);
    let lines = states.places().map(|place| place.line.unwrap_or_default());
    let lines = lines.chain(std::iter::repeat(0));
    let location = function.iter().zip(lines).map(|(function, line)| Location {
        id: function.id,
        line: vec![Line {
            function_id: function.id,
            line: line.into(),
        }],
    });
    let location = location.collect();
    let lasted = u64::try_from(profile.trust.lasted.as_nanos()).unwrap_or(u64::MAX);
    let comment = [profile.title(), profile.trust.line()];
    messages::Profile {
        sample_type: sample_type.into(),
        sample,
        location,
        function,
        time_nanos: signed(profile.about.began_ns),
        duration_nanos: signed(lasted),
        comment: comment.map(|text| strings.number(&text)).into(),
        default_sample_type: strings.number(TYPES[0].0),
        string_table: strings.0.into_iter().collect(),
    }
}

fn sample_of(
    profile: &Profile,
    state: &State,
    sum: Sum,
    (leaf, root): (u64, u64),
    strings: &mut Strings,
) -> Sample {
    let states = &profile.timeline.states;
    // Numbers of locations begin at 1.
    let stack = states.stack(state.stack).iter().rev();
    let places = stack.map(|at| u64::from(*at) + 1);
    let wait_ns = match state.activity {
        Activity::Waiting => sum.wall_ns,
        Activity::Ready | Activity::Running | Activity::WaitingGil => 0,
    };
    let values = [sum.wall_ns, sum.cpu_ns, wait_ns, sum.looks];
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
    let label = labels.into_iter().filter_map(|(key, text)| {
        Some(Label {
            key: strings.number(key),
            text: strings.number(text?),
        })
    });
    Sample {
        location_id: std::iter::once(leaf).chain(places).chain([root]).collect(),
        value: values.map(signed).into(),
        label: label.collect(),
    }
}

fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

//! Captures of real processes, which the input chooses from and damages.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use dapper_attach::capture;
use dapper_attach::inspect::recording::Recording;
use dapper_attach::limits::Limits;
use dapper_attach::model::{FrameLocation, Process};
use dapper_attach::process::recorded::RecordedMemory;
use dapper_attach::process::{Memory, ReadCause, ReadError, ReadStats};
use dapper_attach::sampling::recorded::Extent;
use dapper_attach::sampling::retained::Proof;
use dapper_attach::snapshot::options::{SampleOptions, Scope};

macro_rules! files {
    ($($path:literal)*) => {
        [$(include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $path))),*]
    };
}

/// Redacted ones of every version, then some with variables.
static FILES: [&[u8]; FIXTURES] = files!(
    "../tests/fixtures/captures/3.7.dapper"
    "../tests/fixtures/captures/3.8.dapper"
    "../tests/fixtures/captures/3.9.dapper"
    "../tests/fixtures/captures/3.10.dapper"
    "../tests/fixtures/captures/3.11.dapper"
    "../tests/fixtures/captures/3.12.dapper"
    "../tests/fixtures/captures/3.13.dapper"
    "../tests/fixtures/captures/3.13t.dapper"
    "../tests/fixtures/captures/3.14.dapper"
    "../tests/fixtures/captures/3.14d.dapper"
    "../tests/fixtures/captures/3.15.dapper"
    "values/3.8.dapper"
    "values/3.14.dapper"
);
const FIXTURES: usize = 13;
/// The first one with variables.
const VALUES: usize = 11;

/// Where there is memory that the process did not have, for what the input
/// wants to be large: zeros, unless it says otherwise.
pub const ARENA: u64 = 0x6000_0000_0000;
/// Its bytes.
pub const ARENA_SIZE: u64 = 256 << 10;
const PAGE: u64 = 4096;

/// A capture, and what of its memory decoders look at.
pub struct Fixture {
    pub recording: Recording,
    /// Addresses of the words that are read for a snapshot.
    pub read: Vec<u64>,
    /// Addresses of all words that were recorded.
    pub all: Vec<u64>,
    /// Addresses of objects.
    pub objects: Vec<u64>,
    /// The frames of its own code.
    pub places: Vec<FrameLocation>,
}

/// One of all.
pub fn any(number: u8) -> &'static Fixture {
    fixture(usize::from(number) % FIXTURES)
}

/// One of those with variables.
pub fn with_values(number: u8) -> &'static Fixture {
    fixture(VALUES + usize::from(number) % (FIXTURES - VALUES))
}

fn fixture(place: usize) -> &'static Fixture {
    static READ: [OnceLock<Fixture>; FIXTURES] = [const { OnceLock::new() }; FIXTURES];
    READ[place].get_or_init(|| Fixture::new(FILES[place]))
}

impl Fixture {
    fn new(file: &[u8]) -> Self {
        let mut recording = capture::read(file).expect("a fixture is a capture");
        for process in &mut recording.processes {
            for sample in &mut process.process.samples {
                sample.memory = padded(&sample.memory);
            }
        }
        let process = recording.first().expect("a fixture has a process");
        let (seen, kept) = process.keep(&options(true)).expect("a fixture is read");
        let record = kept.record(&seen, &options(true), Extent::Bytes);
        let (sample, _) = record.expect("a fixture is read again");
        let all = process.samples.last().expect("a fixture has a sample");
        let read = words(&sample.memory);
        let objects = kept.look(&Proof::default(), &Limits::default(), |reader| {
            let word = |at: &u64| reader.u64(*at).unwrap_or(0);
            let found: BTreeSet<u64> = read.iter().map(word).collect();
            let is_object = |addr: &u64| reader.type_of(*addr).is_ok();
            found.into_iter().filter(is_object).collect()
        });
        let (objects, _) = objects.expect("a capture does not change");
        Self {
            all: words(&all.memory),
            places: places(&seen),
            read,
            objects,
            recording,
        }
    }

    /// The word at `addr` of the last sample.
    pub fn word(&self, addr: u64) -> u64 {
        let memory = self.memory();
        memory
            .and_then(|it| it.read_word(addr, 8).ok())
            .unwrap_or(0)
    }

    /// The memory of the last sample.
    pub fn memory(&self) -> Option<&RecordedMemory> {
        self.recording.first()?.samples.last().map(|it| &it.memory)
    }
}

fn places(seen: &Process) -> Vec<FrameLocation> {
    let own = seen.frames().filter(|frame| !frame.library);
    own.filter_map(|frame| frame.place).collect()
}

fn words(memory: &RecordedMemory) -> Vec<u64> {
    let each = |(start, end): (u64, u64)| (start & !7..end).step_by(8);
    memory.ranges().flat_map(each).collect()
}

/// Whole pages instead of what was recorded of them, and the arena: otherwise
/// whatever is made larger ends where nothing was recorded.
fn padded(memory: &RecordedMemory) -> RecordedMemory {
    let mut pages: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for (start, end) in memory.ranges() {
        let mut at = start;
        while at < end {
            let first = at & !(PAGE - 1);
            let to = end.min(first + PAGE);
            let page = pages.entry(first).or_insert_with(|| vec![0; PAGE as usize]);
            let part = &mut page[(at - first) as usize..(to - first) as usize];
            memory.read(at, part).expect("it was recorded");
            at = to;
        }
    }
    for page in (ARENA..ARENA + ARENA_SIZE).step_by(PAGE as usize) {
        pages.insert(page, vec![0; PAGE as usize]);
    }
    let ranges: Vec<(u64, u64)> = pages.keys().map(|page| (*page, page + PAGE)).collect();
    RecordedMemory::copy_of(&Pages(pages), &ranges, Vec::new())
}

/// Whole pages, read by the page.
struct Pages(BTreeMap<u64, Vec<u8>>);

impl Memory for Pages {
    fn read(&self, addr: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        let (len, cause) = (buf.len(), ReadCause::Unmapped);
        let page = self.0.get(&addr).filter(|page| page.len() == len);
        buf.copy_from_slice(page.ok_or(ReadError { addr, len, cause })?);
        Ok(())
    }

    fn stats(&self) -> ReadStats {
        ReadStats::default()
    }
}

/// How fixtures are looked at.
pub fn options(locals: bool) -> SampleOptions {
    SampleOptions {
        locals,
        no_pause: true,
        max_pause: Duration::ZERO,
        scope: Scope::Everything,
        limits: Limits::default(),
    }
}

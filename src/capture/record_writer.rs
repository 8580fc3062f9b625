//! Writes a recording over time while it is recorded.

use std::io::{self, Write};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::chunks::{Kind, pack};
use super::{CaptureError, MAGIC};
use crate::inspect::key_looks::KeyLook;
use crate::inspect::recording::RecordedSources;
use crate::model::Verdict;
use crate::process::recorded::{RecordedMemory, write_image, write_number};
use crate::profile::{About, Part, Trust};
use crate::sampling::recorded::RecordedProcess;

/// Version of the format of recordings over time. Captures have version 1 of the same header.
pub(super) const RECORD_FORMAT: u16 = 2;
/// All whole looks of a recording take at most so many bytes of its file.
const LOOKS_PACKED: usize = 64 << 20;
/// All of them are at most so many bytes when they are decompressed.
pub(super) const LOOKS_UNPACKED: usize = 384 << 20;

/// A part of the timeline, and how far the recording can be trusted up to then.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PartBody {
    pub part: Part,
    pub trust: Trust,
}

/// What the list of whole looks has of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// When it was taken: RFC 3339 in UTC, with microseconds.
    pub taken_at: String,
    /// The same, since the beginning of the recording.
    #[serde(skip)]
    pub at: Duration,
    /// What was wrong then. `None` if it could not be judged.
    pub verdict: Option<Verdict>,
}

/// The facts before the memory of a look.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct LookFacts {
    /// Whether all but the sample is as in the look before, and so is left out.
    pub is_same: bool,
    /// Nanoseconds since the look before; 0 for the first.
    pub interval_ns: u64,
    pub process: RecordedProcess,
    pub sources: RecordedSources,
}

/// A look that can be written.
#[derive(Debug)]
pub struct EncodedLook {
    /// When it was taken, and what was wrong.
    pub look: Look,
    /// When it was taken by the clock of the process. `None` if it is not known.
    pub clock_s: Option<f64>,
    /// The same by ours.
    pub taken: std::time::Instant,
    /// How long taking and encoding it took.
    pub cost: Duration,
    /// The part of the room for looks that is left: from 1 down to 0.
    pub room_left: f64,
    /// Whether it has a look before it. The first is not in the list of looks.
    pub is_listed: bool,
    /// The decompressed chunk; `None` if there was not enough room for it.
    body: Option<Vec<u8>>,
}

/// Encodes looks one after the other: of each only the memory that differs from the one before.
#[derive(Debug)]
pub struct LookEncoder {
    before: Option<RecordedMemory>,
    told: Vec<u8>,
    packed_left: usize,
    unpacked_left: usize,
}

impl Default for LookEncoder {
    fn default() -> Self {
        Self {
            before: None,
            told: Vec::new(),
            packed_left: LOOKS_PACKED,
            unpacked_left: LOOKS_UNPACKED,
        }
    }
}

impl LookEncoder {
    /// Encodes the next look.
    pub fn encode(&mut self, key: KeyLook) -> EncodedLook {
        let KeyLook {
            taken_at,
            taken,
            clock_s,
            interval,
            verdict,
            process,
            sources,
            ..
        } = key;
        let interval_ns = interval.unwrap_or_default().as_nanos();
        let facts = LookFacts {
            is_same: false,
            interval_ns: u64::try_from(interval_ns).unwrap_or(u64::MAX),
            process,
            sources,
        };
        let body = self.body(facts);
        if body.is_none() {
            // The looks after this one would lack its source files.
            self.packed_left = 0;
        }
        let part = |left: usize, of: usize| left as f64 / of as f64;
        EncodedLook {
            look: Look {
                taken_at,
                at: Duration::ZERO,
                verdict,
            },
            clock_s,
            taken,
            cost: taken.elapsed(),
            room_left: part(self.packed_left, LOOKS_PACKED)
                .min(part(self.unpacked_left, LOOKS_UNPACKED)),
            is_listed: interval.is_some(),
            body,
        }
    }

    /// The chunk of a look. `None` if it does not fit any more.
    fn body(&mut self, mut facts: LookFacts) -> Option<Vec<u8>> {
        let memory = facts.process.samples.last()?.memory.clone();
        let samples = std::mem::take(&mut facts.process.samples);
        let told = serde_json::to_vec(&facts.process).ok()?;
        facts.is_same = told == self.told;
        if facts.is_same {
            facts.process = RecordedProcess::default();
        }
        facts.process.samples = samples;
        let facts = serde_json::to_vec(&facts).ok()?;
        let mut body = Vec::new();
        write_number(&mut body, facts.len() as u64);
        body.extend(facts);
        write_image(&mut body, &memory, self.before.as_ref());
        let size = body.len();
        let chunk = pack(Kind::Memory, 0, &body).ok()?;
        self.unpacked_left = self.unpacked_left.checked_sub(size)?;
        self.packed_left = self.packed_left.checked_sub(chunk.len())?;
        self.before = Some(memory);
        self.told = told;
        Some(chunk)
    }
}

/// Writes a recording over time.
#[derive(Debug)]
pub struct RecordWriter<W> {
    out: W,
}

impl<W: Write> RecordWriter<W> {
    /// Writes the beginning.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W, about: &About) -> Result<Self, CaptureError> {
        let mut writer = Self { out };
        let version = env!("CARGO_PKG_VERSION").as_bytes();
        let mut header = MAGIC.to_vec();
        header.extend(RECORD_FORMAT.to_le_bytes());
        header.push(version.len() as u8);
        header.extend(version);
        writer.out.write_all(&header)?;
        writer.chunk(Kind::About, 0, &serde_json::to_vec(about)?)?;
        Ok(writer)
    }

    /// Writes a part of the timeline.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn part(&mut self, part: Part, trust: Trust) -> Result<(), CaptureError> {
        let at_ns = part.at_ns;
        let body = serde_json::to_vec(&PartBody { part, trust })?;
        self.chunk(Kind::Part, at_ns, &body)
    }

    /// Writes a look that was taken `at` after the beginning. Returns whether there was room.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn look(&mut self, encoded: &EncodedLook, at: Duration) -> Result<bool, CaptureError> {
        let Some(memory) = &encoded.body else {
            return Ok(false);
        };
        let at_ns = u64::try_from(at.as_nanos()).unwrap_or(u64::MAX);
        if encoded.is_listed {
            self.chunk(Kind::Look, at_ns, &serde_json::to_vec(&encoded.look)?)?;
        }
        self.out.write_all(memory)?;
        self.out.flush()?;
        Ok(true)
    }

    fn chunk(&mut self, kind: Kind, at_ns: u64, body: &[u8]) -> Result<(), CaptureError> {
        let chunk = pack(kind, at_ns, body)?;
        self.out.write_all(&chunk)?;
        Ok(self.out.flush()?)
    }
}

/// The error of a writer as one of input and output.
impl From<CaptureError> for io::Error {
    fn from(error: CaptureError) -> Self {
        match error {
            CaptureError::Io(error) => error,
            other => Self::other(other),
        }
    }
}

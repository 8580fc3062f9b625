//! Reads recordings over time, as far as they are whole.

use std::sync::Arc;
use std::time::Duration;

use super::chunks::{Chunk, Kind, NoChunk, next};
use super::record_writer::{LOOKS_UNPACKED, Look, LookFacts, PartBody};
use super::{CaptureError, MAX_BODY};
use crate::inspect::recording::{Recorded, RecordedSources, Recording};
use crate::process::recorded::{Cursor, MAX_RUNS, RecordedMemory, read_image};
use crate::profile::{About, Profile, Timeline, Trust};
use crate::sampling::recorded::{RecordedProcess, Sample};

/// Maximum number of whole looks in one recording: those of a day.
const MAX_LOOKS: usize = 100_000;
/// Maximum size of what the list has of one look, in bytes.
const MAX_LOOK: usize = 1 << 20;

/// How the file of a recording ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With the last part of the recording.
    Whole,
    /// Before that: whoever recorded it was ended, or the file is not all there.
    Cut,
    /// With bytes that are not as they were written.
    Damaged,
}

/// A recording over time.
#[derive(Debug)]
pub struct RecordFile {
    /// Which process it is.
    pub about: About,
    /// How its file ends.
    pub end: End,
    bytes: Vec<u8>,
    /// Where the parts of the timeline begin.
    parts: Vec<usize>,
    looks: Vec<Look>,
    /// The number of the memory of each look.
    memory_of: Vec<usize>,
    /// Where each memory begins. The first one is of no look in the list.
    memories: Vec<usize>,
    /// When the last whole chunk was written, in nanoseconds since the beginning.
    until_ns: u64,
}

impl RecordFile {
    /// Reads the chunks of a file, the first of which begins at `from`.
    ///
    /// # Errors
    /// If the file ends before it says of which process it is.
    pub(super) fn read(bytes: Vec<u8>, from: usize) -> Result<Self, CaptureError> {
        let mut rest = bytes.get(from..).unwrap_or_default();
        let first = next(&mut rest).map_err(|no| match no {
            NoChunk::Short => CaptureError::Short,
            NoChunk::Damaged => CaptureError::Damaged,
        })?;
        let about: About = match first.kind {
            Some(Kind::About) => serde_json::from_slice(&first.unpack()?)?,
            _ => return Err(CaptureError::Damaged),
        };
        let mut file = Self {
            about,
            end: End::Cut,
            parts: Vec::new(),
            looks: Vec::new(),
            memory_of: Vec::new(),
            memories: Vec::new(),
            until_ns: 0,
            bytes: Vec::new(),
        };
        let mut look = None;
        while !rest.is_empty() {
            let at = bytes.len() - rest.len();
            match next(&mut rest) {
                Ok(chunk) => file.add(at, &chunk, &mut look)?,
                Err(NoChunk::Short) => break,
                Err(NoChunk::Damaged) => {
                    file.end = End::Damaged;
                    break;
                }
            }
        }
        if file.end == End::Cut && file.is_finished(&bytes)? {
            file.end = End::Whole;
        }
        file.bytes = bytes;
        Ok(file)
    }

    /// Notes where the chunk is.
    fn add(
        &mut self,
        at: usize,
        chunk: &Chunk<'_>,
        look: &mut Option<Look>,
    ) -> Result<(), CaptureError> {
        match chunk.kind {
            Some(Kind::Part) => {
                self.parts.push(at);
                self.until_ns = self.until_ns.max(chunk.at_ns);
            }
            Some(Kind::Look) if chunk.size > MAX_LOOK => return Err(CaptureError::TooLarge),
            Some(Kind::Look) => {
                let read: Look = serde_json::from_slice(&chunk.unpack()?)?;
                let at = Duration::from_nanos(chunk.at_ns);
                *look = Some(Look { at, ..read });
            }
            Some(Kind::Memory) => {
                if let Some(look) = look.take() {
                    self.looks.push(look);
                    self.memory_of.push(self.memories.len());
                }
                self.memories.push(at);
            }
            // What a newer version adds to the format.
            Some(Kind::About) | None => {}
        }
        match self.memories.len() > MAX_LOOKS {
            true => Err(CaptureError::TooLarge),
            false => Ok(()),
        }
    }

    fn is_finished(&self, bytes: &[u8]) -> Result<bool, CaptureError> {
        match self.parts.last() {
            Some(at) => Ok(part(bytes, *at)?.part.last),
            None => Ok(false),
        }
    }

    /// What there is to say about a file that is not whole. `None` if it is.
    pub fn warning(&self) -> Option<String> {
        let until_s = Duration::from_nanos(self.until_ns).as_secs_f64();
        match self.end {
            End::Whole => None,
            End::Cut => Some(format!(
                "it is cut short; it is read up to {until_s:.1} s after its beginning"
            )),
            End::Damaged => Some(format!(
                "it is damaged; it is read up to {until_s:.1} s after its beginning"
            )),
        }
    }

    /// How much of the recording is there.
    pub fn lasted(&self) -> Duration {
        let last = self.looks.last().map_or(Duration::ZERO, |look| look.at);
        Duration::from_nanos(self.until_ns).max(last)
    }

    /// The whole looks, in the order in which they were taken.
    pub fn looks(&self) -> &[Look] {
        &self.looks
    }

    /// What was recorded over time.
    ///
    /// # Errors
    /// If its parts do not fit together, or exceed a limit on their size.
    pub fn profile(&self) -> Result<Profile, CaptureError> {
        let mut timeline = Timeline::default();
        let mut trust = Trust::default();
        let mut left = MAX_BODY;
        for at in &self.parts {
            left =
                (left.checked_sub(chunk(&self.bytes, *at)?.size)).ok_or(CaptureError::TooLarge)?;
            let body = part(&self.bytes, *at)?;
            timeline.add_part(body.part)?;
            trust = body.trust;
        }
        timeline.finish(self.until_ns);
        Ok(Profile {
            about: self.about.clone(),
            timeline,
            trust,
        })
    }

    /// The look with this number as a capture, with the one before it as its earlier sample.
    ///
    /// # Errors
    /// If there is no such look, or its memory is damaged.
    pub fn moment(&self, number: usize) -> Result<Recording, CaptureError> {
        let look = self.looks.get(number).ok_or(CaptureError::Short)?;
        let mut body = Vec::new();
        let mut bounds = Vec::new();
        let memory = self.memory_of.get(number).ok_or(CaptureError::Short)?;
        for at in self.memories.iter().take(memory + 1) {
            let chunk = chunk(&self.bytes, *at)?;
            if body.len() + chunk.size > LOOKS_UNPACKED {
                return Err(CaptureError::TooLarge);
            }
            let from = body.len();
            chunk.unpack_into(&mut body)?;
            bounds.push(from);
        }
        let body = Arc::new(body);
        let mut chain = Chain::default();
        for from in bounds {
            chain.add(&body, from)?;
        }
        Ok(Recording {
            redacted: false,
            taken_at: look.taken_at.clone(),
            interval_ns: chain.interval_ns,
            processes: vec![chain.recorded()],
            lost: Vec::new(),
        })
    }
}

/// Looks that were read one after the other.
#[derive(Default)]
struct Chain {
    process: RecordedProcess,
    sources: RecordedSources,
    memory: Option<RecordedMemory>,
    /// The time between the last two, in nanoseconds.
    interval_ns: u64,
    /// The last two samples.
    samples: Vec<Sample>,
}

impl Chain {
    /// Reads the look whose facts begin at `from`.
    fn add(&mut self, body: &Arc<Vec<u8>>, from: usize) -> Result<(), CaptureError> {
        let mut cursor = Cursor::new(body, from);
        let len = usize::try_from(cursor.number()?).unwrap_or(usize::MAX);
        let at = cursor.position();
        let facts = at.checked_add(len).and_then(|to| body.get(at..to));
        let facts: LookFacts = serde_json::from_slice(facts.ok_or(CaptureError::Short)?)?;
        let mut cursor = Cursor::new(body, at + len);
        let mut runs = MAX_RUNS;
        let memory = read_image(body, &mut cursor, self.memory.as_ref(), &mut runs)?;
        self.interval_ns = facts.interval_ns;
        let mut process = facts.process;
        let mut sample = process.samples.pop().ok_or(CaptureError::Short)?;
        sample.memory = memory.clone();
        if !facts.is_same {
            self.process = process;
        }
        self.memory = Some(memory);
        self.sources.files.extend(facts.sources.files);
        self.sources.parent_command = facts.sources.parent_command;
        if self.samples.len() > 1 {
            self.samples.remove(0);
        }
        self.samples.push(sample);
        Ok(())
    }

    fn recorded(self) -> Recorded {
        Recorded {
            process: RecordedProcess {
                samples: self.samples,
                ..self.process
            },
            sources: self.sources,
        }
    }
}

/// The chunk that begins at `at`, which was whole before.
fn chunk(bytes: &[u8], at: usize) -> Result<Chunk<'_>, CaptureError> {
    let mut rest = bytes.get(at..).unwrap_or_default();
    next(&mut rest).map_err(|_| CaptureError::Damaged)
}

fn part(bytes: &[u8], at: usize) -> Result<PartBody, CaptureError> {
    Ok(serde_json::from_slice(&chunk(bytes, at)?.unpack()?)?)
}

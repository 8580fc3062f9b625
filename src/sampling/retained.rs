//! Reading on in what a snapshot has seen, while the process runs on.

use std::rc::Rc;
use std::time::{Duration, Instant};

use rustc_hash::FxHashSet;

use super::evidence::Evidence;
use crate::cpython::{FrameSlot, Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Frame, Process};
use crate::process;
use crate::process::{Memory, PageCache, Piece, ProcessMemory, ReadCause, Stop, Traced, page_of};

/// How often something is decoded anew that changes while it is read.
const TRIES: usize = 3;

/// How long variables are looked for whose pages are to be copied with the rest.
const TOUCH_TIME: Duration = Duration::from_millis(250);

/// Names of one module whose values are looked for.
const MOST_NAMES: usize = 2_000;

/// Decodes the variables of all frames, as far as a list shows them, so that
/// their pages are known before a stop and are copied in it. The program's own
/// frames come first; it ends when its time is over.
pub(crate) fn touch_variables(seen: &Process, runtime: &Runtime, cache: &PageCache<ProcessMemory>) {
    let limits = Limits {
        value_items: 12,
        value_depth: 2,
        value_text: 200,
        ..Limits::default()
    };
    let reader = Reader::new(cache, runtime.layout.clone(), limits);
    let tasks = seen.tasks.iter().flat_map(|task| &*task.frames);
    let threads = seen.threads.iter().flat_map(|thread| &thread.frames);
    let mut frames: Vec<&Frame> = tasks.chain(threads).collect();
    frames.sort_by_key(|frame| frame.library);
    let begun = Instant::now();
    let mut modules = FxHashSet::default();
    for place in frames.into_iter().filter_map(|frame| frame.place) {
        if begun.elapsed() > TOUCH_TIME {
            return;
        }
        let Ok(FrameSlot::Python { frame, .. }) = reader.frame(place.frame) else {
            continue;
        };
        let variables = reader.frame_variables(&frame).unwrap_or_default();
        let mut values: Vec<u64> = variables.into_iter().filter_map(|it| it.value).collect();
        let at = frame.addr + u64::from(reader.layout.frame.globals);
        if let Ok(globals) = reader.required(at, "globals of a frame")
            && modules.insert(globals)
        {
            let (names, _) = reader.dict_items(globals, MOST_NAMES).unwrap_or_default();
            for (name, value) in names {
                // The texts are wanted with the values.
                let _ = reader.text(name);
                values.push(value);
            }
        }
        for addr in values {
            let _ = reader.value(addr);
            let _ = reader.attributes(addr);
        }
    }
}

/// The pages that were copied at the moment of a snapshot.
#[derive(Debug, Default)]
pub struct Moment {
    pages: FxHashSet<u64>,
}

impl Moment {
    /// What the cache holds now, with what was copied aside if that is of the
    /// same moment.
    pub fn of(cache: &PageCache<ProcessMemory>, aside_too: bool) -> Self {
        match cache.cache_stats().dropped {
            0 => Self {
                pages: cache.held_pages(aside_too),
            },
            // Pages were dropped and read again: none is known to be of it.
            _ => Self::default(),
        }
    }

    fn has(&self, addr: u64) -> bool {
        self.pages.contains(&page_of(addr))
    }
}

/// What addresses were read from. As long as that is as it was, they still lead
/// to the same objects.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// Sorted, none crosses a page.
    ranges: Rc<[(u64, u64)]>,
}

impl Proof {
    /// This, and `read`.
    fn and(&self, mut read: Vec<(u64, u64)>) -> Self {
        if !self.ranges.is_empty() {
            read.extend(self.ranges.iter());
            read.sort_unstable();
            read.dedup();
        }
        Self {
            ranges: read.into(),
        }
    }

    fn has(&self, range: &(u64, u64)) -> bool {
        self.ranges.binary_search(range).is_ok()
    }
}

/// The process has changed what was to be read since the snapshot was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    Changed,
    /// The process has ended.
    Gone,
}

/// A process of which a snapshot was taken, and all that was read for it.
///
/// What was copied at the moment of the snapshot is decoded from that copy.
/// What was not, is read now; then all that was read on the way to it must
/// still be in the process as it was, or nothing is said of it.
#[derive(Debug)]
pub struct Kept {
    process: process::Process,
    runtime: Runtime,
    cache: PageCache<ProcessMemory>,
    moment: Moment,
    stop: Option<Stop>,
    evidence: Evidence,
}

impl Kept {
    pub(crate) fn new(
        process: process::Process,
        runtime: Runtime,
        cache: PageCache<ProcessMemory>,
        moment: Moment,
        stop: Option<Stop>,
        evidence: Evidence,
    ) -> Self {
        Self {
            process,
            runtime,
            cache,
            moment,
            stop,
            evidence,
        }
    }

    /// The process.
    pub fn process(&self) -> &process::Process {
        &self.process
    }

    /// What runs in it.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// What was read of its memory.
    pub(crate) fn cache(&self) -> &PageCache<ProcessMemory> {
        &self.cache
    }

    /// What else the snapshot was made from.
    pub(crate) fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Whether it stands still.
    pub fn is_frozen(&self) -> bool {
        self.stop
            .as_ref()
            .is_some_and(|stop| !stop.released_early())
    }

    /// Lets it go on, if it stands still.
    pub fn thaw(&mut self) {
        self.stop = None;
    }

    /// What `decode` makes of the objects as they were at the snapshot, and what
    /// that was read from. `proof` is what the addresses were read from that
    /// `decode` starts with.
    ///
    /// # Errors
    /// When what it reads, or what led to it, has changed since, or the process
    /// has ended.
    pub fn look<T>(
        &self,
        proof: &Proof,
        limits: &Limits,
        decode: impl Fn(&Reader<'_>) -> T,
    ) -> Result<(T, Proof), Lost> {
        for _ in 0..TRIES {
            let memory = Traced::new(&self.cache);
            let reader = Reader::new(&memory, self.runtime.layout.clone(), limits.clone());
            let decoded = decode(&reader);
            let read = proof.and(memory.ranges());
            let is_old = |range: &(u64, u64)| self.moment.has(range.0);
            let still = self.is_frozen() || self.process.recorded().is_some();
            if still || read.ranges.iter().all(is_old) {
                return Ok((decoded, read));
            }
            let changed = self.changed(&read.ranges)?;
            if changed.is_empty() {
                return Ok((decoded, read));
            }
            if changed.iter().any(is_old) || changed.iter().any(|range| proof.has(range)) {
                return Err(Lost::Changed);
            }
            for (addr, _) in changed {
                self.cache.forget(page_of(addr));
            }
        }
        Err(Lost::Changed)
    }

    /// Those of `ranges` that are different in the process now.
    fn changed(&self, ranges: &[(u64, u64)]) -> Result<Vec<(u64, u64)>, Lost> {
        let mut now: Vec<Vec<u8>> = (ranges.iter())
            .map(|(start, end)| vec![0; (end - start) as usize])
            .collect();
        let mut pieces: Vec<Piece<'_>> = (ranges.iter().zip(&mut now))
            .map(|((start, _), buf)| Piece::new(*start, buf))
            .collect();
        self.cache.source().read_many(&mut pieces);
        let read: Vec<bool> = pieces.iter().map(|piece| piece.done).collect();
        drop(pieces);
        let mut changed = Vec::new();
        for ((range, now), read) in ranges.iter().zip(&now).zip(read) {
            let mut then = vec![0; now.len()];
            let had = self.cache.read(range.0, &mut then);
            if let Err(error) = had
                && error.cause == ReadCause::Gone
            {
                return Err(Lost::Gone);
            }
            if !read || had.is_err() || then != *now {
                changed.push(*range);
            }
        }
        if !changed.is_empty() && !self.process.is_alive() {
            return Err(Lost::Gone);
        }
        Ok(changed)
    }
}

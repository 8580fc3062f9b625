//! Reads more of the memory that a snapshot showed, while the process runs.

use std::rc::Rc;
use std::time::{Duration, Instant};

use rustc_hash::FxHashSet;

use super::evidence::Evidence;
use crate::cpython::{FrameSlot, Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Frame, Process};
use crate::process;
use crate::process::{Memory, PageCache, Piece, ProcessMemory, ReadCause, Stop, Traced, page_of};

/// Maximum number of times that an object is decoded while it keeps changing.
const MAX_TRIES: usize = 3;

/// Maximum time for finding the pages that variables are on.
const MAX_TOUCH_TIME: Duration = Duration::from_millis(250);

/// Maximum number of globals of one module whose values are read.
const MAX_GLOBALS: usize = 2_000;

/// Decodes the variables of all frames, to the depth that a list of variables shows.
/// Their pages are then known before the process is stopped, and are copied during the
/// stop. The program's own frames come first, because the time is limited.
pub(crate) fn touch_variables(
    snapshot: &Process,
    runtime: &Runtime,
    cache: &PageCache<ProcessMemory>,
) {
    let limits = Limits {
        value_items: 12,
        value_depth: 2,
        value_text: 200,
        ..Limits::default()
    };
    let reader = Reader::new(cache, runtime.layout.clone(), limits);
    let tasks = snapshot.tasks.iter().flat_map(|task| &*task.frames);
    let threads = snapshot.threads.iter().flat_map(|thread| &thread.frames);
    let mut frames: Vec<&Frame> = tasks.chain(threads).collect();
    frames.sort_by_key(|frame| frame.library);
    let begun = Instant::now();
    let mut modules = FxHashSet::default();
    for location in frames.into_iter().filter_map(|frame| frame.place) {
        if begun.elapsed() > MAX_TOUCH_TIME {
            return;
        }
        let Ok(FrameSlot::Python { frame, .. }) = reader.frame(location.frame) else {
            continue;
        };
        let variables = reader.frame_variables(&frame).unwrap_or_default();
        let mut values: Vec<u64> = variables.into_iter().filter_map(|it| it.value).collect();
        let at = frame.addr + u64::from(reader.layout.frame.globals);
        if let Ok(globals) = reader.required(at, "globals of a frame")
            && modules.insert(globals)
        {
            let (names, _) = reader.dict_items(globals, MAX_GLOBALS).unwrap_or_default();
            for (name, value) in names {
                // A list shows the names as well as the values.
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

/// The pages that were copied at the time of a snapshot.
#[derive(Debug, Default)]
pub struct StoppedPages {
    pages: FxHashSet<u64>,
}

impl StoppedPages {
    /// The pages that `cache` holds now. With `secondary`, this includes its secondary
    /// pages, if those are of the same moment.
    pub fn of(cache: &PageCache<ProcessMemory>, secondary: bool) -> Self {
        match cache.cache_stats().dropped {
            0 => Self {
                pages: cache.held_pages(secondary),
            },
            // Pages were dropped and read again later. No page is known to be of that
            // moment.
            _ => Self::default(),
        }
    }

    fn has(&self, addr: u64) -> bool {
        self.pages.contains(&page_of(addr))
    }
}

/// The memory ranges from which a path of addresses was read. While they are
/// unchanged, the path still leads to the same object.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// Start and end of each range. They are sorted, and none crosses a page.
    ranges: Rc<[(u64, u64)]>,
}

impl Proof {
    /// The union of these ranges and `read`.
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

/// Why the memory at the time of a snapshot can no longer be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadLost {
    /// The process has changed that memory since.
    Changed,
    /// The process has ended.
    Gone,
}

/// A process after a snapshot, with all memory that was read for it.
///
/// Pages that were copied at the time of the snapshot are decoded from that copy. Other
/// pages are read now. The result is used only if all memory on the path to it is
/// unchanged in the process.
#[derive(Debug)]
pub struct RetainedSnapshot {
    process: process::Process,
    runtime: Runtime,
    cache: PageCache<ProcessMemory>,
    moment: StoppedPages,
    stop: Option<Stop>,
    evidence: Evidence,
}

impl RetainedSnapshot {
    /// Keeps `process`, whose snapshot was made from `cache` and `evidence`.
    pub(crate) fn new(
        process: process::Process,
        runtime: Runtime,
        cache: PageCache<ProcessMemory>,
        moment: StoppedPages,
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

    /// Its Python runtime.
    pub fn runtime(&self) -> &Runtime {
        &self.runtime
    }

    /// The memory that was read.
    pub(crate) fn cache(&self) -> &PageCache<ProcessMemory> {
        &self.cache
    }

    /// The other input of the snapshot.
    pub(crate) fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Whether the process is still stopped.
    pub fn is_frozen(&self) -> bool {
        self.stop
            .as_ref()
            .is_some_and(|stop| !stop.released_early())
    }

    /// Lets the process run, if it is stopped.
    pub fn thaw(&mut self) {
        self.stop = None;
    }

    /// Calls `decode` with the memory at the time of the snapshot. Returns its result
    /// and the proof for addresses in that result. `proof` is the proof for the
    /// addresses at which `decode` starts.
    ///
    /// # Errors
    /// If the memory that `decode` reads, or the memory in `proof`, has changed since
    /// the snapshot, or the process has ended.
    pub fn look<T>(
        &self,
        proof: &Proof,
        limits: &Limits,
        decode: impl Fn(&Reader<'_>) -> T,
    ) -> Result<(T, Proof), ReadLost> {
        for _ in 0..MAX_TRIES {
            let memory = Traced::new(&self.cache);
            let reader = Reader::new(&memory, self.runtime.layout.clone(), limits.clone());
            let decoded = decode(&reader);
            let read = proof.and(memory.ranges());
            let is_of_snapshot = |range: &(u64, u64)| self.moment.has(range.0);
            let is_still = self.is_frozen() || self.process.recorded().is_some();
            if is_still || read.ranges.iter().all(is_of_snapshot) {
                return Ok((decoded, read));
            }
            let changed = self.changed(&read.ranges)?;
            if changed.is_empty() {
                return Ok((decoded, read));
            }
            if changed.iter().any(is_of_snapshot) || changed.iter().any(|range| proof.has(range)) {
                return Err(ReadLost::Changed);
            }
            for (addr, _) in changed {
                self.cache.forget(page_of(addr));
            }
        }
        Err(ReadLost::Changed)
    }

    /// The `ranges` whose bytes in the process differ from those in the cache.
    ///
    /// # Errors
    /// If the process has ended.
    fn changed(&self, ranges: &[(u64, u64)]) -> Result<Vec<(u64, u64)>, ReadLost> {
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
            let cached = self.cache.read(range.0, &mut then);
            if let Err(error) = cached
                && error.cause == ReadCause::Gone
            {
                return Err(ReadLost::Gone);
            }
            if !read || cached.is_err() || then != *now {
                changed.push(*range);
            }
        }
        if !changed.is_empty() && !self.process.is_alive() {
            return Err(ReadLost::Gone);
        }
        Ok(changed)
    }
}

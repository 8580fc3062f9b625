//! Samples one process, once or repeatedly. A sample stops the process, copies its
//! memory, lets it run, and decodes the copy. The next sample reuses the decoded process
//! if its memory is unchanged.

mod running;
mod stopped;

use std::cell::Cell;
use std::time::Duration;

use super::changed::KnownLines;
use super::decode_cache::{DecodedProcess, RemainingTimes};
use super::evidence::Evidence;
use super::iterations;
use super::light::LoopPlaces;
use super::proved_stacks::Bases;
use super::retained;
use super::retained::{RetainedSnapshot, StoppedPages};
use super::running_stacks::RunningStacks;
use crate::cpython::runtime;
use crate::cpython::runtime::candidates::candidates;
use crate::cpython::runtime::{Candidate, Rejection};
use crate::cpython::{Reader, Runtime};
use crate::model::{Consistency, ItemId, Process, ReadInfo, StackSeen};
use crate::process;
use crate::process::{Descriptors, Error, Memory, PageCache, ProcessMemory, RangeCache, Stop};
use crate::snapshot::build::Build;
use crate::snapshot::frames::FrameDetail;
use crate::snapshot::heap::Heap;
use crate::snapshot::kernel_threads::KernelThreads;
use crate::snapshot::options::{SampleOptions, Scope};

/// Maximum number of attempts to find the runtime of a running process while threads
/// start and end.
const MAX_CONFIRM_TRIES: u32 = 5;

/// Attempts to get two equal readings of a running process. After that the reading with
/// the fewest marked items is used.
const MAX_VERIFY_TRIES: u32 = 5;

/// The same where the next sample comes soon.
const MAX_SOON_TRIES: u32 = 3;

/// One of so many waits may change while it is read, where the next sample comes soon.
const MOST_ARE_SAME: usize = 20;

/// Pages that are fetched with a missing one: objects that are made one after another are
/// mostly neighbours, and a second page costs a small part of a system call.
const READ_AHEAD: u64 = 4;

/// Maximum number of walks over the heap while it changes.
const MAX_SEARCH_TRIES: u32 = 3;

/// Maximum number of pages that are scanned for objects: 4 GiB.
const MAX_SCANNED_PAGES: usize = 1 << 20;

/// Pages that the walk over the heap holds at a time: 64 MiB.
const SEARCH_PAGES: usize = 16_384;

/// Pages that the walk fetches together. CPython allocates objects in arenas of 256 KiB
/// or more (`ARENA_SIZE`, Objects/obmalloc.c).
const SEARCH_AHEAD: u64 = 16;

/// Copied pages of the process.
type Pages = PageCache<ProcessMemory>;

/// One process that is sampled.
pub struct Sampler {
    process: process::Process,
    candidates: Vec<Candidate>,
    options: SampleOptions,
    cache: Pages,
    /// Objects found by the last walk over the heap. `None` if there was no walk.
    heap: Option<Heap>,
    descriptors: Descriptors,
    /// Whether the cache will be read further after the last sample.
    keep: bool,
    /// The pages that were copied at the time of the snapshot.
    moment: StoppedPages,
    /// The runtime, if it was confirmed.
    runtime: Option<Runtime>,
    /// The process as it was decoded from the cache. `None` if the cache has changed.
    decoded: Option<DecodedProcess>,
    /// Input of the last sample: the kernel's data, and whether references were
    /// searched.
    last_input: (KernelThreads, bool),
    /// Whether a sample may reuse the decoded process.
    reuse: bool,
    /// How often a running process is decoded for one sample, until two readings are equal.
    tries: u32,
    /// Whether a reading in which little changed is good enough.
    soon: bool,
    /// Whether remaining times are those of the moment of the sample.
    times: RemainingTimes,
    /// What items were decoded from.
    known_lines: KnownLines,
    /// Where the stacks of threads end.
    bases: Bases,
    /// What was read of the stacks of threads that run.
    stack_memory: RangeCache<ProcessMemory>,
}

impl Sampler {
    /// Opens the process `pid`. With `keep`, the pages of variables are copied as well,
    /// for [`Sampler::kept`].
    ///
    /// # Errors
    /// If there is no such process, it does not run Python, or may not be read.
    pub fn open(pid: u32, options: &SampleOptions, keep: bool) -> Result<Self, Error> {
        let process = process::Process::open(pid)?;
        let candidates = candidates(&process, &PageCache::new(process.memory()))?;
        let pages = options.limits.pages;
        Ok(Self {
            stack_memory: RangeCache::new(process.memory()),
            cache: PageCache::with_capacity(process.memory(), pages)
                .remembering_dropped()
                .reading_ahead(READ_AHEAD),
            process,
            candidates,
            options: options.clone(),
            heap: None,
            descriptors: Descriptors::default(),
            keep,
            moment: StoppedPages::default(),
            runtime: None,
            decoded: None,
            last_input: Default::default(),
            reuse: true,
            tries: MAX_VERIFY_TRIES,
            soon: false,
            times: RemainingTimes::GoOn,
            known_lines: KnownLines::default(),
            bases: Bases::default(),
        })
    }

    /// Decodes at every sample, even if nothing has changed. A recording needs this: it
    /// must give an equal snapshot again.
    pub fn decoding_always(self) -> Self {
        let reuse = false;
        Self { reuse, ..self }
    }

    /// Decodes a running process again only if many of its waits changed while they were read: the
    /// next sample comes soon. Of stacks that change, the outer frames that are proved are kept.
    pub fn deciding_soon(self) -> Self {
        Self {
            soon: true,
            tries: MAX_SOON_TRIES,
            cache: self.cache.noting_changes(),
            ..self
        }
    }

    /// Lets the remaining times of what is unchanged stay as they were decoded: to tell them anew
    /// at each sample costs more than all else where nothing changes.
    pub fn without_remaining_times(self) -> Self {
        let times = RemainingTimes::Stay;
        Self { times, ..self }
    }

    /// Takes a sample without stopping the process. It only serves for comparison with
    /// the next sample: inconsistent parts are parts that move.
    ///
    /// # Errors
    /// The errors of [`Sampler::look`].
    pub fn glance(&mut self) -> Result<Process, Error> {
        self.check_gone(|watch| {
            let kernel = KernelThreads::capture(&watch.process)?;
            let is_same = watch.decoded.is_some() && watch.is_unchanged();
            if is_same && let Some(process) = watch.updated(&kernel) {
                return Ok(process);
            }
            watch.read_running()?;
            let decoded = watch.decoded.as_ref();
            let complete = decoded.filter(|decoded| decoded.is_complete());
            let process = complete.map(|decoded| decoded.process.clone());
            process.map_or_else(|| watch.take(), Ok)
        })
    }

    /// Takes a sample.
    ///
    /// # Errors
    /// If the process does not run Python, has an unsupported version, may not be read,
    /// or has ended.
    pub fn look(&mut self) -> Result<Process, Error> {
        self.check_gone(Self::take)
    }

    /// Where the loops of `process`, the last sample, have the words of light looks. None are known
    /// where the clock of the process is not: ages would say nothing.
    pub fn places(&self, process: &Process) -> LoopPlaces {
        let mut places = LoopPlaces {
            loops: process.loops.iter().map(|it| it.id).collect(),
            known: Vec::new(),
        };
        let Some(runtime) = self.runtime.as_ref().filter(|_| process.clock_s.is_some()) else {
            return places;
        };
        let reader = self.reader(runtime, &self.cache);
        for event_loop in &process.loops {
            let frames = iterations::frames(&reader, event_loop, &process.threads);
            let place = (event_loop.id.event_loop())
                .and_then(|addr| reader.iteration_place(addr, &frames).ok().flatten());
            if let Some(place) = place {
                let runs = event_loop.iteration_s.is_some();
                places.known.push((event_loop.id, place, runs));
            }
        }
        places
    }

    /// Notes which threads of `process`, the last sample, run: light looks are taken of those.
    pub fn note_running(&self, process: &Process, stacks: &mut RunningStacks) {
        stacks.note(process, &self.bases);
    }

    /// Looks at the threads that ran at the last sample, and at nothing else. The state of each is
    /// that of `time.monotonic()` of the process after it, in seconds.
    pub fn look_at_stacks(&self, stacks: &mut RunningStacks) -> (Vec<(ItemId, StackSeen)>, f64) {
        let limits = &self.options.limits;
        let seen = match &self.runtime {
            Some(runtime) => stacks.take(&self.process, runtime, limits),
            None => Vec::new(),
        };
        (seen, self.clock_s())
    }

    /// Light looks at the threads of this process, with no thread yet.
    pub fn running_stacks(&self) -> RunningStacks {
        RunningStacks::new(self.process.memory())
    }

    /// `time.monotonic()` of the process now, in seconds.
    pub fn clock_s(&self) -> f64 {
        self.process.monotonic_s()
    }

    /// Takes a sample, and leaves the process stopped until the returned [`Stop`] is
    /// dropped, but for at most `limit`.
    ///
    /// # Errors
    /// The errors of [`Sampler::look`].
    pub fn freeze(&mut self, limit: Duration) -> Result<(Process, Stop), Error> {
        self.check_gone(|watch| watch.and_freeze(limit))
    }

    /// Keeps the process and the memory of the last sample, for reading more of it.
    ///
    /// # Errors
    /// [`Error::Gone`] if there was no sample.
    pub fn kept(self, stop: Option<Stop>) -> Result<RetainedSnapshot, Error> {
        let pid = self.process.pid();
        let runtime = self.runtime.ok_or(Error::Gone { pid })?;
        let (kernel, searched) = self.last_input;
        let evidence = Evidence {
            candidates: self.candidates,
            heap: self.heap,
            descriptors: self.descriptors,
            kernel,
            searched,
        };
        let (process, cache, moment) = (self.process, self.cache, self.moment);
        Ok(RetainedSnapshot::new(
            process, runtime, cache, moment, stop, evidence,
        ))
    }

    /// Calls `sample`. If it fails because the process has ended, the error is
    /// [`Error::Gone`].
    fn check_gone<T>(
        &mut self,
        sample: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let pid = self.process.pid();
        sample(self).map_err(|error| match error {
            Error::Permission { .. } => error,
            _ if self.process.is_alive() => error,
            _ => Error::Gone { pid },
        })
    }

    /// Takes a sample in the way that the options ask for.
    fn take(&mut self) -> Result<Process, Error> {
        match self.options.no_pause {
            true => self.while_running(),
            false => self.while_stopped(),
        }
    }

    /// Whether the memory of the last sample is unchanged in the process.
    fn is_unchanged(&self) -> bool {
        match self.is_too_large() {
            true => self.cache.is_unchanged(),
            false => self.cache.reread_differs() == 0,
        }
    }

    /// Whether the cache had to drop pages, because more was read than it can hold.
    fn is_too_large(&self) -> bool {
        self.cache.cache_stats().dropped > 0
    }

    /// The decoded process, updated. Its memory must be unchanged. Returns `None` if
    /// the kernel's data has changed.
    fn updated(&mut self, kernel: &KernelThreads) -> Option<Process> {
        let decoded = self.decoded.as_mut().filter(|_| self.reuse)?;
        decoded.updated(kernel, &self.descriptors, self.times)
    }

    /// Notes which pages the cache holds at the time of the sample. `secondary` says
    /// that its secondary pages are of that time as well.
    fn note_moment(&mut self, secondary: bool) {
        if self.keep {
            self.moment = StoppedPages::of(&self.cache, secondary);
        }
    }

    /// Reads the process while it runs. This finds the pages that matter, and often the
    /// memory does not change afterwards, so that the result is used.
    fn read_running(&mut self) -> Result<(), Error> {
        self.drop_stale();
        self.capture_descriptors();
        self.search_heap();
        self.cache.set_secondary(false);
        let begin_secondary = |cache: &Pages| {
            // Pages that only the walk over the heap read are not needed again.
            cache.forget_secondary();
            cache.set_secondary(true);
            true
        };
        let kernel = KernelThreads::capture(&self.process)?;
        let outcome = self.decode(kernel, &begin_secondary);
        self.cache.set_secondary(false);
        if self.keep
            && let (Ok(process), Some(runtime)) = (outcome, &self.runtime)
        {
            retained::touch_variables(&process, runtime, &self.cache);
        }
        Ok(())
    }

    /// Drops cached data that may be stale: everything read after the last stop (or the
    /// whole cache, if the copy is incomplete), and the confirmed runtime.
    fn drop_stale(&mut self) {
        match self.is_too_large() {
            true => self.cache.clear(),
            false => self.cache.forget_secondary(),
        }
        self.runtime = None;
    }

    /// Reads the descriptors and children of the process.
    fn capture_descriptors(&mut self) {
        self.descriptors = Descriptors::capture(&self.process);
    }

    /// Finds all objects of interest while the process runs, if the options ask for it.
    fn search_heap(&mut self) {
        if self.options.scope != Scope::Everything {
            return;
        }
        self.heap = self.scan_heap();
        if self.heap.is_none() {
            self.walk_heap();
        }
    }

    /// Scans all memory that the process has written for objects. Returns `None` if the
    /// lists of the garbage collector have to be walked instead.
    fn scan_heap(&mut self) -> Option<Heap> {
        let cache = PageCache::new(self.process.memory());
        let runtime = self.confirm(&cache).ok()?;
        let reader = self.reader(&runtime, &cache);
        if !Heap::is_searched(&reader, &runtime) {
            return None;
        }
        let ranges = self.process.all_written_pages(MAX_SCANNED_PAGES)?;
        let heap = Heap::scan(&reader, &runtime, self.cache.source(), &ranges);
        drop(reader);
        self.adopt(cache);
        heap
    }

    /// Takes over the pages of `cache` into the empty main cache, so that they are not
    /// read a second time.
    fn adopt(&self, cache: Pages) {
        if self.cache.cache_stats().pages == 0 {
            self.cache.adopt(cache);
        }
    }

    /// Walks the lists of the garbage collector through a cache of its own. Its many
    /// pages must not be part of the copy that is made while the process is stopped.
    fn walk_heap(&mut self) {
        let mut heap = Heap::default();
        for _ in 0..MAX_SEARCH_TRIES {
            let cache = PageCache::with_capacity(self.process.memory(), SEARCH_PAGES)
                .reading_ahead(SEARCH_AHEAD);
            // If this fails, the snapshot fails for the same reason and reports it.
            if let Ok(runtime) = self.confirm(&cache) {
                let reader = self.reader(&runtime, &cache);
                heap.add(Heap::search(&reader, &runtime));
            }
            if heap.has_no_errors() {
                self.adopt(cache);
                break;
            }
        }
        self.heap = Some(heap);
    }

    /// The runtime of the process. It is confirmed through `cache` unless it was
    /// confirmed before.
    fn confirm(&mut self, cache: &Pages) -> Result<Runtime, Error> {
        if let Some(runtime) = &self.runtime {
            return Ok(runtime.clone());
        }
        let runtime = self.confirmed(cache)?;
        self.runtime = Some(runtime.clone());
        Ok(runtime)
    }

    /// Confirms the runtime through the main cache, even if it was confirmed before.
    fn confirm_in_cache(&mut self) -> Result<(), Error> {
        self.runtime = Some(self.confirmed(&self.cache)?);
        Ok(())
    }

    /// Confirms the runtime through `cache`.
    fn confirmed(&self, cache: &Pages) -> Result<Runtime, Error> {
        let mut tries = 1;
        loop {
            match runtime::confirm(&self.candidates, cache, &self.options.limits) {
                Ok((runtime, _)) => return Ok(runtime),
                // The pages of its threads may be of different moments.
                Err(Rejection::Invalid(_)) if tries < MAX_CONFIRM_TRIES => tries += 1,
                Err(rejection) => return Err(rejection.into_error(&self.process)),
            }
            cache.reread_differs();
        }
    }

    fn reader<'m>(&self, runtime: &Runtime, cache: &'m Pages) -> Reader<'m> {
        Reader::new(cache, runtime.layout.clone(), self.options.limits.clone())
    }

    /// Decodes the process once.
    ///
    /// `all_read` is called when everything that must be of one moment has been read. It
    /// returns whether that is complete; references are searched afterwards if it is.
    fn decode(
        &mut self,
        kernel: KernelThreads,
        all_read: &dyn Fn(&Pages) -> bool,
    ) -> Result<Process, Error> {
        self.decoded = None;
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => self.confirmed(&self.cache)?,
        };
        let is_complete = Cell::new(false);
        let process = Build {
            process: &self.process,
            runtime: &runtime,
            reader: &self.reader(&runtime, &self.cache),
            kernel: &kernel,
            all_read: &|| {
                is_complete.set(all_read(&self.cache));
                is_complete.get()
            },
            detail: FrameDetail {
                locals: self.options.locals,
                locations: self.keep,
            },
            scope: self.options.scope,
            heap: self.heap.as_ref(),
            descriptors: &self.descriptors,
        }
        .process();
        self.runtime = Some(runtime);
        self.last_input = (kernel.clone(), is_complete.get());
        let process = process?;
        if is_complete.get() {
            let decoded = DecodedProcess::new(process.clone(), kernel, &self.descriptors);
            self.decoded = Some(decoded);
        }
        Ok(process)
    }
}

/// `duration` in microseconds.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// The costs of all reads so far, with the weakest consistency.
fn costs(cache: &Pages, rejected_reads: u64) -> ReadInfo {
    let stats = cache.stats();
    ReadInfo {
        consistency: Consistency::Running,
        stopped_us: 0,
        bytes: stats.bytes,
        syscalls: stats.syscalls,
        rejected_reads,
        note: None,
    }
}

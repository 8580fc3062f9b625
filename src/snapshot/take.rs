//! Taking a snapshot: open, find, stop, read, let go.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::build::{Build, Heap};
use super::kept::{self, Kept, Moment};
use super::model::{Consistency, Process, ReadInfo};
use super::threads::KernelThreads;
use crate::limits::Limits;
use crate::python::candidates::candidates;
use crate::python::runtime::{self, Candidate};
use crate::python::{Reader, Runtime};
use crate::target::{self, Descriptors, Error, LiveMemory, Memory, PageCache, Stop};

/// How often what was read of a running process is read again, to find it
/// unchanged, before the snapshot is called torn.
const VERIFY_TRIES: u32 = 5;

/// Rounds of stop, copy and let go before a round decodes within its stop.
const COPY_ROUNDS: u32 = 2;

/// How often the walk over all objects begins anew when they changed under it.
const SEARCH_TRIES: u32 = 3;

/// Pages that the search for finished tasks keeps at a time: 64 MiB.
const SEARCH_PAGES: usize = 16_384;

/// How to look at a process.
#[derive(Debug, Clone)]
pub struct TakeOptions {
    /// Decode the variables of all frames.
    pub locals: bool,
    /// Never stop the process.
    pub no_pause: bool,
    /// Longest time for which the process may stand still.
    pub max_pause: Duration,
    /// Only what tells whether anything moves: no walk over all objects, no
    /// search for who refers to what.
    pub movement_only: bool,
    pub limits: Limits,
}

/// Looks at the process with this pid.
///
/// # Errors
/// When there is nothing to show: no such process, not Python, no permission,
/// an unknown version, or it went away.
pub fn take_process(pid: u32, options: &TakeOptions) -> Result<Process, Error> {
    let process = target::Process::open(pid)?;
    let looked = look(&process, options);
    match looked {
        // Whatever failed first, that it has ended is why.
        Err(error) if !process.is_alive() && !matches!(error, Error::Permission { .. }) => {
            Err(Error::Gone { pid })
        }
        other => other,
    }
}

/// Looks at the process as [`take_process`] does, and stays attached, so that
/// more can be read of what was seen. With `freeze` it stands still from then
/// on, for as long as that at most, and until what is kept is dropped.
///
/// # Errors
/// As for [`take_process`].
pub fn take_kept(
    pid: u32,
    options: &TakeOptions,
    freeze: Option<Duration>,
) -> Result<(Process, Kept), Error> {
    let process = target::Process::open(pid)?;
    let candidates = candidates(&process, &PageCache::new(process.memory()))?;
    let look = Look::new(&process, &candidates, options, true);
    let (seen, stop) = match freeze {
        None => (look.take(), None),
        Some(limit) => look.and_freeze(limit),
    };
    match seen {
        Ok(seen) => {
            let Look {
                cache,
                moment,
                runtime,
                ..
            } = look;
            let runtime = runtime.into_inner().ok_or(Error::Gone { pid })?;
            let kept = Kept::new(process, runtime, cache, moment.into_inner(), stop);
            Ok((seen, kept))
        }
        Err(error) if !process.is_alive() && !matches!(error, Error::Permission { .. }) => {
            Err(Error::Gone { pid })
        }
        Err(error) => Err(error),
    }
}

/// Confirms what runs in `process` and reads it once through `cache`, while it
/// runs.
pub(super) fn with_reader<T>(
    process: &target::Process,
    cache: &PageCache<LiveMemory>,
    limits: &Limits,
    read: impl FnOnce(&Runtime, &Reader<'_>) -> T,
) -> Result<T, Error> {
    let candidates = candidates(process, cache)?;
    match runtime::confirm(&candidates, cache, limits) {
        Ok((runtime, reader)) => Ok(read(&runtime, &reader)),
        Err(rejection) => Err(rejection.into_error(process)),
    }
}

fn look(process: &target::Process, options: &TakeOptions) -> Result<Process, Error> {
    let candidates = candidates(process, &PageCache::new(process.memory()))?;
    Look::new(process, &candidates, options, false).take()
}

/// All objects are walked over while the process runs, through a memory of its
/// own: so many pages are not wanted in the copy that is made in a stop.
fn search_heap(process: &target::Process, candidates: &[Candidate], options: &TakeOptions) -> Heap {
    let mut heap = Heap::default();
    for _ in 0..SEARCH_TRIES {
        let cache = PageCache::with_capacity(process.memory(), SEARCH_PAGES);
        // Where this fails, the snapshot itself says what is wrong.
        if let Ok((runtime, reader)) = runtime::confirm(candidates, &cache, &options.limits) {
            heap.add(Heap::search(&reader, &runtime));
        }
        if heap.is_whole() {
            break;
        }
    }
    heap
}

/// Everything that one snapshot is read with.
struct Look<'a> {
    process: &'a target::Process,
    candidates: &'a [Candidate],
    options: &'a TakeOptions,
    heap: Heap,
    descriptors: Descriptors,
    cache: PageCache<LiveMemory>,
    /// Whether the cache is to be read further on.
    keep: bool,
    /// Which pages are all of the moment of the snapshot.
    moment: RefCell<Moment>,
    /// What was confirmed to run.
    runtime: RefCell<Option<Runtime>>,
}

impl<'a> Look<'a> {
    fn new(
        process: &'a target::Process,
        candidates: &'a [Candidate],
        options: &'a TakeOptions,
        keep: bool,
    ) -> Self {
        Self {
            process,
            candidates,
            options,
            heap: match options.movement_only {
                true => Heap::default(),
                false => search_heap(process, candidates, options),
            },
            descriptors: Descriptors::capture(process),
            cache: PageCache::new(process.memory()),
            keep,
            moment: RefCell::default(),
            runtime: RefCell::default(),
        }
    }

    fn take(&self) -> Result<Process, Error> {
        match self.options.no_pause {
            true => self.while_running(),
            false => self.while_stopped(),
        }
    }

    /// Notes which pages the cache holds at the moment that is looked at.
    fn note_moment(&self) {
        if self.keep {
            *self.moment.borrow_mut() = Moment::of(&self.cache);
        }
    }

    /// Reads the process while it runs, to learn which pages matter. What it
    /// finds may be torn: only the pages that it touches are wanted.
    fn find_pages(&self) -> Result<(), Error> {
        let seen = self.once(&KernelThreads::capture(self.process)?, &|| false);
        if self.keep
            && let (Ok(seen), Some(runtime)) = (seen, &*self.runtime.borrow())
        {
            kept::touch_variables(&seen, runtime, &self.cache);
        }
        Ok(())
    }

    /// Stops the process and leaves it so.
    fn and_freeze(&self, limit: Duration) -> (Result<Process, Error>, Option<Stop>) {
        let look = || -> Result<(Process, Stop), Error> {
            self.find_pages()?;
            let stop = Stop::all_threads(self.process.pid(), limit)?;
            self.cache.reread_differs();
            let kernel = KernelThreads::capture(self.process)?;
            let mut seen = self.once(&kernel, &|| true)?;
            self.note_moment();
            seen.read = ReadInfo {
                consistency: match stop.released_early() {
                    true => Consistency::Running,
                    false => Consistency::Stopped,
                },
                stopped_us: micros(stop.stopped_for()),
                ..costs(&self.cache, 0)
            };
            Ok((seen, stop))
        };
        match look() {
            Ok((seen, stop)) => (Ok(seen), Some(stop)),
            Err(error) => (Err(error), None),
        }
    }

    /// Reads the process while it runs, to learn which pages matter; then stops
    /// it only to copy those, and decodes the copy while it runs on. Where the
    /// copy lacks something, the next round's copy has it; the last round
    /// decodes before it lets go.
    fn while_stopped(&self) -> Result<Process, Error> {
        let max_pause = self.options.max_pause;
        self.find_pages()?;
        let mut held = Duration::ZERO;
        let mut round = 0;
        let mut incomplete = Err(Error::Gone {
            pid: self.process.pid(),
        });
        loop {
            let allowed = max_pause.saturating_sub(held);
            let asked = Instant::now();
            let mut stop = match Stop::all_threads(self.process.pid(), allowed) {
                Ok(stop) => stop,
                // No time is left for another stop: what was read holds, but
                // its parts are not all of one moment.
                Err(_) if incomplete.is_ok() => return self.finish(incomplete, true, held),
                Err(Error::SlowToStop { .. }) => {
                    return self.instead_of_stopping(held + asked.elapsed().min(allowed));
                }
                Err(error) => return Err(error),
            };
            self.cache.reread_differs();
            let kernel = KernelThreads::capture(self.process)?;
            let is_last = round == COPY_ROUNDS || self.cache.cache_stats().dropped > 0;
            let (outcome, complete, ended) = if is_last {
                let stop = RefCell::new(stop);
                let release = || {
                    self.note_moment();
                    stop.borrow_mut().release();
                    true
                };
                let outcome = self.once(&kernel, &release);
                (outcome, true, stop.into_inner())
            } else {
                self.note_moment();
                stop.release();
                let copied = self.cache.stats().syscalls;
                let whole = Cell::new(false);
                let count = || {
                    whole.set(self.cache.stats().syscalls == copied);
                    whole.get()
                };
                let outcome = self.once(&kernel, &count);
                (outcome, whole.get(), stop)
            };
            stop = ended;
            // Whatever happened to the decoder.
            stop.release();
            held += stop.stopped_for();
            if complete || stop.released_early() {
                let early = stop.released_early();
                return self.finish(outcome, early, held);
            }
            incomplete = outcome;
            round += 1;
        }
    }

    fn finish(
        &self,
        outcome: Result<Process, Error>,
        early: bool,
        held: Duration,
    ) -> Result<Process, Error> {
        let limit = self.options.max_pause.as_millis();
        let mut seen = outcome?;
        seen.read = ReadInfo {
            consistency: match early {
                true => Consistency::Running,
                false => Consistency::Stopped,
            },
            stopped_us: micros(held),
            note: early.then(|| {
                format!(
                    "the process was let go after {limit} ms (--max-pause) and read on while it ran"
                )
            }),
            ..costs(&self.cache, 0)
        };
        Ok(seen)
    }

    /// Reads a process that runs after all: a machine with more to do than it
    /// can does not stop it within the time that it may stand still.
    fn instead_of_stopping(&self, held: Duration) -> Result<Process, Error> {
        let mut seen = self.while_running()?;
        let limit = self.options.max_pause;
        let slow = format!(
            "the process did not stop within {limit:?} (--max-pause) and was read while it ran"
        );
        seen.read.note = Some(match seen.read.note.take() {
            Some(torn) => format!("{slow}; {torn}"),
            None => slow,
        });
        seen.read.stopped_us = micros(held);
        Ok(seen)
    }

    /// Reads without stopping, until reading again what was read gives the same.
    fn while_running(&self) -> Result<Process, Error> {
        let differing = Cell::new(0);
        let verify = || {
            differing.set(self.cache.reread_differs());
            self.note_moment();
            differing.get() == 0
        };
        let look = || self.once(&KernelThreads::capture(self.process)?, &verify);
        let mut rejected = 0;
        // The first look only learns which pages matter.
        let mut outcome = look();
        for _ in 0..VERIFY_TRIES {
            rejected += differing.get();
            outcome = look();
            let whole = differing.get() == 0 && self.cache.cache_stats().dropped == 0;
            if whole && let Ok(mut seen) = outcome {
                seen.read = ReadInfo {
                    consistency: Consistency::Verified,
                    ..costs(&self.cache, rejected)
                };
                return Ok(seen);
            }
        }
        let mut seen = outcome?;
        seen.read = ReadInfo {
            note: Some(format!(
                "it changed during each of {VERIFY_TRIES} tries: parts may not fit together"
            )),
            ..costs(&self.cache, rejected)
        };
        Ok(seen)
    }

    /// Decodes once. `read` is called when all has been read that must be of one
    /// moment, and says whether to go on: who refers to what is searched
    /// afterwards, in what can be read then.
    fn once(&self, kernel: &KernelThreads, read: &dyn Fn() -> bool) -> Result<Process, Error> {
        let limits = &self.options.limits;
        let (runtime, reader) = runtime::confirm(self.candidates, &self.cache, limits)
            .map_err(|rejection| rejection.into_error(self.process))?;
        if self.keep {
            *self.runtime.borrow_mut() = Some(runtime.clone());
        }
        Build {
            process: self.process,
            runtime: &runtime,
            reader: &reader,
            kernel,
            read,
            locals: self.options.locals,
            heap: (!self.options.movement_only).then_some(&self.heap),
            descriptors: &self.descriptors,
        }
        .process()
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn costs(cache: &PageCache<LiveMemory>, rejected_reads: u64) -> ReadInfo {
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

//! Looking at one process, once or again and again: open, find, stop, copy, let
//! go, decode. What was decoded serves the next look as well, as long as the
//! process still has the very bytes that it was decoded from.

mod running;
mod stopped;

use std::cell::{Cell, RefCell};
use std::time::Duration;

use super::build::{Build, Heap};
use super::frames::FrameDetail;
use super::kept::{self, Kept, Moment};
use super::model::{Consistency, Process, ReadInfo};
use super::recorded::Evidence;
use super::seen::Seen;
use super::take::{Scope, TakeOptions};
use super::threads::KernelThreads;
use crate::python::candidates::candidates;
use crate::python::runtime::{self, Candidate, Rejection};
use crate::python::{Reader, Runtime};
use crate::target::{self, Descriptors, Error, Memory, PageCache, ProcessMemory, Stop};

/// How often a process that runs is asked for what runs in it, when threads
/// come and go while that is looked at.
const CONFIRM_TRIES: u32 = 5;

/// How often the walk over all objects begins anew when they changed under it.
const SEARCH_TRIES: u32 = 3;

/// Pages that the walk over all objects keeps at a time: 64 MiB.
const SEARCH_PAGES: usize = 16_384;

/// Pages that it fetches together: objects lie in arenas of 256 KiB and more.
const SEARCH_AHEAD: u64 = 16;

/// One process that is looked at.
pub struct Watch {
    process: target::Process,
    candidates: Vec<Candidate>,
    options: TakeOptions,
    cache: PageCache<ProcessMemory>,
    /// What a walk over all objects found, and whether it was for this look.
    heap: RefCell<Option<Heap>>,
    descriptors: RefCell<Descriptors>,
    /// Whether the cache is to be read further on.
    keep: bool,
    /// Which pages are all of the moment of the snapshot.
    moment: RefCell<Moment>,
    /// What was confirmed to run.
    runtime: RefCell<Option<Runtime>>,
    /// What was decoded from what the cache holds.
    seen: RefCell<Option<Seen>>,
    /// What was decoded last: the kernel's part of it, and whether it was then
    /// searched who refers to what.
    decoded: RefCell<(KernelThreads, bool)>,
    /// Whether a look may be what was decoded before, brought up to date.
    reuse: bool,
}

impl Watch {
    /// Opens the process with this pid. With `keep`, what is in its variables
    /// is copied with the rest, for [`Watch::kept`].
    ///
    /// # Errors
    /// No such process, not Python, or no permission.
    pub fn open(pid: u32, options: &TakeOptions, keep: bool) -> Result<Self, Error> {
        let process = target::Process::open(pid)?;
        let candidates = candidates(&process, &PageCache::new(process.memory()))?;
        Ok(Self {
            cache: PageCache::new(process.memory()),
            process,
            candidates,
            options: options.clone(),
            heap: RefCell::default(),
            descriptors: RefCell::default(),
            keep,
            moment: RefCell::default(),
            runtime: RefCell::default(),
            seen: RefCell::default(),
            decoded: RefCell::default(),
            reuse: true,
        })
    }

    /// Decodes at each look, also what has not changed: what is recorded must
    /// give the very same again.
    pub fn decoding_always(self) -> Self {
        let reuse = false;
        Self { reuse, ..self }
    }

    /// Looks at the process without stopping it, only to compare the next look
    /// with: what is torn now, moves.
    ///
    /// # Errors
    /// As for [`Watch::look`].
    pub fn glance(&self) -> Result<Process, Error> {
        self.why_gone(|| {
            let kernel = KernelThreads::capture(&self.process)?;
            let known = self.seen.borrow().is_some() && self.cache.reread_differs() == 0;
            if known && let Some(seen) = self.again(&kernel) {
                return Ok(seen);
            }
            self.read_running()?;
            let seen = self.seen.borrow();
            let whole = seen.as_ref().filter(|seen| seen.is_whole());
            let process = whole.map(|seen| seen.process.clone());
            drop(seen);
            process.map_or_else(|| self.take(), Ok)
        })
    }

    /// Looks at the process.
    ///
    /// # Errors
    /// When there is nothing to show: not Python, no permission, an unknown
    /// version, or it went away.
    pub fn look(&self) -> Result<Process, Error> {
        self.why_gone(|| self.take())
    }

    /// Looks at the process, and leaves it standing still for as long as
    /// `limit` at most, and until what is kept is dropped.
    ///
    /// # Errors
    /// As for [`Watch::look`].
    pub fn freeze(&self, limit: Duration) -> Result<(Process, Stop), Error> {
        self.why_gone(|| self.and_freeze(limit))
    }

    /// Stays attached, to read more of what was seen.
    ///
    /// # Errors
    /// [`Error::Gone`] when nothing was seen.
    pub fn kept(self, stop: Option<Stop>) -> Result<Kept, Error> {
        let pid = self.process.pid();
        let runtime = self.runtime.into_inner().ok_or(Error::Gone { pid })?;
        let moment = self.moment.into_inner();
        let (kernel, searched) = self.decoded.into_inner();
        let evidence = Evidence {
            candidates: self.candidates,
            heap: self.heap.into_inner(),
            descriptors: self.descriptors.into_inner(),
            kernel,
            searched,
        };
        let kept = Kept::new(self.process, runtime, self.cache, moment, stop, evidence);
        Ok(kept)
    }

    /// Whatever failed first, that it has ended is why.
    fn why_gone<T>(&self, look: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        let pid = self.process.pid();
        look().map_err(|error| match error {
            Error::Permission { .. } => error,
            _ if self.process.is_alive() => error,
            _ => Error::Gone { pid },
        })
    }

    fn take(&self) -> Result<Process, Error> {
        match self.options.no_pause {
            true => self.while_running(),
            false => self.while_stopped(),
        }
    }

    /// What was seen before, when all that the kernel says is the same, too.
    fn again(&self, kernel: &KernelThreads) -> Option<Process> {
        if !self.reuse {
            return None;
        }
        let descriptors = self.descriptors.borrow();
        let mut seen = self.seen.borrow_mut();
        seen.as_mut()?.again(kernel, &descriptors)
    }

    /// Notes which pages the cache holds at the moment that is looked at; with
    /// those `aside` where they were copied at that moment, too.
    fn note_moment(&self, aside: bool) {
        if self.keep {
            *self.moment.borrow_mut() = Moment::of(&self.cache, aside);
        }
    }

    /// Reads the process while it runs: to learn which pages matter, and
    /// because it may turn out that nothing has changed since.
    fn read_running(&self) -> Result<(), Error> {
        self.begin_anew();
        self.capture_descriptors();
        self.search_heap();
        self.cache.read_aside(false);
        let aside = || {
            // What only the walk over all objects wanted is not needed again.
            self.cache.forget_aside();
            self.cache.read_aside(true);
            true
        };
        let kernel = KernelThreads::capture(&self.process)?;
        let outcome = self.once(kernel, &aside);
        self.cache.read_aside(false);
        if self.keep
            && let (Ok(seen), Some(runtime)) = (outcome, &*self.runtime.borrow())
        {
            kept::touch_variables(&seen, runtime, &self.cache);
        }
        Ok(())
    }

    /// Forgets what may be otherwise by now: what only was read after the moment
    /// of a look, and what was confirmed to run.
    fn begin_anew(&self) {
        self.cache.forget_aside();
        *self.runtime.borrow_mut() = None;
    }

    fn capture_descriptors(&self) {
        *self.descriptors.borrow_mut() = Descriptors::capture(&self.process);
    }

    /// Walks over all objects while the process runs, through a memory of its
    /// own: so many pages are not wanted in the copy that is made in a stop.
    fn search_heap(&self) {
        if self.options.scope != Scope::Everything {
            return;
        }
        let mut heap = Heap::default();
        for _ in 0..SEARCH_TRIES {
            let cache = PageCache::with_capacity(self.process.memory(), SEARCH_PAGES)
                .reading_ahead(SEARCH_AHEAD);
            // Where this fails, the snapshot itself says what is wrong.
            if let Ok((runtime, reader)) = self.confirm(&cache) {
                heap.add(Heap::search(&reader, &runtime));
            }
            if heap.is_whole() {
                if self.cache.cache_stats().pages == 0 {
                    self.cache.adopt(cache);
                }
                break;
            }
        }
        *self.heap.borrow_mut() = Some(heap);
    }

    /// What runs in the process, confirmed once, and a reader for it.
    fn confirm<'m>(
        &self,
        cache: &'m PageCache<ProcessMemory>,
    ) -> Result<(Runtime, Reader<'m>), Error> {
        let limits = &self.options.limits;
        if let Some(runtime) = &*self.runtime.borrow() {
            let reader = Reader::new(cache, runtime.layout.clone(), limits.clone());
            return Ok((runtime.clone(), reader));
        }
        let mut tries = 1;
        let (runtime, reader) = loop {
            match runtime::confirm(&self.candidates, cache, limits) {
                Ok(confirmed) => break confirmed,
                // Its threads are read from pages of several moments.
                Err(Rejection::Invalid(_)) if tries < CONFIRM_TRIES => tries += 1,
                Err(rejection) => return Err(rejection.into_error(&self.process)),
            }
            cache.reread_differs();
        };
        *self.runtime.borrow_mut() = Some(runtime.clone());
        Ok((runtime, reader))
    }

    /// Decodes once. `read` is called when all has been read that must be of one
    /// moment, and says whether to go on: who refers to what is searched
    /// afterwards, in what can be read then.
    fn once(&self, kernel: KernelThreads, read: &dyn Fn() -> bool) -> Result<Process, Error> {
        *self.seen.borrow_mut() = None;
        let (runtime, reader) = self.confirm(&self.cache)?;
        let descriptors = self.descriptors.borrow();
        let heap = self.heap.borrow();
        let whole = Cell::new(false);
        let process = Build {
            process: &self.process,
            runtime: &runtime,
            reader: &reader,
            kernel: &kernel,
            read: &|| {
                whole.set(read());
                whole.get()
            },
            detail: FrameDetail {
                locals: self.options.locals,
                places: self.keep,
            },
            scope: self.options.scope,
            heap: heap.as_ref(),
            descriptors: &descriptors,
        }
        .process();
        *self.decoded.borrow_mut() = (kernel.clone(), whole.get());
        let process = process?;
        if whole.get() {
            let seen = Seen::new(process.clone(), kernel, &descriptors);
            *self.seen.borrow_mut() = Some(seen);
        }
        Ok(process)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn costs(cache: &PageCache<ProcessMemory>, rejected_reads: u64) -> ReadInfo {
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

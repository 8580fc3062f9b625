//! Looking at one process, once or again and again: open, find, stop, copy, let
//! go, decode. What was decoded serves the next look as well, as long as the
//! process still has the very bytes that it was decoded from.

mod running;
mod stopped;

use std::cell::Cell;
use std::time::Duration;

use super::decode_cache::Seen;
use super::evidence::Evidence;
use super::retained;
use super::retained::{Kept, Moment};
use crate::cpython::runtime;
use crate::cpython::runtime::candidates::candidates;
use crate::cpython::runtime::{Candidate, Rejection};
use crate::cpython::{Reader, Runtime};
use crate::model::{Consistency, Process, ReadInfo};
use crate::process;
use crate::process::{Descriptors, Error, Memory, PageCache, ProcessMemory, Stop};
use crate::snapshot::build::Build;
use crate::snapshot::frames::FrameDetail;
use crate::snapshot::heap::Heap;
use crate::snapshot::options::{Scope, TakeOptions};
use crate::snapshot::threads::KernelThreads;

/// How often a process that runs is asked for what runs in it, when threads
/// come and go while that is looked at.
const CONFIRM_TRIES: u32 = 5;

/// How often the walk over all objects begins anew when they changed under it.
const SEARCH_TRIES: u32 = 3;

/// Pages that are looked through for objects at most: 4 GiB.
const SCANNED_PAGES: usize = 1 << 20;

/// Pages that the walk over all objects keeps at a time: 64 MiB.
const SEARCH_PAGES: usize = 16_384;

/// Pages that it fetches together: objects lie in arenas of 256 KiB and more.
const SEARCH_AHEAD: u64 = 16;

/// Pages of the process.
type Pages = PageCache<ProcessMemory>;

/// One process that is looked at.
pub struct Watch {
    process: process::Process,
    candidates: Vec<Candidate>,
    options: TakeOptions,
    cache: Pages,
    /// What a walk over all objects found, and whether it was for this look.
    heap: Option<Heap>,
    descriptors: Descriptors,
    /// Whether the cache is to be read further on.
    keep: bool,
    /// Which pages are all of the moment of the snapshot.
    moment: Moment,
    /// What was confirmed to run.
    runtime: Option<Runtime>,
    /// What was decoded from what the cache holds.
    seen: Option<Seen>,
    /// What was decoded last: the kernel's part of it, and whether it was then
    /// searched who refers to what.
    decoded: (KernelThreads, bool),
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
        let process = process::Process::open(pid)?;
        let candidates = candidates(&process, &PageCache::new(process.memory()))?;
        let pages = options.limits.pages;
        Ok(Self {
            cache: PageCache::with_capacity(process.memory(), pages).remembering_dropped(),
            process,
            candidates,
            options: options.clone(),
            heap: None,
            descriptors: Descriptors::default(),
            keep,
            moment: Moment::default(),
            runtime: None,
            seen: None,
            decoded: Default::default(),
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
    pub fn glance(&mut self) -> Result<Process, Error> {
        self.why_gone(|watch| {
            let kernel = KernelThreads::capture(&watch.process)?;
            let known = watch.seen.is_some() && watch.is_unchanged();
            if known && let Some(seen) = watch.again(&kernel) {
                return Ok(seen);
            }
            watch.read_running()?;
            let whole = watch.seen.as_ref().filter(|seen| seen.is_whole());
            let process = whole.map(|seen| seen.process.clone());
            process.map_or_else(|| watch.take(), Ok)
        })
    }

    /// Looks at the process.
    ///
    /// # Errors
    /// When there is nothing to show: not Python, no permission, an unknown
    /// version, or it went away.
    pub fn look(&mut self) -> Result<Process, Error> {
        self.why_gone(Self::take)
    }

    /// Looks at the process, and leaves it standing still for as long as
    /// `limit` at most, and until what is kept is dropped.
    ///
    /// # Errors
    /// As for [`Watch::look`].
    pub fn freeze(&mut self, limit: Duration) -> Result<(Process, Stop), Error> {
        self.why_gone(|watch| watch.and_freeze(limit))
    }

    /// Stays attached, to read more of what was seen.
    ///
    /// # Errors
    /// [`Error::Gone`] when nothing was seen.
    pub fn kept(self, stop: Option<Stop>) -> Result<Kept, Error> {
        let pid = self.process.pid();
        let runtime = self.runtime.ok_or(Error::Gone { pid })?;
        let (kernel, searched) = self.decoded;
        let evidence = Evidence {
            candidates: self.candidates,
            heap: self.heap,
            descriptors: self.descriptors,
            kernel,
            searched,
        };
        let (process, cache, moment) = (self.process, self.cache, self.moment);
        Ok(Kept::new(process, runtime, cache, moment, stop, evidence))
    }

    /// Whatever failed first, that it has ended is why.
    fn why_gone<T>(
        &mut self,
        look: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let pid = self.process.pid();
        look(self).map_err(|error| match error {
            Error::Permission { .. } => error,
            _ if self.process.is_alive() => error,
            _ => Error::Gone { pid },
        })
    }

    fn take(&mut self) -> Result<Process, Error> {
        match self.options.no_pause {
            true => self.while_running(),
            false => self.while_stopped(),
        }
    }

    /// Whether what was read at the moment of the last look is as it was then.
    fn is_unchanged(&self) -> bool {
        match self.is_too_large() {
            true => self.cache.is_unchanged(),
            false => self.cache.reread_differs() == 0,
        }
    }

    /// Whether more was read than can be held.
    fn is_too_large(&self) -> bool {
        self.cache.cache_stats().dropped > 0
    }

    /// What was seen before, when all that the kernel says is the same, too.
    fn again(&mut self, kernel: &KernelThreads) -> Option<Process> {
        let seen = self.seen.as_mut().filter(|_| self.reuse)?;
        seen.again(kernel, &self.descriptors)
    }

    /// Notes which pages the cache holds at the moment that is looked at; with
    /// those `aside` where they were copied at that moment, too.
    fn note_moment(&mut self, aside: bool) {
        if self.keep {
            self.moment = Moment::of(&self.cache, aside);
        }
    }

    /// Reads the process while it runs: to learn which pages matter, and
    /// because it may turn out that nothing has changed since.
    fn read_running(&mut self) -> Result<(), Error> {
        self.begin_anew();
        self.capture_descriptors();
        self.search_heap();
        self.cache.read_aside(false);
        let aside = |cache: &Pages| {
            // What only the walk over all objects wanted is not needed again.
            cache.forget_aside();
            cache.read_aside(true);
            true
        };
        let kernel = KernelThreads::capture(&self.process)?;
        let outcome = self.once(kernel, &aside);
        self.cache.read_aside(false);
        if self.keep
            && let (Ok(seen), Some(runtime)) = (outcome, &self.runtime)
        {
            retained::touch_variables(&seen, runtime, &self.cache);
        }
        Ok(())
    }

    /// Forgets what may be otherwise by now: what only was read after the moment
    /// of a look, all of it where not all is held; and what was confirmed to run.
    fn begin_anew(&mut self) {
        match self.is_too_large() {
            true => self.cache.clear(),
            false => self.cache.forget_aside(),
        }
        self.runtime = None;
    }

    fn capture_descriptors(&mut self) {
        self.descriptors = Descriptors::capture(&self.process);
    }

    /// Looks through all objects while the process runs.
    fn search_heap(&mut self) {
        if self.options.scope != Scope::Everything {
            return;
        }
        self.heap = self.scan_heap();
        if self.heap.is_none() {
            self.walk_heap();
        }
    }

    /// Looks for objects in all memory that the process has written.
    fn scan_heap(&mut self) -> Option<Heap> {
        let cache = PageCache::new(self.process.memory());
        let runtime = self.confirm(&cache).ok()?;
        let reader = self.reader(&runtime, &cache);
        if !Heap::is_searched(&reader, &runtime) {
            return None;
        }
        let ranges = self.process.all_written_pages(SCANNED_PAGES)?;
        let heap = Heap::scan(&reader, &runtime, self.cache.source(), &ranges);
        drop(reader);
        self.adopt(cache);
        heap
    }

    /// Spares reading again what was read to look for objects.
    fn adopt(&self, cache: Pages) {
        if self.cache.cache_stats().pages == 0 {
            self.cache.adopt(cache);
        }
    }

    /// Follows the lists of all objects, through a memory of its own: so many
    /// pages are not wanted in the copy that is made in a stop.
    fn walk_heap(&mut self) {
        let mut heap = Heap::default();
        for _ in 0..SEARCH_TRIES {
            let cache = PageCache::with_capacity(self.process.memory(), SEARCH_PAGES)
                .reading_ahead(SEARCH_AHEAD);
            // Where this fails, the snapshot itself says what is wrong.
            if let Ok(runtime) = self.confirm(&cache) {
                let reader = self.reader(&runtime, &cache);
                heap.add(Heap::search(&reader, &runtime));
            }
            if heap.is_whole() {
                self.adopt(cache);
                break;
            }
        }
        self.heap = Some(heap);
    }

    /// What runs in the process, confirmed through `cache` unless it was before.
    fn confirm(&mut self, cache: &Pages) -> Result<Runtime, Error> {
        if let Some(runtime) = &self.runtime {
            return Ok(runtime.clone());
        }
        let runtime = self.confirmed(cache)?;
        self.runtime = Some(runtime.clone());
        Ok(runtime)
    }

    /// The same through the pages that are kept.
    fn confirm_kept(&mut self) -> Result<(), Error> {
        self.runtime = Some(self.confirmed(&self.cache)?);
        Ok(())
    }

    fn confirmed(&self, cache: &Pages) -> Result<Runtime, Error> {
        let mut tries = 1;
        loop {
            match runtime::confirm(&self.candidates, cache, &self.options.limits) {
                Ok((runtime, _)) => return Ok(runtime),
                // Its threads are read from pages of several moments.
                Err(Rejection::Invalid(_)) if tries < CONFIRM_TRIES => tries += 1,
                Err(rejection) => return Err(rejection.into_error(&self.process)),
            }
            cache.reread_differs();
        }
    }

    fn reader<'m>(&self, runtime: &Runtime, cache: &'m Pages) -> Reader<'m> {
        Reader::new(cache, runtime.layout.clone(), self.options.limits.clone())
    }

    /// Decodes once. `read` is called when all has been read that must be of one
    /// moment, and says whether to go on: who refers to what is searched
    /// afterwards, in what can be read then.
    fn once(
        &mut self,
        kernel: KernelThreads,
        read: &dyn Fn(&Pages) -> bool,
    ) -> Result<Process, Error> {
        self.seen = None;
        let runtime = match self.runtime.take() {
            Some(runtime) => runtime,
            None => self.confirmed(&self.cache)?,
        };
        let whole = Cell::new(false);
        let process = Build {
            process: &self.process,
            runtime: &runtime,
            reader: &self.reader(&runtime, &self.cache),
            kernel: &kernel,
            read: &|| {
                whole.set(read(&self.cache));
                whole.get()
            },
            detail: FrameDetail {
                locals: self.options.locals,
                places: self.keep,
            },
            scope: self.options.scope,
            heap: self.heap.as_ref(),
            descriptors: &self.descriptors,
        }
        .process();
        self.runtime = Some(runtime);
        self.decoded = (kernel.clone(), whole.get());
        let process = process?;
        if whole.get() {
            self.seen = Some(Seen::new(process.clone(), kernel, &self.descriptors));
        }
        Ok(process)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

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

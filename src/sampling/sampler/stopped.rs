//! Samples a process that is stopped for a moment.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::{Pages, Sampler, costs, micros};
use crate::model::{Consistency, Process, ReadInfo};
use crate::process::{Error, Memory, Stop};
use crate::sampling::iterations;
use crate::sampling::retained::StoppedPages;
use crate::snapshot::kernel_threads::{KernelThreads, ThreadCalls, clock_at};

/// Rounds that stop the process only to copy it. The next round decodes during its stop.
const COPY_ROUNDS: u32 = 2;

/// Maximum number of written pages, for each millisecond of `--max-pause`, that are
/// copied although it is not known whether they matter. A slow machine copies twice as
/// many in that time.
const MAX_PAGES_PER_MS: u128 = 125;

impl Sampler {
    /// Takes a sample and leaves the process stopped, for at most `limit`.
    pub(super) fn and_freeze(&mut self, limit: Duration) -> Result<(Process, Stop), Error> {
        self.prepare()?;
        self.cache.make_ready();
        let stop = self.process.stop(limit)?;
        let is_unchanged = self.cache.reread_differs() == 0;
        let mut kernel = KernelThreads::capture(&self.process)?;
        kernel.monotonic_ns = clock_at(&stop, &self.process);
        let updated = match is_unchanged && self.cache.secondary_differs() == 0 {
            true => self.updated(&kernel),
            false => None,
        };
        let mut process = match updated {
            Some(process) => process,
            None => {
                self.drop_stale();
                self.decode(kernel, &|_: &Pages| true)?
            }
        };
        self.note_moment(false);
        if stop.released_early() {
            iterations::forget_all(&mut process);
        }
        process.read = ReadInfo {
            consistency: match stop.released_early() {
                true => Consistency::Running,
                false => Consistency::Stopped,
            },
            stopped_us: micros(stop.stopped_for()),
            ..costs(&self.cache, 0)
        };
        Ok((process, stop))
    }

    /// Makes sure that the pages that matter are known.
    pub(super) fn prepare(&mut self) -> Result<(), Error> {
        match self.decoded.is_some() {
            true => self.capture_descriptors(),
            false => self.read_running()?,
        }
        Ok(())
    }

    /// Takes a sample with short stops.
    ///
    /// 1. Stop the process and copy the pages that matter. Usually they are unchanged
    ///    since they were decoded. If not, decode the copy while the process runs.
    /// 2. If the copy lacks a page, stop and copy again. This copy has all pages that the
    ///    process has written, unless they are too many.
    /// 3. If a page is still missing, stop again, and decode during the stop.
    pub(super) fn while_stopped(&mut self) -> Result<Process, Error> {
        let max_pause = self.options.max_pause;
        let was_decoded = self.decoded.is_some();
        self.prepare()?;
        let mut stopped_for = Duration::ZERO;
        let mut round = 0;
        let mut incomplete = Err(Error::Gone {
            pid: self.process.pid(),
        });
        loop {
            if self.is_too_large() {
                return self.too_large(was_decoded || round > 0);
            }
            let written = match round {
                0 | COPY_ROUNDS => Vec::new(),
                _ => self.written_pages(),
            };
            self.cache.make_ready();
            self.cache.make_room_for(&mut written.iter().copied());
            let allowed = max_pause.saturating_sub(stopped_for);
            let asked = Instant::now();
            let mut stop = match self.process.stop(allowed) {
                Ok(stop) => stop,
                // No time is left for another stop. The last sample is used, although
                // its parts are not all of one moment.
                Err(_) if incomplete.is_ok() => {
                    return self.finish(incomplete, true, stopped_for);
                }
                Err(Error::SlowToStop { .. }) => {
                    let waited = asked.elapsed().min(allowed);
                    return self.instead_of_stopping(stopped_for + waited);
                }
                Err(error) => return Err(error),
            };
            let is_unchanged = self.cache.reread_differs() == 0 && round == 0;
            self.copy_secondary(&written);
            let calls = ThreadCalls::of(&stop, &self.process);
            let mut is_complete = true;
            let outcome = if round == COPY_ROUNDS {
                let kernel = calls.describe(&self.process, true);
                self.decode_stopped(kernel, &mut stop)
            } else {
                self.note_moment(!written.is_empty());
                stop.release();
                let kernel = calls.describe(&self.process, true);
                if round == 0 {
                    if let Some(process) = self.updated_if(is_unchanged, &kernel) {
                        let early = stop.released_early();
                        return self.finish(Ok(process), early, stop.stopped_for());
                    }
                    self.drop_stale();
                    if was_decoded {
                        self.search_heap();
                    }
                }
                let (decoded, complete) = self.decode_copy(kernel);
                is_complete = complete;
                decoded
            };
            self.cache.set_secondary(false);
            // The decoder may have failed before it released the process.
            stop.release();
            stopped_for += stop.stopped_for();
            if is_complete || stop.released_early() {
                let early = stop.released_early();
                return self.finish(outcome, early, stopped_for);
            }
            incomplete = outcome;
            round += 1;
        }
    }

    /// The decoded process, updated. Returns `None` unless `is_unchanged` says that its
    /// memory is unchanged, and if the secondary pages or the kernel's data have changed.
    fn updated_if(&mut self, is_unchanged: bool, kernel: &KernelThreads) -> Option<Process> {
        match is_unchanged && self.cache.secondary_differs() == 0 {
            true => self.updated(kernel),
            false => None,
        }
    }

    /// Ranges of all pages that the process has written: address and size in bytes. Empty
    /// if they are too many to be copied during a stop.
    fn written_pages(&mut self) -> Vec<(u64, usize)> {
        self.drop_stale();
        let pages = self.options.max_pause.as_millis() * MAX_PAGES_PER_MS;
        let max = usize::try_from(pages).unwrap_or(usize::MAX);
        self.process.written_pages(max).unwrap_or_default()
    }

    /// Copies the pages of `ranges` that are not held yet, as secondary pages. A page
    /// becomes a main page when the decoder reads it.
    fn copy_secondary(&self, ranges: &[(u64, usize)]) {
        self.cache.set_secondary(true);
        self.cache.prefetch(&mut ranges.iter().copied());
        self.cache.set_secondary(false);
    }

    /// Decodes while the process is stopped. Releases it as soon as everything that must
    /// be of one moment has been read.
    fn decode_stopped(&mut self, kernel: KernelThreads, stop: &mut Stop) -> Result<Process, Error> {
        self.drop_stale();
        let state = RefCell::new((stop, StoppedPages::default()));
        let keep = self.keep;
        let release = |cache: &Pages| {
            let (stop, moment) = &mut *state.borrow_mut();
            if keep {
                *moment = StoppedPages::of(cache, false);
            }
            stop.release();
            cache.set_secondary(true);
            true
        };
        let outcome = self.decode(kernel, &release);
        self.moment = state.into_inner().1;
        outcome
    }

    /// Decodes the copy that was made during a stop. Also returns whether the copy had
    /// all pages that the decoder read.
    fn decode_copy(&mut self, kernel: KernelThreads) -> (Result<Process, Error>, bool) {
        let copied = self.cache.stats().syscalls;
        let is_complete = Cell::new(false);
        let compare = |cache: &Pages| {
            is_complete.set(cache.stats().syscalls == copied);
            cache.set_secondary(is_complete.get());
            is_complete.get()
        };
        let outcome = self.decode(kernel, &compare);
        (outcome, is_complete.get())
    }

    /// Takes a sample without a stop of a process that is larger than the cache. It
    /// could not be copied during a short stop either. `is_old` says that the decoded
    /// process is not of this sample.
    fn too_large(&mut self, is_old: bool) -> Result<Process, Error> {
        let kernel = KernelThreads::capture(&self.process)?;
        let decoded = match is_old {
            false => (self.decoded.as_ref()).map(|decoded| decoded.process.clone()),
            true if self.is_unchanged() => self.updated(&kernel),
            true => None,
        };
        let mut process = match decoded {
            Some(process) => process,
            None => {
                self.drop_stale();
                self.capture_descriptors();
                self.search_heap();
                self.decode(kernel, &|_: &Pages| true)?
            }
        };
        iterations::forget_all(&mut process);
        Ok(Process {
            read: ReadInfo {
                note: Some(
                    "it is too large to be copied while it stands still, and was read while it ran"
                        .into(),
                ),
                ..costs(&self.cache, 0)
            },
            ..process
        })
    }

    /// Completes a sample with how it was read. `early` says that the process was
    /// released before everything was read; `stopped_for` is the time of all stops.
    fn finish(
        &self,
        outcome: Result<Process, Error>,
        early: bool,
        stopped_for: Duration,
    ) -> Result<Process, Error> {
        let limit = self.options.max_pause.as_millis();
        let mut process = outcome?;
        if early {
            iterations::forget_all(&mut process);
        }
        process.read = ReadInfo {
            consistency: match early {
                true => Consistency::Running,
                false => Consistency::Stopped,
            },
            stopped_us: micros(stopped_for),
            note: early.then(|| {
                format!(
                    "the process was let go after {limit} ms (--max-pause) and read on while it ran"
                )
            }),
            ..costs(&self.cache, 0)
        };
        Ok(process)
    }

    /// Takes a sample of the running process because it did not stop in time, e.g. on an
    /// overloaded machine. `stopped_for` is the time of all stops.
    fn instead_of_stopping(&mut self, stopped_for: Duration) -> Result<Process, Error> {
        let mut process = self.while_running()?;
        let limit = self.options.max_pause;
        let slow = format!(
            "the process did not stop within {limit:?} (--max-pause) and was read while it ran"
        );
        process.read.note = Some(match process.read.note.take() {
            Some(note) => format!("{slow}; {note}"),
            None => slow,
        });
        process.read.stopped_us = micros(stopped_for);
        Ok(process)
    }
}

//! Looking at a process that stands still for a moment.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use super::{Pages, Watch, costs, micros};
use crate::model::{Consistency, Process, ReadInfo};
use crate::process::{Error, Memory, Stop};
use crate::sampling::retained::Moment;
use crate::snapshot::threads::{KernelThreads, ThreadCalls};

/// Rounds of stop, copy and let go before a round decodes within its stop.
const COPY_ROUNDS: u32 = 2;

/// Pages for each millisecond of `--max-pause` that are copied at most without
/// knowing that they matter: half of what a slow machine copies in that time.
const PAGES_PER_MS: u128 = 125;

impl Watch {
    /// Stops the process and leaves it so.
    pub(super) fn and_freeze(&mut self, limit: Duration) -> Result<(Process, Stop), Error> {
        self.prepare()?;
        self.cache.make_ready();
        let stop = self.process.stop(limit)?;
        let unchanged = self.cache.reread_differs() == 0;
        let kernel = KernelThreads::capture(&self.process)?;
        let same = match unchanged && self.cache.reread_aside_differs() == 0 {
            true => self.again(&kernel),
            false => None,
        };
        let mut seen = match same {
            Some(seen) => seen,
            None => {
                self.begin_anew();
                self.once(kernel, &|_: &Pages| true)?
            }
        };
        self.note_moment(false);
        seen.read = ReadInfo {
            consistency: match stop.released_early() {
                true => Consistency::Running,
                false => Consistency::Stopped,
            },
            stopped_us: micros(stop.stopped_for()),
            ..costs(&self.cache, 0)
        };
        Ok((seen, stop))
    }

    /// Makes sure that it is known which pages matter.
    pub(super) fn prepare(&mut self) -> Result<(), Error> {
        let known = self.seen.is_some();
        match known {
            true => self.capture_descriptors(),
            false => self.read_running()?,
        }
        Ok(())
    }

    /// Stops the process only to copy the pages that matter. Mostly they are as
    /// they were when they were decoded; else the copy is decoded while the
    /// process runs on. Where the copy lacks something, the next round's copy
    /// has it, for all that the process has written is copied with it where that
    /// is not too much; the last round decodes before it lets go.
    pub(super) fn while_stopped(&mut self) -> Result<Process, Error> {
        let max_pause = self.options.max_pause;
        let known = self.seen.is_some();
        self.prepare()?;
        let mut held = Duration::ZERO;
        let mut round = 0;
        let mut incomplete = Err(Error::Gone {
            pid: self.process.pid(),
        });
        loop {
            if self.is_too_large() {
                return self.too_large(known || round > 0);
            }
            let written = match round {
                0 | COPY_ROUNDS => Vec::new(),
                _ => self.written_pages(),
            };
            self.cache.make_ready();
            self.cache.make_room_for(&mut written.iter().copied());
            let allowed = max_pause.saturating_sub(held);
            let asked = Instant::now();
            let mut stop = match self.process.stop(allowed) {
                Ok(stop) => stop,
                // No time is left for another stop: what was read holds, but
                // its parts are not all of one moment.
                Err(_) if incomplete.is_ok() => return self.finish(incomplete, true, held),
                Err(Error::SlowToStop { .. }) => {
                    return self.instead_of_stopping(held + asked.elapsed().min(allowed));
                }
                Err(error) => return Err(error),
            };
            let unchanged = self.cache.reread_differs() == 0 && round == 0;
            self.copy_aside(&written);
            let calls = ThreadCalls::of(&stop, &self.process);
            let mut complete = true;
            let outcome = if round == COPY_ROUNDS {
                let kernel = calls.describe(&self.process, true);
                self.decode_standing(kernel, &mut stop)
            } else {
                self.note_moment(!written.is_empty());
                stop.release();
                let kernel = calls.describe(&self.process, true);
                if round == 0 {
                    if let Some(seen) = self.still_seen(&kernel, unchanged) {
                        return self.finish(Ok(seen), stop.released_early(), stop.stopped_for());
                    }
                    self.begin_anew();
                    if known {
                        self.search_heap();
                    }
                }
                let (outcome, whole) = self.decode_copy(kernel);
                complete = whole;
                outcome
            };
            self.cache.read_aside(false);
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

    /// What was seen before, when all that it was decoded from is `unchanged`.
    fn still_seen(&mut self, kernel: &KernelThreads, unchanged: bool) -> Option<Process> {
        match unchanged && self.cache.reread_aside_differs() == 0 {
            true => self.again(kernel),
            false => None,
        }
    }

    /// Where all is that the process has written, unless that is too much to be
    /// copied while it stands still.
    fn written_pages(&mut self) -> Vec<(u64, usize)> {
        self.begin_anew();
        let most = self.options.max_pause.as_millis() * PAGES_PER_MS;
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        self.process.written_pages(most).unwrap_or_default()
    }

    /// Copies what lies in `ranges` and is not held yet. It counts as looked at
    /// only when the decoder wants it.
    fn copy_aside(&self, ranges: &[(u64, usize)]) {
        self.cache.read_aside(true);
        self.cache.prefetch(&mut ranges.iter().copied());
        self.cache.read_aside(false);
    }

    /// Decodes while the process stands still, and lets it go as soon as all has
    /// been read that must be of one moment.
    fn decode_standing(
        &mut self,
        kernel: KernelThreads,
        stop: &mut Stop,
    ) -> Result<Process, Error> {
        self.begin_anew();
        let standing = RefCell::new((stop, Moment::default()));
        let keep = self.keep;
        let release = |cache: &Pages| {
            let (stop, moment) = &mut *standing.borrow_mut();
            if keep {
                *moment = Moment::of(cache, false);
            }
            stop.release();
            cache.read_aside(true);
            true
        };
        let outcome = self.once(kernel, &release);
        self.moment = standing.into_inner().1;
        outcome
    }

    /// Decodes the copy that was made in a stop, and says whether it had all
    /// that was wanted of it.
    fn decode_copy(&mut self, kernel: KernelThreads) -> (Result<Process, Error>, bool) {
        let copied = self.cache.stats().syscalls;
        let whole = Cell::new(false);
        let count = |cache: &Pages| {
            whole.set(cache.stats().syscalls == copied);
            cache.read_aside(whole.get());
            whole.get()
        };
        let outcome = self.once(kernel, &count);
        (outcome, whole.get())
    }

    /// What was read while it ran, of a process that is more than the cache
    /// holds: it could not be copied in so short a stop either.
    fn too_large(&mut self, is_old: bool) -> Result<Process, Error> {
        let kernel = KernelThreads::capture(&self.process)?;
        let seen = match is_old {
            false => self.seen.as_ref().map(|seen| seen.process.clone()),
            true if self.is_unchanged() => self.again(&kernel),
            true => None,
        };
        let seen = match seen {
            Some(seen) => seen,
            None => {
                self.begin_anew();
                self.capture_descriptors();
                self.search_heap();
                self.once(kernel, &|_: &Pages| true)?
            }
        };
        Ok(Process {
            read: ReadInfo {
                note: Some(
                    "it is too large to be copied while it stands still, and was read while it ran"
                        .into(),
                ),
                ..costs(&self.cache, 0)
            },
            ..seen
        })
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
    fn instead_of_stopping(&mut self, held: Duration) -> Result<Process, Error> {
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
}

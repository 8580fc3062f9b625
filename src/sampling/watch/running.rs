//! Looking at a process that is never stopped.

use super::{Pages, Watch, costs};
use crate::model::{Consistency, Process, ReadInfo};
use crate::process::{ChangedLines, Error};
use crate::sampling::changed;
use crate::sampling::changed::Marked;
use crate::snapshot::threads::KernelThreads;

/// How often what was read of a running process is read again, to find it
/// unchanged, before the best of that is what there is.
const VERIFY_TRIES: u32 = 5;

impl Watch {
    /// Reads without stopping, until reading again what was read gives the same,
    /// or else what gave the same of most items.
    pub(super) fn while_running(&mut self) -> Result<Process, Error> {
        let mut rejected = 0;
        // What was decoded just now needs no second look at what only the search
        // for references read.
        let mut fresh = self.seen.is_none();
        self.prepare()?;
        let mut before = self.seen.as_ref().map(|seen| seen.process.clone());
        let mut best: Option<(Marked, Process)> = None;
        let mut failed = None;
        for _ in 0..VERIFY_TRIES {
            let is_held = !self.is_too_large();
            let differing = match is_held {
                true => self.cache.reread_differs(),
                false => u64::from(!self.cache.is_unchanged()),
            };
            if differing == 0
                && (fresh || self.cache.reread_aside_differs() == 0)
                && let kernel = KernelThreads::capture(&self.process)?
                && let Some(mut seen) = self.again(&kernel)
            {
                self.note_moment(false);
                seen.read = ReadInfo {
                    consistency: Consistency::Verified,
                    ..costs(&self.cache, rejected)
                };
                return Ok(seen);
            }
            rejected += differing;
            fresh = true;
            let (outcome, lines) = self.decode_running();
            let seen = match outcome {
                Ok(seen) => seen,
                Err(error) => {
                    failed = Some(error);
                    continue;
                }
            };
            if !is_held || self.is_too_large() {
                return Ok(Process {
                    read: costs(&self.cache, rejected),
                    ..torn(seen, "it is too large to be read twice".into())
                });
            }
            let last = before.replace(seen.clone());
            let (marked, seen) = self.item_by_item(seen, last.as_ref(), &lines);
            if best.as_ref().is_none_or(|(least, _)| marked < *least) {
                best = Some((marked, seen));
            }
            if marked.is_none() {
                break;
            }
        }
        let pid = self.process.pid();
        let (_, mut seen) = best.ok_or(failed.unwrap_or(Error::Gone { pid }))?;
        let ReadInfo {
            consistency, note, ..
        } = seen.read;
        seen.read = ReadInfo {
            consistency,
            note,
            ..costs(&self.cache, rejected)
        };
        Ok(seen)
    }

    /// Decodes a new copy, and says where a second one differs from it.
    fn decode_running(&mut self) -> (Result<Process, Error>, ChangedLines) {
        self.begin_anew();
        // To confirm it may take several copies: before those that count.
        if let Err(error) = self.confirm_kept() {
            return (Err(error), ChangedLines::default());
        }
        self.cache.reread_differs();
        let lines = self.cache.differing_lines();
        self.note_moment(false);
        let aside = |cache: &Pages| {
            cache.read_aside(true);
            true
        };
        let kernel = KernelThreads::capture(&self.process);
        let outcome = kernel.and_then(|kernel| self.once(kernel, &aside));
        self.cache.read_aside(false);
        (outcome, lines)
    }

    /// What of a process that did not stay as it was did so nevertheless: each
    /// item that was read from what was not the same twice is marked.
    fn item_by_item(
        &self,
        mut seen: Process,
        before: Option<&Process>,
        lines: &ChangedLines,
    ) -> (Marked, Process) {
        let mut marked = Marked::default();
        if let Some(runtime) = &self.runtime {
            let limits = &self.options.limits;
            marked = changed::mark(&mut seen, runtime, &self.cache, lines, limits);
            if marked.lists
                && let Some(before) = before
            {
                let memory = self.process.memory();
                marked.missed = changed::missed(&seen, before, runtime, memory, limits);
            }
        }
        if self.cache.reread_aside_differs() > 0 {
            changed::mark_references(&mut seen);
        }
        marked.unread = seen.errors.len();
        let says = (marked.items > 0).then(|| {
            let (items, all) = (marked.items, changed::count(&seen));
            format!("{items} of {all} items were not the same twice and are marked")
        });
        let why = match (marked.missed, marked.unread) {
            (0, 0) => {
                seen.read.consistency = Consistency::Verified;
                seen.read.note = says;
                return (marked, seen);
            }
            (0, _) => says.unwrap_or_else(|| "some of it could not be read".into()),
            (missed, _) => format!("its lists of tasks changed, at least {missed} are missing"),
        };
        let seen = torn(seen, format!("it changed each time it was read: {why}"));
        (marked, seen)
    }
}

/// Says why the parts of `seen` may not fit together.
fn torn(mut seen: Process, why: String) -> Process {
    seen.read.consistency = Consistency::Running;
    seen.read.note = Some(why);
    seen
}

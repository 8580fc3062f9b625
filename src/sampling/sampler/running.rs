//! Samples a process without stopping it.

use super::{MOST_ARE_SAME, Pages, Sampler, costs};
use crate::model::{Consistency, Process, ReadInfo, TaskState};
use crate::process::{ChangedLines, Error};
use crate::sampling::changed::Marked;
use crate::sampling::proved_stacks;
use crate::sampling::{changed, iterations};
use crate::snapshot::kernel_threads::KernelThreads;

impl Sampler {
    /// Takes a sample without stopping the process: a reading whose memory is equal when
    /// it is read a second time, or else the reading with the fewest changed items.
    pub(super) fn while_running(&mut self) -> Result<Process, Error> {
        let mut rejected = 0;
        // The secondary pages, which only the search for references read, are compared
        // only if they are of an earlier sample.
        let mut is_fresh = self.decoded.is_none();
        self.prepare()?;
        let mut before = None;
        let mut best: Option<(Marked, Process)> = None;
        let mut failed = None;
        for _ in 0..self.tries {
            let is_held = !self.is_too_large();
            let differing = match is_held {
                true => self.cache.reread_differs(),
                false => u64::from(!self.cache.is_unchanged()),
            };
            if differing == 0
                && (is_fresh || self.cache.secondary_differs() == 0)
                && let kernel = KernelThreads::capture(&self.process)?
                && let Some(mut process) = self.updated(&kernel)
            {
                self.note_moment(false);
                self.prove_stacks(&mut process);
                process.read = ReadInfo {
                    consistency: Consistency::Verified,
                    ..costs(&self.cache, rejected)
                };
                return Ok(process);
            }
            rejected += differing;
            is_fresh = true;
            if let Some(decoded) = self.decoded.take() {
                before = Some(decoded.process);
            }
            let (outcome, lines) = self.decode_running(is_held);
            let process = match outcome {
                Ok(process) => process,
                Err(error) => {
                    failed = Some(error);
                    continue;
                }
            };
            if !is_held || self.is_too_large() {
                let mut process = process;
                iterations::forget_all(&mut process);
                return Ok(Process {
                    read: costs(&self.cache, rejected),
                    ..inconsistent(process, "it is too large to be read twice".into())
                });
            }
            let last = before.replace(process.clone());
            let (marked, mut process) = self.mark_items(process, last.as_ref(), &lines);
            self.prove_stacks(&mut process);
            let is_enough = marked.is_none() || self.soon && most_waits_are_same(&process);
            if best.as_ref().is_none_or(|(least, _)| marked < *least) {
                best = Some((marked, process));
            }
            if is_enough {
                break;
            }
        }
        let pid = self.process.pid();
        let (_, mut process) = best.ok_or(failed.unwrap_or(Error::Gone { pid }))?;
        let ReadInfo {
            consistency, note, ..
        } = process.read;
        process.read = ReadInfo {
            consistency,
            note,
            ..costs(&self.cache, rejected)
        };
        Ok(process)
    }

    /// Leaves of the stacks of threads that run what is proved, where the next sample comes soon.
    fn prove_stacks(&mut self, process: &mut Process) {
        if let Some(runtime) = self.runtime.as_ref().filter(|_| self.soon) {
            let (bases, memory) = (&mut self.bases, &mut self.stack_memory);
            proved_stacks::prove(bases, process, runtime, memory, &self.options.limits);
        }
    }

    /// Decodes a new copy. Also returns the lines in which a second copy differs. `is_new` says
    /// that all pages were just copied.
    fn decode_running(&mut self, is_new: bool) -> (Result<Process, Error>, ChangedLines) {
        self.drop_stale();
        // This may take several copies, and therefore comes before the two copies that
        // are compared.
        if let Err(error) = self.confirm_in_cache() {
            return (Err(error), ChangedLines::default());
        }
        if !is_new {
            self.cache.reread_differs();
        }
        let lines = self.cache.differing_lines();
        self.note_moment(false);
        let begin_secondary = |cache: &Pages| {
            cache.set_secondary(true);
            true
        };
        let kernel = KernelThreads::capture(&self.process);
        let outcome = kernel.and_then(|kernel| self.decode(kernel, &begin_secondary));
        self.cache.set_secondary(false);
        (outcome, lines)
    }

    /// The process changed during the read. Marks each item whose bytes differed between
    /// two copies; the others are consistent.
    fn mark_items(
        &mut self,
        mut process: Process,
        before: Option<&Process>,
        lines: &ChangedLines,
    ) -> (Marked, Process) {
        let mut marked = Marked::default();
        if let Some(runtime) = &self.runtime {
            let limits = &self.options.limits;
            marked = changed::mark(
                &mut process,
                runtime,
                &self.cache,
                lines,
                limits,
                &mut self.known_lines,
            );
            if marked.lists
                && let Some(before) = before
            {
                let memory = self.process.memory();
                marked.missed = changed::missed(&process, before, runtime, memory, limits);
            }
        }
        if self.cache.secondary_differs() > 0 {
            changed::mark_references(&mut process);
        }
        marked.unread = process.errors.len();
        let marked_note = (marked.items > 0).then(|| {
            let (items, all) = (marked.items, changed::count(&process));
            format!("{items} of {all} items were not the same twice and are marked")
        });
        let why = match (marked.missed, marked.unread) {
            (0, 0) => {
                process.read.consistency = Consistency::Verified;
                process.read.note = marked_note;
                return (marked, process);
            }
            (0, _) => marked_note.unwrap_or_else(|| "some of it could not be read".into()),
            (missed, _) => format!("its lists of tasks changed, at least {missed} are missing"),
        };
        let note = format!("it changed each time it was read: {why}");
        (marked, inconsistent(process, note))
    }
}

/// Whether few tasks changed that do not run. Those that run always change.
fn most_waits_are_same(process: &Process) -> bool {
    let waits = process
        .tasks
        .iter()
        .filter(|task| task.state != TaskState::Running);
    let changed = waits.filter(|task| task.error.is_some()).count();
    changed * MOST_ARE_SAME <= process.tasks.len()
}

/// `process`, with a note that says why its parts may not fit together.
fn inconsistent(mut process: Process, note: String) -> Process {
    process.read.consistency = Consistency::Running;
    process.read.note = Some(note);
    process
}

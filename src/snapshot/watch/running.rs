//! Looking at a process that is never stopped.

use super::{Pages, Watch, costs};
use crate::snapshot::changed;
use crate::snapshot::model::{Consistency, Process, ReadInfo};
use crate::snapshot::threads::KernelThreads;
use crate::target::Error;

/// How often what was read of a running process is read again, to find it
/// unchanged, before the snapshot is called torn.
const VERIFY_TRIES: u32 = 5;

impl Watch {
    /// Reads without stopping, until reading again what was read gives the same.
    pub(super) fn while_running(&mut self) -> Result<Process, Error> {
        let mut rejected = 0;
        // What was decoded just now needs no second look at what only the search
        // for references read.
        let mut fresh = self.seen.is_none();
        self.prepare()?;
        let mut outcome = Err(Error::Gone {
            pid: self.process.pid(),
        });
        let mut is_old = false;
        for _ in 0..VERIFY_TRIES {
            let differing = self.cache.reread_differs();
            self.note_moment(false);
            let kernel = KernelThreads::capture(&self.process)?;
            if differing == 0
                && self.cache.cache_stats().dropped == 0
                && (fresh || self.cache.reread_aside_differs() == 0)
                && let Some(mut seen) = self.again(&kernel)
            {
                seen.read = ReadInfo {
                    consistency: Consistency::Verified,
                    ..costs(&self.cache, rejected)
                };
                return Ok(seen);
            }
            rejected += differing;
            self.begin_anew();
            let aside = |cache: &Pages| {
                cache.read_aside(true);
                true
            };
            match self.once(kernel, &aside) {
                // Something torn does not undo what was read before.
                Err(_) if outcome.is_ok() => is_old = true,
                read => (outcome, is_old) = (read, false),
            }
            self.cache.read_aside(false);
            fresh = true;
        }
        self.item_by_item(outcome?, is_old, rejected)
    }

    /// What of a process that never stayed as it was did so nevertheless: each
    /// task and thread is read again by itself, and marked where it differs. The
    /// rest (edges, resources, loops) was not, so that it counts as torn. All is
    /// marked of something so old that the cache no longer has its bytes.
    fn item_by_item(
        &self,
        mut seen: Process,
        is_old: bool,
        rejected: u64,
    ) -> Result<Process, Error> {
        let marked = match self.runtime.as_ref().filter(|_| !is_old) {
            Some(runtime) => changed::mark(&mut seen, runtime, &self.cache, &self.options.limits),
            None => changed::mark_all(&mut seen),
        };
        seen.read = ReadInfo {
            note: Some(format!(
                "it changed during each of {VERIFY_TRIES} tries: parts may not fit together, and \
                 {marked} tasks and threads that were not the same twice are marked"
            )),
            ..costs(&self.cache, rejected)
        };
        Ok(seen)
    }
}

//! Objects that no list of tasks names, found in all of the process's memory.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::in_use::InUse;
use crate::asyncio::{Seen, asyncio_is_imported, scan_heap, search_heap};
use crate::cpython::{Reader, Runtime};
use crate::process::Memory;

/// What only a walk over all objects finds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Heap {
    /// Finished tasks that no set and no list of tasks names.
    finished: FxHashMap<u64, Vec<u64>>,
    /// Coroutines and asynchronous generators that do not run.
    coroutines: Vec<u64>,
    /// Whether all objects could be walked over.
    walked: bool,
    /// How they were found.
    #[serde(default)]
    seen: Seen,
    errors: Vec<String>,
}

impl Heap {
    /// Whether there are objects of interest and lists of all objects.
    pub fn is_searched(reader: &Reader<'_>, runtime: &Runtime) -> bool {
        let layout = &runtime.layout;
        let has_lists = !layout.gc.heads.is_empty() || !layout.format.collector_heads.is_empty();
        let interpreters = reader.interpreters(runtime.addr).unwrap_or_default();
        let mut imported = interpreters
            .iter()
            .map(|it| asyncio_is_imported(reader, it.addr));
        has_lists && runtime.tasks_refused.is_none() && imported.any(|imported| imported)
    }

    /// Looks for them in `ranges` of `memory`, which are all that the process has
    /// written. `None` where only the lists of all objects tell.
    pub fn scan(
        reader: &Reader<'_>,
        runtime: &Runtime,
        memory: &dyn Memory,
        ranges: &[(u64, usize)],
    ) -> Option<Self> {
        let interpreters = reader.interpreters(runtime.addr).ok()?;
        // Interpreters may share types: only their lists say whose an object is.
        let [interpreter] = &*interpreters else {
            return None;
        };
        let found = scan_heap(reader, runtime.addr, interpreter, memory, ranges)?;
        Some(Self {
            finished: FxHashMap::from_iter([(interpreter.addr, found.tasks)]),
            coroutines: found.coroutines,
            walked: found.walked,
            seen: Seen::InMemory,
            errors: Vec::new(),
        })
    }

    /// Looks for them among all objects of all interpreters.
    pub fn search(reader: &Reader<'_>, runtime: &Runtime) -> Self {
        let mut heap = Self::default();
        if runtime.tasks_refused.is_some() {
            return heap;
        }
        for interpreter in reader.interpreters(runtime.addr).unwrap_or_default() {
            let found = search_heap(reader, runtime.addr, &interpreter);
            heap.finished.insert(interpreter.addr, found.tasks);
            heap.coroutines.extend(found.coroutines);
            heap.walked |= found.walked;
            if let Some(error) = found.error {
                let lost = format!("finished tasks may be missing: {error}");
                heap.errors.push(lost);
            }
        }
        heap
    }

    /// Adds what another walk found.
    pub fn add(&mut self, other: Self) {
        for (interpreter, tasks) in other.finished {
            let known = self.finished.entry(interpreter).or_default();
            known.extend(tasks);
        }
        self.coroutines.extend(other.coroutines);
        self.walked |= other.walked;
        self.errors = other.errors;
    }

    /// Whether the walk came to its end.
    pub fn is_whole(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether all objects could be walked over.
    pub fn is_complete(&self) -> bool {
        self.walked
    }

    /// How objects were found.
    pub fn seen(&self) -> Seen {
        self.seen
    }

    /// What could not be read, and what may be missing because of it.
    pub fn errors(&self) -> &[String] {
        &self.errors
    }

    /// Finished tasks of one interpreter.
    pub fn finished_tasks(&self, interpreter: u64) -> &[u64] {
        self.finished.get(&interpreter).map_or(&[], Vec::as_slice)
    }

    /// Where coroutines were seen.
    pub fn seen_coroutines(&self) -> &[u64] {
        &self.coroutines
    }

    /// The coroutines that were seen and still are objects, but for those that
    /// are `in_use`.
    pub fn coroutines<'a>(
        &'a self,
        reader: &'a Reader<'_>,
        in_use: &'a InUse<'_>,
    ) -> impl Iterator<Item = u64> + 'a {
        let seen = self.coroutines.iter().copied();
        seen.filter(|addr| {
            !in_use.contains(*addr) && (self.seen == Seen::InLists || reader.is_tracked(*addr))
        })
    }
}

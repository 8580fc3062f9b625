//! Finds objects that no list of tasks has, by a walk over all objects.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::in_use::InUse;
use crate::asyncio::{FoundIn, asyncio_is_imported, scan_heap, search_heap};
use crate::cpython::{Reader, Runtime};
use crate::process::Memory;

/// Objects that only a walk over all objects finds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Heap {
    /// Finished tasks by the address of their interpreter. No set or list of tasks has
    /// them.
    finished: FxHashMap<u64, Vec<u64>>,
    /// Coroutines and asynchronous generators that do not run.
    coroutines: Vec<u64>,
    /// Greenlets, also some that were freed.
    #[serde(default)]
    greenlets: Vec<u64>,
    /// What greenlets may wait in, also some that were freed.
    #[serde(default)]
    waited_in: Vec<u64>,
    /// Whether the walk was possible in this build.
    walked: bool,
    /// How the objects were found.
    #[serde(default)]
    seen: FoundIn,
    /// What could not be read, and what may be missing because of it.
    errors: Vec<String>,
}

impl Heap {
    /// Whether a walk is possible and worthwhile: the build has lists of all objects, and
    /// asyncio is imported; or greenlet is.
    pub fn is_searched(reader: &Reader<'_>, runtime: &Runtime) -> bool {
        let layout = &runtime.layout;
        let has_lists = !layout.gc.heads.is_empty() || !layout.format.collector_heads.is_empty();
        let interpreters = reader.interpreters(runtime.addr).unwrap_or_default();
        let mut imported = interpreters
            .iter()
            .map(|it| asyncio_is_imported(reader, it.addr));
        let mut has_tasks = || has_lists && imported.any(|imported| imported);
        runtime.tasks_refused.is_none() && (has_tasks() || reader.uses_greenlets())
    }

    /// Finds the objects in `ranges` of `memory` (address and size in bytes), which are
    /// all that the process has written. Returns `None` if the lists of the garbage
    /// collector have to be walked instead.
    pub fn scan(
        reader: &Reader<'_>,
        runtime: &Runtime,
        memory: &dyn Memory,
        ranges: &[(u64, usize)],
    ) -> Option<Self> {
        let interpreters = reader.interpreters(runtime.addr).ok()?;
        // Interpreters may share types. Then only their lists tell to which one an
        // object belongs.
        let [interpreter] = &*interpreters else {
            return None;
        };
        let found = scan_heap(reader, runtime.addr, interpreter, memory, ranges)?;
        Some(Self {
            finished: FxHashMap::from_iter([(interpreter.addr, found.tasks)]),
            coroutines: found.coroutines,
            greenlets: found.greenlets,
            waited_in: found.waited_in,
            walked: found.walked,
            seen: FoundIn::InMemory,
            errors: Vec::new(),
        })
    }

    /// Finds the objects in the lists of the garbage collector of all interpreters.
    pub fn search(reader: &Reader<'_>, runtime: &Runtime) -> Self {
        let mut heap = Self::default();
        if runtime.tasks_refused.is_some() {
            return heap;
        }
        for interpreter in reader.interpreters(runtime.addr).unwrap_or_default() {
            let found = search_heap(reader, runtime.addr, &interpreter);
            heap.finished.insert(interpreter.addr, found.tasks);
            heap.coroutines.extend(found.coroutines);
            heap.greenlets.extend(found.greenlets);
            heap.waited_in.extend(found.waited_in);
            heap.walked |= found.walked;
            if let Some(error) = found.error {
                let lost = format!("finished tasks may be missing: {error}");
                heap.errors.push(lost);
            }
        }
        heap
    }

    /// Adds the objects that another walk found.
    pub fn add(&mut self, other: Self) {
        for (interpreter, tasks) in other.finished {
            self.finished.entry(interpreter).or_default().extend(tasks);
        }
        self.coroutines.extend(other.coroutines);
        self.greenlets.extend(other.greenlets);
        self.waited_in.extend(other.waited_in);
        self.walked |= other.walked;
        self.errors = other.errors;
    }

    /// Whether the last walk read all objects.
    pub fn has_no_errors(&self) -> bool {
        self.errors.is_empty()
    }

    /// Whether the walk was possible in this build.
    pub fn is_complete(&self) -> bool {
        self.walked
    }

    /// How objects were found.
    pub fn seen(&self) -> FoundIn {
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

    /// Addresses at which coroutines were found.
    pub fn found_coroutines(&self) -> &[u64] {
        &self.coroutines
    }

    /// The found greenlets that are still objects, each once.
    pub fn greenlets(&self, reader: &Reader<'_>) -> Vec<u64> {
        self.live(reader, &self.greenlets)
    }

    /// What greenlets may wait in and still is an object, each once.
    pub fn waited_in(&self, reader: &Reader<'_>) -> Vec<u64> {
        self.live(reader, &self.waited_in)
    }

    fn live(&self, reader: &Reader<'_>, found: &[u64]) -> Vec<u64> {
        let mut live = found.to_vec();
        live.sort_unstable();
        live.dedup();
        if self.seen == FoundIn::InMemory {
            live.retain(|addr| reader.is_tracked(*addr));
        }
        live
    }

    /// The found coroutines that are still objects and not `in_use`.
    pub fn coroutines<'a>(
        &'a self,
        reader: &'a Reader<'_>,
        in_use: &'a InUse<'_>,
    ) -> impl Iterator<Item = u64> + 'a {
        let found = self.coroutines.iter().copied();
        found.filter(|addr| {
            !in_use.contains(*addr) && (self.seen == FoundIn::InLists || reader.is_tracked(*addr))
        })
    }
}

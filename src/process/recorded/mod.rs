//! A process that was recorded: what the kernel and its memory said of it, and
//! nothing that runs.

mod encoding;
pub(super) mod float_bits;
mod memory;

use serde::{Deserialize, Serialize};

pub use encoding::{Cursor, ImageError, MAX_RUNS, read_image, write_image, write_number};
pub use memory::{NotedReads, RecordedMemory, ranges_of_pages};

use super::memory::Mapping;
use super::{Descriptors, Error, KernelThread};

/// What does not change while a process runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFacts {
    pub pid: u32,
    pub parent: Option<u32>,
    pub command: Vec<String>,
    pub executable: Option<String>,
    pub mappings: Vec<Mapping>,
}

/// What the kernel said of one thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedThread {
    pub tid: u32,
    /// Its id in the innermost pid namespace.
    pub namespace_tid: u64,
    pub switches: Option<u64>,
    pub kernel: KernelThread,
}

/// What the kernel said of the process at one moment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RecordedMoment {
    pub threads: Vec<RecordedThread>,
    /// `CLOCK_MONOTONIC`, in nanoseconds.
    pub monotonic_ns: u64,
    pub descriptors: Descriptors,
}

/// What answers for a process that was recorded.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    pub facts: RecordedFacts,
    /// Its threads by id.
    pub(super) moment: RecordedMoment,
    pub memory: RecordedMemory,
}

impl Recorded {
    /// What answers for a process; a capture may name its threads in any order.
    pub fn new(facts: RecordedFacts, mut moment: RecordedMoment, memory: RecordedMemory) -> Self {
        moment.threads.sort_by_key(|thread| thread.tid);
        Self {
            facts,
            moment,
            memory,
        }
    }

    /// The ids of its threads.
    pub(super) fn thread_ids(&self) -> Result<Vec<u32>, Error> {
        let pid = self.facts.pid;
        let ids: Vec<u32> = self.moment.threads.iter().map(|it| it.tid).collect();
        match ids.is_empty() {
            true => Err(Error::Unreadable {
                pid,
                reason: "the capture names no thread of it".into(),
            }),
            false => Ok(ids),
        }
    }

    pub(super) fn thread(&self, tid: u32) -> Option<&RecordedThread> {
        let threads = &self.moment.threads;
        let place = threads.binary_search_by_key(&tid, |it| it.tid).ok()?;
        threads.get(place)
    }
}

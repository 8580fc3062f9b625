//! A recorded process: its memory, and the answers of the kernel about it.

mod encoding;
mod memory;

use serde::{Deserialize, Serialize};

pub use encoding::{Cursor, ImageError, MAX_RUNS, read_image, write_image, write_number};
pub use memory::{EntryTable, NotedReads, RecordedMemory, ranges_of_pages};

use super::memory::Mapping;
use super::{Descriptors, Error, KernelThread};

/// Properties that do not change while a process runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedFacts {
    /// Its id, in the pid namespace of the recorder.
    pub pid: u32,
    /// The process that started it. `None` outside of our pid namespace.
    pub parent: Option<u32>,
    /// Its arguments, the program's name first.
    pub command: Vec<String>,
    /// The path of the program file. `None` when we may not know it.
    pub executable: Option<String>,
    /// Its mappings when it was opened, by address.
    pub mappings: Vec<Mapping>,
    /// By how many nanoseconds its `CLOCK_MONOTONIC` is ahead of the recorder's. `None`
    /// where that is not known.
    #[serde(default = "same_clock")]
    pub clock_ahead_ns: Option<i64>,
}

/// What captures of older versions mean.
#[expect(
    clippy::unnecessary_wraps,
    reason = "serde asks for the type of the field"
)]
fn same_clock() -> Option<i64> {
    Some(0)
}

/// The answers of the kernel about one thread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordedThread {
    /// Its id, in the pid namespace of the recorder.
    pub tid: u32,
    /// Its id in the innermost pid namespace.
    pub namespace_tid: u64,
    /// How often it gave up the processor to wait (`voluntary_ctxt_switches`).
    /// `None` when the kernel did not tell.
    pub switches: Option<u64>,
    /// Its name, state, system call and processor time.
    pub kernel: KernelThread,
}

/// The answers of the kernel about the process at one moment.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RecordedMoment {
    /// Its threads.
    pub threads: Vec<RecordedThread>,
    /// `CLOCK_MONOTONIC` of the process, in nanoseconds.
    pub monotonic_ns: u64,
    /// Its descriptors, sockets and children.
    pub descriptors: Descriptors,
}

/// All that is needed to read a recorded process.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// Its unchanging properties.
    pub facts: RecordedFacts,
    /// The answers of the kernel, threads sorted by id.
    pub(super) moment: RecordedMoment,
    /// Its memory as far as it was recorded.
    pub memory: RecordedMemory,
}

impl Recorded {
    /// Puts the parts together. The threads may be in any order.
    pub fn new(facts: RecordedFacts, mut moment: RecordedMoment, memory: RecordedMemory) -> Self {
        moment.threads.sort_by_key(|thread| thread.tid);
        Self {
            facts,
            moment,
            memory,
        }
    }

    /// The ids of its threads.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when no thread was recorded.
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
        let index = threads.binary_search_by_key(&tid, |it| it.tid).ok()?;
        threads.get(index)
    }
}

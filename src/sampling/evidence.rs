//! The input of a snapshot besides memory.

use crate::cpython::runtime::Candidate;
use crate::process::Descriptors;
use crate::snapshot::heap::Heap;
use crate::snapshot::kernel_threads::KernelThreads;

/// The input of a snapshot besides memory.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Addresses at which the runtime of CPython may be, with their layouts.
    pub candidates: Vec<Candidate>,
    /// Objects found by the walk over the heap. `None` if there was no walk.
    pub heap: Option<Heap>,
    /// The descriptors and children of the process.
    pub descriptors: Descriptors,
    /// The kernel's view of the threads.
    pub kernel: KernelThreads,
    /// Whether references to awaited resources were searched.
    pub searched: bool,
}

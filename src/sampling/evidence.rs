//! What a snapshot is made from, beside memory.

use crate::cpython::runtime::Candidate;
use crate::process::Descriptors;
use crate::snapshot::heap::Heap;
use crate::snapshot::threads::KernelThreads;

/// What a snapshot is made from, beside memory.
#[derive(Debug, Default)]
pub struct Evidence {
    pub candidates: Vec<Candidate>,
    /// None where only movement was looked for.
    pub heap: Option<Heap>,
    pub descriptors: Descriptors,
    pub kernel: KernelThreads,
    /// Whether it was searched who refers to what.
    pub searched: bool,
}

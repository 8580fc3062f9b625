//! Makes snapshots of recorded processes. The decoders are the same; memory and the
//! kernel's data come from the recording.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::count::{Counts, counted};
use super::evidence::Evidence;
use super::retained::{RetainedSnapshot, StoppedPages};
use crate::cpython::runtime;
use crate::cpython::runtime::Candidate;
use crate::cpython::runtime::recorded_candidate::RecordedCandidate;
use crate::cpython::{Reader, Runtime};
use crate::limits::Limits;
use crate::model::{Process, ReadInfo};
use crate::process;
use crate::process::recorded::{
    NotedReads, Recorded, RecordedFacts, RecordedMemory, RecordedMoment, ranges_of_pages,
};
use crate::process::{Descriptors, Error, Memory, PageCache};
use crate::snapshot::build::Build;
use crate::snapshot::frames::FrameDetail;
use crate::snapshot::heap::Heap;
use crate::snapshot::kernel_threads::KernelThreads;
use crate::snapshot::options::SampleOptions;

/// How much of the memory of a sample is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All pages that were read, completely.
    Pages,
    /// Only the bytes that were decoded.
    Bytes,
    /// Only the decoded bytes whose value matters for the snapshot.
    Needed,
}

/// One recorded sample of a process.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    /// The kernel's data at the time of the sample.
    pub moment: RecordedMoment,
    /// Objects found by the walk over the heap. `None` if there was no walk.
    pub heap: Option<Heap>,
    /// Whether references to awaited resources were searched.
    pub searched: bool,
    /// How the memory was read.
    pub read: ReadInfo,
    /// The memory. Captures store it outside of the JSON.
    #[serde(skip)]
    pub memory: RecordedMemory,
}

/// A recorded process. The last of its samples is the snapshot.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RecordedProcess {
    /// Data about the process that does not change.
    pub facts: RecordedFacts,
    /// Addresses at which the runtime of CPython may be, with their layouts.
    pub candidates: Vec<RecordedCandidate>,
    /// The samples, oldest first.
    pub samples: Vec<Sample>,
}

impl RetainedSnapshot {
    /// Records the input of `snapshot`, which was taken last. Also returns whether a
    /// snapshot made again from the recorded input equals `snapshot`.
    ///
    /// # Errors
    /// If no snapshot can be made from the recorded input.
    pub fn record(
        &self,
        snapshot: &Process,
        options: &SampleOptions,
        extent: Extent,
    ) -> Result<(Sample, bool), Error> {
        let noted = NotedReads::new(self.cache());
        let (mut rebuilt, _) = build(self.process(), self.evidence(), &noted, options)?;
        rebuilt.read = snapshot.read.clone();
        let unneeded = noted.unneeded();
        let (mut ranges, bad) = noted.into_noted();
        if extent == Extent::Pages {
            let touched = ranges.iter().flat_map(|&(start, end)| {
                process::page_of(start)..=process::page_of(end.saturating_sub(1))
            });
            ranges = ranges_of_pages(touched.chain(self.cache().held_pages(false)));
        }
        let mut memory = RecordedMemory::copy_of(self.cache(), &ranges, bad);
        if extent == Extent::Needed {
            memory.clear_words(&unneeded);
        }
        let evidence = self.evidence();
        let sample = Sample {
            moment: RecordedMoment {
                threads: evidence.kernel.recorded(),
                monotonic_ns: evidence.kernel.monotonic_ns,
                descriptors: evidence.descriptors.clone(),
            },
            heap: evidence.heap.clone(),
            searched: evidence.searched,
            read: snapshot.read.clone(),
            memory,
        };
        Ok((sample, rebuilt == *snapshot))
    }

    /// Makes `snapshot`, which was taken last, again with other options.
    ///
    /// # Errors
    /// If the memory that is held does not give a snapshot.
    pub fn again(&self, snapshot: &Process, options: &SampleOptions) -> Result<Process, Error> {
        let (rebuilt, _) = build(self.process(), self.evidence(), self.cache(), options)?;
        Ok(Process {
            read: snapshot.read.clone(),
            ..rebuilt
        })
    }

    /// The recording of the process without samples.
    pub fn recorded_process(&self) -> RecordedProcess {
        RecordedProcess {
            facts: self.process().facts().clone(),
            candidates: self.evidence().candidates.iter().map(Into::into).collect(),
            samples: Vec::new(),
        }
    }
}

impl RecordedProcess {
    /// Pid of the process.
    pub fn pid(&self) -> u32 {
        self.facts.pid
    }

    /// The snapshot of the sample at `index`.
    ///
    /// # Errors
    /// If there is no such sample, or no snapshot can be made from it.
    pub fn take(&self, index: usize, options: &SampleOptions) -> Result<Process, Error> {
        let (process, evidence, sample) = self.open(index)?;
        let (mut snapshot, _) = build(&process, &evidence, &sample.memory, options)?;
        snapshot.read = sample.read.clone();
        Ok(snapshot)
    }

    /// The snapshot of the last sample, and its memory for reading more.
    ///
    /// # Errors
    /// The errors of [`Self::take`].
    pub fn keep(&self, options: &SampleOptions) -> Result<(Process, RetainedSnapshot), Error> {
        let (process, evidence, sample) = self.open(self.samples.len().wrapping_sub(1))?;
        let (mut snapshot, runtime) = build(&process, &evidence, &sample.memory, options)?;
        snapshot.read = sample.read.clone();
        let cache = PageCache::new(process.memory());
        let kept = RetainedSnapshot::new(
            process,
            runtime,
            cache,
            StoppedPages::default(),
            None,
            evidence,
        );
        Ok((snapshot, kept))
    }

    /// Counts threads and tasks in the last sample.
    ///
    /// # Errors
    /// The errors of [`Self::take`].
    pub fn count(&self, limits: &Limits) -> Result<Counts, Error> {
        let (process, evidence, sample) = self.open(self.samples.len().wrapping_sub(1))?;
        match runtime::confirm(&evidence.candidates, &sample.memory, limits) {
            Ok((runtime, reader)) => Ok(counted(&runtime, &reader)),
            Err(rejection) => Err(rejection.into_error(&process)),
        }
    }

    /// Makes the inputs of a snapshot from the sample at `index`.
    fn open(&self, index: usize) -> Result<(process::Process, Evidence, &Sample), Error> {
        let unreadable = |reason: &str| Error::Unreadable {
            pid: self.pid(),
            reason: reason.into(),
        };
        let sample = (self.samples.get(index))
            .ok_or_else(|| unreadable("the capture has no such sample of it"))?;
        let candidates: Vec<Candidate> = (self.candidates.iter())
            .filter_map(RecordedCandidate::candidate)
            .collect();
        if candidates.is_empty() {
            return Err(unreadable("the capture names no supported version"));
        }
        let process = process::Process::from_recorded(Arc::new(Recorded::new(
            self.facts.clone(),
            sample.moment.clone(),
            sample.memory.clone(),
        )));
        let evidence = Evidence {
            candidates,
            heap: sample.heap.clone(),
            descriptors: Descriptors::capture(&process),
            kernel: KernelThreads::capture(&process)?,
            searched: sample.searched,
        };
        Ok((process, evidence, sample))
    }
}

/// Makes a snapshot from `memory`. The caller fills in how the memory was read.
fn build(
    process: &process::Process,
    evidence: &Evidence,
    memory: &dyn Memory,
    options: &SampleOptions,
) -> Result<(Process, Runtime), Error> {
    let (runtime, reader): (Runtime, Reader<'_>) =
        runtime::confirm(&evidence.candidates, memory, &options.limits)
            .map_err(|rejection| rejection.into_error(process))?;
    let snapshot = Build {
        process,
        runtime: &runtime,
        reader: &reader,
        kernel: &evidence.kernel,
        all_read: &|| evidence.searched,
        detail: FrameDetail {
            locals: options.locals,
            locations: true,
        },
        scope: options.scope,
        heap: evidence.heap.as_ref(),
        descriptors: &evidence.descriptors,
    }
    .process()?;
    Ok((snapshot, runtime))
}

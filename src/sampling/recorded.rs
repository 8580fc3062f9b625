//! Snapshots of what was recorded: the same decoders, over memory and answers
//! of the kernel that were kept.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::count::{Counts, counted};
use super::retained::{Kept, Moment};
use super::take::TakeOptions;
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
use crate::snapshot::build::{Build, Heap};
use crate::snapshot::frames::FrameDetail;
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

/// How much memory is recorded of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All pages that were read, with what lies beside in them.
    Pages,
    /// The very bytes that the snapshot is made from.
    Bytes,
    /// Of those, only the ones that it depends on.
    Needed,
}

/// One look at a process, recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sample {
    pub moment: RecordedMoment,
    pub heap: Option<Heap>,
    pub searched: bool,
    pub read: ReadInfo,
    #[serde(skip)]
    pub memory: RecordedMemory,
}

/// A process that was recorded: the last of its samples is the snapshot.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RecordedProcess {
    pub facts: RecordedFacts,
    pub candidates: Vec<RecordedCandidate>,
    pub samples: Vec<Sample>,
}

impl Kept {
    /// Records what `seen`, the snapshot of this look, was made from. Says too
    /// whether it is made again from that alone as it was.
    ///
    /// # Errors
    /// When it cannot be made again at all.
    pub fn record(
        &self,
        seen: &Process,
        options: &TakeOptions,
        extent: Extent,
    ) -> Result<(Sample, bool), Error> {
        let noted = NotedReads::new(self.cache());
        let (mut again, _) = build(self.process(), self.evidence(), &noted, options)?;
        again.read = seen.read.clone();
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
            read: seen.read.clone(),
            memory,
        };
        Ok((sample, again == *seen))
    }

    /// The snapshot of this look again, with these options.
    ///
    /// # Errors
    /// When it cannot be made again.
    pub fn again(&self, seen: &Process, options: &TakeOptions) -> Result<Process, Error> {
        let (again, _) = build(self.process(), self.evidence(), self.cache(), options)?;
        Ok(Process {
            read: seen.read.clone(),
            ..again
        })
    }

    /// What is known of the process itself, and where its runtime may be.
    pub fn recorded_process(&self) -> RecordedProcess {
        RecordedProcess {
            facts: self.process().facts().clone(),
            candidates: self.evidence().candidates.iter().map(Into::into).collect(),
            samples: Vec::new(),
        }
    }
}

impl RecordedProcess {
    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.facts.pid
    }

    /// The snapshot of sample `place`.
    ///
    /// # Errors
    /// When there is no such sample, or nothing can be made of it.
    pub fn take(&self, place: usize, options: &TakeOptions) -> Result<Process, Error> {
        let (process, evidence, sample) = self.open(place)?;
        let (mut seen, _) = build(&process, &evidence, &sample.memory, options)?;
        seen.read = sample.read.clone();
        Ok(seen)
    }

    /// The snapshot of the last sample, and what can be read further in it.
    ///
    /// # Errors
    /// As for [`Self::take`].
    pub fn keep(&self, options: &TakeOptions) -> Result<(Process, Kept), Error> {
        let (process, evidence, sample) = self.open(self.samples.len().wrapping_sub(1))?;
        let (mut seen, runtime) = build(&process, &evidence, &sample.memory, options)?;
        seen.read = sample.read.clone();
        let cache = PageCache::new(process.memory());
        let kept = Kept::new(process, runtime, cache, Moment::default(), None, evidence);
        Ok((seen, kept))
    }

    /// How much there was in it.
    ///
    /// # Errors
    /// As for [`Self::take`].
    pub fn count(&self, limits: &Limits) -> Result<Counts, Error> {
        let (process, evidence, sample) = self.open(self.samples.len().wrapping_sub(1))?;
        match runtime::confirm(&evidence.candidates, &sample.memory, limits) {
            Ok((runtime, reader)) => Ok(counted(&runtime, &reader)),
            Err(rejection) => Err(rejection.into_error(&process)),
        }
    }

    fn open(&self, place: usize) -> Result<(process::Process, Evidence, &Sample), Error> {
        let unreadable = |reason: &str| Error::Unreadable {
            pid: self.pid(),
            reason: reason.into(),
        };
        let sample = (self.samples.get(place))
            .ok_or_else(|| unreadable("the capture has no such look at it"))?;
        let candidates: Vec<Candidate> = (self.candidates.iter())
            .filter_map(RecordedCandidate::candidate)
            .collect();
        if candidates.is_empty() {
            return Err(unreadable("the capture names no version that is known"));
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

/// Makes a snapshot; how it was read is for the caller to fill in.
fn build(
    process: &process::Process,
    evidence: &Evidence,
    memory: &dyn Memory,
    options: &TakeOptions,
) -> Result<(Process, Runtime), Error> {
    let (runtime, reader): (Runtime, Reader<'_>) =
        runtime::confirm(&evidence.candidates, memory, &options.limits)
            .map_err(|rejection| rejection.into_error(process))?;
    let seen = Build {
        process,
        runtime: &runtime,
        reader: &reader,
        kernel: &evidence.kernel,
        read: &|| evidence.searched,
        detail: FrameDetail {
            locals: options.locals,
            places: true,
        },
        scope: options.scope,
        heap: evidence.heap.as_ref(),
        descriptors: &evidence.descriptors,
    }
    .process()?;
    Ok((seen, runtime))
}

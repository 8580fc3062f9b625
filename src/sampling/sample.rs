//! Takes one sample of a process.

use super::retained::RetainedSnapshot;
use super::sampler::Sampler;
use crate::cpython::runtime;
use crate::cpython::runtime::candidates::candidates;
use crate::cpython::{Reader, Runtime};
use crate::limits::Limits;
use crate::model::Process;
use crate::process;
use crate::process::{Error, PageCache, ProcessMemory};
use crate::snapshot::options::SampleOptions;

/// Takes one sample of the process `pid`.
///
/// # Errors
/// If there is no such process, it does not run Python, has an unsupported version,
/// may not be read, or has ended.
pub fn sample_process(pid: u32, options: &SampleOptions) -> Result<Process, Error> {
    Sampler::open(pid, options, false)?.look()
}

/// Takes one sample of the process `pid`, and stays attached to read more of its
/// memory.
///
/// # Errors
/// The errors of [`sample_process`].
pub fn sample_and_retain(
    pid: u32,
    options: &SampleOptions,
) -> Result<(Process, RetainedSnapshot), Error> {
    let mut watch = Sampler::open(pid, options, true)?.decoding_always();
    let sample = watch.look()?;
    Ok((sample, watch.kept(None)?))
}

/// Finds the runtime of `process` and calls `read` with it, without stopping the
/// process.
///
/// # Errors
/// If no supported Python runtime is found.
pub(crate) fn with_reader<T>(
    process: &process::Process,
    cache: &PageCache<ProcessMemory>,
    limits: &Limits,
    read: impl FnOnce(&Runtime, &Reader<'_>) -> T,
) -> Result<T, Error> {
    let candidates = candidates(process, cache)?;
    match runtime::confirm(&candidates, cache, limits) {
        Ok((runtime, reader)) => Ok(read(&runtime, &reader)),
        Err(rejection) => Err(rejection.into_error(process)),
    }
}

//! One sample of a process.

use super::retained::Kept;
use super::watch::Watch;
use crate::cpython::runtime;
use crate::cpython::runtime::candidates::candidates;
use crate::cpython::{Reader, Runtime};
use crate::limits::Limits;
use crate::model::Process;
use crate::process;
use crate::process::{Error, PageCache, ProcessMemory};
use crate::snapshot::options::TakeOptions;

/// Looks once at the process with this pid.
///
/// # Errors
/// When there is nothing to show: no such process, not Python, no permission,
/// an unknown version, or it went away.
pub fn take_process(pid: u32, options: &TakeOptions) -> Result<Process, Error> {
    Watch::open(pid, options, false)?.look()
}

/// Looks once at the process, and stays attached to read on in what was seen.
///
/// # Errors
/// As for [`take_process`].
pub fn take_kept(pid: u32, options: &TakeOptions) -> Result<(Process, Kept), Error> {
    let mut watch = Watch::open(pid, options, true)?.decoding_always();
    let seen = watch.look()?;
    Ok((seen, watch.kept(None)?))
}

/// Confirms what runs in `process` and reads it once through `cache`, while it
/// runs.
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

//! Taking a snapshot: open, find, stop, read, let go.

use std::time::Duration;

use super::build::Build;
use super::model::{Consistency, Process, ReadInfo};
use crate::limits::Limits;
use crate::python::runtime::{self, Candidate};
use crate::target::{self, Error, LiveMemory, Memory, PageCache, Stop};

/// How often what was read of a running process is read again, to find it
/// unchanged, before the snapshot is called torn.
const VERIFY_TRIES: u32 = 5;

/// How to look at a process.
#[derive(Debug, Clone)]
pub struct TakeOptions {
    /// Decode the variables of all frames.
    pub locals: bool,
    /// Never stop the process.
    pub no_pause: bool,
    /// Longest time for which the process may stand still.
    pub max_pause: Duration,
    pub limits: Limits,
}

/// Looks at the process with this pid.
///
/// # Errors
/// When there is nothing to show: no such process, not Python, no permission,
/// an unknown version, or it went away.
pub fn take_process(pid: u32, options: &TakeOptions) -> Result<Process, Error> {
    let process = target::Process::open(pid)?;
    let looked = look(&process, options);
    match looked {
        // Whatever failed first, that it has ended is why.
        Err(error) if !process.is_alive() && !matches!(error, Error::Permission { .. }) => {
            Err(Error::Gone { pid })
        }
        other => other,
    }
}

fn look(process: &target::Process, options: &TakeOptions) -> Result<Process, Error> {
    let candidates = runtime::candidates(process, &PageCache::new(process.memory()))?;
    if options.no_pause {
        look_while_running(process, &candidates, options)
    } else {
        look_while_stopped(process, &candidates, options)
    }
}

fn look_while_stopped(
    process: &target::Process,
    candidates: &[Candidate],
    options: &TakeOptions,
) -> Result<Process, Error> {
    let mut stop = Stop::all_threads(process.pid(), options.max_pause)?;
    let cache = PageCache::new(process.memory());
    // What costs most must not use up the time that the rest needs.
    let budget = options.max_pause / 2;
    let keep_looking = || stop.stopped_for() < budget;
    let mut seen = read_once(process, candidates, &cache, options, &keep_looking)?;
    stop.release();
    let early = stop.released_early();
    seen.read = ReadInfo {
        consistency: if early { Consistency::Running } else { Consistency::Stopped },
        stopped_us: u64::try_from(stop.stopped_for().as_micros()).unwrap_or(u64::MAX),
        note: early.then(|| {
            format!(
                "the process was let go after {} ms (--max-pause) and read on while it ran",
                options.max_pause.as_millis()
            )
        }),
        ..costs(&cache, 0)
    };
    Ok(seen)
}

fn look_while_running(
    process: &target::Process,
    candidates: &[Candidate],
    options: &TakeOptions,
) -> Result<Process, Error> {
    let cache = PageCache::new(process.memory());
    let mut rejected = 0;
    let mut outcome = read_once(process, candidates, &cache, options, &|| true);
    for _ in 0..VERIFY_TRIES {
        let differing = cache.reread_differs();
        if differing == 0 && cache.cache_stats().dropped == 0 && outcome.is_ok() {
            let mut seen = outcome?;
            seen.read = ReadInfo {
                consistency: Consistency::Verified,
                ..costs(&cache, rejected)
            };
            return Ok(seen);
        }
        rejected += differing;
        outcome = read_once(process, candidates, &cache, options, &|| true);
    }
    let mut seen = outcome?;
    seen.read = ReadInfo {
        consistency: Consistency::Running,
        note: Some(format!(
            "it changed during each of {VERIFY_TRIES} tries: parts may not fit together"
        )),
        ..costs(&cache, rejected)
    };
    Ok(seen)
}

fn read_once(
    process: &target::Process,
    candidates: &[Candidate],
    cache: &PageCache<LiveMemory>,
    options: &TakeOptions,
    keep_looking: &dyn Fn() -> bool,
) -> Result<Process, Error> {
    let (runtime, reader) = runtime::confirm(candidates, cache, &options.limits)
        .map_err(|rejection| rejection.into_error(process.pid()))?;
    Build {
        process,
        runtime: &runtime,
        reader: &reader,
        locals: options.locals,
        keep_looking,
    }
    .process()
}

fn costs(cache: &PageCache<LiveMemory>, rejected_reads: u64) -> ReadInfo {
    let stats = cache.stats();
    ReadInfo {
        consistency: Consistency::Running,
        stopped_us: 0,
        bytes: stats.bytes,
        syscalls: stats.syscalls,
        rejected_reads,
        note: None,
    }
}

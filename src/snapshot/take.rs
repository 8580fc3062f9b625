//! Taking a snapshot: open, find, stop, read, let go.

use std::time::Duration;

use super::build::Build;
use super::model::{Consistency, Process, ReadInfo};
use super::threads::KernelThreads;
use crate::limits::Limits;
use crate::python::candidates::candidates;
use crate::python::runtime::{self, Candidate};
use crate::target::{self, Error, LiveMemory, Memory, PageCache, Stop};

/// How often what was read of a running process is read again, to find it
/// unchanged, before the snapshot is called torn.
const VERIFY_TRIES: u32 = 5;

/// Rounds of stop, copy and let go before a round decodes within its stop.
const COPY_ROUNDS: u32 = 2;

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
    let candidates = candidates(process, &PageCache::new(process.memory()))?;
    if options.no_pause {
        look_while_running(process, &candidates, options)
    } else {
        look_while_stopped(process, &candidates, options)
    }
}

/// Reads the process while it runs, to learn which pages matter; then stops
/// it only to copy those, and decodes the copy while it runs on. Where the
/// copy lacks something, the next round's copy has it; the last round decodes
/// before it lets go.
fn look_while_stopped(
    process: &target::Process,
    candidates: &[Candidate],
    options: &TakeOptions,
) -> Result<Process, Error> {
    let cache = PageCache::new(process.memory());
    let look = |kernel: &KernelThreads, keep_looking: &dyn Fn() -> bool| {
        read_once(process, candidates, &cache, kernel, options, keep_looking)
    };
    // What it finds may be torn: only the pages that it touches are wanted.
    let _ = look(&KernelThreads::capture(process)?, &|| true);
    let mut held = Duration::ZERO;
    for round in 0..=COPY_ROUNDS {
        let allowed = options.max_pause.saturating_sub(held);
        let mut stop = Stop::all_threads(process.pid(), allowed)?;
        cache.reread_differs();
        let kernel = KernelThreads::capture(process)?;
        let decode_in_the_stop = round == COPY_ROUNDS || cache.cache_stats().dropped > 0;
        let (outcome, complete) = if decode_in_the_stop {
            // What costs most must not use up the time that the rest needs.
            let outcome = look(&kernel, &|| stop.stopped_for() < allowed / 2);
            stop.release();
            (outcome, true)
        } else {
            stop.release();
            let copied = cache.stats().syscalls;
            let outcome = look(&kernel, &|| true);
            (outcome, cache.stats().syscalls == copied)
        };
        held += stop.stopped_for();
        let out_of_time = stop.released_early();
        if complete || out_of_time {
            let mut seen = outcome?;
            seen.read = ReadInfo {
                consistency: match out_of_time {
                    true => Consistency::Running,
                    false => Consistency::Stopped,
                },
                stopped_us: u64::try_from(held.as_micros()).unwrap_or(u64::MAX),
                note: out_of_time.then(|| {
                    format!(
                        "the process was let go after {} ms (--max-pause) and read on while it ran",
                        options.max_pause.as_millis()
                    )
                }),
                ..costs(&cache, 0)
            };
            return Ok(seen);
        }
    }
    Err(Error::Unreadable {
        pid: process.pid(),
        reason: "no round of reading ended".into(),
    })
}

/// Reads without stopping, until reading again what was read gives the same.
fn look_while_running(
    process: &target::Process,
    candidates: &[Candidate],
    options: &TakeOptions,
) -> Result<Process, Error> {
    let cache = PageCache::new(process.memory());
    let look = || {
        let kernel = KernelThreads::capture(process)?;
        read_once(process, candidates, &cache, &kernel, options, &|| true)
    };
    let mut rejected = 0;
    let mut outcome = look();
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
        outcome = look();
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
    kernel: &KernelThreads,
    options: &TakeOptions,
    keep_looking: &dyn Fn() -> bool,
) -> Result<Process, Error> {
    let (runtime, reader) = runtime::confirm(candidates, cache, &options.limits)
        .map_err(|rejection| rejection.into_error(process))?;
    Build {
        process,
        runtime: &runtime,
        reader: &reader,
        kernel,
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

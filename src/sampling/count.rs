//! Counts threads and tasks, for lists of many processes.

use super::sample::with_reader;
use crate::asyncio::{FoundIn, FutureState, find_tasks};
use crate::cpython::{Reader, Runtime};
use crate::limits::Limits;
use crate::model::PythonBuild;
use crate::process::{Error, PageCache, Process};
use crate::snapshot::build::python_build;

/// Numbers of threads and tasks of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// The interpreter.
    pub python: PythonBuild,
    /// Number of thread states.
    pub threads: usize,
    /// Number of tasks that have not ended.
    pub tasks: usize,
}

/// Counts threads and tasks of the process `pid` without stopping it. The numbers are
/// approximate while the process is busy.
///
/// # Errors
/// The errors of [`sample_process`](super::sample::sample_process).
pub fn count(pid: u32, limits: &Limits) -> Result<Counts, Error> {
    let process = Process::open(pid)?;
    let cache = PageCache::new(process.memory());
    with_reader(&process, &cache, limits, counted)
}

/// Counts threads and tasks in the memory of `reader`.
pub(crate) fn counted(runtime: &Runtime, reader: &Reader<'_>) -> Counts {
    let interpreters = reader.interpreters(runtime.addr).unwrap_or_default();
    let pending = |task: &&u64| reader.future_state(**task) == Ok(FutureState::Pending);
    let tasks: usize = interpreters
        .iter()
        .filter(|_| runtime.tasks_refused.is_none())
        .map(|interpreter| {
            let found = find_tasks(reader, interpreter, &[], FoundIn::InLists);
            found.tasks.iter().filter(pending).count()
        })
        .sum();
    let own = |runner: u64, task: u64| {
        let task = reader.trio_task(task);
        task.is_ok_and(|task| reader.is_trio_own(runner, &task))
    };
    let of_trio: usize = reader
        .trio_runners(&interpreters)
        .into_iter()
        .map(|runner| {
            let tasks = reader.trio_tasks(runner).unwrap_or_default();
            tasks.iter().filter(|task| !own(runner, **task)).count()
        })
        .sum();
    Counts {
        python: python_build(runtime),
        threads: interpreters.iter().map(|each| each.threads.len()).sum(),
        tasks: tasks + of_trio,
    }
}

//! The runner: trio's event loop.

use crate::activity::Dependent;
use crate::cpython::error::{DecodeError, Result};
use crate::cpython::{Interpreter, Kind, RawFrame, Reader};
use crate::model::EdgeKind;

use super::task::RawTask;

/// Full name of the class of runners (trio/_core/_run.py).
pub const RUNNER: &str = "trio._core._run.Runner";
/// Name of the package.
const PACKAGE: &str = "trio";
/// File and function that run a runner, and its variable with the runner.
const RUN_FILE: &str = "trio/_core/_run.py";
const RUN_FUNCTION: &str = "run";
const RUN_VARIABLE: &str = "runner";

/// The state of a runner as a loop.
#[derive(Debug, Clone, Default)]
pub struct RawRunner {
    /// Number of tasks in its run queue.
    pub ready: Option<u64>,
    /// Number of deadlines of cancel scopes.
    pub deadlines: Option<u64>,
    /// `time.monotonic()` at which the next deadline is due, in seconds.
    pub next_deadline: Option<f64>,
}

/// A descriptor for which tasks of a runner wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// The file descriptor.
    pub fd: i64,
    /// Whether a task waits until it can be read.
    pub read: bool,
    /// Whether a task waits until it can be written.
    pub write: bool,
}

/// Whether `frame` runs this function of a file of trio.
pub(super) fn runs(frame: &RawFrame, file: &str, function: &str) -> bool {
    let code = &frame.at.code;
    &*code.name == function && code.filename.ends_with(file)
}

impl Reader<'_> {
    /// Whether trio has been imported in the interpreter at `interp`.
    pub fn trio_is_imported(&self, interp: u64) -> bool {
        matches!(self.module_globals(interp, PACKAGE), Ok(Some(_)))
    }

    /// Address of the runner that runs on a stack, of which `frames` are the frames,
    /// innermost first. `None` if none does.
    pub fn trio_runner(&self, frames: &[RawFrame]) -> Option<u64> {
        let mut frames = frames.iter();
        let frame = frames.find(|frame| runs(frame, RUN_FILE, RUN_FUNCTION))?;
        let runner = self.frame_variable(frame, RUN_VARIABLE).ok()??;
        self.is_instance(runner, RUNNER).then_some(runner)
    }

    /// Addresses of the runners that run on the stacks of these interpreters. Nothing is
    /// read of an interpreter that has not imported trio.
    pub fn trio_runners(&self, interpreters: &[Interpreter]) -> Vec<u64> {
        let with_trio = interpreters.iter();
        let with_trio = with_trio.filter(|each| self.trio_is_imported(each.addr));
        let threads = with_trio.flat_map(|each| &each.threads);
        let stacks = threads.map(|thread| self.thread_stack(thread.addr));
        let runners = stacks.filter_map(|stack| self.trio_runner(&stack.frames));
        runners.collect()
    }

    /// The tasks of the runner at `runner` (`Runner.tasks`), in the order of their
    /// creation.
    ///
    /// # Errors
    /// When the set of tasks cannot be read, or has more than the limit.
    pub fn trio_tasks(&self, runner: u64) -> Result<Vec<u64>> {
        let set = self.required_attribute(runner, "tasks", "Runner.tasks")?;
        let (mut tasks, total) = self.set_items(set, self.limits.tasks)?;
        if total > self.limits.tasks as u64 {
            return Err(DecodeError::Limit {
                what: "number of trio tasks",
                value: total,
                limit: self.limits.tasks as u64,
            });
        }
        let number = |task: &u64| {
            let counter = self.attribute(*task, "_counter").ok()??;
            self.int(counter).ok()?.to_i64()
        };
        tasks.sort_by_cached_key(number);
        Ok(tasks)
    }

    /// Whether the task is one of the two that trio runs for itself: `<init>`, and the one
    /// that runs what other threads hand in. Neither is in the nursery of the program or of
    /// system tasks (`Runner.init`, trio/_core/_run.py).
    pub fn is_trio_own(&self, runner: u64, task: &RawTask) -> bool {
        let of_runner = |name| self.attribute_object(runner, name).ok().flatten();
        let init = of_runner("init_task");
        if init == Some(task.addr) {
            return true;
        }
        let Some(nursery) = task.parent_nursery else {
            return false;
        };
        let parent = self
            .attribute_object(nursery, "_parent_task")
            .ok()
            .flatten();
        init.is_some()
            && parent == init
            && of_runner("main_task") != Some(task.addr)
            && of_runner("system_nursery") != Some(nursery)
    }

    /// What is added to `time.monotonic()` in deadlines (`SystemClock.offset`). `None` with
    /// another clock, such as that of tests.
    pub fn trio_clock_offset(&self, runner: u64) -> Option<f64> {
        let clock = self.attribute_object(runner, "clock").ok()??;
        self.float(self.attribute_object(clock, "offset").ok()??)
            .ok()
    }

    /// The state of the runner at `runner` as a loop.
    pub fn trio_runner_state(&self, runner: u64) -> RawRunner {
        let queue = self.attribute_object(runner, "runq").ok().flatten();
        let deadlines = self.attribute_object(runner, "deadlines").ok().flatten();
        // `Deadlines._heap` has `(deadline, id, scope)`.
        let heap = deadlines.and_then(|it| self.attribute_object(it, "_heap").ok()?);
        RawRunner {
            ready: queue
                .filter(|queue| self.is_kind(*queue, Kind::Deque))
                .and_then(|queue| self.length(queue).ok()),
            deadlines: heap.and_then(|heap| self.length(heap).ok()),
            next_deadline: heap.and_then(|heap| self.first_deadline(runner, heap)),
        }
    }

    fn first_deadline(&self, runner: u64, heap: u64) -> Option<f64> {
        let (first, _) = self.list_items(heap, 1).ok()?;
        let (entry, _) = self.tuple_items(*first.first()?, 1).ok()?;
        let due = self.number(*entry.first()?)?;
        Some(due - self.trio_clock_offset(runner)?)
    }

    /// The descriptors that the runner at `runner` watches, in ascending order, without
    /// the one that wakes it (`EpollIOManager._registered`, trio/_core/_io_epoll.py).
    pub fn trio_watched(&self, runner: u64) -> Vec<Watched> {
        let registered = || {
            let manager = self.attribute_object(runner, "io_manager").ok()??;
            let registered = self.attribute_object(manager, "_registered").ok()??;
            self.dict_items(registered, self.limits.items).ok()
        };
        let (items, _) = registered().unwrap_or_default();
        let mut watched: Vec<Watched> = items
            .into_iter()
            .filter_map(|(fd, waiters)| {
                let waits = |name| {
                    let task = self.attribute_object(waiters, name).ok().flatten();
                    task.and_then(|task| self.trio_task(task).ok())
                        .is_some_and(|task| !self.is_trio_own(runner, &task))
                };
                let watched = Watched {
                    fd: self.int(fd).ok()?.to_i64()?,
                    read: waits("read_task"),
                    write: waits("write_task"),
                };
                (watched.read || watched.write).then_some(watched)
            })
            .collect();
        watched.sort_by_key(|file| file.fd);
        watched
    }

    /// The edge from the task that waits for the end of the nursery in which the task is.
    /// `None` if nobody waits for it.
    pub fn trio_dependent(&self, task: &RawTask) -> Option<Dependent> {
        let nursery = task.parent_nursery?;
        let waits = self.attribute_bool(nursery, "_parent_waiting_in_aexit")?;
        let parent = self.attribute_object(nursery, "_parent_task").ok()??;
        waits.then_some(Dependent {
            task: parent,
            via: EdgeKind::TaskGroup,
        })
    }

    /// The attribute `name` of the object at `addr`.
    ///
    /// # Errors
    /// When it cannot be read or is not there.
    pub(super) fn required_attribute(
        &self,
        addr: u64,
        name: &str,
        what: &'static str,
    ) -> Result<u64> {
        let value = self.attribute(addr, name)?;
        value.ok_or(DecodeError::Null { what })
    }
}

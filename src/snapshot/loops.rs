//! Makes the event loops of the model.

use std::num::NonZeroU64;

use rustc_hash::{FxHashMap, FxHashSet};

use super::kernel_threads::KernelThreads;
use super::tasks::BuiltTask;
use super::threads::BuiltThread;
use crate::asyncio::ITERATION;
use crate::cpython::Reader;
use crate::model::{Batch, EventLoop, ItemId, LoopState, Thread, ThreadState};
use crate::process::KernelThread;

/// System calls in which a loop waits for events.
const POLLING_CALLS: [&str; 6] = [
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "poll",
    "ppoll",
    "pselect6",
];
/// Package of CPython's own loops. They poll in a function `select`
/// (Lib/selectors.py).
const STANDARD_LOOPS: &str = "asyncio.";
/// Name of that function.
const SELECT_FUNCTION: &str = "select";

/// Loops by address, and the thread that runs each.
#[derive(Default)]
pub struct Loops {
    /// Address and interpreter of each loop, in the order in which they were found.
    found: Vec<(u64, i64)>,
    /// Index of the thread that runs each loop.
    threads: FxHashMap<u64, usize>,
    /// Those that are runners of trio.
    runners: FxHashSet<u64>,
}

impl Loops {
    /// Adds the loop that runs in each of `threads`.
    pub fn add_running(
        &mut self,
        reader: &Reader<'_>,
        threads: &mut [BuiltThread],
        errors: &mut Vec<String>,
    ) {
        for index in 0..threads.len() {
            match reader.running_loop(threads[index].tstate) {
                Ok(Some(addr)) => {
                    self.add(addr, threads[index].thread.interpreter);
                    self.threads.insert(addr, index);
                    threads[index].thread.event_loop = Some(ItemId::Loop(addr));
                    correct_thread(reader, threads, index, addr);
                }
                Ok(None) => {}
                Err(error) => errors.push(format!(
                    "running loop of thread {}: {error}",
                    threads[index].thread.name
                )),
            }
            if let Some(runner) = reader.trio_runner(&threads[index].stack.frames) {
                self.add_runner(runner, &mut threads[index].thread, index);
            }
        }
    }

    /// Adds the runner of trio that runs in the thread at `index`.
    fn add_runner(&mut self, runner: u64, thread: &mut Thread, index: usize) {
        self.add(runner, thread.interpreter);
        self.threads.insert(runner, index);
        self.runners.insert(runner);
        thread.event_loop.get_or_insert(ItemId::Loop(runner));
    }

    /// Adds the hubs of gevent, each with the state of its thread, where that is known.
    pub fn add_hubs(&mut self, hubs: &[(u64, Option<u64>)], threads: &mut [BuiltThread]) {
        for (hub, tstate) in hubs {
            let mut indexes = 0..threads.len();
            let index = indexes.find(|index| Some(threads[*index].tstate) == *tstate);
            let Some(index) = index else {
                continue;
            };
            let thread = &mut threads[index].thread;
            self.add(*hub, thread.interpreter);
            self.threads.insert(*hub, index);
            thread.event_loop.get_or_insert(ItemId::Loop(*hub));
        }
    }

    /// Adds the loops of tasks, and sets the thread of each task.
    pub fn add_tasks(&mut self, tasks: &mut [BuiltTask], threads: &[BuiltThread]) {
        for built in tasks {
            let Some(addr) = built.event_loop.map(NonZeroU64::get) else {
                continue;
            };
            self.add(addr, built.task.interpreter);
            built.task_mut().thread = self
                .threads
                .get(&addr)
                .map(|index| threads[*index].thread.id);
        }
    }

    /// Adds the loop at `addr`, unless it was added before.
    fn add(&mut self, addr: u64, interpreter: i64) {
        if !self.found.iter().any(|(known, _)| *known == addr) {
            self.found.push((addr, interpreter));
        }
    }

    /// Makes the loops of the model. `clock` is `time.monotonic()` of the process in
    /// seconds, if it is known.
    pub fn build(
        &self,
        reader: &Reader<'_>,
        threads: &[BuiltThread],
        kernel: &KernelThreads,
        clock: Option<f64>,
    ) -> Vec<EventLoop> {
        let now = kernel.monotonic();
        self.found
            .iter()
            .map(|(addr, interpreter)| {
                let thread = self.threads.get(addr).map(|index| &threads[*index].thread);
                let mut shown = event_loop(reader, *addr, *interpreter, thread, now);
                if self.runners.contains(addr) {
                    read_runner(reader, *addr, &mut shown, now);
                } else if let (Some(at), Some(clock)) = (self.threads.get(addr), clock) {
                    add_iteration(reader, *addr, &threads[*at], clock, &mut shown);
                }
                let call = thread.and_then(|thread| kernel.by_thread(thread.native_id));
                if shown.state == LoopState::Polling && call.is_some_and(polls_without_waiting) {
                    shown.state = LoopState::Running;
                }
                shown
            })
            .collect()
    }
}

/// Corrects the thread of a thread state if the loop in it names another thread. The
/// loop is right then.
fn correct_thread(reader: &Reader<'_>, threads: &mut [BuiltThread], index: usize, addr: u64) {
    let Some(ident) = reader.loop_thread_ident(addr) else {
        return;
    };
    if threads[index].ident == ident {
        return;
    }
    let right = threads.iter().find(|other| other.ident == ident);
    if let Some(thread) = right.map(|right| right.thread.clone()) {
        threads[index].adopt(&thread);
    }
}

/// Whether a thread polls with a timeout of zero. A loop with ready callbacks does that
/// in each iteration.
fn polls_without_waiting(kernel: &KernelThread) -> bool {
    let Some(call) = &kernel.syscall else {
        return false;
    };
    let timeout = match call.name {
        Some("epoll_wait" | "epoll_pwait") => call.args[3],
        Some("poll") => call.args[2],
        _ => return false,
    };
    timeout as i32 == 0
}

/// Makes the loop at `addr`, which `thread` runs.
fn event_loop(
    reader: &Reader<'_>,
    addr: u64,
    interpreter: i64,
    thread: Option<&Thread>,
    now: f64,
) -> EventLoop {
    let raw = reader.event_loop(addr);
    let error = raw.as_ref().err().map(ToString::to_string);
    let raw = raw.ok();
    let class_name = match &raw {
        Some(raw) => raw.class_name.clone(),
        None => "?".into(),
    };
    EventLoop {
        id: ItemId::Loop(addr),
        interpreter,
        thread: thread.map(|thread| thread.id),
        running: thread.is_some(),
        closed: raw.as_ref().and_then(|raw| raw.closed),
        debug: raw.as_ref().and_then(|raw| raw.debug),
        state: thread.map_or(LoopState::Stopped, |thread| loop_state(thread, &class_name)),
        ready: raw.as_ref().and_then(|raw| raw.ready),
        timers: raw.as_ref().and_then(|raw| raw.timers),
        next_timer_s: raw
            .as_ref()
            .and_then(|raw| raw.next_timer)
            .map(|when| when - now),
        iteration_s: None,
        batch: None,
        slow_callback_s: reader
            .attribute_object(addr, "slow_callback_duration")
            .ok()
            .flatten()
            .and_then(|duration| reader.number(duration)),
        until: None,
        executor: None,
        callbacks: Vec::new(),
        callbacks_complete: false,
        leads_to: Vec::new(),
        files: Vec::new(),
        class_name,
        error,
    }
}

/// Writes since when the loop at `addr`, which `thread` runs, has not polled. `clock` is
/// `time.monotonic()` in seconds.
fn add_iteration(
    reader: &Reader<'_>,
    addr: u64,
    thread: &BuiltThread,
    clock: f64,
    shown: &mut EventLoop,
) {
    let iteration = match reader.loop_iteration(addr, &thread.stack.frames) {
        Ok(Some(iteration)) => iteration,
        Ok(None) => return,
        Err(error) => {
            let error = format!("its iteration: {error}");
            shown.error.get_or_insert(error);
            return;
        }
    };
    let Some(age) = age(clock - iteration.polled_at) else {
        return;
    };
    shown.iteration_s = Some(age);
    if shown.state == LoopState::Polling {
        // It is a callback that waits in a selector of its own.
        shown.state = LoopState::Blocked;
    }
    let running = iteration.running;
    let task = running.as_ref().and_then(|running| running.task);
    shown.batch = iteration.begun.map(|(begun, of)| Batch {
        begun,
        of,
        callback: running.map(|running| running.name),
        task: task.map(ItemId::Task),
    });
}

/// An age in seconds. `None` where it is of another clock. It may be negative by the
/// resolution of the clock.
fn age(seconds: f64) -> Option<f64> {
    /// `_clock_resolution` (Lib/asyncio/base_events.py) on Linux is a nanosecond.
    const RESOLUTION_S: f64 = 1e-6;
    (seconds >= -RESOLUTION_S && seconds.is_finite()).then_some(seconds.max(0.0))
}

/// Writes what the runner of trio at `addr` has in other attributes than a loop.
fn read_runner(reader: &Reader<'_>, addr: u64, shown: &mut EventLoop, now: f64) {
    let state = reader.trio_runner_state(addr);
    shown.ready = state.ready;
    shown.timers = state.deadlines;
    shown.next_timer_s = state.next_deadline.map(|due| due - now);
}

/// State of a loop that `thread` runs.
fn loop_state(thread: &Thread, class_name: &str) -> LoopState {
    let polls = thread
        .syscall
        .as_deref()
        .is_some_and(|call| POLLING_CALLS.contains(&call));
    let in_select = !class_name.starts_with(STANDARD_LOOPS)
        || thread
            .frames
            .first()
            .is_some_and(|frame| frame.function == SELECT_FUNCTION);
    // A loop that a task runs again (nest_asyncio) polls for all its tasks.
    let runs_again = || {
        let caller = thread.frames.get(1);
        in_select && caller.is_some_and(|frame| frame.function == ITERATION)
    };
    let none_runs = thread.task.is_none();
    match thread.state {
        ThreadState::Blocked if polls && in_select && (none_runs || runs_again()) => {
            LoopState::Polling
        }
        ThreadState::Blocked => LoopState::Blocked,
        ThreadState::Running | ThreadState::WaitingGil | ThreadState::Unknown => LoopState::Running,
    }
}

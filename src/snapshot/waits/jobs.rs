//! Executors: the jobs that their threads run, and the jobs that are queued.

use python_offsets::Offset;
use rustc_hash::FxHashMap;

use super::registry::Registry;
use crate::cpython::{Kind, RawFrame, Reader};
use crate::model::{EdgeKind, ItemId, ResourceKind};
use crate::snapshot::threads::BuiltThread;

/// Modules of Lib/concurrent/futures whose functions have a job or a pool in a variable.
const THREAD_POOL_MODULE: &str = "concurrent.futures.thread";
const PROCESS_POOL_MODULE: &str = "concurrent.futures.process";
/// Function that the threads of a thread pool run.
const WORKER: &str = "_worker";
/// Its variable with a weak reference to the executor.
const EXECUTOR_VARIABLE: &str = "executor_reference";
/// Its variable with the queue of jobs.
const QUEUE_VARIABLE: &str = "work_queue";
/// Variables of worker threads that hold a job or its future.
const JOB_VARIABLES: [&str; 3] = ["self", "future", "fut"];

/// A job that is queued in a pool.
#[derive(Debug, Clone, Copy)]
pub(super) struct Queued {
    /// Index of the pool in the registry.
    pub pool: usize,
    /// Number of jobs before it.
    pub position: u64,
}

/// The jobs of all executors.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    /// Index of the thread that runs each job, by the address of the job's future (of
    /// asyncio or of `concurrent.futures`).
    pub running: FxHashMap<u64, usize>,
    /// Queued jobs, by the address of their future.
    pub queued: FxHashMap<u64, Queued>,
    /// Index of the process pool of each job, by the address of the job's future.
    pub in_processes: FxHashMap<u64, usize>,
    /// Index of the executor of each worker thread without a job, by the index of the
    /// thread.
    pub idle: FxHashMap<usize, usize>,
}

impl Jobs {
    /// Finds jobs on the stacks of `threads`, and in `executors`, the addresses of the
    /// default executors of loops.
    pub(super) fn find(
        registry: &mut Registry<'_, '_>,
        threads: &[BuiltThread],
        executors: &[u64],
    ) -> Self {
        let mut jobs = Self::default();
        for executor in executors {
            jobs.add_executor(registry, *executor);
        }
        for index in 0..threads.len() {
            jobs.add_thread(registry, threads, index);
        }
        jobs
    }

    /// Adds the jobs on the stack of the thread at `index`.
    fn add_thread(
        &mut self,
        registry: &mut Registry<'_, '_>,
        threads: &[BuiltThread],
        index: usize,
    ) {
        let reader = registry.reader;
        let frames = &threads[index].stack.frames;
        for frame in frames {
            self.add_futures(reader, frame, index);
        }
        let Some(position) = frames.iter().position(|frame| {
            &*frame.at.code.name == WORKER
                && reader.frame_module(frame).as_deref() == Some(THREAD_POOL_MODULE)
        }) else {
            self.add_process_pool(registry, frames);
            return;
        };
        let Some(executor) = executor_of(reader, &frames[position]) else {
            return;
        };
        let pool = self.add_executor(registry, executor);
        if position == 0 || has_no_job(reader, frames, position) {
            self.idle.insert(index, pool);
            return;
        }
        registry.hold(pool, threads[index].thread.id, EdgeKind::BusyWorker);
        let used = registry.resources[pool].holders.len();
        registry.resources[pool].used = i64::try_from(used).ok();
    }

    /// Adds the futures that a thread will complete. Its frames have them in variables.
    fn add_futures(&mut self, reader: &Reader<'_>, frame: &RawFrame, thread: usize) {
        let worker = &*frame.at.code.name == "run" || &*frame.at.code.name == WORKER;
        if !worker {
            return;
        }
        for name in JOB_VARIABLES {
            let Ok(Some(value)) = reader.frame_variable(frame, name) else {
                continue;
            };
            let future = match reader.is_future(value) {
                true => Some(value),
                // `_WorkItem.future` (Lib/concurrent/futures/thread.py).
                false => reader.attribute_object(value, "future").ok().flatten(),
            };
            if let Some(future) = future {
                self.running.entry(future).or_insert(thread);
            }
        }
    }

    /// Adds an executor and its queued jobs. Returns its index in the registry.
    fn add_executor(&mut self, registry: &mut Registry<'_, '_>, executor: u64) -> usize {
        let reader = registry.reader;
        let id = ItemId::Resource(ResourceKind::Executor, executor);
        if let Some(pool) = registry.index(id) {
            return pool;
        }
        let pool = registry.object(ResourceKind::Executor, executor);
        let jobs = reader.queued_jobs(executor);
        let mut position = 0;
        for job in jobs {
            // `None` in the queue tells a worker to end
            // (Lib/concurrent/futures/thread.py). It has no future.
            let Ok(Some(future)) = reader.attribute_object(job, "future") else {
                continue;
            };
            self.queued.insert(future, Queued { pool, position });
            position += 1;
        }
        let resource = &mut registry.resources[pool];
        resource.size = Some(position);
        resource.used.get_or_insert(0);
        pool
    }

    /// Adds a process pool, if the thread with these frames runs
    /// `_ExecutorManagerThread.run` (Lib/concurrent/futures/process.py). Its object has
    /// the processes and the jobs.
    fn add_process_pool(&mut self, registry: &mut Registry<'_, '_>, frames: &[RawFrame]) {
        let reader = registry.reader;
        let Some(manager) = frames.iter().find_map(|frame| {
            let is_manager = &*frame.at.code.name == "run"
                && reader.frame_module(frame).as_deref() == Some(PROCESS_POOL_MODULE);
            is_manager.then(|| reader.receiver(frame).ok()?).flatten()
        }) else {
            return;
        };
        let pool = registry.object(ResourceKind::ProcessPool, manager);
        if let Ok(Some(processes)) = reader.attribute_object(manager, "processes")
            && let Ok((items, count)) = reader.dict_items(processes, reader.limits.value_items)
        {
            registry.resources[pool].limit = i64::try_from(count).ok();
            for (pid, _) in items {
                if let Some(pid) = reader.pid(pid) {
                    registry.hold(pool, ItemId::Process(pid), EdgeKind::Holds);
                }
            }
        }
        if let Ok(Some(pending)) = reader.attribute_object(manager, "pending_work_items")
            && let Ok((items, _)) = reader.dict_items(pending, reader.limits.items)
        {
            for (_, item) in items {
                if let Ok(Some(future)) = reader.attribute_object(item, "future") {
                    self.in_processes.insert(future, pool);
                }
            }
        }
    }
}

/// Whether a worker has no job: it waits for its queue, or checks whether it should end.
fn has_no_job(reader: &Reader<'_>, frames: &[RawFrame], worker: usize) -> bool {
    frames[..worker].iter().all(|frame| {
        reader
            .frame_module(frame)
            .is_some_and(|module| matches!(&*module, "queue" | "threading" | THREAD_POOL_MODULE))
            && &*frame.at.code.name != "run"
    })
}

/// Address of the executor of a worker thread.
fn executor_of(reader: &Reader<'_>, worker: &RawFrame) -> Option<u64> {
    let executor = reader.frame_variable(worker, EXECUTOR_VARIABLE).ok()?;
    let alive = executor
        .filter(|reference| reader.is_kind(*reference, Kind::Weakref))
        .and_then(|reference| reader.weakref_target(reference).ok()?);
    // If the executor was collected, its queue stands for it.
    alive.or_else(|| reader.frame_variable(worker, QUEUE_VARIABLE).ok()?)
}

impl Reader<'_> {
    /// Addresses of the jobs that are queued in the executor at `addr`.
    pub fn queued_jobs(&self, addr: u64) -> Vec<u64> {
        match self.attribute_object(addr, "_work_queue") {
            Ok(Some(queue)) => self.queue_items(queue),
            _ => Vec::new(),
        }
    }

    /// Addresses of the items of a `queue.SimpleQueue`, `queue.Queue` or a subclass, oldest
    /// first. Empty for other containers.
    pub fn queue_items(&self, queue: u64) -> Vec<u64> {
        let max = self.limits.items;
        if let Ok(Some(deque)) = self.attribute_object(queue, "queue")
            && let Ok((items, _)) = self.deque_items(deque, max)
        {
            return items;
        }
        self.simple_queue_items(queue).unwrap_or_default()
    }

    /// Addresses of the items of a `_queue.SimpleQueue` (Modules/_queuemodule.c). `None` for
    /// other objects.
    pub fn simple_queue_items(&self, queue: u64) -> Option<Vec<u64>> {
        let ty = self.type_of(queue).ok()?;
        if &*ty.name != "_queue.SimpleQueue" {
            return None;
        }
        let layout = &self.layout.simple_queue;
        let word = |field: Offset| self.u64(field.at(queue)).ok();
        if let (Some(list), Some(start)) = (layout.list, layout.list_start) {
            let list = self.pointer(queue + u64::from(list), "lst").ok()??;
            let (items, _) = self.list_items(list, self.limits.items).ok()?;
            let start = usize::try_from(word(start)?).ok()?;
            return Some(items.into_iter().skip(start).collect());
        }
        let items = word(layout.ring_items?)?;
        let capacity = word(layout.ring_capacity?)?;
        let start = word(layout.ring_start?)?;
        let count = word(layout.ring_count?)?;
        if capacity == 0 || count > capacity || count > self.limits.items as u64 {
            return Some(Vec::new());
        }
        (0..count)
            .map(|index| {
                let slot = start.wrapping_add(index) % capacity;
                self.u64(items.wrapping_add(slot.wrapping_mul(8))).ok()
            })
            .collect()
    }
}

impl Reader<'_> {
    /// The value of the `int` at `addr` as a pid. `None` if it is out of range.
    pub fn pid(&self, addr: u64) -> Option<u32> {
        let number = self.int(addr).ok()?.to_u64()?;
        u32::try_from(number).ok()
    }
}

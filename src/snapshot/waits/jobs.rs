//! Executors: which thread runs which job, and what is queued.

use python_offsets::Offset;
use rustc_hash::FxHashMap;

use super::registry::Registry;
use crate::cpython::{Kind, RawFrame, Reader};
use crate::snapshot::threads::BuiltThread;

/// Functions of Lib/concurrent/futures that hold a job or a pool in a variable.
const THREAD_POOL_MODULE: &str = "concurrent.futures.thread";
const PROCESS_POOL_MODULE: &str = "concurrent.futures.process";
const WORKER: &str = "_worker";
const EXECUTOR_VARIABLE: &str = "executor_reference";
const QUEUE_VARIABLE: &str = "work_queue";
/// Variable names of a job's future in the frames of worker threads.
const JOB_VARIABLES: [&str; 3] = ["self", "future", "fut"];

/// A job that waits in a pool.
#[derive(Debug, Clone, Copy)]
pub struct Queued {
    /// Place of the pool in the registry.
    pub pool: usize,
    pub position: u64,
}

/// What the threads of all executors do.
#[derive(Debug, Default)]
pub struct Jobs {
    /// Threads by the future that they will complete, of asyncio or of
    /// `concurrent.futures`.
    pub running: FxHashMap<u64, usize>,
    /// Jobs that no worker has taken, by their future.
    pub queued: FxHashMap<u64, Queued>,
    /// Jobs of process pools.
    pub in_processes: FxHashMap<u64, usize>,
    /// Executors of worker threads that have nothing to do, by thread.
    pub idle: FxHashMap<usize, usize>,
}

impl Jobs {
    /// Finds them on the stacks of `threads`; `executors` are known otherwise.
    pub fn find(
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

    fn add_thread(
        &mut self,
        registry: &mut Registry<'_, '_>,
        threads: &[BuiltThread],
        index: usize,
    ) {
        let reader = registry.reader;
        let frames = &threads[index].stack.frames;
        for frame in frames {
            self.note_futures(reader, frame, index);
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
        let place = self.add_executor(registry, executor);
        if position == 0 || works_on_nothing(reader, frames, position) {
            self.idle.insert(index, place);
            return;
        }
        registry.hold(place, &threads[index].thread.id, "busy-worker");
        let used = registry.resources[place].holders.len();
        registry.resources[place].used = i64::try_from(used).ok();
    }

    /// Futures in the hands of a thread: its frames have them in variables.
    fn note_futures(&mut self, reader: &Reader<'_>, frame: &RawFrame, thread: usize) {
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
                // `_WorkItem.future`
                false => reader.attribute_object(value, "future").ok().flatten(),
            };
            if let Some(future) = future {
                self.running.entry(future).or_insert(thread);
            }
        }
    }

    fn add_executor(&mut self, registry: &mut Registry<'_, '_>, executor: u64) -> usize {
        let reader = registry.reader;
        let id = format!("executor:0x{executor:x}");
        if let Some(place) = registry.place(&id) {
            return place;
        }
        let place = registry.object("executor", executor);
        let jobs = reader.queued_jobs(executor);
        let mut position = 0;
        for job in jobs {
            // A worker is told to go by `None`.
            let Ok(Some(future)) = reader.attribute_object(job, "future") else {
                continue;
            };
            self.queued.insert(
                future,
                Queued {
                    pool: place,
                    position,
                },
            );
            position += 1;
        }
        let resource = &mut registry.resources[place];
        resource.size = Some(position);
        resource.used.get_or_insert(0);
        place
    }

    /// `_ExecutorManagerThread.run` knows the processes and the jobs.
    fn add_process_pool(&mut self, registry: &mut Registry<'_, '_>, frames: &[RawFrame]) {
        let reader = registry.reader;
        let Some(manager) = frames.iter().find_map(|frame| {
            let is_manager = &*frame.at.code.name == "run"
                && reader.frame_module(frame).as_deref() == Some(PROCESS_POOL_MODULE);
            is_manager.then(|| reader.receiver(frame).ok()?).flatten()
        }) else {
            return;
        };
        let place = registry.object("process-pool", manager);
        if let Ok(Some(processes)) = reader.attribute_object(manager, "processes")
            && let Ok((items, count)) = reader.dict_items(processes, reader.limits.value_items)
        {
            registry.resources[place].limit = i64::try_from(count).ok();
            for (pid, _) in items {
                if let Some(pid) = reader.int(pid).ok().and_then(|pid| pid.to_u64()) {
                    registry.hold(place, &format!("process:{pid}").into(), "holds");
                }
            }
        }
        if let Ok(Some(pending)) = reader.attribute_object(manager, "pending_work_items")
            && let Ok((items, _)) = reader.dict_items(pending, reader.limits.items)
        {
            for (_, item) in items {
                if let Ok(Some(future)) = reader.attribute_object(item, "future") {
                    self.in_processes.insert(future, place);
                }
            }
        }
    }
}

/// A worker that calls its queue, or asks whether it should go, has no job.
fn works_on_nothing(reader: &Reader<'_>, frames: &[RawFrame], worker: usize) -> bool {
    frames[..worker].iter().all(|frame| {
        reader
            .frame_module(frame)
            .is_some_and(|module| matches!(&*module, "queue" | "threading" | THREAD_POOL_MODULE))
            && &*frame.at.code.name != "run"
    })
}

fn executor_of(reader: &Reader<'_>, worker: &RawFrame) -> Option<u64> {
    let executor = reader.frame_variable(worker, EXECUTOR_VARIABLE).ok()?;
    let alive = executor
        .filter(|reference| reader.is_kind(*reference, Kind::Weakref))
        .and_then(|reference| reader.weakref_target(reference).ok()?);
    // An executor that nobody refers to any more has left its queue.
    alive.or_else(|| reader.frame_variable(worker, QUEUE_VARIABLE).ok()?)
}

impl Reader<'_> {
    /// The jobs that are queued at the executor at `addr`.
    pub fn queued_jobs(&self, addr: u64) -> Vec<u64> {
        match self.attribute_object(addr, "_work_queue") {
            Ok(Some(queue)) => self.queue_items(queue),
            _ => Vec::new(),
        }
    }

    /// What is in a `queue.SimpleQueue`, `queue.Queue` or a subclass, first in
    /// first; other containers are empty.
    pub fn queue_items(&self, queue: u64) -> Vec<u64> {
        let max = self.limits.items;
        if let Ok(Some(deque)) = self.attribute_object(queue, "queue")
            && let Ok((items, _)) = self.deque_items(deque, max)
        {
            return items;
        }
        self.simple_queue_items(queue).unwrap_or_default()
    }

    fn simple_queue_items(&self, queue: u64) -> Option<Vec<u64>> {
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
                let place = start.wrapping_add(index) % capacity;
                self.u64(items.wrapping_add(place.wrapping_mul(8))).ok()
            })
            .collect()
    }
}

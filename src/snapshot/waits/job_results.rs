//! Results of pools of `multiprocessing.pool`, and who may still give them
//! (Lib/multiprocessing/pool.py, 3.7 to 3.15).
//!
//! A thread of the pool takes jobs out of a queue and writes them into a pipe. The workers, which
//! are processes or threads, read them there and write their results into another one, from
//! which a further thread hands them out. A job whose worker has died is nowhere any more.

use super::registry::Registry;
use super::resting::Worker;
use crate::cpython::{Kind, RawFrame, Reader};
use crate::model::{EdgeKind, ItemId, ResourceKind, ThreadState};
use crate::snapshot::threads::BuiltThread;

/// The module, and that of its pipes.
const MODULE: &str = "multiprocessing.pool";
const PIPES: &str = "multiprocessing.connection";
/// Functions that its threads run: those that queue jobs, hand out results, and replace
/// workers, and what a worker runs.
const FEEDER: &str = "_handle_tasks";
const GIVER: &str = "_handle_results";
const KEEPER: &str = "_handle_workers";
const WORKER: &str = "worker";
/// Variable and attribute with all results that are not there yet, by the number of the job.
const CACHE: (&str, &str) = ("cache", "_cache");
/// Variable of the thread that replaces workers with the pool (3.7).
const POOL_VARIABLE: &str = "pool";

/// Adds who may give the results of pools that are waited for. Returns the workers that are
/// processes.
pub(super) fn explain(registry: &mut Registry<'_, '_>, threads: &[BuiltThread]) -> Vec<Worker> {
    let mut workers = Vec::new();
    for index in 0..registry.resources.len() {
        let resource = &registry.resources[index];
        if let (ResourceKind::JobResult, Some(result)) = (resource.kind, registry.subjects[index]) {
            let explain = Explain { registry, threads };
            workers.extend(explain.result(index, result).unwrap_or_default());
        }
    }
    workers
}

struct Explain<'a, 'r, 'm> {
    registry: &'a mut Registry<'r, 'm>,
    threads: &'a [BuiltThread],
}

impl<'a> Explain<'a, '_, '_> {
    /// Adds who may give the result at `result`. `None` if that is not known.
    fn result(self, index: usize, result: u64) -> Option<Vec<Worker>> {
        let reader = self.registry.reader;
        let attribute = |object, name| reader.attribute_object(object, name).ok().flatten();
        let cache = attribute(result, CACHE.1)?;
        let (items, _) = reader.dict_items(cache, reader.limits.items).ok()?;
        if !items.iter().any(|(_, value)| *value == result) {
            return None;
        }
        // Without the thread that hands out results, nobody gives this one.
        let Some(giver) = self.thread(GIVER, cache)? else {
            self.registry.resources[index].closed = Some(true);
            return Some(Vec::new());
        };
        let pool = self.pool(result, cache)?;
        let feeder = self.thread(FEEDER, cache)?;
        let queue = attribute(pool, "_taskqueue")?;
        let queued = reader.queue_items(queue).len();
        let (workers, _) = reader
            .list_items(attribute(pool, "_pool")?, reader.limits.items)
            .ok()?;
        let id = self.registry.resources[index].id;
        let jobs = self.registry.object(ResourceKind::ProcessPool, pool);
        let pool_id = self.registry.resources[jobs].id;
        let shown = &mut self.registry.resources[jobs];
        shown.limit = i64::try_from(workers.len()).ok();
        shown.size = u64::try_from(queued).ok();
        self.registry.resources[index].closed = Some(false);
        let mut givers = Vec::new();
        if !rests(reader, giver, GIVER) {
            givers.push(giver.thread.id);
        }
        let feeds = |feeder: &&BuiltThread| queued > 0 || !rests(reader, feeder, FEEDER);
        if let Some(feeder) = feeder.filter(feeds) {
            givers.push(feeder.thread.id);
            let feeder = feeder.thread.id;
            self.registry.edge(pool_id, feeder, EdgeKind::ProcessPool);
        }
        // One that replaces workers will start some.
        if workers.is_empty() {
            givers.extend(self.thread(KEEPER, cache)?.map(|it| it.thread.id));
        }
        let mut processes = Vec::new();
        let jobs = attribute(pool, "_inqueue");
        let descriptor = || {
            let pipe = attribute(jobs?, "_reader")?;
            reader.int(attribute(pipe, "_handle")?).ok()?.to_i64()
        };
        let turn = || reader.semlock(attribute(jobs?, "_rlock")?);
        for worker in workers {
            let process = attribute(worker, "_popen");
            let process = process.filter(|it| !reader.is_kind(*it, Kind::None));
            let pid = process.and_then(|it| reader.pid(attribute(it, "pid")?));
            if let Some(pid) = pid {
                givers.push(ItemId::Process(pid));
                processes.push(Worker {
                    pid,
                    pool: pool_id,
                    jobs: descriptor()?,
                    turn: turn().map(|lock| lock.handle),
                });
                continue;
            }
            let ident = reader.int(attribute(worker, "_ident")?).ok()?.to_u64()?;
            let mut threads = self.threads.iter();
            let thread = threads.find(|built| built.ident == ident);
            givers.extend(
                thread
                    .filter(|built| !rests(reader, built, WORKER))
                    .map(|built| built.thread.id),
            );
        }
        for giver in givers {
            self.registry.edge(id, giver, EdgeKind::Future);
        }
        Some(processes)
    }

    /// The pool of a result. Before 3.8 results do not refer to it.
    fn pool(&self, result: u64, cache: u64) -> Option<u64> {
        let reader = self.registry.reader;
        let attribute = |object, name| reader.attribute_object(object, name).ok().flatten();
        let own = attribute(result, "_pool").filter(|it| !reader.is_kind(*it, Kind::None));
        own.or_else(|| {
            let frames = self.threads.iter().flat_map(|built| &built.stack.frames);
            let keepers = frames.filter(|frame| is_function(reader, frame, KEEPER));
            let mut pools = keepers
                .filter_map(|frame| reader.frame_variable(frame, POOL_VARIABLE).ok().flatten());
            pools.find(|pool| attribute(*pool, CACHE.1) == Some(cache))
        })
    }

    /// The thread of the pool with this cache that runs `function`, `Some(None)` if none does.
    /// `None` if that is not known.
    fn thread(&self, function: &str, cache: u64) -> Option<Option<&'a BuiltThread>> {
        let reader = self.registry.reader;
        for built in self.threads {
            if built.thread.error.is_some() {
                return None;
            }
            let mut frames = built.stack.frames.iter();
            let frame = frames.find(|frame| is_function(reader, frame, function));
            if let Some(frame) = frame
                && reader.frame_variable(frame, CACHE.0).ok().flatten()? == cache
            {
                return Some(Some(built));
            }
        }
        Some(None)
    }
}

fn is_function(reader: &Reader<'_>, frame: &RawFrame, function: &str) -> bool {
    &*frame.at.code.name == function && reader.frame_module(frame).as_deref() == Some(MODULE)
}

/// Whether the thread waits in `function` for the next item: in a queue of C code, or in a read
/// from a pipe. Whatever else it does, it may go on to give something.
fn rests(reader: &Reader<'_>, built: &BuiltThread, function: &str) -> bool {
    let frames = &built.stack.frames;
    let position = frames
        .iter()
        .position(|it| is_function(reader, it, function));
    let Some(inner) = position.and_then(|position| frames.get(..position)) else {
        return false;
    };
    let call = match inner {
        [] => "futex",
        _ => "read",
    };
    let in_pipes = inner
        .iter()
        .all(|frame| reader.frame_module(frame).as_deref() == Some(PIPES));
    built.thread.state == ThreadState::Blocked
        && built.thread.syscall.as_deref() == Some(call)
        && in_pipes
}

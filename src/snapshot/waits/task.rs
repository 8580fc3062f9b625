//! Explains the wait of one suspended task.

use std::num::NonZeroU64;

use arcstr::{ArcStr, literal};

use rustc_hash::FxHashMap;

use super::WaitInputs;
use super::children;
use super::files::{self, Found};
use super::jobs::Jobs;
use super::pools::{self, MAX_OUTER_FRAMES};
use super::registry::Registry;
use super::watched::WatchedObjects;
use crate::activity::{ChainFrame, python_frames};
use crate::asyncio::wait_table::{COROUTINE_WAITS, Receiver};
use crate::asyncio::{FutureState, LoopHandles, Outer, RawWait, Timers};
use crate::cpython::{Kind, RawFrame, Reader};
use crate::model::{EdgeKind, ItemId, ResourceKind, Wait, WaitKind};
use crate::snapshot::tasks::BuiltTask;
use crate::snapshot::threads::BuiltThread;

/// Module and function of `asyncio.sleep` (Lib/asyncio/tasks.py). uvloop keeps its timer in
/// C, where it is not found.
const SLEEP: (&str, &str) = ("asyncio.tasks", "sleep");

/// The function before CPython 3.12 that waits for a future of its own, which its timer or
/// the end of the future in the variable `fut` sets (Lib/asyncio/tasks.py).
const WAIT_FOR: (&str, &str) = ("asyncio.tasks", "wait_for");

/// What the library that uses a primitive waits for.
pub(super) enum Reason {
    /// A descriptor.
    Descriptor(Found),
    /// A pool or an in-memory stream.
    Outer(Outer),
}

/// The inputs for explaining waits of tasks.
pub(super) struct ExplainTask<'a, 'r, 'm> {
    /// The inputs of the explanation.
    pub inputs: &'a WaitInputs<'r, 'm>,
    /// All resources and edges.
    pub registry: &'a mut Registry<'r, 'm>,
    /// All threads, already explained.
    pub threads: &'a [BuiltThread],
    /// Timers of all loops.
    pub timers: &'a Timers,
    /// Jobs of all executors.
    pub jobs: &'a Jobs,
    /// Handles of each loop, by its address.
    pub handles: &'a [(u64, LoopHandles)],
    /// Cache: the pool or stream that the receiver of a library method is, by address.
    /// `None` for other receivers.
    pub outer: FxHashMap<u64, Option<Outer>>,
    /// Cache: the descriptors that loops watch.
    pub watched: WatchedObjects,
    /// Names of the greenlets that are shown, by address.
    pub greenlet_names: &'a FxHashMap<u64, ArcStr>,
}

impl ExplainTask<'_, '_, '_> {
    /// Explains the wait of a task that does not wait for another task.
    pub(super) fn task(&mut self, built: &mut BuiltTask) {
        let Some(leaf) = built.waiter.map(NonZeroU64::get) else {
            return;
        };
        let id = built.task.id;
        let reader = self.inputs.reader;
        let leaf = guarded_future(reader, &built.chain).unwrap_or(leaf);
        let found = reader.innermost_wait(python_frames(&built.chain), COROUTINE_WAITS);
        let inner = found.as_ref().map_or(0, |(_, frames)| *frames);
        let subject = found.as_ref().map(|(raw, _)| raw.subject);
        let waited: Vec<u64> = subject.into_iter().chain([leaf]).collect();
        // Who has something to do with a connection signals its end by one of these.
        let signals = found.as_ref().is_none_or(|(raw, _)| raw.kind.is_signal());
        let outer = self.outer_wait(&built.chain, inner, &waited, signals);
        let mut wait = built.task_mut().waits_for.take().unwrap_or_default();
        wait.summary = ArcStr::new();
        let index = match (found, outer) {
            (_, Some(Reason::Descriptor(found))) => {
                wait.kind = match found.blocks_writer {
                    true => WaitKind::SocketWrite,
                    false => WaitKind::SocketRead,
                };
                let index = self.file(id, found.fd, &mut wait);
                wait.type_name = self.registry.resources[index].type_name.clone();
                Some(index)
            }
            // The outer pool or stream is the resource; the primitive is its detail.
            (Some((raw, _)), Some(Reason::Outer(outer))) => {
                wait.kind = raw.kind;
                wait.type_name = type_name(reader, raw.subject);
                Some(self.outer(id, outer))
            }
            (None, Some(Reason::Outer(outer))) => Some(self.outer(id, outer)),
            (Some((raw, _)), None) => self.primitive(id, &raw, leaf, &mut wait),
            (None, None) => self.bare(id, built, leaf, &mut wait),
        };
        wait.resource = index.map(|index| self.registry.resources[index].id);
        built.task_mut().waits_for = Some(wait);
    }

    /// What the library that uses a primitive waits for. `waited` are the future and the
    /// primitive, and `inner` is the number of the primitive's own frames.
    ///
    /// A descriptor whose callback sets `waited` is the reason; else the first of the outer
    /// frames that belongs to a stream, or to a pool that has nothing left and on whose
    /// waiting side `waited` is.
    pub(super) fn outer_wait(
        &mut self,
        chain: &[ChainFrame],
        inner: usize,
        waited: &[u64],
        signals: bool,
    ) -> Option<Reason> {
        let reader = self.inputs.reader;
        if signals && let Some((fd, blocks_writer)) = self.watched_for(waited) {
            return Some(Reason::Descriptor(Found {
                fd,
                write_buffer: None,
                blocks_writer,
            }));
        }
        // What the caller of the library has is not the reason.
        let all_in_library = |frames: &[&RawFrame]| {
            let library = |it: &&RawFrame| self.inputs.frames.is_library(&it.at.code.filename);
            signals && frames.iter().all(library)
        };
        let frames = python_frames(chain).skip(inner).take(MAX_OUTER_FRAMES);
        let frames: Vec<&RawFrame> = frames.collect();
        let mut queue = None;
        for (at, frame) in frames.iter().enumerate() {
            let Ok(Some(receiver)) = reader.method_receiver(frame) else {
                continue;
            };
            let known = self.outer.entry(receiver);
            let outer = *known.or_insert_with(|| reader.outer(receiver));
            match outer {
                Some(Outer::Pool(pool)) if queue.is_some() && reader.free_queue(pool) == queue => {
                    return Some(Reason::Outer(Outer::Pool(pool)));
                }
                _ if queue.is_some() => {}
                Some(Outer::Pool(pool)) if !pools::is_reason(reader, pool, waited) => {}
                // A queue with a limit may be that of a pool.
                Some(Outer::Pool(pool)) if reader.is_queue_like(pool) => queue = Some(pool),
                Some(outer) => return Some(Reason::Outer(outer)),
                None if frames.get(..=at).is_some_and(all_in_library) => {
                    if let Some(found) = reader.descriptor_of(receiver) {
                        return Some(Reason::Descriptor(found));
                    }
                }
                None => {}
            }
        }
        queue.map(|queue| Reason::Outer(Outer::Pool(queue)))
    }

    /// Explains a wait in a known method. Returns the index of its resource.
    fn primitive(
        &mut self,
        id: ItemId,
        raw: &RawWait,
        leaf: u64,
        wait: &mut Wait,
    ) -> Option<usize> {
        wait.kind = raw.kind;
        let reader = self.inputs.reader;
        match raw.receiver {
            Receiver::Stream | Receiver::Protocol => self.descriptor(id, raw.subject, wait),
            Receiver::EventLoop => self.loop_call(id, raw, leaf, wait),
            Receiver::Process | Receiver::ChildTransport => self.subprocess(id, raw, wait),
            Receiver::Resource(ResourceKind::Server) => {
                wait.type_name = type_name(reader, raw.subject);
                let (summary, via) = match raw.kind {
                    WaitKind::ServerClose => (
                        literal!("server to close: connections are still open"),
                        EdgeKind::ServerClose,
                    ),
                    _ => (literal!("connections to serve"), EdgeKind::Server),
                };
                wait.summary = summary;
                let index = self.registry.object(ResourceKind::Server, raw.subject);
                self.registry.wait(id, index, via);
                Some(index)
            }
            Receiver::TaskGroup => {
                self.group(id, raw.subject, wait);
                None
            }
            Receiver::Resource(kind) => {
                let index = self.registry.object(kind, raw.subject);
                wait.type_name
                    .clone_from(&self.registry.resources[index].type_name);
                self.registry.wait(id, index, kind.edge());
                Some(index)
            }
            // Only threads wait in methods of these; a wrapper is never the one that is found.
            Receiver::Thread | Receiver::Popen | Receiver::Wrapper => None,
        }
    }

    /// Adds the wait for a pool or memory stream. Returns its index.
    pub(super) fn outer(&mut self, id: ItemId, outer: Outer) -> usize {
        let (kind, addr) = match outer {
            Outer::Pool(addr) => {
                let tokens = self.inputs.reader.first_attribute(addr, &["_total_tokens"]);
                let kind = match tokens {
                    Some(_) => ResourceKind::Limiter,
                    None => ResourceKind::Pool,
                };
                (kind, addr)
            }
            Outer::MemoryStream(addr) => (ResourceKind::MemoryStream, addr),
        };
        let index = self.registry.object(kind, addr);
        self.registry.wait(id, index, kind.edge());
        index
    }

    /// Adds the edges to the tasks of a group. Tasks of an anyio group have no callback
    /// that leads to the waiting task.
    fn group(&mut self, id: ItemId, group: u64, wait: &mut Wait) {
        let reader = self.inputs.reader;
        let tasks = reader.attribute_object(group, "_tasks").ok().flatten();
        let tasks = tasks.map_or(Vec::new(), |tasks| reader.parts(tasks));
        for (_, task) in &tasks {
            let pending = matches!(reader.future_state(*task), Ok(FutureState::Pending));
            if pending {
                self.registry
                    .edge(id, ItemId::Task(*task), EdgeKind::TaskGroup);
            }
        }
        wait.summary = format!("{} tasks", tasks.len()).into();
    }

    /// Explains the wait for a future outside of known methods. Returns the index of its
    /// resource.
    fn bare(&mut self, id: ItemId, built: &BuiltTask, leaf: u64, wait: &mut Wait) -> Option<usize> {
        let reader = self.inputs.reader;
        if let Some(left) = self.timers.wakes.get(&leaf) {
            wait.kind = WaitKind::Timer;
            wait.remaining_s = Some(*left);
            return None;
        }
        let innermost = python_frames(&built.chain).next();
        if let Some(frame) = innermost
            && &*frame.at.code.name == SLEEP.1
            && reader.frame_module(frame).as_deref() == Some(SLEEP.0)
        {
            wait.kind = WaitKind::Timer;
            let delay = reader.frame_variable(frame, "delay").ok().flatten();
            let delay = delay.map(|delay| reader.value(delay).to_string());
            wait.summary = format!("asyncio.sleep({})", delay.unwrap_or_default()).into();
            return None;
        }
        if let Some(futures) = self.combined(built, leaf, wait) {
            for future in futures {
                self.job(id, future, &mut Wait::default());
            }
            return None;
        }
        if let Some(index) = self.job(id, leaf, wait) {
            return index;
        }
        // A method of a protocol waits for the descriptor of its transport.
        let protocol = innermost.and_then(|frame| reader.method_receiver(frame).ok()?);
        if let Some(found) = protocol.and_then(|receiver| reader.descriptor_of(receiver)) {
            wait.kind = match found.blocks_writer {
                true => WaitKind::SocketWrite,
                false => WaitKind::SocketRead,
            };
            return Some(self.file(id, found.fd, wait));
        }
        let index = self.registry.object(ResourceKind::Future, leaf);
        self.registry.wait(id, index, EdgeKind::Future);
        Some(index)
    }

    /// Explains the wait for several futures together. Returns the addresses of the pending
    /// ones; `None` if it is not such a wait.
    fn combined(&self, built: &BuiltTask, leaf: u64, wait: &mut Wait) -> Option<Vec<u64>> {
        let reader = self.inputs.reader;
        let frame = python_frames(&built.chain).next();
        let gathered = reader.gathered(leaf);
        let (kind, futures) = match (gathered, frame) {
            (Some(children), _) => (WaitKind::Gather, children),
            (None, Some(frame))
                if &*frame.at.code.name == "_wait"
                    && reader.frame_module(frame).as_deref() == Some(SLEEP.0) =>
            {
                let futures = reader.frame_variable(frame, "fs").ok()??;
                let parts = reader.parts(futures).into_iter();
                (WaitKind::Wait, parts.map(|(_, future)| future).collect())
            }
            _ => return None,
        };
        let count = futures.len();
        let pending: Vec<u64> = futures
            .into_iter()
            .filter(|future| matches!(reader.future_state(*future), Ok(FutureState::Pending)))
            .collect();
        wait.kind = kind;
        wait.summary = format!("{count} futures ({}/{count} done)", count - pending.len()).into();
        Some(pending)
    }

    /// Explains the wait for a job of an executor. Returns the index of its resource, if it
    /// has one; the outer `None` says that it is not such a wait.
    fn job(&mut self, id: ItemId, leaf: u64, wait: &mut Wait) -> Option<Option<usize>> {
        let reader = self.inputs.reader;
        let source = reader.concurrent_source(leaf);
        for future in [Some(leaf), source].into_iter().flatten() {
            if let Some(thread) = self.jobs.running.get(&future) {
                let thread = &self.threads[*thread].thread;
                wait.kind = WaitKind::Executor;
                wait.holders = vec![thread.id];
                wait.summary = running_in(thread).into();
                self.registry.edge(id, thread.id, EdgeKind::Executor);
                return Some(None);
            }
            if let Some(queued) = self.jobs.queued.get(&future) {
                wait.kind = WaitKind::Executor;
                wait.waiters_ahead = Some(queued.position);
                self.registry.wait(id, queued.pool, EdgeKind::Executor);
                return Some(Some(queued.pool));
            }
            if let Some(index) = self.jobs.in_processes.get(&future) {
                wait.kind = WaitKind::Executor;
                self.registry.wait(id, *index, EdgeKind::Executor);
                return Some(Some(*index));
            }
        }
        let concurrent = source?;
        wait.kind = WaitKind::Executor;
        let index = self
            .registry
            .object(ResourceKind::ConcurrentFuture, concurrent);
        self.registry.wait(id, index, EdgeKind::Executor);
        Some(Some(index))
    }

    /// Explains a wait in a method of the loop: name resolution or a raw socket. Returns the
    /// index of its resource.
    fn loop_call(
        &mut self,
        id: ItemId,
        raw: &RawWait,
        leaf: u64,
        wait: &mut Wait,
    ) -> Option<usize> {
        if raw.kind == WaitKind::Executor {
            return self.job(id, leaf, wait).flatten();
        }
        let reader = self.inputs.reader;
        let socket = reader.frame_variable(&raw.frame, "sock").ok().flatten();
        let found = socket.and_then(|socket| reader.descriptor_of(socket));
        let fd = found
            .map(|found| found.fd)
            .or_else(|| self.watched_for(&[leaf]).map(|(fd, _)| fd))?;
        Some(self.file(id, fd, wait))
    }

    /// The watched descriptor whose callback completes or sets one of `waited`, and whether that
    /// happens when it can be written.
    fn watched_for(&self, waited: &[u64]) -> Option<(i64, bool)> {
        self.watched.find(self.inputs.reader, self.handles, waited)
    }

    /// Explains the wait for a stream or protocol. Returns the index of its resource.
    fn descriptor(&mut self, id: ItemId, stream: u64, wait: &mut Wait) -> Option<usize> {
        let reader = self.inputs.reader;
        wait.type_name = type_name(reader, stream);
        let buffered = reader
            .attribute_object(stream, "_buffer")
            .ok()
            .flatten()
            .and_then(|buffer| reader.any_length(buffer));
        let Some(found) = reader.descriptor_of(stream) else {
            if is_fed_by_code(reader, stream) {
                wait.kind = WaitKind::QueueGet;
                let index = self.registry.object(ResourceKind::MemoryStream, stream);
                self.registry.resources[index].size = buffered;
                self.registry.wait(id, index, EdgeKind::MemoryStream);
                return Some(index);
            }
            let index = self.registry.object(ResourceKind::Stream, stream);
            self.registry.resources[index].buffered = buffered;
            self.registry.wait(id, index, wait.kind.stream_edge());
            return Some(index);
        };
        let is_pipe = files::describe(self.inputs.descriptors, found.fd).0 == ResourceKind::Pipe;
        if is_pipe {
            wait.kind = wait.kind.over_pipe();
        }
        let index = self.file(id, found.fd, wait);
        let resource = &mut self.registry.resources[index];
        resource.buffered = match wait.kind {
            WaitKind::SocketWrite | WaitKind::PipeWrite => found.write_buffer,
            _ => buffered,
        };
        Some(index)
    }

    /// Adds the wait for a descriptor. Returns the index of its resource.
    pub(super) fn file(&mut self, id: ItemId, fd: i64, wait: &mut Wait) -> usize {
        let (index, peer) = files::resource(self.registry, self.inputs.descriptors, fd);
        let kind = self.registry.resources[index].kind;
        wait.peer = peer.map(ArcStr::from);
        self.registry.wait(id, index, kind.edge());
        index
    }

    /// Explains the wait for the exit of a child process, which is not a resource.
    fn subprocess(&mut self, id: ItemId, raw: &RawWait, wait: &mut Wait) -> Option<usize> {
        let reader = self.inputs.reader;
        let transport = match raw.receiver {
            Receiver::Process => reader.attribute_object(raw.subject, "_transport").ok()?,
            _ => Some(raw.subject),
        };
        wait.type_name = type_name(reader, raw.subject);
        let pid = children::pid_of(reader, transport?, "_pid")?;
        children::wait_for_exit(self.registry, &[id], pid, wait);
        None
    }
}

/// Name of a thread that runs a job, with what it waits for or the line that it runs.
pub(super) fn running_in(thread: &crate::model::Thread) -> String {
    let at = thread
        .frames
        .iter()
        .find(|frame| !frame.library)
        .or(thread.frames.first());
    // Frames of the library say less than the call in which the thread is.
    let called = thread
        .waits_for
        .as_ref()
        .filter(|_| at.is_none_or(|frame| frame.library));
    if let Some(wait) = called.filter(|wait| !wait.summary.is_empty()) {
        return format!("thread {} ({})", thread.name, wait.summary);
    }
    match at {
        Some(frame) => {
            let line = frame
                .line
                .map_or_else(String::new, |line| format!(":{line}"));
            format!("thread {} (running {}{line})", thread.name, frame.function)
        }
        None => format!("thread {}", thread.name),
    }
}

/// Full name of the type of the object at `addr`; `?` if it cannot be read.
pub(super) fn type_name(reader: &Reader<'_>, addr: u64) -> ArcStr {
    reader.type_of(addr).map_or_else(
        |_| literal!("?"),
        |ty| reader.shared(&reader.full_type_name(&ty)),
    )
}

/// The future for which `asyncio.wait_for` waits with a future of its own.
fn guarded_future(reader: &Reader<'_>, chain: &[ChainFrame]) -> Option<u64> {
    let frame = python_frames(chain).next()?;
    if &*frame.at.code.name != WAIT_FOR.1
        || reader.frame_module(frame).as_deref() != Some(WAIT_FOR.0)
    {
        return None;
    }
    let future = reader.frame_variable(frame, "fut").ok()??;
    matches!(reader.future_state(future), Ok(FutureState::Pending)).then_some(future)
}

/// Whether a `StreamReader` has no transport: code gives it its data by `feed_data()`
/// (Lib/asyncio/streams.py).
fn is_fed_by_code(reader: &Reader<'_>, stream: u64) -> bool {
    let transport = reader.attribute(stream, "_transport");
    matches!(transport, Ok(Some(value)) if reader.is_kind(value, Kind::None))
}

//! Why one suspended task does not go on.

use std::num::NonZeroU64;

use arcstr::{ArcStr, literal};

use rustc_hash::FxHashMap;

use super::WaitInputs;
use super::files;
use super::jobs::Jobs;
use super::registry::Registry;
use crate::asyncio::wait::python_frames;
use crate::asyncio::wait_table::{COROUTINE_WAITS, Receiver};
use crate::asyncio::{FutureState, LoopHandles, Outer, RawWait, Timers};
use crate::cpython::Reader;
use crate::model::{EdgeKind, ItemId, ResourceKind, Wait, WaitKind};
use crate::snapshot::tasks::BuiltTask;
use crate::snapshot::threads::BuiltThread;

/// Module and function of `asyncio.sleep`, whose timer uvloop keeps in C.
const SLEEP: (&str, &str) = ("asyncio.tasks", "sleep");

/// Everything a task's wait is explained with.
pub struct ExplainTask<'a, 'r, 'm> {
    pub inputs: &'a WaitInputs<'r, 'm>,
    pub registry: &'a mut Registry<'r, 'm>,
    pub threads: &'a [BuiltThread],
    pub timers: &'a Timers,
    pub jobs: &'a Jobs,
    pub handles: &'a [(u64, LoopHandles)],
    /// What the receivers of library methods are.
    pub outer: FxHashMap<u64, Option<Outer>>,
}

impl ExplainTask<'_, '_, '_> {
    /// Explains the wait of a task that waits for no other task.
    pub fn task(&mut self, built: &mut BuiltTask) {
        let Some(leaf) = built.waiter.map(NonZeroU64::get) else {
            return;
        };
        let id = built.task.id;
        let reader = self.inputs.reader;
        let found = reader.innermost_wait(python_frames(&built.chain), COROUTINE_WAITS);
        let inner = found.as_ref().map_or(0, |(_, frames)| *frames);
        let outer = reader.outer_wait(&built.chain, inner, &mut self.outer);
        let mut wait = built.task_mut().waits_for.take().unwrap_or_default();
        wait.summary = ArcStr::new();
        let place = match (found, outer) {
            // The primitive is a detail of what is around it.
            (Some((raw, _)), Some(outer)) => {
                wait.kind = raw.kind;
                wait.type_name = type_name(reader, raw.subject);
                Some(self.outer(id, outer))
            }
            (None, Some(outer)) => Some(self.outer(id, outer)),
            (Some((raw, _)), None) => self.primitive(id, &raw, leaf, &mut wait),
            (None, None) => self.bare(id, built, leaf, &mut wait),
        };
        wait.resource = place.map(|place| self.registry.resources[place].id);
        built.task_mut().waits_for = Some(wait);
    }

    /// A wait in a method that is known. Returns the place of its resource.
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
            // These are receivers of methods in which threads wait.
            Receiver::Thread | Receiver::Popen => None,
        }
    }

    fn outer(&mut self, id: ItemId, outer: Outer) -> usize {
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
        let place = self.registry.object(kind, addr);
        self.registry.wait(id, place, kind.edge());
        place
    }

    /// A group whose tasks do not say that it waits for them (anyio).
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

    /// A future that no known method made.
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
        if let Some(place) = self.job(id, leaf, wait) {
            return place;
        }
        if let Some(fd) = self.watched_for(leaf) {
            wait.kind = WaitKind::SocketRead;
            return Some(self.file(id, fd, wait));
        }
        // A protocol's own future: what its transport is connected to.
        let protocol = innermost.and_then(|frame| reader.method_receiver(frame).ok()?);
        if let Some(found) = protocol.and_then(|receiver| reader.descriptor_of(receiver)) {
            wait.kind = WaitKind::SocketRead;
            return Some(self.file(id, found.fd, wait));
        }
        let place = self.registry.object(ResourceKind::Future, leaf);
        self.registry.wait(id, place, EdgeKind::Future);
        Some(place)
    }

    /// The pending ones of several futures that are waited for together.
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

    /// A job of an executor: `Some` when it is one.
    fn job(&mut self, id: ItemId, leaf: u64, wait: &mut Wait) -> Option<Option<usize>> {
        let reader = self.inputs.reader;
        let futures = [Some(leaf), reader.concurrent_source(leaf)];
        let futures = futures.into_iter().flatten();
        for future in futures.clone() {
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
            if let Some(place) = self.jobs.in_processes.get(&future) {
                wait.kind = WaitKind::Executor;
                self.registry.wait(id, *place, EdgeKind::Executor);
                return Some(Some(*place));
            }
        }
        let concurrent = reader.concurrent_source(leaf)?;
        wait.kind = WaitKind::Executor;
        let place = self
            .registry
            .object(ResourceKind::ConcurrentFuture, concurrent);
        self.registry.wait(id, place, EdgeKind::Executor);
        Some(Some(place))
    }

    /// A call of the loop itself: name resolution or a raw socket.
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
            .or_else(|| self.watched_for(leaf))?;
        Some(self.file(id, fd, wait))
    }

    /// The descriptor whose handles complete the future at `leaf`.
    fn watched_for(&self, leaf: u64) -> Option<i64> {
        let watched = self
            .handles
            .iter()
            .flat_map(|(_, handles)| &handles.watched);
        watched
            .filter(|file| {
                let handles = [&file.reader, &file.writer];
                handles
                    .into_iter()
                    .flatten()
                    .any(|handle| handle.arguments.contains(&leaf))
            })
            .map(|file| file.fd)
            .next()
    }

    fn descriptor(&mut self, id: ItemId, stream: u64, wait: &mut Wait) -> Option<usize> {
        let reader = self.inputs.reader;
        wait.type_name = type_name(reader, stream);
        let buffered = reader
            .attribute_object(stream, "_buffer")
            .ok()
            .flatten()
            .and_then(|buffer| reader.any_length(buffer));
        let Some(found) = reader.descriptor_of(stream) else {
            let place = self.registry.object(ResourceKind::Stream, stream);
            self.registry.resources[place].buffered = buffered;
            self.registry.wait(id, place, wait.kind.stream_edge());
            return Some(place);
        };
        let is_pipe = files::describe(self.inputs.descriptors, found.fd).0 == ResourceKind::Pipe;
        if is_pipe {
            wait.kind = wait.kind.over_pipe();
        }
        let place = self.file(id, found.fd, wait);
        let resource = &mut self.registry.resources[place];
        resource.buffered = match wait.kind {
            WaitKind::SocketWrite | WaitKind::PipeWrite => found.write_buffer,
            _ => buffered,
        };
        Some(place)
    }

    fn file(&mut self, id: ItemId, fd: i64, wait: &mut Wait) -> usize {
        let (place, peer) = files::resource(self.registry, self.inputs.descriptors, fd);
        let kind = self.registry.resources[place].kind;
        wait.peer = peer.map(ArcStr::from);
        self.registry.wait(id, place, kind.edge());
        place
    }

    fn subprocess(&mut self, id: ItemId, raw: &RawWait, wait: &mut Wait) -> Option<usize> {
        let reader = self.inputs.reader;
        let transport = match raw.receiver {
            Receiver::Process => reader.attribute_object(raw.subject, "_transport").ok()?,
            _ => Some(raw.subject),
        };
        wait.type_name = type_name(reader, raw.subject);
        let pid = transport
            .and_then(|transport| reader.attribute_object(transport, "_pid").ok()?)
            .and_then(|pid| reader.pid(pid))?;
        let process = ItemId::Process(pid);
        wait.summary = format!("exit of process {pid}").into();
        wait.holders = vec![process];
        self.registry.edge(id, process, EdgeKind::Subprocess);
        None
    }
}

/// A thread that runs a job, and where it is.
pub fn running_in(thread: &crate::model::Thread) -> String {
    let at = thread
        .frames
        .iter()
        .find(|frame| !frame.library)
        .or(thread.frames.first());
    // A worker that is in a call without frames of its own: what the call is.
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

fn type_name(reader: &Reader<'_>, addr: u64) -> ArcStr {
    reader.type_of(addr).map_or_else(
        |_| literal!("?"),
        |ty| reader.shared(&reader.full_type_name(&ty)),
    )
}

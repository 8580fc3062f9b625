//! Why one suspended task does not go on.

use std::num::NonZeroU64;

use arcstr::{ArcStr, literal};

use rustc_hash::FxHashMap;

use super::Scene;
use super::files;
use super::jobs::Jobs;
use super::registry::Registry;
use crate::activity::python_frames;
use crate::asyncio::wait_table::COROUTINE_WAITS;
use crate::asyncio::{FutureState, LoopHandles, Outer, RawWait, Timers};
use crate::cpython::Reader;
use crate::model::Wait;
use crate::snapshot::tasks::{BuiltTask, task_id};
use crate::snapshot::threads::BuiltThread;

/// Module and function of `asyncio.sleep`, whose timer uvloop keeps in C.
const SLEEP: (&str, &str) = ("asyncio.tasks", "sleep");

/// Everything a task's wait is explained with.
pub struct Explain<'a, 'r, 'm> {
    pub scene: &'a Scene<'r, 'm>,
    pub registry: &'a mut Registry<'r, 'm>,
    pub threads: &'a [BuiltThread],
    pub timers: &'a Timers,
    pub jobs: &'a Jobs,
    pub handles: &'a [(u64, LoopHandles)],
    /// What the receivers of library methods are.
    pub outer: FxHashMap<u64, Option<Outer>>,
}

impl Explain<'_, '_, '_> {
    /// Explains the wait of a task that waits for no other task.
    pub fn task(&mut self, built: &mut BuiltTask) {
        let Some(leaf) = built.waiter.map(NonZeroU64::get) else {
            return;
        };
        let id = built.task.id.clone();
        let reader = self.scene.reader;
        let found = reader.innermost_wait(python_frames(&built.chain), COROUTINE_WAITS);
        let inner = found.as_ref().map_or(0, |(_, frames)| *frames);
        let outer = reader.outer_wait(&built.chain, inner, &mut self.outer);
        let mut wait = built.task_mut().waits_for.take().unwrap_or_default();
        wait.summary = ArcStr::new();
        let place = match (found, outer) {
            // The primitive is a detail of what is around it.
            (Some((raw, _)), Some(outer)) => {
                wait.kind = self.scene.reader.shared(raw.kind);
                wait.type_name = type_name(reader, raw.subject);
                Some(self.outer(&id, outer))
            }
            (None, Some(outer)) => Some(self.outer(&id, outer)),
            (Some((raw, _)), None) => self.primitive(&id, &raw, leaf, &mut wait),
            (None, None) => self.bare(&id, built, leaf, &mut wait),
        };
        wait.resource = place.map(|place| self.registry.resources[place].id.clone());
        built.task_mut().waits_for = Some(wait);
    }

    /// A wait in a method that is known. Returns the place of its resource.
    fn primitive(
        &mut self,
        id: &ArcStr,
        raw: &RawWait,
        leaf: u64,
        wait: &mut Wait,
    ) -> Option<usize> {
        wait.kind = self.scene.reader.shared(raw.kind);
        let reader = self.scene.reader;
        match raw.resource {
            "stream" | "protocol" => self.descriptor(id, raw.subject, wait),
            "loop" => self.loop_call(id, raw, leaf, wait),
            "process" | "subprocess" => self.subprocess(id, raw, wait),
            "server" => {
                wait.type_name = type_name(reader, raw.subject);
                wait.summary = match raw.kind {
                    "server-close" => literal!("server to close: connections are still open"),
                    _ => literal!("connections to serve"),
                };
                let place = self.registry.object("server", raw.subject);
                self.registry.wait(id, place, raw.kind);
                Some(place)
            }
            "task-group" => {
                self.group(id, raw.subject, wait);
                None
            }
            kind => {
                let place = self.registry.object(kind, raw.subject);
                wait.type_name
                    .clone_from(&self.registry.resources[place].type_name);
                let via = match kind {
                    "queue" => "queue",
                    _ => raw.kind,
                };
                self.registry.wait(id, place, via);
                Some(place)
            }
        }
    }

    fn outer(&mut self, id: &ArcStr, outer: Outer) -> usize {
        let (kind, addr) = match outer {
            Outer::Pool(addr) => {
                let tokens = self.scene.reader.first_attribute(addr, &["_total_tokens"]);
                (if tokens.is_some() { "limiter" } else { "pool" }, addr)
            }
            Outer::MemoryStream(addr) => ("memory-stream", addr),
        };
        let place = self.registry.object(kind, addr);
        self.registry.wait(id, place, kind);
        place
    }

    /// A group whose tasks do not say that it waits for them (anyio).
    fn group(&mut self, id: &ArcStr, group: u64, wait: &mut Wait) {
        let reader = self.scene.reader;
        let tasks = reader.attribute_object(group, "_tasks").ok().flatten();
        let tasks = tasks.map_or(Vec::new(), |tasks| reader.parts(tasks));
        for (_, task) in &tasks {
            let pending = matches!(reader.future_state(*task), Ok(FutureState::Pending));
            if pending {
                self.registry.edge(id, &task_id(*task), "task-group");
            }
        }
        wait.summary = format!("{} tasks", tasks.len()).into();
    }

    /// A future that no known method made.
    fn bare(
        &mut self,
        id: &ArcStr,
        built: &BuiltTask,
        leaf: u64,
        wait: &mut Wait,
    ) -> Option<usize> {
        let reader = self.scene.reader;
        if let Some(left) = self.timers.wakes.get(&leaf) {
            wait.kind = literal!("timer");
            wait.remaining_s = Some(*left);
            return None;
        }
        let innermost = python_frames(&built.chain).next();
        if let Some(frame) = innermost
            && &*frame.at.code.name == SLEEP.1
            && reader.frame_module(frame).as_deref() == Some(SLEEP.0)
        {
            wait.kind = literal!("timer");
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
            wait.kind = literal!("socket-read");
            return Some(self.file(id, fd, wait));
        }
        // A protocol's own future: what its transport is connected to.
        let protocol = innermost.and_then(|frame| reader.method_receiver(frame).ok()?);
        if let Some(found) = protocol.and_then(|receiver| reader.descriptor_of(receiver)) {
            wait.kind = literal!("socket-read");
            return Some(self.file(id, found.fd, wait));
        }
        let place = self.registry.object("future", leaf);
        self.registry.wait(id, place, "future");
        Some(place)
    }

    /// The pending ones of several futures that are waited for together.
    fn combined(&self, built: &BuiltTask, leaf: u64, wait: &mut Wait) -> Option<Vec<u64>> {
        let reader = self.scene.reader;
        let frame = python_frames(&built.chain).next();
        let gathered = reader.gathered(leaf);
        let (kind, futures) = match (gathered, frame) {
            (Some(children), _) => ("gather", children),
            (None, Some(frame))
                if &*frame.at.code.name == "_wait"
                    && reader.frame_module(frame).as_deref() == Some(SLEEP.0) =>
            {
                let futures = reader.frame_variable(frame, "fs").ok()??;
                let parts = reader.parts(futures).into_iter();
                ("wait", parts.map(|(_, future)| future).collect())
            }
            _ => return None,
        };
        let count = futures.len();
        let pending: Vec<u64> = futures
            .into_iter()
            .filter(|future| matches!(reader.future_state(*future), Ok(FutureState::Pending)))
            .collect();
        wait.kind = kind.to_owned().into();
        wait.summary = format!("{count} futures ({}/{count} done)", count - pending.len()).into();
        Some(pending)
    }

    /// A job of an executor: `Some` when it is one.
    fn job(&mut self, id: &ArcStr, leaf: u64, wait: &mut Wait) -> Option<Option<usize>> {
        let reader = self.scene.reader;
        let futures = [Some(leaf), reader.concurrent_source(leaf)];
        let futures = futures.into_iter().flatten();
        for future in futures.clone() {
            if let Some(thread) = self.jobs.running.get(&future) {
                let thread = &self.threads[*thread].thread;
                wait.kind = literal!("executor");
                wait.holders = vec![thread.id.clone()];
                wait.summary = running_in(thread).into();
                self.registry.edge(id, &thread.id, "executor");
                return Some(None);
            }
            if let Some(queued) = self.jobs.queued.get(&future) {
                wait.kind = literal!("executor");
                wait.waiters_ahead = Some(queued.position);
                self.registry.wait(id, queued.pool, "executor");
                return Some(Some(queued.pool));
            }
            if let Some(place) = self.jobs.in_processes.get(&future) {
                wait.kind = literal!("executor");
                self.registry.wait(id, *place, "executor");
                return Some(Some(*place));
            }
        }
        let concurrent = reader.concurrent_source(leaf)?;
        wait.kind = literal!("executor");
        let place = self.registry.object("concurrent-future", concurrent);
        self.registry.wait(id, place, "executor");
        Some(Some(place))
    }

    /// A call of the loop itself: name resolution or a raw socket.
    fn loop_call(
        &mut self,
        id: &ArcStr,
        raw: &RawWait,
        leaf: u64,
        wait: &mut Wait,
    ) -> Option<usize> {
        if raw.kind == "executor" {
            return self.job(id, leaf, wait).flatten();
        }
        let reader = self.scene.reader;
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

    fn descriptor(&mut self, id: &ArcStr, stream: u64, wait: &mut Wait) -> Option<usize> {
        let reader = self.scene.reader;
        wait.type_name = type_name(reader, stream);
        let buffered = reader
            .attribute_object(stream, "_buffer")
            .ok()
            .flatten()
            .and_then(|buffer| reader.any_length(buffer));
        let Some(found) = reader.descriptor_of(stream) else {
            let place = self.registry.object("stream", stream);
            self.registry.resources[place].buffered = buffered;
            self.registry.wait(id, place, &wait.kind);
            return Some(place);
        };
        let is_pipe = files::describe(self.scene.descriptors, found.fd).0 == "pipe";
        if is_pipe {
            wait.kind = wait.kind.replace("socket", "pipe").into();
        }
        let place = self.file(id, found.fd, wait);
        let resource = &mut self.registry.resources[place];
        resource.buffered = match wait.kind.ends_with("-write") {
            true => found.write_buffer,
            false => buffered,
        };
        Some(place)
    }

    fn file(&mut self, id: &ArcStr, fd: i64, wait: &mut Wait) -> usize {
        let (place, peer) = files::resource(self.registry, self.scene.descriptors, fd);
        let kind = self.registry.resources[place].kind.clone();
        wait.peer = peer.map(ArcStr::from);
        self.registry.wait(id, place, &kind);
        place
    }

    fn subprocess(&mut self, id: &ArcStr, raw: &RawWait, wait: &mut Wait) -> Option<usize> {
        let reader = self.scene.reader;
        let transport = match raw.resource {
            "process" => reader.attribute_object(raw.subject, "_transport").ok()?,
            _ => Some(raw.subject),
        };
        wait.type_name = type_name(reader, raw.subject);
        let pid = transport
            .and_then(|transport| reader.attribute_object(transport, "_pid").ok()?)
            .and_then(|pid| reader.int(pid).ok()?.to_u64())?;
        wait.summary = format!("exit of process {pid}").into();
        wait.holders = vec![format!("process:{pid}").into()];
        self.registry
            .edge(id, &format!("process:{pid}").into(), "subprocess");
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

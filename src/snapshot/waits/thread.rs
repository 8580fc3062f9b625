//! Explains the wait of one blocked thread.

use arcstr::{ArcStr, literal};
use rustc_hash::FxHashMap;

use super::WaitInputs;
use super::jobs::Jobs;
use super::polled::{Polled, Polling};
use super::pools;
use super::registry::{Registry, Through};
use super::thread_locks::{MAX_LOCK_FRAMES, lock_roots, simple_queue};
use super::{children, files};
use crate::asyncio::wait_table::{Receiver, THREAD_WAITS};
use crate::asyncio::{Outer, RawWait};
use crate::cpython::RawFrame;
use crate::model::{EdgeKind, ItemId, ResourceKind, ThreadState, Wait, WaitKind};
use crate::process::Syscall;
use crate::snapshot::kernel_threads::{effective_call, is_shared_futex};
use crate::snapshot::threads::BuiltThread;

/// Name of the class of the locks of modules that are imported.
const MODULE_LOCK: &str = "_ModuleLock";
/// States of sockets as [`crate::process::Socket`] has them.
const LISTENS: &str = "LISTEN";
const CONNECTS: &str = "SYN_SENT";
/// Class of conditions.
const CONDITION: &str = "threading.Condition";
/// Variable of `Condition.wait` with the lock that it sleeps on (Lib/threading.py).
const WAITER_VARIABLE: &str = "waiter";

/// The module with the pipes of multiprocessing.
const PIPES: &str = "multiprocessing.connection";

/// System calls and their kinds of waits.
const CALLS: &[(&[&str], WaitKind)] = &[
    (&["clock_nanosleep", "nanosleep"], WaitKind::Sleep),
    (&["recvfrom", "recvmsg"], WaitKind::SocketRead),
    (&["sendto", "sendmsg"], WaitKind::SocketWrite),
    (&["accept", "accept4"], WaitKind::Accept),
    (&["connect"], WaitKind::Connect),
    (&["wait4", "waitid"], WaitKind::Process),
    (&["flock", "fcntl"], WaitKind::FileLock),
];

/// The inputs for explaining waits of threads.
pub(super) struct ExplainThread<'a, 'r, 'm> {
    /// The inputs of the explanation.
    pub inputs: &'a WaitInputs<'r, 'm>,
    /// All resources and edges.
    pub registry: &'a mut Registry<'r, 'm>,
    /// Jobs of all executors.
    pub jobs: &'a Jobs,
    /// Ids of all threads, by index.
    pub thread_ids: &'a [ItemId],
    /// Ids of threads by `pthread_self()`.
    pub by_ident: &'a FxHashMap<u64, ItemId>,
    /// Coroutines whose first step is in a ready queue, by the address of the future that
    /// they complete.
    pub queued: &'a FxHashMap<u64, ItemId>,
    /// Tasks that complete a future of `concurrent.futures`, by its address.
    pub completing: &'a FxHashMap<u64, Vec<ItemId>>,
    /// Cache: the pool that the receiver of a library method is, by address.
    pub outer: FxHashMap<u64, Option<Outer>>,
}

impl ExplainThread<'_, '_, '_> {
    /// Explains the wait of the thread at `index`, if it is blocked. `polls` says that it
    /// runs a loop that waits in its selector; that is no wait.
    pub(super) fn thread(&mut self, built: &mut BuiltThread, index: usize, polls: bool) {
        if polls || built.thread.state != ThreadState::Blocked {
            return;
        }
        let mut wait = match self.jobs.idle.get(&index) {
            Some(executor) => Some(self.idle_worker(*executor)),
            None => (self.semaphore(built))
                .or_else(|| self.known(built))
                .or_else(|| self.call(built)),
        };
        let kernel = self.inputs.kernel.by_thread(built.thread.native_id);
        if let (Some(wait), Some(call)) = (&mut wait, kernel.and_then(effective_call))
            && wait.remaining_s.is_none()
        {
            wait.remaining_s = self.time_left(&call);
        }
        built.thread.waits_for = wait;
    }

    /// Seconds until the call of a thread ends. `None` without a limit.
    fn time_left(&self, call: &Syscall) -> Option<f64> {
        let reader = self.inputs.reader;
        let (now, time_of_day) = (self.inputs.now, self.inputs.time_of_day);
        let left = reader.call_left(call, now, time_of_day);
        left.or_else(|| self.polling(call)?.left_s)
    }

    /// What a call of the family of `poll` waits for.
    fn polling(&self, call: &Syscall) -> Option<Polling> {
        let mut polling = self.inputs.reader.polling(call)?;
        if polling.files.is_empty()
            && call.name.is_some_and(|name| name.starts_with("epoll"))
            && let Ok(fd) = i64::try_from(call.args[0])
        {
            let watched = self.inputs.descriptors.watched_by(fd).iter();
            polling.files = watched
                .map(|(fd, events)| Polled::of_events(*fd, *events))
                .collect();
            // What a library's loop watches is not one wait, nor is an instance without
            // descriptors, to which others may add some.
            let sockets = &self.inputs.descriptors;
            let peer = |file: &Polled| sockets.socket(file.fd).is_some_and(|it| it.peer.is_some());
            if polling.files.len() != 1 || !polling.files.iter().all(peer) {
                return None;
            }
        }
        Some(polling)
    }

    /// The wait of a worker for a job. It has no edge, because nobody waits for the worker.
    fn idle_worker(&self, index: usize) -> Wait {
        let executor = &self.registry.resources[index];
        Wait {
            kind: WaitKind::Idle,
            type_name: executor.type_name.clone(),
            summary: literal!("a job to do"),
            resource: Some(executor.id),
            ..Wait::default()
        }
    }

    /// Explains a wait in a known method.
    fn known(&mut self, built: &BuiltThread) -> Option<Wait> {
        let reader = self.inputs.reader;
        // A queue of multiprocessing reads from a pipe.
        let in_pipes = |frame: &&RawFrame| reader.frame_module(frame).as_deref() == Some(PIPES);
        let skipped = match built.thread.syscall.as_deref() {
            Some("read" | "write") => built.stack.frames.iter().take_while(in_pipes).count(),
            _ => 0,
        };
        let frames = built.stack.frames.get(skipped..)?;
        let (raw, inner) = reader.innermost_wait(frames.iter(), THREAD_WAITS)?;
        let inner = inner + skipped;
        let ty = reader.type_of(raw.subject).ok()?;
        let mut wait = Wait {
            kind: raw.kind,
            type_name: reader.full_type_name(&ty).to_string().into(),
            ..Wait::default()
        };
        let ids = actors(built);
        match raw.receiver {
            Receiver::Resource(ResourceKind::ConcurrentFuture) => {
                self.future(&ids, raw.subject, &mut wait);
            }
            Receiver::Thread => self.join(&ids, raw.subject, &mut wait),
            Receiver::Popen => {
                let pid = children::pid_of(reader, raw.subject, "pid");
                // Others may keep the pipes open that are read to their end.
                if pid.is_some_and(|pid| self.has_ended(pid)) {
                    return None;
                }
                if let Some(pid) = pid {
                    children::wait_for_exit(self.registry, &ids, pid, &mut wait);
                }
            }
            // `shutdown()` waits until all workers have ended, in `Thread.join()`. Before that it
            // takes a lock of the executor.
            Receiver::Resource(ResourceKind::Executor) => {
                let innermost = frames.first().map(|frame| reader.method_receiver(frame));
                if matches!(innermost, Some(Ok(Some(object))) if object == raw.subject) {
                    return None;
                }
                let index = self.registry.object(ResourceKind::Executor, raw.subject);
                let workers = self.registry.resources[index].holders.clone();
                for id in &ids {
                    for worker in &workers {
                        self.registry.edge(*id, *worker, EdgeKind::Join);
                    }
                }
                wait.summary = literal!("the end of the workers of a pool");
                wait.resource = Some(self.registry.resources[index].id);
                wait.holders = workers;
            }
            Receiver::Resource(kind) => {
                if let Some(lock) = self.reacquiring(built, &raw) {
                    return Some(self.lock(&ids, lock));
                }
                // What has none left is the resource; the primitive is its detail.
                let around = built.stack.frames.get(inner..).unwrap_or_default();
                let pool = pools::of_thread(reader, around, raw.subject, &mut self.outer);
                let (kind, subject) = match pool {
                    Some(pool) => (ResourceKind::Pool, pool),
                    None => (kind, raw.subject),
                };
                let index = self.registry.object(kind, subject);
                for id in &ids {
                    self.registry.wait(*id, index, kind.edge());
                }
                if let Some(through) = self.through(built).filter(|_| kind.is_shared()) {
                    self.registry.through.insert(index, through);
                }
                wait.resource = Some(self.registry.resources[index].id);
            }
            // Only coroutines wait in methods of these.
            Receiver::Stream
            | Receiver::Protocol
            | Receiver::EventLoop
            | Receiver::Process
            | Receiver::ChildTransport
            | Receiver::TaskGroup
            | Receiver::Wrapper => {}
        }
        Some(wait)
    }

    /// Address of the lock of a condition, if the thread was notified and waits to take
    /// the lock again.
    fn reacquiring(&self, built: &BuiltThread, raw: &RawWait) -> Option<u64> {
        let reader = self.inputs.reader;
        let frame = built.stack.frames.first()?;
        let receiver = reader.receiver(frame).ok()??;
        if !reader.is_instance(receiver, CONDITION) || raw.kind == WaitKind::Future {
            return None;
        }
        let waiter = reader.frame_variable(frame, WAITER_VARIABLE).ok()??;
        let lock = reader.attribute_object(receiver, "_lock").ok()??;
        let sleeps_for = self
            .futex(built)
            .and_then(|futex| reader.lock_of_futex(futex, &[waiter, lock]))?;
        (sleeps_for == lock).then_some(lock)
    }

    /// Whether a child has ended.
    fn has_ended(&self, pid: u32) -> bool {
        let mut children = self.inputs.descriptors.children.iter();
        children.any(|child| child.pid == pid && child.has_ended())
    }

    /// Explains the wait for a lock or semaphore of multiprocessing, if it is for one. An
    /// event, a condition or a queue waits with semaphores of its own.
    fn semaphore(&mut self, built: &BuiltThread) -> Option<Wait> {
        let reader = self.inputs.reader;
        let Some(Through::Semaphore(futex)) = self.through(built) else {
            return None;
        };
        let roots = lock_roots(reader, &built.stack.frames);
        let found = reader.semlock_of_futex(futex, &roots)?;
        let is_bare = reader.semlock_object(found) == Some(found);
        let is_one = || reader.semlock(found).is_some_and(|lock| lock.maxvalue == 1);
        let kind = match reader.is_process_lock(found) || is_bare && is_one() {
            true => ResourceKind::ProcessLock,
            false => ResourceKind::ProcessSemaphore,
        };
        if kind == ResourceKind::ProcessSemaphore
            && let Some(wait) = self.known(built)
        {
            return Some(wait);
        }
        let index = self.registry.semlock(kind, found);
        for id in actors(built) {
            self.registry.wait(id, index, kind.edge());
        }
        let resource = &self.registry.resources[index];
        Some(Wait {
            kind: match kind {
                ResourceKind::ProcessLock => WaitKind::Lock,
                _ => WaitKind::Semaphore,
            },
            type_name: resource.type_name.clone(),
            resource: Some(resource.id),
            ..Wait::default()
        })
    }

    /// What of the kernel the thread waits for that other processes may have, too: a futex
    /// that is not private, or a descriptor.
    fn through(&self, built: &BuiltThread) -> Option<Through> {
        let kernel = self.inputs.kernel.by_thread(built.thread.native_id)?;
        let call = effective_call(kernel)?;
        if is_shared_futex(&call) {
            return Some(Through::Semaphore(call.args[0]));
        }
        let fd = call.descriptor()?;
        let writes = matches!(call.name, Some("write" | "writev"));
        Some(Through::Descriptor { fd, writes })
    }

    /// Explains a wait by the system call.
    fn call(&mut self, built: &BuiltThread) -> Option<Wait> {
        let kernel = self.inputs.kernel.by_thread(built.thread.native_id)?;
        let name = built.thread.syscall.as_deref()?;
        let ids = actors(built);
        if name == "futex" {
            let futex = self.futex(built)?;
            let reader = self.inputs.reader;
            if let Some(queue) = simple_queue(reader, &built.stack.frames, futex) {
                return Some(self.simple_queue(&ids, queue));
            }
            let roots = lock_roots(reader, &built.stack.frames);
            let Some(lock) = reader.lock_of_futex(futex, &roots) else {
                return self.native_mutex(built, futex);
            };
            let wait = self.lock(&ids, lock);
            self.importing(built, lock);
            return Some(wait);
        }
        if let Some(fd) = kernel.syscall.and_then(|call| call.descriptor()) {
            let (index, peer) = files::resource(self.registry, self.inputs.descriptors, fd);
            let resource = &self.registry.resources[index];
            let (kind, summary) = (resource.kind, resource.summary.clone());
            let is_read = matches!(name, "read" | "readv" | "recvfrom" | "recvmsg");
            let known = CALLS.iter().find(|(calls, _)| calls.contains(&name));
            let (read, write) = kind.read_and_write();
            let wait_kind = match known {
                Some((_, kind)) => *kind,
                None if is_read => read,
                None => write,
            };
            for id in &ids {
                self.registry.wait(*id, index, kind.edge());
            }
            if let Some(through) = self.through(built) {
                self.registry.through.insert(index, through);
            }
            return Some(Wait {
                kind: wait_kind,
                type_name: kind.as_str().into(),
                summary: summary.into(),
                resource: Some(self.registry.resources[index].id),
                peer: peer.map(ArcStr::from),
                ..Wait::default()
            });
        }
        if let Some(polling) = effective_call(kernel).and_then(|it| self.polling(&it)) {
            return self.polled(&ids, &polling);
        }
        let (_, kind) = CALLS.iter().find(|(calls, _)| calls.contains(&name))?;
        let mut wait = Wait {
            kind: *kind,
            type_name: name.to_owned().into(),
            summary: name.to_owned().into(),
            ..Wait::default()
        };
        if *kind == WaitKind::Process {
            self.waited_process(
                &ids,
                kernel.syscall.as_ref().map(|call| (name, call.args)),
                &mut wait,
            );
        }
        Some(wait)
    }

    /// The wait of `ids` in a call of the family of `poll`: for one descriptor, or for the
    /// time.
    fn polled(&mut self, ids: &[ItemId], polling: &Polling) -> Option<Wait> {
        let Some(first) = polling.files.first() else {
            // A wait for no descriptor is a sleep.
            polling.left_s?;
            return Some(Wait {
                kind: WaitKind::Sleep,
                type_name: literal!("sleep"),
                summary: literal!("sleep"),
                remaining_s: polling.left_s,
                ..Wait::default()
            });
        };
        let descriptors = self.inputs.descriptors;
        let (index, peer) = files::resource(self.registry, descriptors, first.fd);
        let resource = &self.registry.resources[index];
        let (kind, id) = (resource.kind, resource.id);
        let state = descriptors.socket(first.fd).map(|socket| &*socket.state);
        let (read, write) = kind.read_and_write();
        let wait_kind = match (state, first.writes) {
            (Some(LISTENS), _) => WaitKind::Accept,
            (Some(CONNECTS), _) => WaitKind::Connect,
            (_, true) => write,
            (_, false) => read,
        };
        let summary = match polling.files.len() - 1 {
            0 => resource.summary.clone(),
            more => format!("{} and {more} more", resource.summary),
        };
        for id in ids {
            self.registry.wait(*id, index, kind.edge());
        }
        Some(Wait {
            kind: wait_kind,
            type_name: kind.as_str().into(),
            summary: summary.into(),
            resource: Some(id),
            peer: peer.map(ArcStr::from),
            remaining_s: polling.left_s,
            ..Wait::default()
        })
    }

    /// Adds the wait for the process in `wait4(pid)` or `waitid(P_PID, pid)`.
    fn waited_process(&mut self, ids: &[ItemId], call: Option<(&str, [u64; 6])>, wait: &mut Wait) {
        /// The `idtype_t` of a single process (bits/waitflags.h).
        const P_PID: u64 = 1;
        let pid = match call {
            Some(("wait4", args)) => args[0] as i32,
            Some(("waitid", args)) if args[0] == P_PID => args[1] as i32,
            _ => -1,
        };
        if let Ok(pid) = u32::try_from(pid)
            && pid > 0
        {
            children::wait_for_exit(self.registry, ids, pid, wait);
        }
    }

    /// The wait of `ids` for an item of a `queue.SimpleQueue`.
    fn simple_queue(&mut self, ids: &[ItemId], queue: u64) -> Wait {
        let index = self.registry.object(ResourceKind::ThreadQueue, queue);
        for id in ids {
            let via = ResourceKind::ThreadQueue.edge();
            self.registry.wait(*id, index, via);
        }
        let resource = &self.registry.resources[index];
        Wait {
            kind: WaitKind::QueueGet,
            type_name: resource.type_name.clone(),
            resource: Some(resource.id),
            ..Wait::default()
        }
    }

    /// The wait of `ids` for a thread lock.
    fn lock(&mut self, ids: &[ItemId], lock: u64) -> Wait {
        let index = self.registry.object(ResourceKind::ThreadLock, lock);
        for id in ids {
            self.registry.wait(*id, index, EdgeKind::ThreadLock);
        }
        let resource = &self.registry.resources[index];
        Wait {
            kind: WaitKind::ThreadLock,
            type_name: resource.type_name.clone(),
            resource: Some(resource.id),
            ..Wait::default()
        }
    }

    /// Adds the thread that imports the module for which this one waits.
    ///
    /// `_ModuleLock.owner` is the identifier of that thread
    /// (Lib/importlib/_bootstrap.py, 3.7 to 3.15).
    fn importing(&mut self, built: &BuiltThread, lock: u64) {
        let reader = self.inputs.reader;
        let module_lock = built
            .stack
            .frames
            .iter()
            .take(MAX_LOCK_FRAMES)
            .find_map(|frame| {
                let receiver = reader.receiver(frame).ok()??;
                let ty = reader.type_of(receiver).ok()?;
                ty.name.ends_with(MODULE_LOCK).then_some(receiver)
            });
        let owner = module_lock.and_then(|it| reader.attribute_object(it, "owner").ok()?);
        let ident = owner.and_then(|owner| reader.int(owner).ok()?.to_u64());
        if let Some(holder) = ident.and_then(|ident| self.by_ident.get(&ident)).copied() {
            let index = self.registry.object(ResourceKind::ThreadLock, lock);
            self.registry.hold(index, holder, EdgeKind::Holds);
        }
    }

    /// Address of the futex on which the thread sleeps. `None` if it is in another call.
    fn futex(&self, built: &BuiltThread) -> Option<u64> {
        let kernel = self.inputs.kernel.by_thread(built.thread.native_id)?;
        let is_futex = built.thread.syscall.as_deref() == Some("futex");
        is_futex.then(|| kernel.syscall.as_ref().map(|call| call.args[0]))?
    }
}

/// Ids of the thread and of the task that runs in it. Both wait for the same.
pub(super) fn actors(built: &BuiltThread) -> Vec<ItemId> {
    let mut ids = vec![built.thread.id];
    ids.extend(built.thread.task);
    ids
}

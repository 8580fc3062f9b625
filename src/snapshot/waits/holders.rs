//! Finds the holders of resources.

use std::num::NonZeroU64;

use rustc_hash::FxHashSet;

use super::WaitInputs;
use super::detached::DetachedCoroutine;
use super::frame_owners::{OwnedFrame, Owners};
use super::held::Held;
use super::references::RECEIVER;
use super::registry::Registry;
use super::roots::variables;
use super::state::LOCK_OWNERS;
use crate::activity::python_frames;
use crate::asyncio::LoopHandles;
use crate::asyncio::wait_table::pool;
use crate::cpython::Reader;
use crate::model::{
    Edge, EdgeKind, EventLoop, IdMap, IdSet, ItemId, LoopState, ResourceKind, TaskState,
};
use crate::trio::PLACEHOLDER;

/// Attributes of the shared state of a memory stream with the waiting senders: anyio's, and
/// trio's (trio/_channel.py).
const WAITING_SENDERS: [&str; 2] = ["waiting_senders", "send_tasks"];

/// The inputs for finding holders and references.
pub struct HolderSearch<'a, 'r, 'm> {
    /// The inputs of the explanation.
    pub inputs: &'a WaitInputs<'r, 'm>,
    /// All resources and edges.
    pub registry: &'a mut Registry<'r, 'm>,
    /// EnteredManager context managers.
    pub held: &'a Held,
    /// All frames.
    pub owners: Owners<'a>,
    /// All event loops.
    pub loops: &'a [EventLoop],
    /// Handles of each loop, by its address.
    pub handles: &'a [(u64, LoopHandles)],
    /// Coroutines without a task.
    pub detached: &'a mut Vec<DetachedCoroutine>,
}

impl HolderSearch<'_, '_, '_> {
    /// Finds the holders of all resources.
    pub fn holders(&mut self) {
        for object in self.held.objects() {
            // A held thread lock is a resource even if nobody waits for it.
            if self.inputs.reader.is_thread_lock(object) {
                self.registry.object(ResourceKind::ThreadLock, object);
            } else if self.inputs.reader.is_process_lock(object) {
                self.registry.semlock(ResourceKind::ProcessLock, object);
            }
        }
        for index in 0..self.registry.resources.len() {
            let Some(subject) = self.registry.subjects[index] else {
                continue;
            };
            let resource = &self.registry.resources[index];
            if resource.locked == Some(false) {
                continue;
            }
            let kind = resource.kind;
            if !kind.is_held_by_blocks() {
                continue;
            }
            // A fork copies the frames of blocks, too, but not what their process has taken.
            let taken_here = || {
                let lock = self.inputs.reader.semlock(subject);
                lock.is_some_and(|lock| lock.count > 0)
            };
            if kind.is_shared() && !taken_here() {
                continue;
            }
            for taken in self.held.holders(subject) {
                self.registry.hold(index, taken.by, EdgeKind::Holds);
                let resource = &mut self.registry.resources[index];
                resource.taken_at.push(taken.clone());
            }
            self.owner_fields(index, kind, subject);
        }
    }

    /// Finds the holders of the other end of each memory stream (anyio) or channel (trio)
    /// that is awaited.
    pub fn stream_ends(&mut self) {
        let reader = self.inputs.reader;
        for index in 0..self.registry.resources.len() {
            let (Some(state), ResourceKind::MemoryStream) = (
                self.registry.subjects[index],
                self.registry.resources[index].kind,
            ) else {
                continue;
            };
            let has_senders = reader
                .first_attribute(state, &WAITING_SENDERS)
                .is_some_and(|waiting| reader.any_length(waiting) > Some(0));
            let other_end = if has_senders { "Receive" } else { "Send" };
            let mut ids: Vec<ItemId> = Vec::new();
            self.owners.visit(&mut |owner| {
                let mut frames = owner.frames.iter().filter(|owned| !owned.library);
                if frames.any(|owned| has_end(reader, owned, state, other_end)) {
                    ids.push(owner.id);
                }
            });
            let nearer = nearest(self.registry.edges(), &ids);
            for id in nearer {
                self.registry.hold(index, id, EdgeKind::Holds);
            }
        }
    }

    /// Adds the holders that the object itself refers to.
    fn owner_fields(&mut self, index: usize, kind: ResourceKind, subject: u64) {
        let ids: Vec<ItemId> = match kind {
            ResourceKind::Lock => self.owner_task(subject).into_iter().collect(),
            ResourceKind::Limiter => self.borrowers(subject),
            ResourceKind::ThreadLock => {
                let ident = self.inputs.reader.rlock_owner(subject);
                self.owner_thread(ident).into_iter().collect()
            }
            ResourceKind::ProcessLock => {
                let lock = self.inputs.reader.semlock(subject);
                let taken = lock.filter(|lock| lock.count > 0);
                let ident = taken.map(|lock| lock.last_tid);
                self.owner_thread(ident).into_iter().collect()
            }
            _ => Vec::new(),
        };
        for id in ids {
            self.registry.hold(index, id, EdgeKind::Holds);
        }
    }

    /// The task to which a lock of anyio or trio refers as its owner.
    fn owner_task(&self, lock: u64) -> Option<ItemId> {
        let reader = self.inputs.reader;
        self.task_id(reader.first_attribute(lock, &LOCK_OWNERS)?)
    }

    /// The thread with this `pthread_self()`, to which a lock refers as its owner, or the task
    /// that runs in it.
    fn owner_thread(&self, ident: Option<u64>) -> Option<ItemId> {
        let ident = ident?;
        let mut threads = self.owners.threads.iter();
        let built = threads.find(|built| built.ident == ident)?;
        Some(built.thread.task.unwrap_or(built.thread.id))
    }

    /// The tasks that hold permits of a limiter.
    fn borrowers(&self, limiter: u64) -> Vec<ItemId> {
        let reader = self.inputs.reader;
        let Some(borrowers) = reader.first_attribute(limiter, pool::USED) else {
            return Vec::new();
        };
        let parts = reader.parts(borrowers).into_iter();
        let mut ids: Vec<ItemId> = parts.filter_map(|(_, part)| self.borrower(part)).collect();
        ids.dedup();
        ids
    }

    /// The task that borrowed for itself, or for a worker thread of trio.
    fn borrower(&self, borrower: u64) -> Option<ItemId> {
        let reader = self.inputs.reader;
        if !reader.is_instance(borrower, PLACEHOLDER) {
            return self.task_id(borrower);
        }
        let mut tasks = self.owners.tasks.iter();
        let built = tasks.find(|built| {
            let mut frames = python_frames(&built.chain);
            frames.any(|frame| reader.trio_placeholder(frame) == Some(borrower))
        });
        built.map(|built| built.task.id)
    }

    /// Id of the task at `addr`.
    fn task_id(&self, addr: u64) -> Option<ItemId> {
        let mut tasks = self.owners.tasks.iter();
        tasks
            .find(|built| built.addr == addr)
            .map(|built| built.task.id)
    }

    /// Adds edges from everything that needs a loop to run, to the task or thread that
    /// blocks the loop.
    pub fn blocked_loops(&mut self) {
        for shown in self.loops {
            if !matches!(shown.state, LoopState::Blocked | LoopState::Running) {
                continue;
            }
            let thread = self
                .owners
                .threads
                .iter()
                .find(|built| Some(built.thread.id) == shown.thread);
            let (Some(thread), ItemId::Loop(addr)) = (thread, shown.id) else {
                continue;
            };
            let blocker = thread.thread.task.unwrap_or(thread.thread.id);
            for built in self.owners.tasks {
                let overdue = |left: Option<f64>| left.is_some_and(|left| left < 0.0);
                let wait = built.task.waits_for.as_ref();
                let needs_loop = match built.task.state {
                    TaskState::Ready => true,
                    TaskState::Waiting => {
                        overdue(wait.and_then(|wait| wait.remaining_s))
                            || overdue(built.task.guards.first().map(|guard| guard.remaining_s))
                    }
                    TaskState::Running | TaskState::Done => false,
                };
                if built.event_loop.map(NonZeroU64::get) == Some(addr) && needs_loop {
                    self.registry
                        .edge(built.task.id, blocker, EdgeKind::EventLoop);
                }
            }
            for id in self.ends_at(addr) {
                self.registry.edge(id, blocker, EdgeKind::EventLoop);
            }
            for detached in self.detached.iter() {
                if detached.coroutine.event_loop == Some(shown.id) {
                    let id = detached.coroutine.id;
                    self.registry.edge(id, blocker, EdgeKind::EventLoop);
                }
            }
        }
    }

    /// The awaited sockets whose other end the loop at `addr` serves: the program waits
    /// for itself.
    fn ends_at(&self, addr: u64) -> Vec<ItemId> {
        let handles = self
            .handles
            .iter()
            .find(|(loop_addr, _)| *loop_addr == addr);
        let watched = handles.map_or(&[][..], |(_, handles)| &handles.watched);
        let descriptors = self.inputs.descriptors;
        let watched: FxHashSet<i64> = watched.iter().map(|file| file.fd).collect();
        let ends = descriptors.ends_at(watched.iter().copied());
        let waited = self.registry.resources.iter().filter(|resource| {
            let fd = resource.id.descriptor();
            match &resource.ends {
                // Another process that has the other end too may use it.
                Some(end) => {
                    end.processes.is_empty()
                        && end.fds.iter().all(|fd| watched.contains(fd))
                        && !end.fds.is_empty()
                }
                None => {
                    resource.kind == ResourceKind::Socket && fd.is_some_and(|fd| ends.contains(&fd))
                }
            }
        });
        waited.map(|resource| resource.id).collect()
    }
}

/// Whether a variable of the frame, or an attribute of the object whose method it is, is an end of
/// the memory stream with this `state`, and the name of its class contains `class`.
fn has_end(reader: &Reader<'_>, owned: &OwnedFrame<'_>, state: u64, class: &str) -> bool {
    let is_end = |object: u64| {
        let found = reader.attribute_object(object, "_state");
        reader
            .type_of(object)
            .is_ok_and(|ty| ty.name.contains(class))
            && matches!(found, Ok(Some(found)) if found == state)
    };
    variables(reader, owned.frame).into_iter().any(|each| {
        let has_attribute = || {
            let parts = reader.parts(each.object).into_iter();
            parts.map(|(_, part)| part).any(is_end)
        };
        is_end(each.object) || *each.name == *RECEIVER && has_attribute()
    })
}

/// The items of `ids` that do not wait for another of them, directly or through tasks. An
/// item that waits for another holder cannot be the one to release the resource next.
pub fn nearest(edges: impl Iterator<Item = Edge>, ids: &[ItemId]) -> Vec<ItemId> {
    let mut next: IdMap<Vec<ItemId>> = IdMap::default();
    for edge in edges {
        next.entry(edge.from).or_default().push(edge.to);
    }
    let wanted: IdSet = ids.iter().copied().collect();
    let waits_for_another = |id: ItemId| {
        let mut visited = IdSet::from_iter([id]);
        let mut pending = vec![id];
        while let Some(at) = pending.pop() {
            for to in next.get(&at).into_iter().flatten() {
                // Only tasks are followed: holding a resource is no wait.
                if visited.insert(*to) && to.task().is_some() {
                    if wanted.contains(to) {
                        return true;
                    }
                    pending.push(*to);
                }
            }
        }
        false
    };
    let ids = ids.iter().copied();
    ids.filter(|id| !waits_for_another(*id)).collect()
}

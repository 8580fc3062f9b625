//! Who holds what.

use std::num::NonZeroU64;

use super::WaitInputs;
use super::detached::DetachedCoroutine;
use super::frame_owners::{OwnedFrame, Owners};
use super::held::Held;
use super::registry::Registry;
use super::roots::variables;
use crate::asyncio::LoopHandles;
use crate::asyncio::wait_table::pool;
use crate::cpython::Reader;
use crate::model::{
    Edge, EdgeKind, EventLoop, IdMap, IdSet, ItemId, LoopState, ResourceKind, TaskState,
};

/// Everything that holders and references are found with.
pub struct HolderSearch<'a, 'r, 'm> {
    pub inputs: &'a WaitInputs<'r, 'm>,
    pub registry: &'a mut Registry<'r, 'm>,
    pub held: &'a Held,
    pub owners: Owners<'a>,
    pub loops: &'a [EventLoop],
    pub handles: &'a [(u64, LoopHandles)],
    pub detached: &'a mut Vec<DetachedCoroutine>,
}

impl HolderSearch<'_, '_, '_> {
    /// Finds the holders of all resources.
    pub fn holders(&mut self) {
        for object in self.held.objects() {
            // A lock that nobody waits for yet may be what a thread holds.
            if self.inputs.reader.is_thread_lock(object) {
                self.registry.object(ResourceKind::ThreadLock, object);
            }
        }
        for place in 0..self.registry.resources.len() {
            let Some(subject) = self.registry.subjects[place] else {
                continue;
            };
            let resource = &self.registry.resources[place];
            if resource.locked == Some(false) {
                continue;
            }
            let kind = resource.kind;
            if !kind.is_held_by_blocks() {
                continue;
            }
            for taken in self.held.holders(subject) {
                self.registry.hold(place, taken.by, EdgeKind::Holds);
                let known = &mut self.registry.resources[place].taken_at;
                known.push(taken.clone());
            }
            self.owner_fields(place, kind, subject);
        }
    }

    /// Who has the other end of a stream of objects that somebody waits for.
    pub fn stream_ends(&mut self) {
        let reader = self.inputs.reader;
        for place in 0..self.registry.resources.len() {
            let (Some(state), ResourceKind::MemoryStream) = (
                self.registry.subjects[place],
                self.registry.resources[place].kind,
            ) else {
                continue;
            };
            let has_senders = reader
                .attribute_object(state, "waiting_senders")
                .is_ok_and(|waiting| waiting.and_then(|all| reader.any_length(all)) > Some(0));
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
                self.registry.hold(place, id, EdgeKind::Holds);
            }
        }
    }

    /// Owners that the object itself knows.
    fn owner_fields(&mut self, place: usize, kind: ResourceKind, subject: u64) {
        let ids: Vec<ItemId> = match kind {
            ResourceKind::Lock => self.owner_task(subject).into_iter().collect(),
            ResourceKind::Limiter => self.borrowers(subject),
            ResourceKind::ThreadLock => self.owner_thread(subject).into_iter().collect(),
            _ => Vec::new(),
        };
        for id in ids {
            self.registry.hold(place, id, EdgeKind::Holds);
        }
    }

    /// The task that an anyio lock names as its owner.
    fn owner_task(&self, lock: u64) -> Option<ItemId> {
        let owner = self.inputs.reader.attribute_object(lock, "_owner_task");
        self.task_id(owner.ok()??)
    }

    /// The thread that an `RLock` names as its owner, or the task that runs in it.
    fn owner_thread(&self, lock: u64) -> Option<ItemId> {
        let ident = self.inputs.reader.rlock_owner(lock)?;
        let mut threads = self.owners.threads.iter();
        let built = threads.find(|built| built.ident == ident)?;
        Some(built.thread.task.unwrap_or(built.thread.id))
    }

    fn borrowers(&self, limiter: u64) -> Vec<ItemId> {
        let reader = self.inputs.reader;
        let Some(borrowers) = reader.first_attribute(limiter, pool::USED) else {
            return Vec::new();
        };
        let parts = reader.parts(borrowers).into_iter();
        let mut ids: Vec<ItemId> = parts.filter_map(|(_, part)| self.task_id(part)).collect();
        ids.dedup();
        ids
    }

    fn task_id(&self, addr: u64) -> Option<ItemId> {
        let mut tasks = self.owners.tasks.iter();
        tasks
            .find(|built| built.addr == addr)
            .map(|built| built.task.id)
    }

    /// What needs a loop to turn cannot go on before what runs on it now.
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
            for orphan in self.detached.iter() {
                if orphan.coroutine.event_loop == Some(shown.id) {
                    let id = orphan.coroutine.id;
                    self.registry.edge(id, blocker, EdgeKind::EventLoop);
                }
            }
        }
    }

    /// The sockets that somebody waits for and whose other end the loop at
    /// `addr` serves: a program that asks itself.
    fn ends_at(&self, addr: u64) -> Vec<ItemId> {
        let handles = self.handles.iter().find(|(known, _)| *known == addr);
        let watched = handles.map_or(&[][..], |(_, handles)| &handles.watched);
        let ends = self.inputs.descriptors;
        let ends = ends.ends_at(watched.iter().map(|file| file.fd));
        let waited = self.registry.resources.iter().filter(|resource| {
            let fd = resource.id.descriptor();
            resource.kind == ResourceKind::Socket && fd.is_some_and(|fd| ends.contains(&fd))
        });
        waited.map(|resource| resource.id).collect()
    }
}

/// Whether a variable of the frame is the end of a stream of objects whose
/// class is named after what it does.
fn has_end(reader: &Reader<'_>, owned: &OwnedFrame<'_>, state: u64, class: &str) -> bool {
    variables(reader, owned.frame).into_iter().any(|each| {
        let found = reader.attribute_object(each.object, "_state");
        reader
            .type_of(each.object)
            .is_ok_and(|ty| ty.name.contains(class))
            && matches!(found, Ok(Some(found)) if found == state)
    })
}

/// Those of `ids` who wait for no other of them: who waits for somebody that
/// has a thing is no nearer to using it.
pub fn nearest(edges: impl Iterator<Item = Edge>, ids: &[ItemId]) -> Vec<ItemId> {
    let mut next: IdMap<Vec<ItemId>> = IdMap::default();
    for edge in edges {
        next.entry(edge.from).or_default().push(edge.to);
    }
    let wanted: IdSet = ids.iter().copied().collect();
    let waits_for_another = |id: ItemId| {
        let mut visited = IdSet::from_iter([id]);
        let mut left = vec![id];
        while let Some(at) = left.pop() {
            for to in next.get(&at).into_iter().flatten() {
                // What somebody holds is another matter: only tasks are followed.
                if visited.insert(*to) && to.task().is_some() {
                    if wanted.contains(to) {
                        return true;
                    }
                    left.push(*to);
                }
            }
        }
        false
    };
    let ids = ids.iter().copied();
    ids.filter(|id| !waits_for_another(*id)).collect()
}

//! Who holds what.

use std::num::NonZeroU64;

use arcstr::ArcStr;
use rustc_hash::FxHashSet;

use super::detached::Orphan;
use super::frame_owners::{OwnedFrame, Owners};
use super::held::Held;
use super::registry::Registry;
use super::roots::variables;
use super::{Scene, address};
use crate::asyncio::LoopHandles;
use crate::asyncio::wait_table::pool;
use crate::cpython::Reader;
use crate::model::ids::{IdMap, IdSet};
use crate::model::{Edge, EventLoop, LoopState, TaskState};

/// Everything that holders and references are found with.
pub struct Links<'a, 'r, 'm> {
    pub scene: &'a Scene<'r, 'm>,
    pub registry: &'a mut Registry<'r, 'm>,
    pub held: &'a Held,
    pub owners: Owners<'a>,
    pub loops: &'a [(u64, LoopHandles)],
    pub orphans: &'a mut Vec<Orphan>,
}

impl Links<'_, '_, '_> {
    /// Finds the holders of all resources.
    pub fn holders(&mut self) {
        for object in self.held.objects() {
            // A lock that nobody waits for yet may be what a thread holds.
            if self.scene.reader.is_thread_lock(object) {
                self.registry.object("thread-lock", object);
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
            let kind = resource.kind.clone();
            if matches!(kind.as_str(), "condition" | "event" | "queue" | "server") {
                continue;
            }
            for taken in self.held.holders(subject) {
                self.registry.hold(place, &taken.by, "holds");
                let known = &mut self.registry.resources[place].taken_at;
                known.push(taken.clone());
            }
            self.owner_fields(place, &kind, subject);
        }
    }

    /// Who has the other end of a stream of objects that somebody waits for.
    pub fn stream_ends(&mut self) {
        let reader = self.scene.reader;
        for place in 0..self.registry.resources.len() {
            let (Some(state), "memory-stream") = (
                self.registry.subjects[place],
                &*self.registry.resources[place].kind,
            ) else {
                continue;
            };
            let has_senders = reader
                .attribute_object(state, "waiting_senders")
                .is_ok_and(|waiting| waiting.and_then(|all| reader.any_length(all)) > Some(0));
            let other_end = if has_senders { "Receive" } else { "Send" };
            let mut ids: Vec<ArcStr> = Vec::new();
            self.owners.visit(&mut |owner| {
                let mut frames = owner.frames.iter().filter(|owned| !owned.library);
                if frames.any(|owned| has_end(reader, owned, state, other_end)) {
                    ids.push(owner.id.clone());
                }
            });
            let nearer = nearest(&self.registry.edges, ids);
            for id in nearer {
                self.registry.hold(place, &id, "holds");
            }
        }
    }

    /// Owners that the object itself knows.
    fn owner_fields(&mut self, place: usize, kind: &str, subject: u64) {
        let reader = self.scene.reader;
        let ids = match kind {
            "lock" => reader
                .attribute_object(subject, "_owner_task")
                .ok()
                .flatten()
                .and_then(|task| self.task_id(task))
                .into_iter()
                .collect(),
            "limiter" => self.borrowers(subject),
            "thread-lock" => reader
                .rlock_owner(subject)
                .and_then(|ident| {
                    self.owners
                        .threads
                        .iter()
                        .find(|built| built.ident == ident)
                })
                .map(|built| built.thread.task.clone().unwrap_or(built.thread.id.clone()))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        };
        for id in ids {
            self.registry.hold(place, &id, "holds");
        }
    }

    fn borrowers(&self, limiter: u64) -> Vec<ArcStr> {
        let reader = self.scene.reader;
        let Some(borrowers) = reader.first_attribute(limiter, pool::USED) else {
            return Vec::new();
        };
        let parts = reader.parts(borrowers).into_iter();
        let mut ids: Vec<ArcStr> = parts.filter_map(|(_, part)| self.task_id(part)).collect();
        ids.dedup();
        ids
    }

    fn task_id(&self, addr: u64) -> Option<ArcStr> {
        let mut tasks = self.owners.tasks.iter();
        tasks
            .find(|built| built.addr == addr)
            .map(|built| built.task.id.clone())
    }

    /// What needs a loop to turn cannot go on before what runs on it now.
    pub fn blocked_loops(&mut self, loops: &[EventLoop]) {
        for shown in loops {
            if !matches!(shown.state, LoopState::Blocked | LoopState::Running) {
                continue;
            }
            let thread = self
                .owners
                .threads
                .iter()
                .find(|built| Some(&built.thread.id) == shown.thread.as_ref());
            let (Some(thread), Some(addr)) = (thread, address(&shown.id)) else {
                continue;
            };
            let blocker = thread.thread.task.as_ref().unwrap_or(&thread.thread.id);
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
                    self.registry.edge(&built.task.id, blocker, "event-loop");
                }
            }
            for id in self.ends_at(addr) {
                self.registry.edge(&id, blocker, "event-loop");
            }
            for orphan in self.orphans.iter() {
                if orphan.coroutine.event_loop.as_ref() == Some(&shown.id) {
                    self.registry
                        .edge(&orphan.coroutine.id, blocker, "event-loop");
                }
            }
        }
    }

    /// The sockets that somebody waits for and whose other end the loop at
    /// `addr` serves: a program that asks itself.
    fn ends_at(&self, addr: u64) -> Vec<ArcStr> {
        let handles = self.loops.iter().find(|(known, _)| *known == addr);
        let watched = handles.map_or(&[][..], |(_, handles)| &handles.watched);
        let ends = self.scene.descriptors;
        let ends = ends.ends_at(watched.iter().map(|file| file.fd));
        let waited = self.registry.resources.iter().filter(|resource| {
            let fd = resource.id.strip_prefix("socket:fd-");
            let fd = fd.and_then(|fd| fd.parse().ok());
            fd.is_some_and(|fd| ends.contains(&fd))
        });
        waited.map(|resource| resource.id.clone()).collect()
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
pub fn nearest(edges: &[Edge], ids: Vec<ArcStr>) -> Vec<ArcStr> {
    let mut next: IdMap<'_, Vec<&str>> = IdMap::default();
    for edge in edges {
        next.entry(&edge.from, Vec::new).push(&edge.to);
    }
    let wanted: IdSet<'_> = ids.iter().map(ArcStr::as_str).collect();
    let waits_for_another = |id: &str| {
        let mut seen = FxHashSet::from_iter([id]);
        let mut left = vec![id];
        while let Some(at) = left.pop() {
            for to in next.get(at).into_iter().flatten() {
                if seen.insert(to) {
                    if to.starts_with("task:") && wanted.contains(to) {
                        return true;
                    }
                    // What somebody holds is another matter.
                    if to.starts_with("task:") {
                        left.push(to);
                    }
                }
            }
        }
        false
    };
    ids.iter()
        .filter(|id| !waits_for_another(id))
        .cloned()
        .collect()
}

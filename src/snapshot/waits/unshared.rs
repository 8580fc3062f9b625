//! Awaited resources that nobody but their waiters refers to: an event that was replaced while
//! somebody waited for the old one.
//!
//! The proof is the reference count: the waiters, their frames and the containers in these have all
//! references, and there is no weak one.

use rustc_hash::FxHashSet;

use super::holders::HolderSearch;
use super::roots::variables;
use crate::cpython::{Kind, RawFrame, Reader};
use crate::model::{IdMap, IdSet, ItemId, Reference, Referrer, Resource, ResourceKind};

/// Maximum number of waiters whose frames are counted.
const MAX_WAITERS: usize = 8;
/// Maximum number of resources whose references are counted.
const MAX_RESOURCES: usize = 1_000;
/// How many containers around each other may have the object.
const MAX_CONTAINERS_DEEP: u8 = 2;

impl HolderSearch<'_, '_, '_> {
    /// The resources to which only the frames of their waiters refer.
    pub(super) fn unshared(&self, references: &[Reference]) -> IdSet {
        let resources = self.registry.resources.iter().zip(&self.registry.subjects);
        let mut candidates: IdMap<(&[ItemId], u64)> = resources
            .filter(|(resource, _)| may_be_unshared(resource))
            .filter_map(|(resource, subject)| {
                Some((resource.id, (&*resource.waiters, (*subject)?)))
            })
            .collect();
        for reference in references {
            let known = candidates.get(&reference.to);
            let from_waiter = |(waiters, _): &(&[ItemId], u64)| match &reference.from {
                Referrer::Item(id) => waiters.contains(id),
                Referrer::Module(_) => false,
            };
            if known.is_some_and(|known| !from_waiter(known)) {
                candidates.swap_remove(&reference.to);
            }
        }
        candidates.truncate(MAX_RESOURCES);
        if candidates.is_empty() {
            return IdSet::default();
        }
        let reader = self.inputs.reader;
        let indexes = self.owners.task_indexes();
        let found = candidates.into_iter().filter(|(_, (waiters, subject))| {
            let frames = waiters
                .iter()
                .flat_map(|id| self.owners.frames(*id, &indexes));
            let owners = Owned {
                reader,
                frames: frames.map(|owned| owned.frame).collect(),
                tasks: waiters.iter().filter_map(|id| id.task()).collect(),
            };
            owners.have_all_references(*subject, MAX_CONTAINERS_DEEP)
        });
        found.map(|(id, _)| id).collect()
    }
}

/// What some tasks and threads have.
struct Owned<'r, 'm> {
    reader: &'r Reader<'m>,
    /// Their frames.
    frames: Vec<&'r RawFrame>,
    /// Addresses of the tasks among them.
    tasks: Vec<u64>,
}

impl Owned<'_, '_> {
    /// Whether all references to the object at `addr` are theirs: from their frames, from the
    /// tasks, and from containers of which the same is true.
    fn have_all_references(&self, addr: u64, depth: u8) -> bool {
        let reader = self.reader;
        if reader.has_weak_references(addr) != Some(false) {
            return false;
        }
        // Only futures have iterators.
        let is_future = reader.is_future(addr);
        let in_frames = self.frames.iter().map(|frame| {
            let own = reader.count_in_frame(frame, addr)?;
            let awaited = match is_future {
                true => reader.count_in_awaited(frame, addr)?,
                false => 0,
            };
            Some(own + awaited)
        });
        // A task refers to the future that it waits for.
        let tasks = self.tasks.iter();
        let in_tasks = tasks.map(|task| reader.count_in_fields(*task, addr));
        let direct: Option<u64> = in_frames.chain(in_tasks).sum();
        let (Some(mut counted), Some(all)) = (direct, reader.reference_count(addr)) else {
            return false;
        };
        if counted < all && depth > 0 {
            for (container, count) in self.containers_of(addr) {
                if !self.have_all_references(container, depth - 1) {
                    return false;
                }
                counted += count;
            }
        }
        counted == all
    }

    /// The containers in the variables of the frames that have the object, and how often.
    fn containers_of(&self, addr: u64) -> Vec<(u64, u64)> {
        let reader = self.reader;
        let mut known: FxHashSet<u64> = FxHashSet::default();
        let mut found = Vec::new();
        let variables = self.frames.iter().flat_map(|it| variables(reader, it));
        for object in variables.map(|variable| variable.object) {
            let kind = reader.type_of(object).map(|ty| ty.kind);
            let is_container = matches!(
                kind,
                Ok(Kind::List | Kind::Tuple | Kind::Deque | Kind::Set | Kind::Dict)
            );
            if !is_container || !known.insert(object) {
                continue;
            }
            let parts = reader.parts(object).into_iter();
            let count = parts.filter(|(_, part)| *part == addr).count() as u64;
            if count > 0 {
                found.push((object, count));
            }
        }
        found
    }
}

/// Whether it is one of the kinds to which only code in Python and tasks refer, and has few waiters.
fn may_be_unshared(resource: &Resource) -> bool {
    let by_c_code = matches!(
        resource.kind,
        ResourceKind::JobResult | ResourceKind::MemoryStream
    );
    resource.kind.needs_signal()
        && !by_c_code
        && (1..=MAX_WAITERS).contains(&resource.waiters.len())
}

//! Awaited resources that nobody but their waiters refers to: an event that was replaced while
//! somebody waited for the old one.
//!
//! The proof is the reference count: the waiters and their frames have all references, and there is
//! no weak one.

use super::holders::HolderSearch;
use crate::model::{IdMap, IdSet, ItemId, Reference, Referrer, Resource, ResourceKind};

/// Maximum number of waiters whose frames are counted.
const MAX_WAITERS: usize = 8;

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
        if candidates.is_empty() {
            return IdSet::default();
        }
        let reader = self.inputs.reader;
        let indexes = self.owners.task_indexes();
        let found = candidates.into_iter().filter(|(_, (waiters, subject))| {
            if reader.has_weak_references(*subject) != Some(false) {
                return false;
            }
            let frames = waiters
                .iter()
                .flat_map(|id| self.owners.frames(*id, &indexes));
            let counts = frames.map(|owned| {
                let own = reader.count_in_frame(owned.frame, *subject)?;
                Some(own + reader.count_in_awaited(owned.frame, *subject)?)
            });
            // A task refers to the future that it waits for.
            let tasks = waiters.iter().filter_map(|id| id.task());
            let by_tasks = tasks.map(|task| reader.count_in_fields(task, *subject));
            let counted: Option<u64> = counts.chain(by_tasks).sum();
            counted.is_some() && counted == reader.reference_count(*subject)
        });
        found.map(|(id, _)| id).collect()
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

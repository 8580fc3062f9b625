//! Awaited resources that nobody but their waiters refers to: an event that was replaced while
//! somebody waited for the old one.
//!
//! The proof is the reference count: the frames of the waiters have all references, and there is
//! no weak one.

use super::holders::HolderSearch;
use crate::model::{IdMap, IdSet, ItemId, Reference, Referrer, ResourceKind};

/// Maximum number of waiters whose frames are counted.
const MAX_WAITERS: usize = 8;

impl HolderSearch<'_, '_, '_> {
    /// The resources to which only the frames of their waiters refer. Futures are left out:
    /// objects of C code refer to them.
    pub(super) fn unshared(&self, references: &[Reference]) -> IdSet {
        let waiters: IdMap<&[ItemId]> = (self.registry.resources.iter())
            .map(|resource| (resource.id, &*resource.waiters))
            .collect();
        // A resource that one more refers to is shared.
        let mut shared = IdSet::default();
        for reference in references {
            let is_waiter = match &reference.from {
                Referrer::Item(id) => {
                    let waiting = waiters.get(&reference.to);
                    waiting.is_some_and(|it| it.len() <= MAX_WAITERS && it.contains(id))
                }
                Referrer::Module(_) => false,
            };
            if !is_waiter {
                shared.insert(reference.to);
            }
        }
        let indexes = self.owners.task_indexes();
        let resources = self.registry.resources.iter().zip(&self.registry.subjects);
        let found = resources.filter(|(resource, subject)| {
            let is_primitive = resource.kind.needs_signal()
                && !matches!(
                    resource.kind,
                    ResourceKind::Future
                        | ResourceKind::ConcurrentFuture
                        | ResourceKind::JobResult
                        | ResourceKind::MemoryStream
                );
            let waiters = &resource.waiters;
            let (Some(subject), true) = (subject, is_primitive) else {
                return false;
            };
            if waiters.is_empty() || waiters.len() > MAX_WAITERS || shared.contains(&resource.id) {
                return false;
            }
            if self.inputs.reader.has_weak_references(*subject) != Some(false) {
                return false;
            }
            let frames = waiters
                .iter()
                .flat_map(|id| self.owners.frames(*id, &indexes));
            let counts =
                frames.map(|owned| self.inputs.reader.count_in_frame(owned.frame, *subject));
            match (
                self.inputs.reader.reference_count(*subject),
                counts.sum::<Option<u64>>(),
            ) {
                (Some(all), Some(counted)) => all == counted,
                _ => false,
            }
        });
        found.map(|(resource, _)| resource.id).collect()
    }
}

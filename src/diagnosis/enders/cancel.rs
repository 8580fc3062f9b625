//! Who may cancel waits of trio tasks.

use super::Search;
use super::reach::Reach;
use crate::model::ItemId;

/// The method that cancels a scope of trio, and with it all waits in it.
const CANCEL: &str = "cancel";

impl Search<'_> {
    /// Who may cancel something. Which scope it is, is not followed.
    pub(super) fn cancellers(&self) -> Vec<ItemId> {
        let names = |reach: &Reach| {
            let mut operations = reach.operations.iter();
            operations.any(|operation| operation.method == CANCEL)
        };
        let from_outside = names(&self.outside);
        let groups = self.groups.iter().filter(|group| {
            let reach = &group.reach;
            names(reach) || reach.is_unknown || reach.calls_unknown && from_outside
        });
        groups.flat_map(|group| &group.ids).copied().collect()
    }
}

//! Positions of waiters in the queue of a resource.

use crate::model::{IdSet, ItemId};

/// The waiters of one resource.
///
/// If positions are asked for in the order of the waiters, no hash set is built.
pub struct QueuePosition<'a> {
    waiters: &'a [ItemId],
    /// Index of the waiter that is probably asked for next.
    next: usize,
    /// All waiters. `None` until one was asked for out of order.
    indexes: Option<IdSet>,
}

impl<'a> QueuePosition<'a> {
    /// Positions among `waiters`. The first of them gets the resource next.
    pub fn new(waiters: &'a [ItemId]) -> Self {
        Self {
            waiters,
            next: 0,
            indexes: None,
        }
    }

    /// Number of waiters before `id`. `None` if it does not wait.
    pub fn of(&mut self, id: ItemId) -> Option<u64> {
        if self.waiters.get(self.next) == Some(&id) {
            self.next += 1;
            return Some(self.next as u64 - 1);
        }
        let waiters = self.waiters.iter();
        let indexes = (self.indexes).get_or_insert_with(|| waiters.copied().collect());
        Some(indexes.get_index_of(&id)? as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::QueuePosition;
    use crate::model::ItemId;

    #[test]
    fn positions_are_right_in_any_order_of_questions() {
        let ids = [0x10, 0x20, 0x30, 0x40].map(ItemId::Task);
        let mut position = QueuePosition::new(&ids);
        for (asked, expected) in [(0, 0), (1, 1), (3, 3), (2, 2), (0, 0), (3, 3)] {
            assert_eq!(position.of(ids[asked]), Some(expected));
        }
        assert_eq!(position.of(ItemId::Task(0x50)), None);
    }
}

//! How many come before somebody who waits.

use arcstr::ArcStr;

use crate::model::ids::IdMap;

/// The waiters of one resource. They are mostly asked about in their order: then
/// nothing has to be kept of them.
pub struct Ahead<'a> {
    waiters: &'a [ArcStr],
    next: usize,
    places: Option<IdMap<'a, ()>>,
}

impl<'a> Ahead<'a> {
    /// Of these waiters, the first of whom is the next to get it.
    pub fn new(waiters: &'a [ArcStr]) -> Self {
        Self {
            waiters,
            next: 0,
            places: None,
        }
    }

    /// How many come before the one with this id, if it waits.
    pub fn of(&mut self, id: &ArcStr) -> Option<u64> {
        if self.waiters.get(self.next) == Some(id) {
            self.next += 1;
            return Some(self.next as u64 - 1);
        }
        let waiters = self.waiters.iter();
        let places = self
            .places
            .get_or_insert_with(|| waiters.map(|id| (id.as_str(), ())).collect());
        Some(places.place(id)? as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::Ahead;

    #[test]
    fn those_ahead_are_counted_in_whatever_order_they_are_asked_about() {
        let ids = ["task:0x10", "task:0x20", "task:0x30", "task:0x40"];
        let waiters = ids.map(Into::into);
        let mut ahead = Ahead::new(&waiters);
        for (asked, expected) in [(0, 0), (1, 1), (3, 3), (2, 2), (0, 0), (3, 3)] {
            assert_eq!(ahead.of(&ids[asked].into()), Some(expected));
        }
        assert_eq!(ahead.of(&"task:0x50".into()), None);
    }
}

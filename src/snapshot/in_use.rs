//! Which coroutines and generators somebody has: a task, or a manager.

use std::cell::Cell;

use rustc_hash::FxHashSet;

/// A set of addresses, most of which are among those that are known from the start.
#[derive(Debug, Default)]
pub struct InUse<'a> {
    /// In ascending order.
    known: &'a [u64],
    /// Of each of those, whether it is in the set.
    marked: Vec<bool>,
    /// The place of the one that was found last: the next is mostly behind it.
    last: Cell<usize>,
    others: FxHashSet<u64>,
}

impl<'a> InUse<'a> {
    /// An empty set that expects those in `known`.
    pub fn new(known: &'a [u64]) -> Self {
        // What was found in another order is kept as any other.
        let known = match known.is_sorted() {
            true => known,
            false => &[],
        };
        Self {
            known,
            marked: vec![false; known.len()],
            ..Self::default()
        }
    }

    /// Adds the address.
    pub fn insert(&mut self, addr: u64) {
        match self.place(addr) {
            Some(place) => self.marked[place] = true,
            None => {
                self.others.insert(addr);
            }
        }
    }

    /// Whether the address is in the set.
    pub fn contains(&self, addr: u64) -> bool {
        match self.place(addr) {
            Some(place) => self.marked[place],
            None => self.others.contains(&addr),
        }
    }

    fn place(&self, addr: u64) -> Option<usize> {
        let next = self.last.get() + 1;
        let place = match self.known.get(next) {
            Some(known) if *known == addr => next,
            _ => self.known.binary_search(&addr).ok()?,
        };
        self.last.set(place);
        Some(place)
    }
}

impl Extend<u64> for InUse<'_> {
    fn extend<T: IntoIterator<Item = u64>>(&mut self, addrs: T) {
        for addr in addrs {
            self.insert(addr);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::InUse;

    #[test]
    fn what_was_added_is_in_it_whether_it_was_known_or_not() {
        let known = [16, 32, 48, 64, 80];
        let mut set = InUse::new(&known);
        set.extend([32, 48, 40, 16, 17]);
        for addr in [16, 17, 32, 40, 48] {
            assert!(set.contains(addr), "{addr}");
        }
        for addr in [0, 18, 64, 80, 96] {
            assert!(!set.contains(addr), "{addr}");
        }
    }

    #[test]
    fn what_is_known_in_no_order_is_found_as_well() {
        let mut set = InUse::new(&[48, 16]);
        set.extend([16, 20]);
        assert!(set.contains(16) && set.contains(20) && !set.contains(48));
    }
}

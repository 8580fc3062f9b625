//! The coroutines and generators that belong to a task or to a context manager.

use std::cell::Cell;

use rustc_hash::FxHashSet;

/// A set of addresses. It is fast for addresses of a list that is given at the start.
#[derive(Debug, Default)]
pub struct InUse<'a> {
    /// The expected addresses, in ascending order.
    expected: &'a [u64],
    /// For each expected address, whether it is in the set.
    marked: Vec<bool>,
    /// Index of the address that was found last. The next one usually follows it.
    last: Cell<usize>,
    /// All other addresses of the set.
    others: FxHashSet<u64>,
}

impl<'a> InUse<'a> {
    /// An empty set that expects the addresses in `expected`.
    pub fn new(expected: &'a [u64]) -> Self {
        // Addresses in another order are treated like unexpected ones.
        let expected = match expected.is_sorted() {
            true => expected,
            false => &[],
        };
        Self {
            expected,
            marked: vec![false; expected.len()],
            ..Self::default()
        }
    }

    /// Adds the address.
    pub fn insert(&mut self, addr: u64) {
        match self.index_of(addr) {
            Some(index) => self.marked[index] = true,
            None => {
                self.others.insert(addr);
            }
        }
    }

    /// Whether the address is in the set.
    pub fn contains(&self, addr: u64) -> bool {
        match self.index_of(addr) {
            Some(index) => self.marked[index],
            None => self.others.contains(&addr),
        }
    }

    /// Index of `addr` among the expected addresses.
    fn index_of(&self, addr: u64) -> Option<usize> {
        let next = self.last.get() + 1;
        let index = match self.expected.get(next) {
            Some(expected) if *expected == addr => next,
            _ => self.expected.binary_search(&addr).ok()?,
        };
        self.last.set(index);
        Some(index)
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
    fn added_addresses_are_in_the_set_whether_expected_or_not() {
        let expected = [16, 32, 48, 64, 80];
        let mut set = InUse::new(&expected);
        set.extend([32, 48, 40, 16, 17]);
        for addr in [16, 17, 32, 40, 48] {
            assert!(set.contains(addr), "{addr}");
        }
        for addr in [0, 18, 64, 80, 96] {
            assert!(!set.contains(addr), "{addr}");
        }
    }

    #[test]
    fn unsorted_expected_addresses_are_found_as_well() {
        let mut set = InUse::new(&[48, 16]);
        set.extend([16, 20]);
        assert!(set.contains(16) && set.contains(20) && !set.contains(48));
    }
}

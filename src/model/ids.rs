//! Maps by the ids of the model, which are looked up far more often than any
//! other text.

use std::cell::Cell;
use std::hash::{BuildHasher, Hash, Hasher};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

/// An id as a key. Most ids that are equal are the same text in memory, which
/// is seen without reading it; those that are not differ in their last bytes.
#[derive(Debug, Clone, Copy)]
pub struct Id<S>(pub S);

impl<S: AsRef<str>> PartialEq for Id<S> {
    fn eq(&self, other: &Self) -> bool {
        same(self.0.as_ref(), other.0.as_ref())
    }
}

impl<S: AsRef<str>> Eq for Id<S> {}

fn same(a: &str, b: &str) -> bool {
    std::ptr::eq(a, b) || a == b
}

impl<S: AsRef<str>> Hash for Id<S> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let id = self.0.as_ref().as_bytes();
        // All of an address, and more than enough of a name.
        match id.last_chunk::<16>() {
            Some(end) => {
                let end = u128::from_ne_bytes(*end);
                state.write_u64(end as u64);
                state.write_u64((end >> 64) as u64);
            }
            None => state.write(id),
        }
    }
}

fn hash(id: &str) -> u64 {
    FxBuildHasher.hash_one(Id(id))
}

/// A set of ids.
#[derive(Debug, Clone, Default)]
pub struct IdSet<'a>(IdMap<'a, ()>);

impl<'a> IdSet<'a> {
    /// Whether the id is in it.
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains(id)
    }

    /// Adds an id; whether it was not in it.
    pub fn insert(&mut self, id: &'a str) -> bool {
        let before = self.count();
        self.0.entry(id, || ());
        self.count() > before
    }

    /// All of them, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.0.ids.iter().copied()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.count()
    }

    /// Adds all of these.
    pub fn extend(&mut self, ids: impl IntoIterator<Item = &'a str>) {
        let ids = ids.into_iter();
        self.0.reserve(ids.size_hint().0);
        for id in ids {
            self.insert(id);
        }
    }
}

impl<'a> FromIterator<&'a str> for IdSet<'a> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(ids: I) -> Self {
        let mut set = Self::default();
        set.extend(ids);
        set
    }
}

/// What belongs to ids, each at a place of its own: they are counted in the
/// order in which they were added.
#[derive(Debug, Clone)]
pub struct IdMap<'a, V> {
    ids: Vec<&'a str>,
    values: Vec<V>,
    /// Places by the hash of the id.
    places: HashTable<u32>,
    /// Where two ids were found lately, the latest first.
    lately: Cell<[usize; 2]>,
}

impl<V> Default for IdMap<'_, V> {
    fn default() -> Self {
        Self {
            ids: Vec::new(),
            values: Vec::new(),
            places: HashTable::new(),
            lately: Cell::default(),
        }
    }
}

impl<'a, V> IdMap<'a, V> {
    /// The place of the id.
    pub fn place(&self, id: &str) -> Option<usize> {
        match self.ids.is_empty() {
            true => None,
            false => self.near(id).or_else(|| self.find(id, hash(id))),
        }
    }

    /// Ids are mostly asked for again, or in the order in which they were added,
    /// by turns with others: then they need not be read, nor anything far away.
    fn near(&self, id: &str) -> Option<usize> {
        let [latest, other] = self.lately.get();
        let is_at = |at: &usize| (self.ids.get(*at)).is_some_and(|known| std::ptr::eq(*known, id));
        let near_latest = [latest, latest + 1].into_iter().find(is_at);
        let found = near_latest.map(|at| [at, other]).or_else(|| {
            let near_other = [other, other + 1].into_iter().find(is_at);
            near_other.map(|at| [at, latest])
        })?;
        self.lately.set(found);
        Some(found[0])
    }

    fn find(&self, id: &str, hash: u64) -> Option<usize> {
        let is_it = |at: &u32| same(self.ids[*at as usize], id);
        let place = *self.places.find(hash, is_it)? as usize;
        self.lately.set([place, self.lately.get()[0]]);
        Some(place)
    }

    /// What is at the place.
    pub fn at(&self, place: usize) -> Option<&V> {
        self.values.get(place)
    }

    /// What belongs to the id.
    pub fn get(&self, id: &str) -> Option<&V> {
        self.at(self.place(id)?)
    }

    /// Whether anything belongs to the id.
    pub fn contains(&self, id: &str) -> bool {
        self.place(id).is_some()
    }

    /// Says what belongs to the id from now on.
    pub fn insert(&mut self, id: &'a str, value: V) {
        if let Some(place) = self.place(id) {
            self.values[place] = value;
        } else {
            self.add(id, value);
        }
    }

    /// What belongs to the id, `make` if nothing did.
    pub fn entry(&mut self, id: &'a str, make: impl FnOnce() -> V) -> &mut V {
        let place = self.entry_place(id, make);
        &mut self.values[place]
    }

    /// The place of the id, to which `make` belongs if nothing did.
    pub fn entry_place(&mut self, id: &'a str, make: impl FnOnce() -> V) -> usize {
        self.place(id).unwrap_or_else(|| self.add(id, make()))
    }

    /// Adds an id that is not in it.
    fn add(&mut self, id: &'a str, value: V) -> usize {
        let place = self.ids.len();
        self.ids.push(id);
        self.values.push(value);
        let ids = &self.ids;
        let hash_of = |at: &u32| hash(ids[*at as usize]);
        self.places.insert_unique(hash(id), place as u32, hash_of);
        self.lately.set([place, self.lately.get()[0]]);
        place
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.ids.reserve(more);
        self.values.reserve(more);
        let ids = &self.ids;
        self.places.reserve(more, |at| hash(ids[*at as usize]));
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// All that belongs to ids, by their places.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.values.iter()
    }
}

impl<'a, V> FromIterator<(&'a str, V)> for IdMap<'a, V> {
    fn from_iter<I: IntoIterator<Item = (&'a str, V)>>(items: I) -> Self {
        let items = items.into_iter();
        let mut map = Self::default();
        map.reserve(items.size_hint().0);
        for (id, value) in items {
            map.insert(id, value);
        }
        map
    }
}

#[cfg(test)]
mod tests {
    use super::{IdMap, IdSet};

    #[test]
    fn ids_are_found_in_any_order_and_from_anywhere() {
        let ids: Vec<String> = (0..1_000).map(|n| format!("task:{n}")).collect();
        let mut map: IdMap<'_, usize> = IdMap::default();
        for (place, id) in ids.iter().enumerate() {
            assert_eq!(map.entry_place(id, || place), place);
        }
        let back = (0..1_000).rev();
        for (there, back) in (0..1_000).zip(back) {
            assert_eq!(map.get(&ids[there]), Some(&there));
            assert_eq!(map.get(&ids[back]), Some(&back));
            assert_eq!(map.get(&format!("task:{there}")), Some(&there));
            assert_eq!(map.get(&format!("lock:{there}")), None);
        }
        // Another text that begins where an id does.
        assert_eq!(map.get(&ids[999][..7]), Some(&99));
        assert_eq!(map.count(), 1_000);
    }

    #[test]
    fn what_is_added_again_keeps_its_place() {
        let mut map: IdMap<'_, char> = [("a", 'a'), ("b", 'b')].into_iter().collect();
        map.insert("a", 'c');
        assert_eq!(map.values().collect::<String>(), "cb");
        assert_eq!(map.place("b"), Some(1));
        let mut set: IdSet<'_> = ["b", "a", "b"].into_iter().collect();
        assert_eq!(set.iter().collect::<String>(), "ba");
        assert!(!set.insert("a") && set.insert("c"));
    }
}

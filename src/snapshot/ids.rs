//! Maps by the ids of the model, which are looked up far more often than any
//! other text.

use std::hash::{Hash, Hasher};

use hashbrown::{Equivalent, HashMap, HashSet};
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

impl<'a> Equivalent<Id<&'a str>> for Wanted<'_> {
    fn equivalent(&self, key: &Id<&'a str>) -> bool {
        same(self.0, key.0)
    }
}

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

/// An id that is looked up: it need not live as long as the keys.
struct Wanted<'a>(&'a str);

impl Hash for Wanted<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Id(self.0).hash(state);
    }
}

/// A set of ids.
#[derive(Debug, Clone, Default)]
pub struct IdSet<'a>(HashSet<Id<&'a str>, FxBuildHasher>);

impl<'a> IdSet<'a> {
    /// Whether the id is in it.
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains(&Wanted(id))
    }

    /// Adds an id; whether it was not in it.
    pub fn insert(&mut self, id: &'a str) -> bool {
        self.0.insert(Id(id))
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + Clone {
        self.0.iter().map(|id| id.0)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Adds all of these.
    pub fn extend(&mut self, ids: impl IntoIterator<Item = &'a str>) {
        self.0.extend(ids.into_iter().map(Id));
    }
}

impl<'a> FromIterator<&'a str> for IdSet<'a> {
    fn from_iter<I: IntoIterator<Item = &'a str>>(ids: I) -> Self {
        Self(ids.into_iter().map(Id).collect())
    }
}

/// What belongs to ids.
#[derive(Debug, Clone)]
pub struct IdMap<'a, V>(HashMap<Id<&'a str>, V, FxBuildHasher>);

impl<V> Default for IdMap<'_, V> {
    fn default() -> Self {
        Self(HashMap::default())
    }
}

impl<'a, V> IdMap<'a, V> {
    /// What belongs to the id.
    pub fn get(&self, id: &str) -> Option<&V> {
        self.0.get(&Wanted(id))
    }

    /// Whether anything belongs to the id.
    pub fn contains(&self, id: &str) -> bool {
        self.0.contains_key(&Wanted(id))
    }

    /// Says what belongs to the id from now on.
    pub fn insert(&mut self, id: &'a str, value: V) {
        self.0.insert(Id(id), value);
    }

    /// What belongs to the id, `make` if nothing did.
    pub fn entry(&mut self, id: &'a str, make: impl FnOnce() -> V) -> &mut V {
        self.0.entry(Id(id)).or_insert_with(make)
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.0.reserve(more);
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// All ids, in no order.
    pub fn ids(&self) -> impl Iterator<Item = &'a str> {
        self.0.keys().map(|id| id.0)
    }

    /// All that belongs to ids, in no order.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.0.values()
    }
}

impl<'a, V> FromIterator<(&'a str, V)> for IdMap<'a, V> {
    fn from_iter<I: IntoIterator<Item = (&'a str, V)>>(items: I) -> Self {
        let items = items.into_iter().map(|(id, value)| (Id(id), value));
        Self(items.collect())
    }
}

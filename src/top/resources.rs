//! Locks, pools, queues and other resources from look to look.

use rustc_hash::FxHashMap;

use super::words;
use crate::model::{IdMap, Index, ItemId, Process, Resource, describe};
use crate::report;

/// One resource over all looks.
#[derive(Debug, Clone)]
pub struct ResourceEntry {
    /// The resource at the last look.
    pub resource: Resource,
    /// What it is.
    pub title: String,
    /// How it is used.
    pub state: String,
    /// Who holds it.
    pub holders: String,
    /// Who waits for it.
    pub waiters: String,
    /// The greatest number of waiters that a look found.
    pub most_waiters: usize,
    /// The longest time for which looks found the same holder, in seconds.
    pub longest_hold_s: Option<f64>,
    /// Its texts in lower case.
    pub search: String,
    /// Since when each look has found the holder.
    held_s: FxHashMap<ItemId, f64>,
    /// When its holders were last proved.
    proved_s: f64,
}

/// All resources that somebody waits for or holds.
#[derive(Debug, Clone, Default)]
pub struct Resources(IdMap<ResourceEntry>);

impl Resources {
    /// Adds a look.
    pub fn look(&mut self, process: &Process, index: &Index<'_>, at_s: f64) {
        let mut before = std::mem::take(&mut self.0);
        for resource in process.resources.iter() {
            let mut entry = match before.swap_remove(&resource.id) {
                Some(entry) => entry,
                None => ResourceEntry::new(resource),
            };
            entry.look(resource, index, at_s);
            self.0.insert(resource.id, entry);
        }
    }

    /// Forgets the past.
    pub fn reset(&mut self) {
        for entry in self.0.values_mut() {
            entry.most_waiters = entry.resource.waiters.len();
            entry.longest_hold_s = None;
        }
    }

    /// All of them.
    pub fn all(&self) -> impl ExactSizeIterator<Item = &ResourceEntry> {
        self.0.values()
    }

    /// One of them.
    pub fn get(&self, id: ItemId) -> Option<&ResourceEntry> {
        self.0.get(&id)
    }
}

impl ResourceEntry {
    fn new(resource: &Resource) -> Self {
        Self {
            resource: resource.clone(),
            title: String::new(),
            state: String::new(),
            holders: String::new(),
            waiters: String::new(),
            most_waiters: 0,
            longest_hold_s: None,
            search: String::new(),
            held_s: FxHashMap::default(),
            proved_s: 0.0,
        }
    }

    /// For how long each look has found the same holder, up to the last that proved it. `None` if
    /// no holder is known.
    pub fn held(&self) -> Option<f64> {
        let since = self.held_s.values().copied().reduce(f64::min);
        since.map(|since_s| self.proved_s - since_s)
    }

    fn look(&mut self, resource: &Resource, index: &Index<'_>, at_s: f64) {
        // What changed while it was read proves nothing.
        if resource.error.is_none() {
            self.held_s.retain(|id, _| resource.holders.contains(id));
            for holder in &resource.holders {
                self.held_s.entry(*holder).or_insert(at_s);
            }
            self.proved_s = at_s;
        }
        if let Some(held_s) = self.held() {
            let longest = self.longest_hold_s.unwrap_or_default();
            self.longest_hold_s = Some(longest.max(held_s));
        }
        self.most_waiters = self.most_waiters.max(resource.waiters.len());
        self.title = report::describe::title(resource);
        self.state = match describe::state(resource) {
            // With a holder the report leaves the word out.
            state if state.is_empty() && resource.locked == Some(true) => "locked".to_owned(),
            state => state,
        };
        self.holders = words::labels(&resource.holders, index);
        self.waiters = words::labels(&resource.waiters, index);
        self.search = format!(
            "{} {} {} {}",
            self.title, self.state, self.holders, self.waiters
        )
        .to_lowercase();
        self.resource = resource.clone();
    }
}

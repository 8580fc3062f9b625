//! The resources of one snapshot, each once.

use rustc_hash::FxHashMap;

use super::state;
use crate::python::Reader;
use crate::snapshot::model::{Edge, Resource};

/// Resources by id, and the edges to and from them.
pub struct Registry<'r, 'm> {
    pub reader: &'r Reader<'m>,
    pub resources: Vec<Resource>,
    /// The object behind each resource, where it is one of the target.
    pub subjects: Vec<Option<u64>>,
    places: FxHashMap<String, usize>,
    pub edges: Vec<Edge>,
    seen: rustc_hash::FxHashSet<(String, String)>,
}

impl<'r, 'm> Registry<'r, 'm> {
    /// Begins with the edges between tasks.
    pub fn new(reader: &'r Reader<'m>, edges: Vec<Edge>) -> Self {
        let seen = edges
            .iter()
            .map(|edge| (edge.from.clone(), edge.to.clone()))
            .collect();
        Self {
            reader,
            resources: Vec::new(),
            subjects: Vec::new(),
            places: FxHashMap::default(),
            edges,
            seen,
        }
    }

    /// Place of the resource of kind `kind` that the object at `addr` is.
    pub fn object(&mut self, kind: &str, addr: u64) -> usize {
        let id = format!("{kind}:0x{addr:x}");
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        let resource = state::read(self.reader, kind, addr, id);
        self.insert(resource, Some(addr))
    }

    /// Place of the resource `<kind>:<name>` that the kernel keeps.
    pub fn named(&mut self, kind: &str, name: &str, summary: &str) -> usize {
        let id = format!("{kind}:{name}");
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        let resource = Resource {
            id,
            kind: kind.to_owned(),
            type_name: kind.to_owned(),
            summary: summary.to_owned(),
            ..Resource::default()
        };
        self.insert(resource, None)
    }

    fn insert(&mut self, resource: Resource, subject: Option<u64>) -> usize {
        let place = self.resources.len();
        self.places.insert(resource.id.clone(), place);
        self.resources.push(resource);
        self.subjects.push(subject);
        place
    }

    /// Place of the resource with this id.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Notes that `from` cannot go on before `to` does; whether that is new.
    pub fn edge(&mut self, from: &str, to: &str, via: &str) -> bool {
        let new = from != to && self.seen.insert((from.to_owned(), to.to_owned()));
        if new {
            self.edges.push(Edge {
                from: from.to_owned(),
                to: to.to_owned(),
                via: via.to_owned(),
            });
        }
        new
    }

    /// Notes that `waiter` waits for the resource at `place`.
    pub fn wait(&mut self, waiter: &str, place: usize, via: &str) {
        let id = self.resources[place].id.clone();
        if self.edge(waiter, &id, via) {
            self.resources[place].waiters.push(waiter.to_owned());
        }
    }

    /// Notes that `holder` has the resource at `place`.
    pub fn hold(&mut self, place: usize, holder: &str, via: &str) {
        let resource = &mut self.resources[place];
        if !resource.holders.iter().any(|known| known == holder) {
            resource.holders.push(holder.to_owned());
        }
        let id = resource.id.clone();
        self.edge(&id, holder, via);
    }
}

//! The resources of one snapshot, each once.

use std::hash::BuildHasher;

use arcstr::ArcStr;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::{FxBuildHasher, FxHashMap};

use super::state;
use crate::cpython::Reader;
use crate::model::ids::Id;
use crate::model::{Edge, Resource};

/// Resources by id, and the edges to and from them.
pub struct Registry<'r, 'm> {
    pub reader: &'r Reader<'m>,
    pub resources: Vec<Resource>,
    /// The object behind each resource, where it is one of the target.
    pub subjects: Vec<Option<u64>>,
    places: FxHashMap<ArcStr, usize>,
    /// By address, with the kind: an object may be seen as two things.
    by_object: FxHashMap<u64, Vec<usize>>,
    pub edges: Vec<Edge>,
    /// Their places, by both ends.
    seen: HashTable<u32>,
    /// Names of kinds of edges, each once.
    vias: FxHashMap<Box<str>, ArcStr>,
}

impl<'r, 'm> Registry<'r, 'm> {
    /// Begins with the edges between tasks.
    pub fn new(reader: &'r Reader<'m>, edges: Vec<Edge>) -> Self {
        let mut registry = Self {
            reader,
            resources: Vec::new(),
            subjects: Vec::new(),
            places: FxHashMap::default(),
            by_object: FxHashMap::default(),
            edges: Vec::new(),
            seen: HashTable::with_capacity(edges.len()),
            vias: FxHashMap::default(),
        };
        registry.edges.reserve(edges.len());
        for edge in edges {
            registry.add(edge);
        }
        registry
    }

    /// Place of the resource of kind `kind` that the object at `addr` is.
    pub fn object(&mut self, kind: &str, addr: u64) -> usize {
        let known = self.by_object.get(&addr).into_iter().flatten();
        let mut known = known.filter(|place| self.resources[**place].kind == kind);
        if let Some(place) = known.next() {
            return *place;
        }
        let id = format!("{kind}:0x{addr:x}");
        let resource = state::read(self.reader, kind, addr, id);
        self.insert(resource, Some(addr))
    }

    /// Place of the resource `<kind>:<name>` that the kernel keeps.
    pub fn named(&mut self, kind: &str, name: &str, summary: &str) -> usize {
        let id = format!("{kind}:{name}");
        if let Some(place) = self.places.get(id.as_str()) {
            return *place;
        }
        let resource = Resource {
            id: id.into(),
            kind: self.via(kind),
            type_name: self.via(kind),
            summary: summary.to_owned(),
            ..Resource::default()
        };
        self.insert(resource, None)
    }

    fn insert(&mut self, resource: Resource, subject: Option<u64>) -> usize {
        let place = self.resources.len();
        self.places.insert(resource.id.clone(), place);
        if let Some(addr) = subject {
            self.by_object.entry(addr).or_default().push(place);
        }
        self.resources.push(resource);
        self.subjects.push(subject);
        place
    }

    /// Place of the resource with this id.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.places.get(id).copied()
    }

    /// Notes that `from` cannot go on before `to` does; whether that is new.
    pub fn edge(&mut self, from: &ArcStr, to: &ArcStr, via: &str) -> bool {
        from != to && {
            let via = self.via(via);
            let (from, to) = (from.clone(), to.clone());
            self.add(Edge { from, to, via })
        }
    }

    /// Adds an edge, unless there is one between the same; whether that is new.
    fn add(&mut self, edge: Edge) -> bool {
        let edges = &self.edges;
        let is_known = |place: &u32| ends(&edges[*place as usize]) == ends(&edge);
        let hash_of = |place: &u32| hash(&edges[*place as usize]);
        let entry = self.seen.entry(hash(&edge), is_known, hash_of);
        let Entry::Vacant(vacant) = entry else {
            return false;
        };
        vacant.insert(self.edges.len() as u32);
        self.edges.push(edge);
        true
    }

    fn via(&mut self, via: &str) -> ArcStr {
        if let Some(known) = self.vias.get(via) {
            return known.clone();
        }
        let name = ArcStr::from(via);
        self.vias.insert(via.into(), name.clone());
        name
    }

    /// Notes that `waiter` waits for the resource at `place`.
    pub fn wait(&mut self, waiter: &ArcStr, place: usize, via: &str) {
        let id = self.resources[place].id.clone();
        if self.edge(waiter, &id, via) {
            self.resources[place].waiters.push(waiter.clone());
        }
    }

    /// Notes that `holder` has the resource at `place`.
    pub fn hold(&mut self, place: usize, holder: &ArcStr, via: &str) {
        let id = self.resources[place].id.clone();
        if self.edge(&id, holder, via) {
            self.resources[place].holders.push(holder.clone());
        }
    }
}

fn ends(edge: &Edge) -> (Id<&str>, Id<&str>) {
    (Id(&edge.from), Id(&edge.to))
}

fn hash(edge: &Edge) -> u64 {
    FxBuildHasher.hash_one(ends(edge))
}

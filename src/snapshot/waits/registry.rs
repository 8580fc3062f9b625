//! The resources of one snapshot, each once.

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::state;
use crate::python::Reader;
use crate::snapshot::ids::Id;
use crate::snapshot::model::{Edge, Resource};

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
    seen: FxHashSet<(Id<ArcStr>, Id<ArcStr>)>,
    /// Names of kinds of edges, each once.
    vias: FxHashMap<Box<str>, ArcStr>,
}

impl<'r, 'm> Registry<'r, 'm> {
    /// Begins with the edges between tasks.
    pub fn new(reader: &'r Reader<'m>, edges: Vec<Edge>) -> Self {
        let seen = edges
            .iter()
            .map(|edge| (Id(edge.from.clone()), Id(edge.to.clone())))
            .collect();
        Self {
            reader,
            resources: Vec::new(),
            subjects: Vec::new(),
            places: FxHashMap::default(),
            by_object: FxHashMap::default(),
            edges,
            seen,
            vias: FxHashMap::default(),
        }
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
        let new = from != to && self.seen.insert((Id(from.clone()), Id(to.clone())));
        if new {
            let via = self.via(via);
            self.edges.push(Edge {
                from: from.clone(),
                to: to.clone(),
                via,
            });
        }
        new
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

//! The resources of one snapshot, each once.

use arcstr::ArcStr;
use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::state;
use crate::cpython::Reader;
use crate::model::{Edge, EdgeKind, IdMap, ItemId, Resource, ResourceKind};

/// Resources by id, and the edges to and from them.
pub struct Registry<'r, 'm> {
    /// Reads the state of a resource when it is added.
    pub reader: &'r Reader<'m>,
    /// All resources, in the order in which they were added.
    pub resources: Vec<Resource>,
    /// The object behind each resource, where it is one of the target.
    pub subjects: Vec<Option<u64>>,
    indexes: IdMap<usize>,
    /// Edges by both ends: of several between the same, the first one counts.
    edges: IndexMap<(ItemId, ItemId), EdgeKind, FxBuildHasher>,
}

impl<'r, 'm> Registry<'r, 'm> {
    /// Begins with the edges between tasks.
    pub fn new(reader: &'r Reader<'m>, edges: &[Edge]) -> Self {
        let mut registry = Self {
            reader,
            resources: Vec::new(),
            subjects: Vec::new(),
            indexes: IdMap::default(),
            edges: IndexMap::with_capacity_and_hasher(edges.len(), FxBuildHasher),
        };
        for edge in edges {
            registry.edge(edge.from, edge.to, edge.via);
        }
        registry
    }

    /// Index of the resource of kind `kind` that the object at `addr` is.
    pub fn object(&mut self, kind: ResourceKind, addr: u64) -> usize {
        let id = ItemId::Resource(kind, addr);
        if let Some(index) = self.index(id) {
            return index;
        }
        let resource = state::read(self.reader, kind, addr);
        self.insert(resource, Some(addr))
    }

    /// Index of the resource of kind `kind` that descriptor `fd` is.
    pub fn file(&mut self, kind: ResourceKind, fd: i64, summary: &str) -> usize {
        let id = ItemId::File(kind, fd);
        if let Some(index) = self.index(id) {
            return index;
        }
        let mut resource = Resource::new(kind, id, ArcStr::from(kind.as_str()));
        resource.summary = summary.to_owned();
        resource.name = Some(format!("fd {fd}"));
        self.insert(resource, None)
    }

    fn insert(&mut self, resource: Resource, subject: Option<u64>) -> usize {
        let index = self.resources.len();
        self.indexes.insert(resource.id, index);
        self.resources.push(resource);
        self.subjects.push(subject);
        index
    }

    /// Index of the resource with this id.
    pub fn index(&self, id: ItemId) -> Option<usize> {
        self.indexes.get(&id).copied()
    }

    /// All edges, in the order in which they were added.
    pub fn edges(&self) -> impl Iterator<Item = Edge> {
        let edges = self.edges.iter();
        edges.map(|((from, to), via)| Edge {
            from: *from,
            to: *to,
            via: *via,
        })
    }

    /// Notes that `from` cannot go on before `to` does. Returns whether that is
    /// new; an item never waits for itself.
    pub fn edge(&mut self, from: ItemId, to: ItemId, via: EdgeKind) -> bool {
        if from == to || self.edges.contains_key(&(from, to)) {
            return false;
        }
        self.edges.insert((from, to), via);
        true
    }

    /// Notes that `waiter` waits for the resource at `index`.
    pub fn wait(&mut self, waiter: ItemId, index: usize, via: EdgeKind) {
        let id = self.resources[index].id;
        if self.edge(waiter, id, via) {
            self.resources[index].waiters.push(waiter);
        }
    }

    /// Notes that `holder` has the resource at `index`.
    pub fn hold(&mut self, index: usize, holder: ItemId, via: EdgeKind) {
        let id = self.resources[index].id;
        if self.edge(id, holder, via) {
            self.resources[index].holders.push(holder);
        }
    }
}

//! The resources and edges of one snapshot.

use arcstr::ArcStr;
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::state;
use crate::cpython::Reader;
use crate::model::{Edge, EdgeKind, IdMap, ItemId, Resource, ResourceKind};

/// The object of the kernel through which processes share a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Through {
    /// A semaphore, by its address in this process.
    Semaphore(u64),
    /// A descriptor from which somebody reads, or to which somebody writes.
    Descriptor {
        /// Its number.
        fd: i64,
        /// Whether it is written to.
        writes: bool,
    },
}

/// All resources, each once, and all edges.
pub struct Registry<'r, 'm> {
    /// Reads the state of a resource when it is added.
    pub reader: &'r Reader<'m>,
    /// All resources, in the order in which they were added.
    pub resources: Vec<Resource>,
    /// Address of the object of each resource. `None` for files of the kernel.
    pub subjects: Vec<Option<u64>>,
    /// Through what processes share resources, by the index of the resource.
    pub through: FxHashMap<usize, Through>,
    /// Indexes of resources by id.
    indexes: IdMap<usize>,
    /// Edges by both ends. The first of several edges between the same items counts.
    edges: IndexMap<(ItemId, ItemId), EdgeKind, FxBuildHasher>,
}

impl<'r, 'm> Registry<'r, 'm> {
    /// A registry with the edges between tasks, and without resources.
    pub fn new(reader: &'r Reader<'m>, edges: &[Edge]) -> Self {
        let mut registry = Self {
            reader,
            resources: Vec::new(),
            subjects: Vec::new(),
            through: FxHashMap::default(),
            indexes: IdMap::default(),
            edges: IndexMap::with_capacity_and_hasher(edges.len(), FxBuildHasher),
        };
        for edge in edges {
            registry.edge(edge.from, edge.to, edge.via);
        }
        registry
    }

    /// Index of the resource for the object at `addr`. Adds it if it is new.
    pub fn object(&mut self, kind: ResourceKind, addr: u64) -> usize {
        let id = ItemId::Resource(kind, addr);
        if let Some(index) = self.index(id) {
            return index;
        }
        let resource = state::read(self.reader, kind, addr);
        self.insert(resource, Some(addr))
    }

    /// Index of the lock or semaphore of multiprocessing at `addr`. Adds it if it is new.
    pub fn semlock(&mut self, kind: ResourceKind, addr: u64) -> usize {
        let index = self.object(kind, addr);
        if let Some(lock) = self.reader.semlock(addr) {
            self.through.insert(index, Through::Semaphore(lock.handle));
        }
        index
    }

    /// Index of the resource for descriptor `fd`. Adds it with this `summary` if it is new.
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

    /// Adds a resource. `subject` is the address of its object.
    pub fn insert(&mut self, resource: Resource, subject: Option<u64>) -> usize {
        let index = self.resources.len();
        self.indexes.insert(resource.id, index);
        self.resources.push(resource);
        self.subjects.push(subject);
        index
    }

    /// Index of the resource with this id. `None` if there is none.
    pub fn index(&self, id: ItemId) -> Option<usize> {
        self.indexes.get(&id).copied()
    }

    /// The resources whose objects are among these addresses.
    pub fn among(&self, objects: &FxHashSet<u64>) -> Vec<ItemId> {
        let subjects = self.resources.iter().zip(&self.subjects);
        subjects
            .filter(|(_, subject)| subject.is_some_and(|addr| objects.contains(&addr)))
            .map(|(resource, _)| resource.id)
            .collect()
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

    /// Adds an edge: `from` cannot go on before `to` does. Returns whether it is new.
    /// Edges from an item to itself are not added.
    pub fn edge(&mut self, from: ItemId, to: ItemId, via: EdgeKind) -> bool {
        if from == to || self.edges.contains_key(&(from, to)) {
            return false;
        }
        self.edges.insert((from, to), via);
        true
    }

    /// Adds `waiter` to the resource at `index`.
    pub fn wait(&mut self, waiter: ItemId, index: usize, via: EdgeKind) {
        let id = self.resources[index].id;
        if self.edge(waiter, id, via) {
            self.resources[index].waiters.push(waiter);
        }
    }

    /// Adds `holder` to the resource at `index`.
    pub fn hold(&mut self, index: usize, holder: ItemId, via: EdgeKind) {
        let id = self.resources[index].id;
        if self.edge(id, holder, via) {
            self.resources[index].holders.push(holder);
        }
    }
}

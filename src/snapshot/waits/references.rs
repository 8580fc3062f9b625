//! Who refers to what: to things that are waited for, to what pools have given
//! out, and to coroutines of no task.

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::frame_owners::OwnedFrame;
use super::holders::{HolderSearch, nearest};
use super::reachability::Reachability;
use super::roots::{Roots, variables};
use crate::asyncio::wait_table::pool;
use crate::cpython::Reader;
use crate::model::{EdgeKind, ItemId, Reference, Referrer, ResourceKind};

/// Variable that methods call their object by.
const RECEIVER: &str = "self";
/// Waiters and holders whose variables a resource may be named after.
const NAMING: usize = 4;

impl HolderSearch<'_, '_, '_> {
    /// Who can reach the resources that have waiters and no holder, the
    /// connections of pools, and coroutines of no task.
    pub fn references(&mut self) -> Vec<Reference> {
        let reader = self.inputs.reader;
        let mut targets: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for (place, resource) in self.registry.resources.iter().enumerate() {
            let Some(subject) = self.registry.subjects[place] else {
                continue;
            };
            if resource.waiters.is_empty() || resource.kind.knows_its_holders() {
                continue;
            }
            targets.entry(subject).or_default().push(place);
        }
        let pooled = self.pooled();
        let orphans: FxHashMap<u64, usize> = self
            .detached
            .iter()
            .enumerate()
            .map(|(index, orphan)| (orphan.addr, index))
            .collect();
        let wanted = targets.keys().chain(pooled.keys()).chain(orphans.keys());
        // What a pool has given out is not reached through the pool.
        let pools = self.registry.resources.iter().enumerate();
        let pools = pools.filter(|(_, resource)| {
            matches!(resource.kind, ResourceKind::Pool | ResourceKind::Limiter)
        });
        let closed: Vec<u64> = pools
            .filter_map(|(place, _)| self.registry.subjects[place])
            .chain(self.handles.iter().map(|(addr, _)| *addr))
            .collect();
        let mut reach = Reachability::new(reader, wanted.copied(), closed);
        let mut references = Vec::new();
        if reach.is_empty() {
            return references;
        }
        let mut through_pools = Vec::new();
        let everybody = Roots {
            inputs: self.inputs,
            owners: &self.owners,
            handles: self.handles,
        };
        let mut kept_by = Vec::new();
        let mut seen = FxHashSet::default();
        everybody.visit(&mut |from, roots| {
            seen.clear();
            for root in roots {
                for (target, path) in reach.from(root.object).iter() {
                    if !seen.insert(*target) {
                        continue;
                    }
                    let path = match path.is_empty() {
                        true => reader.shared(&root.name),
                        false => reader.shared(&format!("{}{path}", root.name)),
                    };
                    if let Some(index) = orphans.get(target) {
                        kept_by.push((*index, from.clone(), root.clone(), path.clone()));
                    }
                    if let Some(place) = pooled.get(target) {
                        through_pools.push((from.clone(), *place, path.clone()));
                    }
                    for place in targets.get(target).into_iter().flatten() {
                        references.push(Reference {
                            from: from.clone(),
                            to: self.registry.resources[*place].id,
                            path: path.clone(),
                            due_s: root.due_s,
                            error: None,
                        });
                    }
                }
            }
        });
        for (index, from, root, path) in kept_by {
            if from != Referrer::Item(self.detached[index].coroutine.id) {
                self.refer(index, reader, &root.name, root.object, &path);
            }
        }
        self.pool_holders(through_pools, &mut references);
        self.name_resources(&references);
        references
    }

    /// Connections that pools have given out, and the pool of each.
    fn pooled(&self) -> FxHashMap<u64, usize> {
        let reader = self.inputs.reader;
        let mut pooled = FxHashMap::default();
        for (place, resource) in self.registry.resources.iter().enumerate() {
            let (Some(subject), ResourceKind::Pool) =
                (self.registry.subjects[place], resource.kind)
            else {
                continue;
            };
            let Some(used) = reader.first_attribute(subject, pool::USED) else {
                continue;
            };
            for (_, connection) in reader.parts(used) {
                if reader.type_of(connection).is_ok_and(|ty| ty.is_heap()) {
                    pooled.insert(connection, place);
                }
            }
        }
        pooled
    }

    /// Who refers to a connection without going through its pool has it.
    fn pool_holders(
        &mut self,
        found: Vec<(Referrer, usize, ArcStr)>,
        references: &mut Vec<Reference>,
    ) {
        let mut by_pool: FxHashMap<usize, Vec<(ItemId, ArcStr)>> = FxHashMap::default();
        for (from, index, path) in found {
            if let Some(from) = from.item().filter(|from| from.is_actor()) {
                by_pool.entry(index).or_default().push((from, path));
            }
        }
        for (index, holders) in by_pool {
            let ids: Vec<ItemId> = holders.iter().map(|(from, _)| *from).collect();
            for id in nearest(self.registry.edges(), &ids) {
                self.registry.hold(index, id, EdgeKind::Holds);
            }
            let to = self.registry.resources[index].id;
            references.extend(holders.into_iter().map(|(from, path)| Reference {
                from: Referrer::Item(from),
                to,
                path,
                due_s: None,
                error: None,
            }));
        }
    }

    /// Notes what keeps a coroutine of no task.
    fn refer(&mut self, index: usize, reader: &Reader<'_>, step: &str, root: u64, path: &str) {
        let coroutine = &mut self.detached[index].coroutine;
        // A variable of the coroutine itself, or of a function that is gone
        // with its frame, is worth less than an attribute.
        let better = coroutine.referenced_by.is_none();
        if !better {
            return;
        }
        coroutine.referenced_by = Some(readable(reader, step, root, path));
        let names = path
            .split(['.', '[', '{', '('])
            .map(|part| part.trim_matches(|c: char| !c.is_alphanumeric() && c != '_'));
        let is_name = |name: &&str| {
            name.chars()
                .next()
                .is_some_and(|c| c.is_alphabetic() || c == '_')
        };
        coroutine.referenced_as = names.rev().find(is_name).map(str::to_owned);
    }

    /// Names each resource by the shortest way that a waiter or holder has.
    fn name_resources(&mut self, references: &[Reference]) {
        let reader = self.inputs.reader;
        let places = self.owners.task_places();
        for place in 0..self.registry.resources.len() {
            let resource = &self.registry.resources[place];
            let Some(subject) = self.registry.subjects[place] else {
                continue;
            };
            if resource.name.is_some() {
                continue;
            }
            let people = resource.waiters.iter().chain(&resource.holders);
            let frames = people
                .map(|id| self.owners.frames(*id, &places))
                .filter(|frames| !frames.is_empty())
                .take(NAMING);
            let mut own = frames.flatten().filter(|owned| !owned.library);
            let name = own.find_map(|owned| name_in(reader, &owned, subject));
            let name = name.or_else(|| {
                let module = |reference: &&Reference| {
                    reference.to == resource.id && reference.from.item().is_none()
                };
                let reference = references.iter().find(module)?;
                Some(reference.path.to_string())
            });
            self.registry.resources[place].name = name;
        }
    }
}

/// A way with the type of an object instead of `self`.
fn readable(reader: &Reader<'_>, step: &str, root: u64, path: &str) -> String {
    let rest = path.strip_prefix(step).unwrap_or(path);
    match reader.type_of(root) {
        Ok(ty) if ty.is_heap() && rest.starts_with('.') => format!("{}{rest}", ty.name),
        _ => path.to_owned(),
    }
}

/// How the frame's code would name the object at `subject`.
fn name_in(reader: &Reader<'_>, owned: &OwnedFrame<'_>, subject: u64) -> Option<String> {
    let variables = variables(reader, owned.frame);
    if let Some(variable) = variables.iter().find(|each| each.object == subject) {
        return (*variable.name != *RECEIVER).then(|| variable.name.to_string());
    }
    let steps = |object: u64, prefix: String, depth: usize| -> Option<String> {
        let mut level = vec![(object, Vec::new())];
        for _ in 0..depth {
            let mut next = Vec::new();
            for (object, before) in level {
                for (step, part) in reader.parts(object) {
                    let path = [&before[..], &[step]].concat();
                    if part == subject {
                        return Some(prefix + &reader.path(&path));
                    }
                    next.push((part, path));
                }
            }
            level = next;
        }
        None
    };
    variables.iter().find_map(|variable| {
        let ty = reader.type_of(variable.object).ok()?;
        let prefix = match ty.is_heap() {
            true => ty.name.to_string(),
            false => variable.name.to_string(),
        };
        steps(variable.object, prefix, 2)
    })
}

//! Names of resources, as the code of the program has them.

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::frame_owners::OwnedFrame;
use super::holders::HolderSearch;
use super::references::RECEIVER;
use super::roots::variables;
use crate::cpython::{Reader, Step};
use crate::model::{FrameKind, IdMap, IdSet, Reference, ResourceKind};

/// Maximum number of resources with one name that are told apart.
const MAX_ALIKE: usize = 32;
/// Maximum number of waiters and holders in whose frames the name of a resource is searched.
const MAX_NAMING: usize = 4;

impl HolderSearch<'_, '_, '_> {
    /// Names each resource by the shortest path from a variable of a waiter or holder, or
    /// else by a global.
    pub(super) fn name_resources(&mut self, references: &[Reference]) {
        let reader = self.inputs.reader;
        let indexes = self.owners.task_indexes();
        let mut globals: IdMap<&ArcStr> = IdMap::default();
        for reference in references.iter().filter(|it| it.from.item().is_none()) {
            globals.entry(reference.to).or_insert(&reference.path);
        }
        for index in 0..self.registry.resources.len() {
            let resource = &self.registry.resources[index];
            let Some(subject) = self.registry.subjects[index] else {
                continue;
            };
            if resource.name.is_some() {
                continue;
            }
            let owners = resource.waiters.iter().chain(&resource.holders);
            let frames = owners
                .map(|id| self.owners.frames(*id, &indexes))
                .filter(|frames| !frames.is_empty())
                .take(MAX_NAMING);
            let own = frames.flatten().filter(|owned| !owned.library);
            let in_code = |managers: bool| {
                let mut frames = own.clone().filter(|it| is_generator(it) == managers);
                frames.find_map(|owned| name_in(reader, &owned, subject))
            };
            let global = || globals.get(&resource.id).map(|path| path.to_string());
            // A generator that makes a context manager has a name of its own for what it got.
            let name = in_code(false).or_else(global).or_else(|| in_code(true));
            self.registry.resources[index].name = name;
        }
        self.tell_apart(references);
    }

    /// Renames resources of one kind that are waited for and have the same name, such as the
    /// attribute of a class that wraps them, where the paths to them differ.
    fn tell_apart(&mut self, references: &[Reference]) {
        let mut alike: FxHashMap<(ResourceKind, String), Vec<usize>> = FxHashMap::default();
        for (index, resource) in self.registry.resources.iter().enumerate() {
            if let Some(name) = &resource.name
                && !resource.waiters.is_empty()
            {
                let same = alike.entry((resource.kind, name.clone()));
                same.or_default().push(index);
            }
        }
        alike.retain(|_, group| (2..=MAX_ALIKE).contains(&group.len()));
        let wanted = alike.values().flatten();
        let wanted = wanted.map(|index| self.registry.resources[*index].id);
        let of_resources = paths_to(&wanted.collect(), references);
        let none = FxHashSet::default();
        for group in alike.into_values() {
            let paths: Vec<&FxHashSet<&str>> = (group.iter())
                .map(|index| of_resources.get(&self.registry.resources[*index].id))
                .map(|paths| paths.unwrap_or(&none))
                .collect();
            for (position, index) in group.iter().enumerate() {
                let others = || paths.iter().enumerate().filter(|(at, _)| *at != position);
                let own = paths[position].iter();
                let own = own.filter(|path| others().all(|(_, other)| !other.contains(*path)));
                let shortest = own.min_by_key(|path| (path.len(), **path));
                if let Some(path) = shortest {
                    self.registry.resources[*index].name = Some((*path).to_owned());
                }
            }
        }
    }
}

/// Paths to each of these resources that end with a name, from variables other than the receiver.
fn paths_to<'r>(wanted: &IdSet, references: &'r [Reference]) -> IdMap<FxHashSet<&'r str>> {
    let mut found: IdMap<FxHashSet<&str>> = IdMap::default();
    for reference in references.iter().filter(|it| wanted.contains(&it.to)) {
        let all = std::iter::once(&reference.path).chain(&reference.aliases);
        let named = all.filter(|path| {
            let is_receiver = path.split('.').next() == Some(RECEIVER);
            !is_receiver && path.ends_with(|c: char| c.is_alphanumeric() || c == '_')
        });
        let paths = found.entry(reference.to).or_default();
        paths.extend(named.map(|path| &**path));
    }
    found
}

fn is_generator(owned: &OwnedFrame<'_>) -> bool {
    match owned.frame.at.code.frame_kind() {
        FrameKind::Generator | FrameKind::AsyncGenerator => true,
        FrameKind::Function | FrameKind::Coroutine | FrameKind::Native => false,
    }
}

/// Name of the object at `subject` in the code of a frame: a variable, or a path of at most
/// two steps from a variable. `None` if there is none.
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
                        return Some(named(reader, &prefix, &path));
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

/// The path from a variable: from the last function on the way that closes over a variable, it is
/// the name of that one.
fn named(reader: &Reader<'_>, variable: &str, path: &[Step]) -> String {
    let free = |step: &Step| match step {
        Step::Free(name) => Some(name.clone()),
        _ => None,
    };
    let last = (path.iter().enumerate().rev()).find_map(|(at, step)| Some((at, free(step)?)));
    match last {
        Some((at, name)) => format!("{name}{}", reader.path(&path[at + 1..])),
        None => format!("{variable}{}", reader.path(path)),
    }
}

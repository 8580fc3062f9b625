//! Finds references to awaited resources, to connections that pools have given out, and to
//! coroutines without a task.

use std::cell::OnceCell;

use arcstr::ArcStr;
use rustc_hash::{FxHashMap, FxHashSet};

use super::holders::{HolderSearch, nearest};
use super::reachability::{Reachability, Reached};
use super::roots::{Roots, Variable, WITH};
use super::variable_calls::{called_by, library_class};
use crate::asyncio::wait_table::pool;
use crate::cpython::Reader;
use crate::model::{
    Callables, Called, EdgeKind, EnteredBlock, ItemId, MAX_ALIASES, OtherEnd, Reference, Referrer,
    ResourceKind, UserModule,
};

/// Stands for the name of what only the call has in which a thread waits.
const STACK: &str = "(stack)";
/// Variable of methods with their object.
pub(super) const RECEIVER: &str = "self";
/// Maximum number of other paths from one module to one resource.
const MAX_GLOBAL_ALIASES: usize = 64;

/// Objects to which references are searched.
struct Targets {
    /// Indexes of awaited resources, by the address of their object.
    resources: FxHashMap<u64, Vec<usize>>,
    /// Index of the pool of each connection, by the address of the connection.
    connections: FxHashMap<u64, usize>,
    /// Indexes of coroutines without a task, by address.
    coroutines: FxHashMap<u64, usize>,
}

impl Targets {
    /// Addresses of all targets.
    fn addresses(&self) -> impl Iterator<Item = u64> {
        let resources = self.resources.keys().chain(self.connections.keys());
        resources.chain(self.coroutines.keys()).copied()
    }
}

/// A reference to a coroutine without a task.
struct CoroutineReference {
    /// Index of the coroutine.
    coroutine: usize,
    from: Referrer,
    /// The variable at which the path begins.
    variable: Variable,
    path: ArcStr,
    /// Whether the path goes through a callable.
    by_callable: bool,
}

/// References that the search found.
#[derive(Default)]
struct Found {
    /// To awaited resources.
    references: Vec<Reference>,
    /// To connections: the referrer, the index of the pool, and the path.
    to_connections: Vec<(Referrer, usize, ArcStr)>,
    /// To coroutines without a task.
    to_coroutines: Vec<CoroutineReference>,
    /// The modules that were searched.
    modules: Vec<UserModule>,
    /// Whether the search ended before everything was searched.
    is_cut: bool,
}

impl HolderSearch<'_, '_, '_> {
    /// Finds references to awaited resources without known holders, to connections that
    /// pools have given out, and to coroutines without a task.
    ///
    /// Returns the references and the program's own modules.
    pub fn references(&mut self) -> (Vec<Reference>, Vec<UserModule>) {
        let targets = Targets {
            resources: self.awaited(),
            connections: self.pooled(),
            coroutines: self.detached_indexes(),
        };
        let Some(found) = self.search(&targets) else {
            return (Vec::new(), self.modules_for_ends());
        };
        let mut references = found.references;
        if !found.is_cut {
            self.add_calls(&targets, &mut references);
        }
        for reference in found.to_coroutines {
            self.describe_keeper(&reference);
        }
        self.pool_holders(found.to_connections, &mut references);
        self.name_resources(&references);
        (references, found.modules)
    }

    /// The program's own modules, if this process has the other end of what it waits for: then
    /// it matters what its code does.
    fn modules_for_ends(&self) -> Vec<UserModule> {
        let mut resources = self.registry.resources.iter();
        let mut modules = Vec::new();
        if resources.any(|it| it.ends.as_ref().is_some_and(OtherEnd::is_own)) {
            let roots = Roots {
                inputs: self.inputs,
                owners: &self.owners,
                handles: self.handles,
                held: None,
                contexts: OnceCell::new(),
            };
            roots.visit_modules(&mut |module, _| modules.push(module));
        }
        modules
    }

    /// Indexes of the awaited resources whose holders are not known, by the address of their
    /// object.
    fn awaited(&self) -> FxHashMap<u64, Vec<usize>> {
        let mut awaited: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for (index, resource) in self.registry.resources.iter().enumerate() {
            let Some(subject) = self.registry.subjects[index] else {
                continue;
            };
            if resource.waiters.is_empty() || resource.kind.knows_its_holders() {
                continue;
            }
            awaited.entry(subject).or_default().push(index);
            // Its methods belong to the object inside of it.
            if let Some(inner) = self.inputs.reader.semlock_object(subject)
                && inner != subject
            {
                awaited.entry(inner).or_default().push(index);
            }
        }
        awaited
    }

    /// Indexes of coroutines without a task, by address.
    fn detached_indexes(&self) -> FxHashMap<u64, usize> {
        self.detached
            .iter()
            .enumerate()
            .map(|(index, detached)| (detached.addr, index))
            .collect()
    }

    /// Addresses of objects through which no path may lead: loops, and pools, because a
    /// connection in use is not reached through its pool.
    fn closed(&self) -> Vec<u64> {
        let resources = self.registry.resources.iter().enumerate();
        let pools = resources.filter(|(_, resource)| {
            matches!(resource.kind, ResourceKind::Pool | ResourceKind::Limiter)
        });
        pools
            .filter_map(|(index, _)| self.registry.subjects[index])
            .chain(self.handles.iter().map(|(addr, _)| *addr))
            .collect()
    }

    /// Searches for `targets` from all variables. `None` if there are no targets.
    fn search(&self, targets: &Targets) -> Option<Found> {
        let reader = self.inputs.reader;
        let mut reachability = Reachability::new(reader, targets.addresses(), self.closed());
        if reachability.is_empty() {
            return None;
        }
        let roots = Roots {
            inputs: self.inputs,
            owners: &self.owners,
            handles: self.handles,
            held: Some(self.held),
            contexts: OnceCell::new(),
        };
        let mut found = Found::default();
        let mut visited = FxHashSet::default();
        let mut called = FxHashSet::default();
        let mut follow = |found: &mut Found, from: &Referrer, variables: &[Variable]| {
            visited.clear();
            called.clear();
            let first = found.references.len();
            for variable in variables {
                for reached in reachability.from(variable.object).iter() {
                    // The manager itself is held, and not reached through it.
                    if variable.object == reached.target && *variable.name == *WITH {
                        continue;
                    }
                    let is_new = visited.insert(reached.target);
                    if is_new {
                        self.add_found(found, targets, reached, from, variable);
                    } else {
                        let own = found.references.get_mut(first..).unwrap_or_default();
                        self.add_alias(own, targets, reached, &variable.name);
                    }
                    if *variable.name == *WITH {
                        let own = found.references.get_mut(first..).unwrap_or_default();
                        self.add_entered(own, targets, reached, from, variable.object);
                    }
                    if let Some(file) = variable.library.as_ref().filter(|_| reached.steps <= 1) {
                        let own = found.references.get_mut(first..).unwrap_or_default();
                        self.add_library(own, targets, reached, file);
                    }
                    let by_call = variable.callback.is_some() || !reached.callables.is_empty();
                    if by_call && called.insert(reached.target) {
                        let own = found.references.get_mut(first..).unwrap_or_default();
                        self.add_callables(own, targets, reached, variable);
                    }
                }
            }
        };
        roots.visit(&mut |from, variables| follow(&mut found, from, variables));
        roots.visit_modules(&mut |module, variables| {
            follow(
                &mut found,
                &Referrer::Module(module.name.clone()),
                variables,
            );
            found.modules.push(module);
        });
        found.is_cut = reachability.is_cut();
        if found.is_cut {
            for module in &mut found.modules {
                module.context_variables.clear();
                module.cached_functions.clear();
            }
        }
        Some(found)
    }

    /// Adds the calls in which threads wait to `references`, for objects to which nothing else
    /// refers.
    fn add_calls(&self, targets: &Targets, references: &mut Vec<Reference>) {
        let known: FxHashSet<ItemId> = references.iter().map(|it| it.to).collect();
        for index in targets.resources.values().flatten() {
            let resource = &self.registry.resources[*index];
            if known.contains(&resource.id) || !resource.kind.needs_signal() {
                continue;
            }
            let threads = resource.waiters.iter();
            let threads = threads.filter(|id| matches!(id, ItemId::Thread(_)));
            references.extend(threads.map(|thread| Reference {
                from: Referrer::Item(*thread),
                to: resource.id,
                path: self.inputs.reader.shared(STACK),
                due_s: None,
                error: None,
                aliases: Vec::new(),
                through: None,
                in_libraries: Vec::new(),
                entered: None,
            }));
        }
    }

    /// Adds another path to the references of one referrer.
    fn add_alias(
        &self,
        references: &mut [Reference],
        targets: &Targets,
        reached: &Reached,
        variable: &str,
    ) {
        let indexes = targets.resources.get(&reached.target).into_iter().flatten();
        for index in indexes {
            let resource = self.registry.resources[*index].id;
            let known = references.iter_mut().find(|it| it.to == resource);
            let max = |reference: &Reference| match reference.from {
                Referrer::Item(_) => MAX_ALIASES,
                Referrer::Module(_) => MAX_GLOBAL_ALIASES,
            };
            if let Some(known) = known.filter(|it| it.aliases.len() < max(it)) {
                let path = format!("{variable}{}", reached.path);
                known.aliases.push(self.inputs.reader.shared(&path));
            }
        }
    }

    /// Adds to the references of one referrer that code of a library has the target.
    fn add_library(
        &self,
        references: &mut [Reference],
        targets: &Targets,
        reached: &Reached,
        file: &str,
    ) {
        let indexes = targets.resources.get(&reached.target).into_iter().flatten();
        for index in indexes {
            let resource = self.registry.resources[*index].id;
            let known = references.iter_mut().find(|it| it.to == resource);
            if let Some(known) = known.filter(|it| !it.in_libraries.iter().any(|it| *it == file)) {
                known.in_libraries.push(self.inputs.reader.shared(file));
            }
        }
    }

    /// Adds to the references of one referrer that what its `with` block has entered leads to
    /// the target.
    fn add_entered(
        &self,
        references: &mut [Reference],
        targets: &Targets,
        reached: &Reached,
        from: &Referrer,
        manager: u64,
    ) {
        let mut holders = self.held.holders(manager).iter();
        let Some(at) = holders.find(|at| from.item() == Some(at.by)) else {
            return;
        };
        let indexes = targets.resources.get(&reached.target).into_iter().flatten();
        for index in indexes {
            let resource = self.registry.resources[*index].id;
            let known = references.iter_mut().find(|it| it.to == resource);
            let is_nearer = |known: &&mut Reference| {
                let entered = known.entered.as_ref();
                entered.is_none_or(|entered| reached.steps < entered.steps)
            };
            if let Some(known) = known.filter(is_nearer) {
                known.entered = Some(EnteredBlock {
                    at: at.clone(),
                    path: self.inputs.reader.shared(&reached.path),
                    steps: reached.steps,
                });
            }
        }
    }

    /// Adds to the references of one referrer that a variable leads to the target through
    /// callables.
    fn add_callables(
        &self,
        references: &mut [Reference],
        targets: &Targets,
        reached: &Reached,
        variable: &Variable,
    ) {
        let (reader, frames) = (self.inputs.reader, self.inputs.frames);
        let called =
            |callable: &u64| called_by(reader, frames, *callable).unwrap_or(Called::Unknown);
        let callables = variable.callback.iter().chain(&reached.callables);
        let callables: Vec<Called> = callables.map(called).collect();
        let class_file = library_class(reader, frames, variable.object);
        let indexes = targets.resources.get(&reached.target).into_iter().flatten();
        for index in indexes {
            let resource = self.registry.resources[*index].id;
            if let Some(reference) = references.iter_mut().find(|it| it.to == resource) {
                reference.through = Some(Callables {
                    variable: reader.shared(&variable.name),
                    path: reader.shared(&reached.path),
                    called: callables.clone(),
                    class_file: class_file.clone(),
                });
            }
        }
    }

    /// Adds a path from `variable` of `from` to a target.
    fn add_found(
        &self,
        found: &mut Found,
        targets: &Targets,
        reached: &Reached,
        from: &Referrer,
        variable: &Variable,
    ) {
        let (reader, target) = (self.inputs.reader, reached.target);
        let path = match reached.path.is_empty() {
            true => reader.shared(&variable.name),
            false => reader.shared(&format!("{}{}", variable.name, reached.path)),
        };
        if let Some(index) = targets.coroutines.get(&target) {
            found.to_coroutines.push(CoroutineReference {
                coroutine: *index,
                from: from.clone(),
                variable: variable.clone(),
                path: path.clone(),
                by_callable: variable.callback.is_some() || !reached.callables.is_empty(),
            });
        }
        if let Some(pool) = targets.connections.get(&target) {
            let reference = (from.clone(), *pool, path.clone());
            found.to_connections.push(reference);
        }
        for index in targets.resources.get(&target).into_iter().flatten() {
            found.references.push(Reference {
                from: from.clone(),
                to: self.registry.resources[*index].id,
                path: path.clone(),
                due_s: variable.due_s,
                error: None,
                aliases: Vec::new(),
                through: None,
                in_libraries: Vec::new(),
                entered: None,
            });
        }
    }

    /// Index of the pool of each connection in use, by the address of the connection.
    fn pooled(&self) -> FxHashMap<u64, usize> {
        let reader = self.inputs.reader;
        let mut pooled = FxHashMap::default();
        for (index, resource) in self.registry.resources.iter().enumerate() {
            let (Some(subject), ResourceKind::Pool) =
                (self.registry.subjects[index], resource.kind)
            else {
                continue;
            };
            let Some(used) = reader.first_attribute(subject, pool::USED) else {
                continue;
            };
            for (_, connection) in reader.parts(used) {
                if reader.type_of(connection).is_ok_and(|ty| ty.is_heap()) {
                    pooled.insert(connection, index);
                }
            }
        }
        pooled
    }

    /// Adds the holders of connections: the tasks, threads and coroutines that refer to them
    /// without going through the pool.
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
                aliases: Vec::new(),
                through: None,
                in_libraries: Vec::new(),
                entered: None,
            }));
        }
    }

    /// Describes what keeps a coroutine without a task, by the first reference to it.
    fn describe_keeper(&mut self, reference: &CoroutineReference) {
        let reader = self.inputs.reader;
        let path = &*reference.path;
        let coroutine = &mut self.detached[reference.coroutine].coroutine;
        let is_own_variable = reference.from == Referrer::Item(coroutine.id);
        coroutine.is_of_callable |= reference.by_callable && !is_own_variable;
        let keeper = reference.from.item().filter(|from| from.is_actor());
        if let Some(keeper) = keeper.filter(|_| !is_own_variable) {
            coroutine.kept_by.push((keeper, reference.path.clone()));
        }
        if is_own_variable || coroutine.referenced_by.is_some() {
            return;
        }
        coroutine.referenced_by = Some(readable(reader, &reference.variable, path));
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
}

/// `path`, which begins at `variable`, with the type of the object instead of the name of
/// the variable.
fn readable(reader: &Reader<'_>, variable: &Variable, path: &str) -> String {
    let rest = path.strip_prefix(&*variable.name).unwrap_or(path);
    match reader.type_of(variable.object) {
        Ok(ty) if ty.is_heap() && rest.starts_with('.') => format!("{}{rest}", ty.name),
        _ => path.to_owned(),
    }
}

//! Who holds what, who refers to what, and what a loop watches.

use rustc_hash::{FxHashMap, FxHashSet};

use super::files;
use super::held::Held;
use super::orphans::Orphan;
use super::owners::{OwnedFrame, Owner};
use super::reach::Reach;
use super::registry::Registry;
use super::{Scene, address};
use crate::python::{Kind, Reader};
use crate::snapshot::model::{
    ChildProcess, EventLoop, LoopFile, LoopState, Reference, TaskState,
};
use crate::snapshot::tasks::BuiltTask;
use crate::snapshot::threads::BuiltThread;
use crate::target::descriptors::call_descriptor;
use crate::tasks::LoopHandles;
use crate::tasks::known::pool;

/// Kinds of resources whose holders the frames or the object itself tell:
/// nobody else has to be looked for.
const OWNED: [&str; 4] = ["executor", "process-pool", "limiter", "server"];
/// Variable that methods call their object by.
const RECEIVER: &str = "self";

/// Everything that holders and references are found with.
pub struct Links<'a, 'r, 'm> {
    pub scene: &'a Scene<'r, 'm>,
    pub registry: &'a mut Registry<'r, 'm>,
    pub held: &'a Held,
    pub owners: &'a [Owner],
    pub tasks: &'a [BuiltTask],
    pub threads: &'a [BuiltThread],
    pub loops: &'a [(u64, LoopHandles)],
    pub orphans: &'a mut Vec<Orphan>,
}

impl Links<'_, '_, '_> {
    /// Finds the holders of all resources.
    pub fn holders(&mut self) {
        for object in self.held.objects() {
            // A lock that nobody waits for yet may be what a thread holds.
            if self.scene.reader.is_thread_lock(object) {
                self.registry.object("thread-lock", object);
            }
        }
        for place in 0..self.registry.resources.len() {
            let Some(subject) = self.registry.subjects[place] else {
                continue;
            };
            let resource = &self.registry.resources[place];
            if resource.locked == Some(false) {
                continue;
            }
            let kind = resource.kind.clone();
            if matches!(kind.as_str(), "condition" | "event" | "queue") {
                continue;
            }
            for taken in self.held.holders(subject) {
                self.registry.hold(place, &taken.by, "holds");
                let known = &mut self.registry.resources[place].taken_at;
                known.push(taken.clone());
            }
            self.owner_fields(place, &kind, subject);
        }
    }

    /// Who has the other end of a stream of objects that somebody waits for.
    pub fn stream_ends(&mut self) {
        let reader = self.scene.reader;
        for place in 0..self.registry.resources.len() {
            let (Some(state), "memory-stream") = (
                self.registry.subjects[place],
                &*self.registry.resources[place].kind,
            ) else {
                continue;
            };
            let has_senders = reader
                .attribute_object(state, "waiting_senders")
                .is_ok_and(|waiting| waiting.and_then(|all| reader.any_length(all)) > Some(0));
            let other_end = if has_senders { "Receive" } else { "Send" };
            let mut ids: Vec<&str> = Vec::new();
            for owner in self.owners {
                let mut frames = owner.frames.iter().filter(|owned| !owned.library);
                if frames.any(|owned| has_end(reader, owned, state, other_end)) {
                    ids.push(&owner.id);
                }
            }
            // Who waits for another one that has it is no nearer to using it.
            let nearer: Vec<&str> = ids
                .iter()
                .copied()
                .filter(|id| {
                    let mut edges = self.registry.edges.iter();
                    !edges.any(|edge| edge.from == *id && ids.contains(&edge.to.as_str()))
                })
                .collect();
            for id in nearer {
                self.registry.hold(place, id, "holds");
            }
        }
    }

    /// Owners that the object itself knows.
    fn owner_fields(&mut self, place: usize, kind: &str, subject: u64) {
        let reader = self.scene.reader;
        let ids = match kind {
            "lock" => reader
                .attribute_object(subject, "_owner_task")
                .ok()
                .flatten()
                .and_then(|task| self.task_id(task))
                .into_iter()
                .collect(),
            "limiter" => self.borrowers(subject),
            "thread-lock" => reader
                .rlock_owner(subject)
                .and_then(|ident| self.threads.iter().find(|built| built.ident == ident))
                .map(|built| built.thread.task.clone().unwrap_or(built.thread.id.clone()))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        };
        for id in ids {
            self.registry.hold(place, &id, "holds");
        }
    }

    fn borrowers(&self, limiter: u64) -> Vec<String> {
        let reader = self.scene.reader;
        let Some(borrowers) = reader.first_attribute(limiter, pool::USED) else {
            return Vec::new();
        };
        let parts = reader.parts(borrowers).into_iter();
        let mut ids: Vec<String> = parts.filter_map(|(_, part)| self.task_id(part)).collect();
        ids.dedup();
        ids
    }

    fn task_id(&self, addr: u64) -> Option<String> {
        let mut tasks = self.tasks.iter();
        tasks
            .find(|built| built.addr == addr)
            .map(|built| built.task.id.clone())
    }

    /// Who can reach the resources that have waiters and no holder, the
    /// connections of pools, and coroutines of no task.
    pub fn references(&mut self) -> Vec<Reference> {
        let reader = self.scene.reader;
        let mut targets: FxHashMap<u64, Vec<usize>> = FxHashMap::default();
        for (place, resource) in self.registry.resources.iter().enumerate() {
            let Some(subject) = self.registry.subjects[place] else {
                continue;
            };
            if resource.waiters.is_empty() || OWNED.contains(&resource.kind.as_str()) {
                continue;
            }
            targets.entry(subject).or_default().push(place);
        }
        let pooled = self.pooled();
        let orphans: FxHashMap<u64, usize> = self
            .orphans
            .iter()
            .enumerate()
            .map(|(index, orphan)| (orphan.addr, index))
            .collect();
        let wanted = targets.keys().chain(pooled.keys()).chain(orphans.keys());
        // What a pool has given out is not reached through the pool.
        let pools = self.registry.resources.iter().enumerate();
        let pools = pools.filter(|(_, resource)| matches!(&*resource.kind, "pool" | "limiter"));
        let closed: Vec<u64> = pools
            .filter_map(|(place, _)| self.registry.subjects[place])
            .chain(self.loops.iter().map(|(addr, _)| *addr))
            .collect();
        let mut reach = Reach::new(reader, wanted.copied(), closed);
        let mut references = Vec::new();
        if reach.is_empty() {
            return references;
        }
        let mut through_pools = Vec::new();
        for (from, roots) in self.roots() {
            let mut seen = FxHashSet::default();
            for (step, root) in roots {
                for (target, path) in reach.from(root).iter() {
                    if !seen.insert(*target) {
                        continue;
                    }
                    let path = join(&step, path);
                    for place in targets.get(target).into_iter().flatten() {
                        references.push(Reference {
                            from: from.clone(),
                            to: self.registry.resources[*place].id.clone(),
                            path: path.clone(),
                        });
                    }
                    if let Some(place) = pooled.get(target) {
                        through_pools.push((from.clone(), *place, path.clone()));
                    }
                    if let Some(index) = orphans.get(target)
                        && from != self.orphans[*index].coroutine.id
                    {
                        self.refer(*index, reader, &step, root, &path);
                    }
                }
            }
        }
        self.pool_holders(through_pools, &mut references);
        self.name_resources(&references);
        references
    }

    /// Connections that pools have given out, and the pool of each.
    fn pooled(&self) -> FxHashMap<u64, usize> {
        let reader = self.scene.reader;
        let mut pooled = FxHashMap::default();
        for (place, resource) in self.registry.resources.iter().enumerate() {
            let (Some(subject), "pool") = (self.registry.subjects[place], &*resource.kind) else {
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
        found: Vec<(String, usize, String)>,
        references: &mut Vec<Reference>,
    ) {
        for (from, place, path) in found {
            let is_actor = ["task:", "coroutine:", "thread:"]
                .iter()
                .any(|kind| from.starts_with(kind));
            if !is_actor {
                continue;
            }
            self.registry.hold(place, &from, "holds");
            references.push(Reference {
                from,
                to: self.registry.resources[place].id.clone(),
                path,
            });
        }
    }

    /// Everybody who may act, and the objects in their variables.
    fn roots(&self) -> Vec<(String, Vec<(String, u64)>)> {
        let reader = self.scene.reader;
        let mut roots: Vec<(String, Vec<(String, u64)>)> = Vec::new();
        for owner in self.owners {
            // What the user's own code calls it comes first.
            let (library, user): (Vec<&OwnedFrame>, Vec<&OwnedFrame>) =
                owner.frames.iter().partition(|owned| owned.library);
            let frames = user.into_iter().chain(library);
            roots.push((
                owner.id.clone(),
                frames.flat_map(|owned| variables(reader, &owned.frame)).collect(),
            ));
        }
        for built in self.tasks {
            let Some(exception) = built.exception else {
                continue;
            };
            let at = exception + u64::from(reader.layout.exception.traceback);
            let Ok(Some(traceback)) = reader.pointer(at, "__traceback__") else {
                continue;
            };
            let frames = reader.traceback_frames(traceback).frames;
            let variables = frames.iter().flat_map(|frame| variables(reader, frame));
            roots.push((built.task.id.clone(), variables.collect()));
        }
        for (addr, handles) in self.loops {
            let watched = handles.watched.iter();
            let files = watched.flat_map(|file| file.reader.iter().chain(&file.writer));
            let all = handles.timers.iter().chain(&handles.ready);
            let all = all.chain(&handles.signals).chain(files);
            let objects = all.flat_map(|handle| {
                let bound = reader.bound_objects(handle.callback);
                let arguments = handle.arguments.iter().copied();
                let objects: Vec<u64> = bound.into_iter().chain(arguments).collect();
                objects
                    .into_iter()
                    .filter(|object| !reader.is_future(*object))
                    .map(|object| (handle.name.clone(), object))
            });
            roots.push((format!("loop:0x{addr:x}"), objects.collect()));
        }
        for interpreter in self.scene.interpreters {
            roots.extend(self.module_roots(*interpreter));
        }
        roots
    }

    /// The globals of modules that the user wrote.
    fn module_roots(&self, interpreter: u64) -> Vec<(String, Vec<(String, u64)>)> {
        let reader = self.scene.reader;
        let user_modules = || -> crate::python::error::Result<Vec<_>> {
            let Some(modules) = reader.sys_modules(interpreter)? else {
                return Ok(Vec::new());
            };
            let mut found = Vec::new();
            for (name, module) in reader.dict_items(modules, reader.limits.items)?.0 {
                if !reader.is_kind(module, Kind::Module) {
                    continue;
                }
                let globals = reader.module_dict(module)?;
                let file = reader.dict_get(globals, "__file__")?;
                let file = file.and_then(|file| reader.text(file).ok());
                let is_user = file.is_some_and(|file| !self.scene.frames.is_library(&file));
                if !is_user {
                    continue;
                }
                let (items, _) = reader.dict_items(globals, reader.limits.items)?;
                let variables = items.into_iter().filter_map(|(key, value)| {
                    let is_function = reader.is_kind(value, Kind::Function);
                    Some((reader.text(key).ok()?.to_string(), value)).filter(|_| !is_function)
                });
                found.push((format!("module:{}", reader.text(name)?), variables.collect()));
            }
            Ok(found)
        };
        user_modules().unwrap_or_default()
    }

    /// Notes what keeps a coroutine of no task.
    fn refer(&mut self, index: usize, reader: &Reader<'_>, step: &str, root: u64, path: &str) {
        let coroutine = &mut self.orphans[index].coroutine;
        // A variable of the coroutine itself, or of a function that is gone
        // with its frame, is worth less than an attribute.
        let better = coroutine.referenced_by.is_none();
        if !better {
            return;
        }
        coroutine.referenced_by = Some(readable(reader, step, root, path));
        let names = path.split(['.', '[', '{', '(']).map(|part| {
            part.trim_matches(|c: char| !c.is_alphanumeric() && c != '_')
        });
        let is_name = |name: &&str| {
            name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
        };
        coroutine.referenced_as = names.rev().find(is_name).map(str::to_owned);
    }

    /// Names each resource by the shortest way that a waiter or holder has.
    fn name_resources(&mut self, references: &[Reference]) {
        let reader = self.scene.reader;
        let owners: FxHashMap<&str, &Owner> = self
            .owners
            .iter()
            .map(|owner| (owner.id.as_str(), owner))
            .collect();
        for place in 0..self.registry.resources.len() {
            let resource = &self.registry.resources[place];
            let Some(subject) = self.registry.subjects[place] else {
                continue;
            };
            if resource.name.is_some() {
                continue;
            }
            let people = resource.waiters.iter().chain(&resource.holders);
            let mut frames = people
                .filter_map(|id| owners.get(id.as_str()))
                .take(4)
                .flat_map(|owner| owner.frames.iter().filter(|owned| !owned.library));
            let name = frames.find_map(|owned| name_in(reader, owned, subject));
            let name = name.or_else(|| {
                let module = |reference: &&Reference| {
                    reference.to == resource.id && reference.from.starts_with("module:")
                };
                let reference = references.iter().find(module)?;
                Some(reference.path.clone())
            });
            self.registry.resources[place].name = name;
        }
    }

    /// The processes that this one started, and who of us has the other end of
    /// what they are blocked on.
    pub fn children(&mut self) -> Vec<ChildProcess> {
        let descriptors = self.scene.descriptors;
        let mut children = Vec::new();
        for child in &descriptors.children {
            let id = format!("process:{}", child.pid);
            let mut peers = Vec::new();
            if let Some(target) = &child.blocked_on {
                let shared = descriptors.sharing(target);
                let waiting = self.registry.edges.iter();
                let waiting: Vec<String> = waiting
                    .filter(|edge| edge.to == id)
                    .map(|edge| edge.from.clone())
                    .collect();
                if !shared.is_empty() {
                    peers.clone_from(&waiting);
                    let writes = matches!(
                        child.main_thread.syscall.as_ref().and_then(|call| call.name),
                        Some("write" | "writev")
                    );
                    for waiter in waiting {
                        let via = if writes { "pipe-full" } else { "pipe" };
                        self.registry.edge(&id, &waiter, via);
                    }
                }
            }
            let syscall = child.main_thread.syscall.as_ref();
            children.push(ChildProcess {
                id,
                pid: child.pid,
                command: child.command.clone(),
                state: child.main_thread.state.to_string(),
                syscall: syscall.and_then(|call| call.name).map(str::to_owned),
                fd: call_descriptor(&child.main_thread),
                peers,
                is_python: child.is_python,
            });
        }
        children
    }

    /// What needs a loop to turn cannot go on before what runs on it now.
    pub fn blocked_loops(&mut self, loops: &[EventLoop]) {
        for shown in loops {
            if !matches!(shown.state, LoopState::Blocked | LoopState::Running) {
                continue;
            }
            let thread = self
                .threads
                .iter()
                .find(|built| Some(&built.thread.id) == shown.thread.as_ref());
            let (Some(thread), Some(addr)) = (thread, address(&shown.id)) else {
                continue;
            };
            let blocker = thread.thread.task.as_ref().unwrap_or(&thread.thread.id);
            for built in self.tasks {
                let overdue = |left: Option<f64>| left.is_some_and(|left| left < 0.0);
                let wait = built.task.waits_for.as_ref();
                let needs_loop = match built.task.state {
                    TaskState::Ready => true,
                    TaskState::Waiting => {
                        overdue(wait.and_then(|wait| wait.remaining_s))
                            || overdue(built.task.guards.first().map(|guard| guard.remaining_s))
                    }
                    TaskState::Running | TaskState::Done => false,
                };
                if built.event_loop == Some(addr) && needs_loop {
                    self.registry.edge(&built.task.id, blocker, "event-loop");
                }
            }
            for orphan in self.orphans.iter() {
                if orphan.coroutine.event_loop.as_ref() == Some(&shown.id) {
                    self.registry.edge(&orphan.coroutine.id, blocker, "event-loop");
                }
            }
        }
    }
}

/// Fills in what the loop watches.
pub fn loop_files(
    scene: &Scene<'_, '_>,
    registry: &Registry<'_, '_>,
    shown: &mut EventLoop,
    handles: &LoopHandles,
) {
    /// `selectors.EVENT_WRITE`
    const WRITE: i64 = 2;
    shown.files = handles
        .watched
        .iter()
        .map(|file| {
            let socket = scene.descriptors.socket(file.fd);
            let (kind, peer, _) = files::describe(scene.descriptors, file.fd);
            let place = registry.place(&format!("{kind}:fd-{}", file.fd));
            let handle = file.reader.as_ref().or(file.writer.as_ref());
            LoopFile {
                fd: file.fd,
                events: match (file.events & 1 != 0, file.events & WRITE != 0) {
                    (true, true) => "read-write",
                    (false, true) => "write",
                    _ => "read",
                }
                .to_owned(),
                local: socket.map(|socket| socket.local.clone()),
                peer,
                state: socket.map(|socket| socket.state.clone()),
                receive_queue: socket.map(|socket| socket.receive_queue),
                send_queue: socket.map(|socket| socket.send_queue),
                callback: handle.map(|handle| handle.name.clone()),
                tasks: place.map_or(Vec::new(), |place| {
                    registry.resources[place].waiters.clone()
                }),
            }
        })
        .collect();
}

fn variables(reader: &Reader<'_>, frame: &crate::python::RawFrame) -> Vec<(String, u64)> {
    let bindings = reader.frame_variables(frame).unwrap_or_default();
    bindings
        .into_iter()
        .filter_map(|binding| Some((binding.name.to_string(), binding.value?)))
        .collect()
}

/// Whether a variable of the frame is the end of a stream of objects whose
/// class is named after what it does.
fn has_end(reader: &Reader<'_>, owned: &OwnedFrame, state: u64, class: &str) -> bool {
    variables(reader, &owned.frame).into_iter().any(|(_, value)| {
        reader.type_of(value).is_ok_and(|ty| ty.name.contains(class))
            && matches!(reader.attribute_object(value, "_state"), Ok(Some(found)) if found == state)
    })
}

fn join(step: &str, path: &str) -> String {
    format!("{step}{path}")
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
fn name_in(reader: &Reader<'_>, owned: &OwnedFrame, subject: u64) -> Option<String> {
    let variables = variables(reader, &owned.frame);
    if let Some((name, _)) = variables.iter().find(|(_, value)| *value == subject) {
        return (name != RECEIVER).then(|| name.clone());
    }
    let steps = |object: u64, prefix: String, depth: usize| -> Option<String> {
        let mut level = vec![(object, prefix)];
        for _ in 0..depth {
            let mut next = Vec::new();
            for (object, prefix) in level {
                for (step, part) in reader.parts(object) {
                    let path = format!("{prefix}{step}");
                    if part == subject {
                        return Some(path);
                    }
                    next.push((part, path));
                }
            }
            level = next;
        }
        None
    };
    variables.iter().find_map(|(name, value)| {
        let ty = reader.type_of(*value).ok()?;
        let prefix = match ty.is_heap() {
            true => ty.name.to_string(),
            false => name.clone(),
        };
        steps(*value, prefix, 2)
    })
}

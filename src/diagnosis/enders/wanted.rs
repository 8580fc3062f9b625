//! What would end a wait: the methods of the resource, and the names that code has for it.

mod methods;
mod names;

pub(super) use self::methods::ending_methods;
use self::names::{WAITING, awaited_names, given_names, is_kept_private, is_same_path};
pub(super) use self::names::{first_identifier, last_identifier};

use arcstr::ArcStr;
use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::library::is_file_of_runners;
use super::program::Program;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::source::{Body, Module, ObjectPath, Use};
use crate::model::{
    CONTEXT_VALUE, Callables, Frame, IdSet, ItemId, MAX_ALIASES, Referrer, Resource, ResourceKind,
};

/// Files of the standard library with the methods that wait, and those that only pass on
/// what their caller waits for.
const PRIMITIVES: [&str; 23] = [
    "asyncio/locks.py",
    "asyncio/queues.py",
    "asyncio/mixins.py",
    "asyncio/tasks.py",
    "asyncio/timeouts.py",
    "asyncio/futures.py",
    "asyncio/streams.py",
    "/threading.py",
    "/queue.py",
    "/contextlib.py",
    "multiprocessing/synchronize.py",
    "multiprocessing/queues.py",
    "multiprocessing/connection.py",
    "anyio/streams/memory.py",
    OF_ANYIO,
    "anyio/_backends/_asyncio.py",
    "trio/_channel.py",
    "trio/_sync.py",
    "trio/_core/_parking_lot.py",
    "trio/_core/_traps.py",
    "gevent/lock.py",
    "gevent/thread.py",
    "gevent/event.py",
];
/// The file with anyio's own locks, events and conditions.
const OF_ANYIO: &str = "anyio/_core/_synchronization.py";
/// The file with the futures of executors.
const FUTURES: &str = "concurrent/futures/_base.py";

/// Attribute of futures with those who wait for several, and that of each with its event
/// (Lib/concurrent/futures/_base.py).
const FUTURE_WAITERS: &str = "._waiters[";
const WAITER_EVENT: &str = "].event";

/// Whether it is the event of somebody who waits for several futures, on a path from one of
/// these: who completes the future sets it.
pub(super) fn is_of_future(resource: &Resource, path: &str) -> bool {
    resource.kind == ResourceKind::ThreadEvent
        && path.contains(FUTURE_WAITERS)
        && path.ends_with(WAITER_EVENT)
}

/// A resource that is waited for, as code sees it.
pub(super) struct Wanted {
    /// Its id.
    pub id: ItemId,
    /// Methods that may end the wait.
    pub methods: &'static [&'static str],
    /// Names of variables and attributes with the resource.
    pub names: FxHashSet<String>,
    /// Names of context variables whose value it is, and which are no names of its own.
    context_variables: FxHashSet<String>,
    /// Who reaches it through variables.
    pub reached_from: IndexSet<ItemId, FxBuildHasher>,
    /// First names of the paths from modules to it.
    pub globals: FxHashSet<String>,
    /// The paths from modules to it.
    global_paths: Vec<ArcStr>,
    /// Methods that take what `methods` give back; empty if nothing is taken.
    pub taking: &'static [&'static str],
    /// Whether a function of the program gives it to who waits for it.
    pub is_given: bool,
    /// Whether it is a future.
    pub is_future: bool,
    /// Who reaches it through callables, and through which.
    pub called_by: Vec<(ItemId, Callables)>,
    /// For a pool: who is in a call of a library and reaches it. Such a call may give
    /// something back when it returns.
    pub users: Vec<ItemId>,
    /// Who stands in code of a library that has it, and may use it further on.
    pub library_users: Vec<ItemId>,
    /// Whether nobody but its waiters reaches it, so that it is kept where it was not found.
    pub is_hidden: bool,
    /// Whether it is a variable of the function that waits for it, which does nothing else with
    /// it: nobody is meant to end the wait.
    is_kept_private: bool,
    /// Whether who waits for it gets it from an attribute, property or method of the program, or
    /// has made it and given it to somebody.
    pub was_shared: bool,
}

/// What the frames of a waiter say of what they wait for.
#[derive(Debug, Clone, Default)]
pub(super) struct Named {
    names: Vec<String>,
    is_given: bool,
    is_kept_private: bool,
    was_shared: bool,
}

/// What frames say that were looked at before, by the innermost of them and the methods that end
/// the wait. Thousands of tasks may share their frames.
pub(super) type KnownFrames = FxHashMap<(*const Frame, *const &'static str), Named>;

impl Wanted {
    /// The resource as code sees it. `None` if the program's own code does not wait for it
    /// directly: then a library ends the wait.
    pub(super) fn new(
        facts: &Facts<'_>,
        program: &Program,
        resource: &Resource,
        waiters: &[ItemId],
        known_frames: &mut KnownFrames,
    ) -> Option<Self> {
        let methods = ending_methods(facts, resource, waiters)?;
        let mut wanted = Self {
            id: resource.id,
            methods,
            names: FxHashSet::default(),
            context_variables: FxHashSet::default(),
            reached_from: IndexSet::default(),
            globals: FxHashSet::default(),
            global_paths: Vec::new(),
            is_given: false,
            called_by: Vec::new(),
            users: Vec::new(),
            library_users: Vec::new(),
            is_future: matches!(
                resource.kind,
                ResourceKind::Future | ResourceKind::ConcurrentFuture
            ),
            taking: match resource.kind.may_hide_holder()
                || resource.kind == ResourceKind::ProcessLock
            {
                true => &["acquire", "__enter__", "__aenter__", ""],
                false => &[],
            },
            is_hidden: true,
            is_kept_private: false,
            was_shared: false,
        };
        // What a pool gave out is given back under other names.
        let named = resource.kind != ResourceKind::Pool;
        let mut known: FxHashSet<(*const Frame, bool)> = FxHashSet::default();
        for waiter in waiters.iter().filter(|_| named) {
            let caller = facts.caller_of_wait(*waiter);
            if caller != *waiter
                && !facts.gave_the_job(caller, *waiter)
                && !waits_directly(facts.frames(*waiter))
            {
                return None;
            }
            let frames = facts.frames(caller);
            // Tasks with equal stacks share their frames.
            if !known.insert((frames.as_ptr(), caller == *waiter)) {
                continue;
            }
            let at = match facts.gave_the_job(caller, *waiter) {
                true => frames.iter().position(|frame| !frame.library)?,
                false => calling_frame(frames, resource)?,
            };
            let frames = frames.get(at..).unwrap_or_default();
            let named = known_frames
                .entry((frames.as_ptr(), methods.as_ptr()))
                .or_insert_with(|| named_by(program, frames, methods));
            wanted.add_named(named);
        }
        // Thousands may wait for one resource.
        let waiting: IdSet = waiters.iter().copied().collect();
        let mut own_names: FxHashSet<String> = FxHashSet::default();
        for reference in facts.referrers(resource.id) {
            let paths = std::iter::once(&reference.path).chain(&reference.aliases);
            for path in paths {
                let name = last_identifier(path);
                match path.ends_with(CONTEXT_VALUE) {
                    true => wanted.context_variables.extend(name.clone()),
                    false => own_names.extend(name.clone()),
                }
                wanted.names.extend(name);
            }
            match &reference.from {
                Referrer::Item(id) => {
                    wanted.reached_from.insert(*id);
                    let mut files = reference.in_libraries.iter();
                    // The future of a running job wakes who waits for several futures.
                    let wakes = is_of_future(resource, &reference.path) && !waiting.contains(id);
                    if wakes || files.any(|file| may_use_what_it_has(file)) {
                        wanted.library_users.push(*id);
                    }
                    if let Some(through) = &reference.through {
                        wanted.called_by.push((*id, through.clone()));
                    }
                    wanted.is_hidden &= waiting.contains(id);
                }
                Referrer::Module(_) => {
                    wanted.is_hidden = false;
                    let paths = std::iter::once(&reference.path).chain(&reference.aliases);
                    for path in paths {
                        wanted.globals.extend(first_identifier(path));
                        wanted.global_paths.push(path.clone());
                    }
                }
            }
        }
        for thread in &facts.process.threads {
            if thread.leads_to.contains(&resource.id) {
                wanted.reached_from.insert(thread.id);
                wanted.is_hidden &= waiting.contains(&thread.id);
            }
        }
        let loops = facts.process.loops.iter();
        for event_loop in loops.filter(|it| it.leads_to.contains(&resource.id)) {
            wanted.reached_from.insert(event_loop.id);
            wanted.is_hidden = false;
        }
        if resource.kind == ResourceKind::Pool {
            let reached_from = wanted.reached_from.iter().copied();
            let users = reached_from.filter(|id| {
                let frames = facts.frames(*id).iter();
                let mut called = frames.take_while(|frame| frame.library);
                called.any(|frame| !is_primitive(frame)) && !waiting.contains(id)
            });
            wanted.users = users.collect();
        }
        wanted
            .context_variables
            .retain(|name| !own_names.contains(name));
        if let Some(name) = resource.name.as_deref() {
            wanted.names.extend(last_identifier(name));
        }
        wanted.names.remove("self");
        Some(wanted)
    }
}

impl Wanted {
    /// Whether nothing has a name for it: it was made to be waited for, and for nothing else.
    pub(super) fn is_parking(&self) -> bool {
        let has_no_name = self.names.is_empty() || self.is_kept_private;
        self.is_hidden && has_no_name && self.taking.is_empty() && !self.is_given
    }

    /// Whether the name is that of a context variable whose value it is, and nothing else has it
    /// under that name.
    pub(super) fn is_value_of(&self, name: &str) -> bool {
        self.context_variables.contains(name)
    }

    /// Whether the path from a global leads to another object. Not known of what is kept where it
    /// was not found.
    pub(super) fn is_elsewhere(&self, path: &ObjectPath) -> bool {
        let mut known = self.global_paths.iter();
        !self.is_hidden && !known.any(|known| is_same_path(path, known))
    }

    /// Whether the task or thread has it under that path, as far as its paths are known.
    pub(super) fn is_reached_by(&self, facts: &Facts<'_>, id: ItemId, path: &ObjectPath) -> bool {
        let mut own = facts.referrers(self.id).iter();
        own.any(|reference| {
            let mut paths = std::iter::once(&reference.path).chain(&reference.aliases);
            let may_have_more = reference.aliases.len() >= MAX_ALIASES;
            reference.from == Referrer::Item(id)
                && (may_have_more || paths.any(|known| is_same_path(path, known)))
        })
    }

    /// Whether it is a future, and the program makes none: a library did.
    pub(super) fn is_of_library(&self, program: &Program) -> bool {
        self.is_future && !program.makes_futures
    }

    /// Adds what the frames of a waiter say.
    fn add_named(&mut self, named: &Named) {
        self.is_given = named.is_given;
        self.is_kept_private = named.is_kept_private;
        self.was_shared = named.was_shared;
        self.names.extend(named.names.iter().cloned());
    }
}

/// The names by which the innermost of `frames` waits for something that `methods` end, and those
/// under which the frames around it gave it on.
fn named_by(program: &Program, frames: &[Frame], methods: &[&str]) -> Named {
    let mut found = Named::default();
    let mut inner: Option<(&Body, &str)> = None;
    let mut names: Vec<String> = Vec::new();
    for frame in frames.iter().filter(|frame| !frame.library) {
        let Some((body, line, module)) = body_of(program, frame) else {
            return found;
        };
        names = match inner {
            None => {
                let uses = body.uses_at(line, module);
                found.is_given = uses.iter().any(|each| match &each.what {
                    Use::Name { name, called, .. } => *called && !program.named(name).is_empty(),
                    _ => false,
                });
                let is_gotten = uses.iter().any(|each| match &each.what {
                    Use::Attribute { name, .. } if !WAITING.contains(&name.as_str()) => {
                        program.is_attribute(name) || !program.named(name).is_empty()
                    }
                    _ => false,
                });
                let names = awaited_names(program, &uses);
                let is_variable =
                    |it: &String| body.assigned.contains(it) && !body.parameters.contains(it);
                let is_private =
                    |name: &String| is_kept_private(program, body, module, name, methods);
                found.is_kept_private = !names.is_empty() && names.iter().all(is_private);
                let is_given_on = !found.is_kept_private && names.iter().any(is_variable);
                found.was_shared = is_gotten || is_given_on;
                names
            }
            Some((function, called)) => {
                let given = names.iter().any(|name| function.parameters.contains(name));
                match given {
                    true => given_names(body, &body.uses_at(line, module), called),
                    false => return found,
                }
            }
        };
        found.names.extend(names.iter().cloned());
        inner = Some((body, &frame.function));
    }
    found
}

/// The function of a frame, with its line and the text of its file.
pub(super) fn body_of<'p>(
    program: &'p Program,
    frame: &Frame,
) -> Option<(&'p Body, u32, &'p Module)> {
    let (file, line) = (frame.file.as_deref()?, frame.line?);
    let function = program.at(file, line, &frame.function).ok()?;
    let (body, module) = program.body(function)?;
    Some((body, line, module))
}

/// Whether the frame is one of the standard methods that wait.
pub(in crate::diagnosis) fn is_primitive(frame: &Frame) -> bool {
    is_file_of_primitives(frame.file.as_deref().unwrap_or_default())
}

fn is_file_of_primitives(file: &str) -> bool {
    PRIMITIVES.iter().any(|part| file.ends_with(part))
}

/// Whether functions of this file of a library may use what they have after the call in which
/// they are. Those that wait, and those that run tasks, threads and jobs, do not.
fn may_use_what_it_has(file: &str) -> bool {
    !is_file_of_primitives(file) && !is_file_of_runners(file)
}

/// Whether all frames are those of standard methods that wait.
pub(in crate::diagnosis) fn waits_directly(frames: &[Frame]) -> bool {
    frames.iter().all(is_primitive)
}

/// Whether the frame is one of the futures of executors.
pub(super) fn of_executors(frame: &Frame) -> bool {
    let file = frame.file.as_deref();
    file.is_some_and(|file| file.ends_with(FUTURES))
}

/// Index of the frame of the program's own code that called the waiting method of the
/// resource. `None` if the standard library or an installed package did.
fn calling_frame(frames: &[Frame], resource: &Resource) -> Option<usize> {
    let of_future = resource.kind == ResourceKind::ConcurrentFuture;
    let is_of_resource =
        |frame: &Frame| frame.library && (is_primitive(frame) || of_future && of_executors(frame));
    let first = frames.iter().position(|frame| !is_of_resource(frame))?;
    (!frames.get(first)?.library).then_some(first)
}

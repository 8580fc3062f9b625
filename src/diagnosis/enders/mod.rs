//! Who can end a wait: live code that still has such an operation to run, on that object.
//!
//! A task, a thread or a callback counts if the rest of its functions, or what these may
//! call, names a method that ends the wait on something that may be the object. What only
//! looks at the object (`qsize()`, `locked()`) does not count. What cannot be excluded does.

mod held;
mod program;
mod reach;
mod wanted;

use std::rc::Rc;

use rustc_hash::FxHashMap;

use self::program::Program;
use self::reach::{Operation, Reach};
use self::wanted::Wanted;
use super::facts::Facts;
use super::frames::is_idle_worker;
use super::source::{Place, Use};
use crate::model::{EventLoop, Frame, IdMap, IdSet, ItemId, LoopFile, LoopState};

/// Who can end the wait for one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Enders {
    /// Each of these can.
    These(Vec<ItemId>),
    /// Something that is no part of the snapshot may.
    NotKnown,
}

/// What was found out about the waits of the program's own code.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Who can end the wait for each resource.
    pub enders: IdMap<Enders>,
    /// Resources for which no code of the program has a method that ends the wait.
    pub unnamed: IdSet,
    /// Who took a lock or permit by a plain `acquire()`, and has it still.
    pub holders: Vec<(ItemId, ItemId)>,
}

/// Who can end each wait of the program's own code. Waits of libraries are left out.
pub(super) fn find(facts: &Facts<'_>, waiters: &IdMap<Vec<ItemId>>) -> Found {
    let resources = facts.process.resources.iter();
    let wanted_any = resources.clone().any(|it| waiters.contains_key(&it.id));
    if !wanted_any {
        return Found::default();
    }
    let program = Program::new(facts);
    let wanted: Vec<Wanted> = resources
        .filter_map(|resource| {
            let waiters = waiters.get(&resource.id)?;
            Wanted::new(facts, &program, resource, waiters)
        })
        .collect();
    if wanted.is_empty() {
        return Found::default();
    }
    let search = Search::new(facts, program);
    let taken = wanted.iter().filter(|wanted| !wanted.taking.is_empty());
    let holders: Vec<(ItemId, ItemId)> = taken
        .flat_map(|wanted| search.holders(wanted).map(|holder| (wanted.id, holder)))
        .collect();
    // Which of several hidden objects it is that somebody took is not known.
    let several = |wanted: &Wanted| {
        wanted.is_hidden
            && holders
                .iter()
                .filter(|(lock, _)| *lock == wanted.id)
                .count()
                > 1
    };
    let unsure: IdSet = wanted
        .iter()
        .filter(|it| several(it))
        .map(|it| it.id)
        .collect();
    let is_held = |id: ItemId| {
        let resource = facts
            .resource(id)
            .filter(|resource| resource.kind.is_lock());
        resource.is_some_and(|resource| {
            !resource.holders.is_empty() || holders.iter().any(|(lock, _)| *lock == id)
        })
    };
    let enders = wanted.iter().map(|wanted| match is_held(wanted.id) {
        _ if unsure.contains(&wanted.id) => (wanted.id, Enders::NotKnown),
        // Only who holds a lock gives it back.
        true => (wanted.id, Enders::These(Vec::new())),
        false => (wanted.id, search.enders(wanted)),
    });
    let unnamed = wanted.iter().filter(|it| !search.is_named(it));
    Found {
        enders: enders.collect(),
        holders: (holders.iter().copied())
            .filter(|(lock, _)| !unsure.contains(lock))
            .collect(),
        unnamed: unnamed.map(|wanted| wanted.id).collect(),
    }
}

struct Search<'f> {
    program: Program,
    /// What each activity may still do. Activities with equal stacks share it.
    activities: Vec<(ItemId, Rc<Reach>)>,
    /// What code outside of the program may call.
    outside: Reach,
    /// What signal handlers may do.
    signals: Reach,
    /// Loops that may call functions of the program which were not found.
    open_loops: Vec<ItemId>,
    facts: &'f Facts<'f>,
}

impl<'f> Search<'f> {
    fn new(facts: &'f Facts<'f>, program: Program) -> Self {
        let outside = Reach::of_functions(&program, program.called_from_outside.iter().copied());
        let mut search = Self {
            activities: Vec::new(),
            open_loops: Vec::new(),
            outside,
            signals: signal_handlers(&program),
            program,
            facts,
        };
        search.add_stacks();
        search.add_callbacks();
        search
    }

    fn add_stacks(&mut self) {
        let facts = self.facts;
        let mut known: FxHashMap<Vec<(usize, u32)>, Rc<Reach>> = FxHashMap::default();
        let tasks = facts.live_tasks().map(|task| task.id);
        let threads = facts.process.threads.iter();
        let threads = threads.filter(|thread| thread.task.is_none() && !is_idle_worker(thread));
        let coroutines = facts.process.coroutines.iter();
        let ids = tasks.chain(threads.map(|thread| thread.id));
        for id in ids.chain(coroutines.map(|coroutine| coroutine.id)) {
            let frames = facts.frames(id);
            let key: Vec<(usize, u32)> = frames
                .iter()
                .map(|frame| {
                    let file = frame
                        .file
                        .as_deref()
                        .map_or(0, |file| file.as_ptr() as usize);
                    (file, frame.line.unwrap_or(0))
                })
                .collect();
            // What a library calls depends on its variables.
            let reach = match frames.iter().all(|frame| frame.library) && id.task().is_none() {
                true => Rc::new(self.of_stack(id, frames)),
                false => Rc::clone(
                    (known.entry(key)).or_insert_with(|| Rc::new(self.of_stack(id, frames))),
                ),
            };
            self.activities.push((id, reach));
        }
    }

    /// What the rest of a stack may do. A stack with code of libraries alone may call
    /// whatever these were given.
    fn of_stack(&self, id: ItemId, frames: &[Frame]) -> Reach {
        let thread = self.facts.thread(id).filter(|it| it.callbacks_complete);
        if let Some(thread) = thread {
            return Reach::of_callbacks(&self.program, &thread.callbacks);
        }
        let mut reach = Reach::of_stack(&self.program, frames);
        if frames.iter().all(|frame| frame.library) {
            reach.add(&self.outside);
            reach.calls_unknown = true;
        }
        reach
    }

    fn add_callbacks(&mut self) {
        for task in self
            .facts
            .live_tasks()
            .filter(|it| !it.callbacks.is_empty())
        {
            let reach = Reach::of_callbacks(&self.program, &task.callbacks);
            self.activities.push((task.id, Rc::new(reach)));
        }
        for event_loop in &self.facts.process.loops {
            let reach = Reach::of_callbacks(&self.program, &event_loop.callbacks);
            self.activities.push((event_loop.id, Rc::new(reach)));
            if calls_in(event_loop) {
                self.open_loops.push(event_loop.id);
            }
        }
    }

    /// Who can end the wait for `wanted`.
    fn enders(&self, wanted: &Wanted) -> Enders {
        let outside = || self.matches(&self.outside, None, wanted);
        if wanted.is_parking()
            || wanted.is_future && !self.program.makes_futures()
            || self.matches(&self.signals, None, wanted)
            || self.program.hands_out(wanted.methods, &wanted.names)
        {
            return Enders::NotKnown;
        }
        let takes = |id: ItemId, reach: &Reach| {
            !wanted.taking.is_empty() && self.names_one(reach, Some(id), wanted, wanted.taking)
        };
        // A bound method that was stored may be called by whoever reaches the object.
        let stored = self.program.takes_as_value(wanted.methods, &wanted.names);
        let by_stored = |id: &ItemId| stored && wanted.reached_from.contains(id);
        let can = self.activities.iter().filter(|(id, reach)| {
            let own = self.matches(reach, Some(*id), wanted);
            // Who has to take it before giving it back ends no wait.
            (own || reach.calls_unknown && (outside() || by_stored(id))) && !takes(*id, reach)
        });
        let mut found: Vec<ItemId> = can.map(|(id, _)| *id).collect();
        if !self.open_loops.is_empty() && outside() {
            found.extend(&self.open_loops);
        }
        found.extend(self.bound_callbacks(wanted));
        found.dedup();
        Enders::These(found)
    }

    /// Whether some code of the program, still to run or not, names a method that ends the
    /// wait on what may be `wanted`.
    fn is_named(&self, wanted: &Wanted) -> bool {
        self.program.functions().any(|function| {
            let uses = self.program.body(function);
            let uses = uses.map_or(&[][..], |(body, _)| &body.uses);
            uses.iter().any(|each| match &each.what {
                Use::Attribute { of, name, .. } => {
                    let is_it = match of {
                        Place::Named(place) => wanted.names.contains(place),
                        Place::Local(_) | Place::Called(_) | Place::Other => true,
                    };
                    is_it && wanted.methods.contains(&name.as_str())
                }
                _ => false,
            })
        })
    }

    /// Whether code with this reach may use a method that ends the wait on `wanted`.
    fn matches(&self, reach: &Reach, id: Option<ItemId>, wanted: &Wanted) -> bool {
        let reaches = id.is_none_or(|id| wanted.reached_from.contains(&id));
        let unknown = reach.is_unknown && (reaches || !wanted.globals.is_empty());
        unknown || self.names_one(reach, id, wanted, wanted.methods)
    }

    /// Whether code with this reach names one of `methods` on what may be `wanted`.
    fn names_one(
        &self,
        reach: &Reach,
        id: Option<ItemId>,
        wanted: &Wanted,
        methods: &[&str],
    ) -> bool {
        let reaches = id.is_none_or(|id| wanted.reached_from.contains(&id));
        let by_global = wanted.globals.iter().any(|name| reach.names.contains(name));
        let by_hidden = |operation: &Operation| wanted.is_hidden && !operation.is_bound;
        let mut operations = reach.operations.iter();
        operations.any(|operation| {
            if !methods.contains(&operation.method.as_str()) {
                return false;
            }
            let may_be_it = match &operation.of {
                Place::Named(name) => wanted.names.is_empty() || wanted.names.contains(name),
                Place::Local(_) | Place::Called(_) | Place::Other => true,
            };
            may_be_it && (reaches || by_global || by_hidden(operation))
        })
    }

    /// Loops and tasks that will call a method of the resource itself, such as
    /// `call_later(1, event.set)`, or a function of a library with it.
    fn bound_callbacks(&self, wanted: &Wanted) -> Vec<ItemId> {
        let references = self.facts.referrers(wanted.id).iter();
        let loops = references.filter_map(|reference| {
            let id = reference.from.item()?;
            self.facts.event_loop(id)?;
            let whole = reference.path.rsplit('.').next().unwrap_or_default();
            let is_library = !self.is_own_callback(id, &reference.path);
            (wanted.methods.contains(&whole) || is_library).then_some(id)
        });
        loops.collect()
    }

    /// Whether the path begins at a callback of the program's own code.
    fn is_own_callback(&self, id: ItemId, path: &str) -> bool {
        let event_loop = self.facts.event_loop(id);
        let mut callbacks = event_loop.into_iter().flat_map(|it| &it.callbacks);
        callbacks.any(|callback| path.starts_with(callback.name.as_str()))
    }
}

/// Whether something outside may make the loop call functions of the program: it takes
/// connections, watches files for a library, or keeps its callbacks where they are not found.
fn calls_in(event_loop: &EventLoop) -> bool {
    let hidden = !event_loop.class_name.starts_with("asyncio.");
    let listens = |file: &LoopFile| file.state.as_deref() == Some("LISTEN");
    let peers = |file: &LoopFile| file.peer.is_some();
    let files = event_loop.files.iter();
    let has_clients = || files.into_iter().any(|file| listens(file) || peers(file));
    event_loop.state != LoopState::Stopped
        && (hidden || !event_loop.callbacks_complete && has_clients())
}

/// What functions may do that were given to `signal.signal()`.
fn signal_handlers(program: &Program) -> Reach {
    let mut given = Vec::new();
    for function in program.functions() {
        let Some((body, _)) = program.body(function) else {
            continue;
        };
        for each in &body.uses {
            let (Use::Name { name, called, .. } | Use::Attribute { name, called, .. }) = &each.what
            else {
                continue;
            };
            let to_signal = |(function, _): &(String, _)| function == "signal";
            if !called && each.given_to.as_ref().is_some_and(to_signal) {
                given.extend(program.named(name));
            }
        }
    }
    Reach::of_functions(program, given)
}

//! Who took a lock or permit by a plain `acquire()` and has not given it back.

use std::cell::RefCell;

use rustc_hash::FxHashSet;

use super::program::{Function, Program};
use super::reach::Reach;
use super::takers::takes_callback;
use super::wanted::{Wanted, body_of, is_primitive};
use super::{Group, Place, Search, Which};
use crate::diagnosis::frames::is_idle_worker;
use crate::diagnosis::source::{Body, ObjectPath, Use, UseAt};
use crate::model::{Frame, ItemId};

/// Functions and methods that make a task of a coroutine.
const STARTING: [&str; 4] = [
    "create_task",
    "ensure_future",
    "run_coroutine_threadsafe",
    "start_soon",
];

/// How code has the lock that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Root {
    /// By a path from a global.
    Global,
    /// By a path from a variable of a function that is on the stack.
    Variable(ObjectPath),
    /// In a function that was called, or as what one returned.
    Inside,
}

/// What a use does to the lock.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Takes(Root),
    GivesBack,
}

impl Search<'_> {
    /// The tasks and threads with a function on the stack that has taken `wanted`, itself or
    /// through a function that it called, and has not given it back before its line.
    pub(super) fn holders(&self, wanted: &Wanted) -> Vec<ItemId> {
        let mut holders = Vec::new();
        for group in &self.groups {
            let first = group.ids.first().copied();
            let frames = first.map_or(&[][..], |id| self.facts.frames(id));
            for (frame, inner) in with_inner(frames) {
                match self.taken_by(frame, inner, wanted) {
                    None => {}
                    Some(Root::Global) => holders.extend(&group.ids),
                    // Which object a variable has does not show where it was not found.
                    Some(_) if wanted.is_hidden => holders.extend(&group.ids),
                    Some(Root::Variable(path)) => {
                        let ids = group.ids.iter().copied();
                        holders
                            .extend(ids.filter(|id| wanted.is_reached_by(self.facts, *id, &path)));
                    }
                    Some(Root::Inside) => holders.extend(group.reaching(wanted)),
                }
            }
        }
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// Whether somebody of the group stands in a loop that may give `wanted` back before it
    /// takes it again: one round takes it, and another one gives it back.
    pub(super) fn may_give_back_first(&self, frames: &[Frame], wanted: &Wanted) -> bool {
        with_inner(frames).any(|(frame, _)| {
            let Some((body, line, module)) = body_of(&self.program, frame) else {
                return false;
            };
            let round = body.around_loop(line, module).into_iter();
            let steps: Vec<(Step, &UseAt)> = round
                .filter_map(|each| Some((self.step(body, each, false, wanted)?, each)))
                .collect();
            let first = steps.iter().position(|(step, _)| *step == Step::GivesBack);
            first.is_some_and(|first| {
                let (before, rest) = steps.split_at(first);
                let gives = rest.first().map(|(_, each)| *each);
                let takes = before.iter().map(|(_, each)| *each);
                gives.is_some_and(|gives| takes.into_iter().all(|it| body.excludes(it, gives)))
            })
        })
    }

    /// Whether `wanted` is a reentrant lock whose owner has left the code that took it: only
    /// the owner may give it back, and what is left of its functions does not.
    pub(super) fn is_abandoned(&self, wanted: &Wanted) -> bool {
        let Some(lock) = self
            .facts
            .resource(wanted.id)
            .filter(|it| it.is_reentrant())
        else {
            return false;
        };
        // Who is in a block of the lock gives it back at the end of the block.
        let ([owner], true) = (&lock.holders[..], lock.taken_at.is_empty()) else {
            return false;
        };
        let owner = *owner;
        let Some(thread) = self.facts.thread(owner) else {
            return false;
        };
        // A loop or a worker runs other code in the same thread later. What a library does in
        // the thread was not read.
        let runs_jobs = thread.event_loop.is_some() || is_idle_worker(thread);
        let reads_all = (thread.frames.iter()).all(|frame| !frame.library || is_primitive(frame));
        if runs_jobs || !reads_all {
            return false;
        }
        // In a loop it may take the lock once more before it gives it back; that it gives it
        // back at all is enough.
        let may_give_back = |group: &Group| {
            group.reach.calls_unknown
                || group.reach.is_unknown
                || self.may_use(&group.reach, wanted, wanted.methods) != Which::None
        };
        let mut own = self.groups.iter().filter(|it| it.ids.contains(&owner));
        !own.any(may_give_back) && !self.by_callables(wanted).contains(&owner)
    }

    /// Whether a function among `frames` has taken `wanted`, and has not given it back.
    pub(super) fn has_taken_in(&self, frames: &[Frame], wanted: &Wanted) -> bool {
        with_inner(frames).any(|(frame, inner)| self.taken_by(frame, inner, wanted).is_some())
    }

    /// How the function has `wanted`, if it has taken it and not given it back.
    fn taken_by(&self, frame: &Frame, inner: Option<&str>, wanted: &Wanted) -> Option<Root> {
        let (body, line, module) = body_of(&self.program, frame)?;
        let entered = body.entered_at(line, inner, module);
        let done = body.done_at(line, &entered, module).into_iter();
        let mut steps = done.filter_map(|each| {
            let in_header = entered.iter().any(|header| each.is_in(*header));
            self.step(body, each, in_header, wanted)
        });
        match steps.next_back() {
            Some(Step::Takes(root)) => Some(root),
            Some(Step::GivesBack) | None => None,
        }
    }

    /// What one use of a function on the stack does to the lock. `entered` says that it stands in
    /// the header of a `with` block that has not been left.
    fn step(&self, body: &Body, each: &UseAt, entered: bool, wanted: &Wanted) -> Option<Step> {
        let (name, called) = match &each.what {
            Use::Attribute { of, name, called } => {
                let has_name = match of {
                    Place::Named(place)
                    | Place::Local(place)
                    | Place::Called(place)
                    | Place::Got(place) => wanted.names.contains(place),
                    Place::Other => false,
                };
                let root = || root_of(each.receiver(), wanted).filter(|_| has_name);
                match name.as_str() {
                    "acquire"
                        if calls_or_gives(each)
                            && let Some(root) = root() =>
                    {
                        return Some(Step::Takes(root));
                    }
                    "release" if *called && has_name => return Some(Step::GivesBack),
                    _ => (name, *called),
                }
            }
            Use::Name { name, called, .. } => (name, *called),
            _ => return None,
        };
        let mut functions = match called {
            true => self.program.named(name),
            false => Vec::new(),
        };
        // A coroutine that became a task takes it for that task.
        if body.is_given_to(each, &STARTING) {
            let is_async = |(body, _): (&Body, _)| body.is_async;
            functions.retain(|function| !self.program.body(*function).is_some_and(is_async));
        }
        if functions.is_empty() && !(entered && called) {
            return None;
        }
        let mut arguments = body.arguments_of(each);
        let given = arguments.find_map(|argument| match &argument.what {
            Use::Name { name, .. } | Use::Attribute { name, .. } => wanted
                .names
                .contains(name)
                .then(|| root_of(argument.path.clone(), wanted))?,
            _ => None,
        });
        match entered {
            true => self
                .taken_by_class(name, wanted)
                .or_else(|| self.taken_by_manager(&functions, given.as_ref(), wanted)),
            false => step_of_call(&self.program, functions, given.as_ref(), wanted),
        }
    }

    /// What an object of this class has done when it was entered.
    fn taken_by_class(&self, class: &str, wanted: &Wanted) -> Option<Step> {
        let entering = self.program.methods(class, &["__enter__", "__aenter__"]);
        let step = step_of_call(&self.program, entering, None, wanted);
        step.filter(|step| matches!(step, Step::Takes(_)))
    }

    /// What a generator that makes a context manager has done when it stands at its `yield`.
    fn taken_by_manager(
        &self,
        functions: &[Function],
        given: Option<&Root>,
        wanted: &Wanted,
    ) -> Option<Step> {
        functions.iter().find_map(|function| {
            let (body, _) = self.program.body(*function)?;
            let uses = body.uses_before_yield();
            let last = uses
                .filter_map(|each| own_step(body, each, given, wanted))
                .last();
            last.filter(|step| matches!(step, Step::Takes(_)))
        })
    }
}

/// How the path leads to the lock. `None` if it leads to something else.
fn root_of(path: Option<ObjectPath>, wanted: &Wanted) -> Option<Root> {
    match path {
        Some(path) if !path.is_global => Some(Root::Variable(path)),
        Some(path) => (!wanted.is_elsewhere(&path)).then_some(Root::Global),
        None => Some(Root::Inside),
    }
}

/// What a use of a function that was called does to the lock itself. `given` says how the lock is
/// among the arguments: a parameter that only has one of the names of the lock is something else.
fn own_step(body: &Body, each: &UseAt, given: Option<&Root>, wanted: &Wanted) -> Option<Step> {
    let Use::Attribute { of, name, called } = &each.what else {
        return None;
    };
    let root = || match of {
        Place::Local(place) if body.parameters.contains(place) => given.cloned(),
        Place::Local(place) => wanted.names.contains(place).then_some(Root::Inside),
        Place::Named(place) if wanted.names.contains(place) => {
            match root_of(each.receiver(), wanted)? {
                Root::Global => Some(Root::Global),
                Root::Variable(_) | Root::Inside => Some(Root::Inside),
            }
        }
        Place::Named(_) | Place::Called(_) | Place::Got(_) | Place::Other => None,
    };
    match name.as_str() {
        "acquire" if calls_or_gives(each) => Some(Step::Takes(root()?)),
        "release" if *called => root().map(|_| Step::GivesBack),
        _ => None,
    }
}

/// Whether the method is called, there or by what gets it as a callback:
/// `run_in_executor(None, lock.acquire)`.
fn calls_or_gives(each: &UseAt) -> bool {
    let called = matches!(&each.what, Use::Attribute { called: true, .. });
    called || each.given_to.as_ref().is_some_and(takes_callback)
}

/// The frames of the program's own code, each with the name of the function that it has
/// called.
fn with_inner(frames: &[Frame]) -> impl Iterator<Item = (&Frame, Option<&str>)> {
    let inner = std::iter::once(None).chain(frames.iter().map(|it| Some(&*it.function)));
    let all = frames.iter().zip(inner);
    all.filter(|(frame, _)| !frame.library)
}

/// What a call of these functions does to the lock: they take it, or give it back, and not
/// both. `given` says how the lock is among the arguments.
fn step_of_call(
    program: &Program,
    functions: Vec<Function>,
    given: Option<&Root>,
    wanted: &Wanted,
) -> Option<Step> {
    let steps = functions.iter().map(|function| {
        let walk = Walk {
            program,
            wanted,
            visited: RefCell::default(),
        };
        walk.step_of(*function, given)
    });
    let takes = same_of_all(steps).filter(|step| matches!(step, Step::Takes(_)));
    let reach = Reach::of_functions(program, functions.iter().copied());
    let names = |method: &str| {
        reach.operations.iter().any(|operation| {
            let is_it = match &operation.of {
                Place::Named(place) => wanted.names.contains(place),
                Place::Local(place) => given.is_some() || wanted.names.contains(place),
                Place::Called(_) | Place::Got(_) | Place::Other => false,
            };
            is_it && operation.method == method
        })
    };
    match (takes, names("acquire"), names("release")) {
        (takes, _, false) if takes.is_some() => takes,
        (None, false, true) => Some(Step::GivesBack),
        _ => None,
    }
}

/// The step that all are.
fn same_of_all(mut steps: impl Iterator<Item = Option<Step>>) -> Option<Step> {
    let first = steps.next()??;
    steps
        .all(|step| step.as_ref() == Some(&first))
        .then_some(first)
}

/// A walk along the calls that functions make by name: what they surely do, where [`Reach`] is
/// what they may do.
struct Walk<'p> {
    program: &'p Program,
    wanted: &'p Wanted,
    visited: RefCell<FxHashSet<Function>>,
}

impl Walk<'_> {
    /// The last that a call of the function does to the lock. `given` says how the lock is among
    /// its arguments.
    fn step_of(&self, function: Function, given: Option<&Root>) -> Option<Step> {
        if !self.visited.borrow_mut().insert(function) {
            return None;
        }
        let (body, _) = self.program.body(function)?;
        let steps = body.uses.iter().filter_map(|each| {
            own_step(body, each, given, self.wanted).or_else(|| match &each.what {
                Use::Attribute {
                    of,
                    name,
                    called: true,
                } => self.step_of_all(self.methods(body, of, name)),
                Use::Name {
                    name, called: true, ..
                } => self.step_of_all(self.program.named(name)),
                _ => None,
            })
        });
        steps.last()
    }

    /// What a call does that may be of any of these.
    fn step_of_all(&self, functions: Vec<Function>) -> Option<Step> {
        same_of_all(functions.into_iter().map(|it| self.step_of(it, None)))
    }

    /// The methods that a call of this name may run.
    fn methods(&self, body: &Body, of: &Place, name: &str) -> Vec<Function> {
        let own = match (of, &body.class) {
            (Place::Local(place), Some(class)) if place == "self" => {
                self.program.methods(class, &[name])
            }
            // Which base it is does not show.
            (Place::Called(called), _) if called == "super" => return Vec::new(),
            _ => Vec::new(),
        };
        match own.is_empty() {
            true => self.program.named(name),
            false => own,
        }
    }
}

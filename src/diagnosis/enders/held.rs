//! Who took a lock or permit by a plain `acquire()` and has not given it back.

use std::cell::RefCell;

use rustc_hash::FxHashSet;

use super::program::{Function, Program};
use super::reach::Reach;
use super::takers::takes_callback;
use super::wanted::{Wanted, body_of, is_primitive};
use super::{Group, Place, Search, Which};
use crate::diagnosis::frames::is_idle_worker;
use crate::diagnosis::source::{Body, Use, UseAt};
use crate::model::{Frame, ItemId};

/// Functions and methods that make a task of a coroutine.
const STARTING: [&str; 4] = [
    "create_task",
    "ensure_future",
    "run_coroutine_threadsafe",
    "start_soon",
];

/// What a use does to the lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Takes,
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
            if !self.has_taken_in(frames, wanted) {
                continue;
            }
            // Through the variables of a module, or where they were not found, all reach it.
            match wanted.globals.is_empty() && !wanted.is_hidden {
                true => holders.extend(group.reaching(wanted)),
                false => holders.extend(&group.ids),
            }
        }
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
        with_inner(frames).any(|(frame, inner)| self.has_taken(frame, inner, wanted))
    }

    fn has_taken(&self, frame: &Frame, inner: Option<&str>, wanted: &Wanted) -> bool {
        let Some((body, line, module)) = body_of(&self.program, frame) else {
            return false;
        };
        let entered = body.entered_at(line, inner, module);
        let done = body.done_at(line, &entered, module).into_iter();
        let mut steps = done.filter_map(|each| {
            let in_header = entered.iter().any(|header| each.is_in(*header));
            self.step(body, each, in_header, wanted)
        });
        steps.next_back() == Some(Step::Takes)
    }

    /// What one use does to the lock. `entered` says that it stands in the header of a
    /// `with` block that has not been left.
    fn step(&self, body: &Body, each: &UseAt, entered: bool, wanted: &Wanted) -> Option<Step> {
        let (name, called) = match &each.what {
            Use::Attribute { of, name, called } => {
                let is_it = match of {
                    Place::Named(place)
                    | Place::Local(place)
                    | Place::Called(place)
                    | Place::Got(place) => wanted.names.contains(place),
                    Place::Other => false,
                };
                match name.as_str() {
                    "acquire" if is_it && calls_or_gives(each) => return Some(Step::Takes),
                    "release" if is_it && *called => return Some(Step::GivesBack),
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
        let given = body
            .arguments_of(each)
            .any(|argument| match &argument.what {
                Use::Name { name, .. } | Use::Attribute { name, .. } => wanted.names.contains(name),
                _ => false,
            });
        match entered {
            true => self
                .taken_by_class(name, wanted)
                .or_else(|| self.taken_by_manager(&functions, given, wanted)),
            false => step_of_call(&self.program, functions, given, wanted),
        }
    }

    /// What an object of this class has done when it was entered.
    fn taken_by_class(&self, class: &str, wanted: &Wanted) -> Option<Step> {
        let entering = self.program.methods(class, &["__enter__", "__aenter__"]);
        let step = step_of_call(&self.program, entering, false, wanted);
        step.filter(|step| *step == Step::Takes)
    }

    /// What a generator that makes a context manager has done when it stands at its `yield`.
    fn taken_by_manager(
        &self,
        functions: &[Function],
        given: bool,
        wanted: &Wanted,
    ) -> Option<Step> {
        let takes = functions.iter().any(|function| {
            let Some((body, _)) = self.program.body(*function) else {
                return false;
            };
            let uses = body.uses_before_yield();
            let is_it = |of: &Place| is_it(body, of, given, wanted);
            let steps = uses.filter_map(|each| match &each.what {
                Use::Attribute { of, name, called } if is_it(of) => match name.as_str() {
                    "acquire" if calls_or_gives(each) => Some(Step::Takes),
                    "release" if *called => Some(Step::GivesBack),
                    _ => None,
                },
                _ => None,
            });
            steps.last() == Some(Step::Takes)
        });
        takes.then_some(Step::Takes)
    }
}

/// Whether a place in a function is the lock. `given` says that the lock is among its arguments: a
/// parameter that only has one of the names of the lock is something else.
fn is_it(body: &Body, of: &Place, given: bool, wanted: &Wanted) -> bool {
    match of {
        Place::Named(place) => wanted.names.contains(place),
        Place::Local(place) if body.parameters.contains(place) => given,
        Place::Local(place) => wanted.names.contains(place),
        Place::Called(_) | Place::Got(_) | Place::Other => false,
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
/// both. `given` says that the lock is among the arguments.
fn step_of_call(
    program: &Program,
    functions: Vec<Function>,
    given: bool,
    wanted: &Wanted,
) -> Option<Step> {
    let takes = !functions.is_empty()
        && functions.iter().all(|function| {
            let walk = Walk {
                program,
                wanted,
                visited: RefCell::default(),
            };
            walk.step_of(*function, given) == Some(Step::Takes)
        });
    let reach = Reach::of_functions(program, functions);
    let names = |method: &str| {
        reach.operations.iter().any(|operation| {
            let is_it = match &operation.of {
                Place::Named(place) => wanted.names.contains(place),
                Place::Local(place) => given || wanted.names.contains(place),
                Place::Called(_) | Place::Got(_) | Place::Other => false,
            };
            is_it && operation.method == method
        })
    };
    match (takes, names("acquire"), names("release")) {
        (true, _, false) => Some(Step::Takes),
        (false, false, true) => Some(Step::GivesBack),
        _ => None,
    }
}

/// A walk along the calls that functions make by name: what they surely do, where [`Reach`] is
/// what they may do.
struct Walk<'p> {
    program: &'p Program,
    wanted: &'p Wanted,
    visited: RefCell<FxHashSet<Function>>,
}

impl Walk<'_> {
    /// The last that a call of the function does to the lock. `given` says that the lock is among
    /// its arguments.
    fn step_of(&self, function: Function, given: bool) -> Option<Step> {
        if !self.visited.borrow_mut().insert(function) {
            return None;
        }
        let (body, _) = self.program.body(function)?;
        let is_it = |of: &Place| is_it(body, of, given, self.wanted);
        let steps = body.uses.iter().filter_map(|each| match &each.what {
            Use::Attribute { of, name, called } => match name.as_str() {
                "acquire" if is_it(of) && calls_or_gives(each) => Some(Step::Takes),
                "release" if is_it(of) && *called => Some(Step::GivesBack),
                _ if *called => self.step_of_all(self.methods(body, of, name)),
                _ => None,
            },
            Use::Name {
                name, called: true, ..
            } => self.step_of_all(self.program.named(name)),
            _ => None,
        });
        steps.last()
    }

    /// What a call does that may be of any of these.
    fn step_of_all(&self, functions: Vec<Function>) -> Option<Step> {
        let mut steps = functions.into_iter().map(|it| self.step_of(it, false));
        let first = steps.next()??;
        steps.all(|step| step == Some(first)).then_some(first)
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

//! Who took a lock or permit by a plain `acquire()` and has not given it back.

use super::program::{Function, Program};
use super::reach::Reach;
use super::wanted::Wanted;
use super::{Place, Search};
use crate::diagnosis::source::{Body, Use, UseAt};
use crate::model::{Frame, ItemId};

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
            let mut own = frames.iter().filter(|frame| !frame.library);
            if !own.any(|frame| self.has_taken(frame, wanted)) {
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

    fn has_taken(&self, frame: &Frame, wanted: &Wanted) -> bool {
        let (Some(file), Some(line)) = (&frame.file, frame.line) else {
            return false;
        };
        let found = self.program.at(file, line, &frame.function).ok();
        let Some((body, module)) = found.and_then(|function| self.program.body(function)) else {
            return false;
        };
        let entered = body.entered_at(line, module);
        let done = body.done_at(line, module).into_iter();
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
                    Place::Named(place) | Place::Local(place) | Place::Called(place) => {
                        wanted.names.contains(place)
                    }
                    Place::Other => false,
                };
                match (is_it && *called, name.as_str()) {
                    (true, "acquire") => return Some(Step::Takes),
                    (true, "release") => return Some(Step::GivesBack),
                    _ => (name, *called),
                }
            }
            Use::Name { name, called, .. } => (name, *called),
            _ => return None,
        };
        let functions = match called {
            true => self.program.named(name),
            false => Vec::new(),
        };
        if functions.is_empty() {
            return None;
        }
        let given = body
            .arguments_of(each)
            .any(|argument| match &argument.what {
                Use::Name { name, .. } | Use::Attribute { name, .. } => wanted.names.contains(name),
                _ => false,
            });
        match entered {
            true => self.taken_by_manager(&functions, given, wanted),
            false => step_of_call(&self.program, functions, given, wanted),
        }
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
            let is_it = |of: &Place| match of {
                Place::Named(place) => wanted.names.contains(place),
                Place::Local(place) => {
                    wanted.names.contains(place) || given && body.parameters.contains(place)
                }
                Place::Called(_) | Place::Other => false,
            };
            let steps = uses.filter_map(|each| match &each.what {
                Use::Attribute { of, name, called } if *called && is_it(of) => {
                    match name.as_str() {
                        "acquire" => Some(Step::Takes),
                        "release" => Some(Step::GivesBack),
                        _ => None,
                    }
                }
                _ => None,
            });
            steps.last() == Some(Step::Takes)
        });
        takes.then_some(Step::Takes)
    }
}

/// What a call of these functions does to the lock: they take it, or give it back, and not
/// both. `given` says that the lock is among the arguments.
fn step_of_call(
    program: &Program,
    functions: Vec<Function>,
    given: bool,
    wanted: &Wanted,
) -> Option<Step> {
    let reach = Reach::of_functions(program, functions);
    let names = |method: &str| {
        reach.operations.iter().any(|operation| {
            let is_it = match &operation.of {
                Place::Named(place) => wanted.names.contains(place),
                Place::Local(place) => given || wanted.names.contains(place),
                Place::Called(_) | Place::Other => false,
            };
            is_it && operation.method == method
        })
    };
    match (names("acquire"), names("release")) {
        (true, false) => Some(Step::Takes),
        (false, true) => Some(Step::GivesBack),
        _ => None,
    }
}

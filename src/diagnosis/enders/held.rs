//! Who took a lock or permit by a plain `acquire()` and has not given it back.

use super::program::Program;
use super::reach::Reach;
use super::wanted::Wanted;
use super::{Place, Search, Use};
use crate::diagnosis::source::UseAt;
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
    pub(super) fn holders<'s>(&'s self, wanted: &'s Wanted) -> impl Iterator<Item = ItemId> + 's {
        let stacks = self.activities.iter().map(|(id, _)| *id);
        let known = stacks.filter(|id| wanted.may_be_reached_by(*id));
        let known = known.filter(|id| self.facts.event_loop(*id).is_none());
        known.filter(move |id| {
            let frames = self.facts.frames(*id).iter();
            let mut own = frames.filter(|frame| !frame.library);
            own.any(|frame| self.has_taken(frame, wanted))
        })
    }

    fn has_taken(&self, frame: &Frame, wanted: &Wanted) -> bool {
        let (Some(file), Some(line)) = (&frame.file, frame.line) else {
            return false;
        };
        let found = self.program.at(file, line, &frame.function).ok();
        let Some((body, module)) = found.and_then(|function| self.program.body(function)) else {
            return false;
        };
        let done = body.done_at(line, module).into_iter();
        let steps = done.filter_map(|each| self.step(each, wanted));
        steps.last() == Some(Step::Takes)
    }

    fn step(&self, each: &UseAt, wanted: &Wanted) -> Option<Step> {
        match &each.what {
            Use::Attribute { of, name, called } if *called => {
                let is_it = match of {
                    Place::Named(place) | Place::Local(place) => wanted.names.contains(place),
                    Place::Other => false,
                };
                match (is_it, name.as_str()) {
                    (true, "acquire") => Some(Step::Takes),
                    (true, "release") => Some(Step::GivesBack),
                    _ => step_of_call(&self.program, name, wanted),
                }
            }
            Use::Name { name, called, .. } if *called => {
                step_of_call(&self.program, name, wanted)
            }
            _ => None,
        }
    }
}

/// What a call of the functions with that name does to the lock: they take it, or give it
/// back, and not both.
fn step_of_call(program: &Program, name: &str, wanted: &Wanted) -> Option<Step> {
    let functions = program.named(name);
    if functions.is_empty() {
        return None;
    }
    let reach = Reach::of_functions(program, functions);
    let names = |method: &str| {
        reach.operations.iter().any(|operation| {
            let is_it = match &operation.of {
                Place::Named(place) => wanted.names.contains(place),
                Place::Local(_) | Place::Other => false,
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

impl Wanted {
    /// Whether the task or thread reaches the lock through its variables, or through those
    /// of a module.
    fn may_be_reached_by(&self, id: ItemId) -> bool {
        self.reached_from.contains(&id) || !self.globals.is_empty()
    }
}

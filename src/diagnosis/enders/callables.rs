//! Who can end a wait by calling something that it has, whatever its name: a bound method, a
//! lambda, a partial.

use super::library::{is_file_of_runners, runs};
use super::wanted::{Wanted, is_primitive};
use super::{Group, Reach, Search, Which};
use crate::diagnosis::source::Place;
use crate::model::{Callables, Called, Frame, ItemId};

/// How paths of references write the step from a bound method to its object.
const BOUND: &str = "()";
/// Packages whose code runs tasks and waits, and calls nothing that it was given.
const RUNNERS: [&str; 2] = ["/anyio/", "/trio/"];

impl Search<'_> {
    /// Whether code of a library that may call what it was given is on the stack of a task or
    /// thread. The callbacks of a loop are known; they do not count for its thread.
    pub(super) fn stands_in_library(&self, id: ItemId, frames: &[Frame]) -> bool {
        let thread = self.facts.thread(id);
        let runs_loop = thread.is_some_and(|it| it.event_loop.is_some());
        let runs_tasks = |frame: &Frame| {
            let file = frame.file.as_deref().unwrap_or_default();
            runs(frame) || RUNNERS.iter().any(|package| file.contains(package))
        };
        let calls = |frame: &Frame| frame.library && !is_primitive(frame) && !runs_tasks(frame);
        frames.iter().any(calls) && !runs_loop
    }

    /// Who has a callable that may end the wait, and may call it or hand it on.
    pub(super) fn by_callables(&self, wanted: &Wanted) -> Vec<ItemId> {
        let having = wanted.called_by.iter();
        let having = having.filter(|(_, through)| self.may_end(&through.called, wanted));
        let may_call =
            |group: &Group| group.reach.calls_unknown || group.reach.is_unknown || group.in_library;
        let somebody_calls = self.groups.iter().any(may_call);
        let users = having.filter(|(id, through)| {
            let mut own = self.groups.iter().filter(|group| group.ids.contains(id));
            // A loop calls its callbacks. Others that have a callable call it, or hand it to
            // somebody who calls what comes.
            self.facts.event_loop(*id).is_some()
                || own.any(|group| {
                    let hands_on = || group.reach.names.contains(&*through.variable);
                    let gives = || is_given(through, &group.reach);
                    let resumes = || through.called.iter().any(is_generator);
                    may_call(group)
                        || somebody_calls && hands_on()
                        || gives()
                        || resumes()
                        || self.uses_owner(through, &group.reach)
                })
        });
        users.map(|(id, _)| *id).collect()
    }

    /// Whether code uses a method of the object of a library that has the callables.
    fn uses_owner(&self, through: &Callables, reach: &Reach) -> bool {
        let file = through.class_file.as_deref();
        let may_call = file.is_some_and(|file| !is_file_of_runners(file));
        let mut operations = reach.operations.iter();
        may_call
            && operations.any(|operation| match &operation.of {
                Place::Named(name) | Place::Local(name) => {
                    *name == *through.variable && self.program.named(&operation.method).is_empty()
                }
                Place::Called(_) | Place::Got(_) | Place::Other => false,
            })
    }

    /// Whether a call of one of these may end the wait.
    fn may_end(&self, called: &[Called], wanted: &Wanted) -> bool {
        called.iter().any(|callable| match callable {
            Called::Own {
                name,
                file,
                line,
                is_generator,
            } => {
                let reach = match is_generator {
                    true => Reach::of_generator(&self.program, name, file, *line),
                    false => Reach::of_code(&self.program, name, file, *line),
                };
                let ends = self.may_use(&reach, wanted, wanted.methods) != Which::None;
                ends || reach.calls_unknown || reach.is_unknown
            }
            Called::Library(name) => wanted.methods.contains(&&**name),
            Called::Unknown => true,
        })
    }

    /// Loops and threads that will call a method of the resource itself, such as
    /// `call_later(1, event.set)` and `Timer(1, event.set)`, or a function of a library
    /// with it.
    pub(super) fn bound_callbacks(&self, wanted: &Wanted) -> Vec<ItemId> {
        let references = self.facts.referrers(wanted.id).iter();
        let threads = references.clone().filter_map(|reference| {
            let thread = self.facts.thread(reference.from.item()?)?;
            let is_bound = thread.callbacks_complete && reference.path.contains(BOUND);
            is_bound.then_some(thread.id)
        });
        let loops = references.filter_map(|reference| {
            let id = reference.from.item()?;
            self.facts.event_loop(id)?;
            let whole = reference.path.rsplit('.').next().unwrap_or_default();
            let is_library = !self.is_own_callback(id, &reference.path);
            (wanted.methods.contains(&whole) || is_library).then_some(id)
        });
        loops.chain(threads).collect()
    }

    /// Whether the path begins at a callback of the program's own code.
    fn is_own_callback(&self, id: ItemId, path: &str) -> bool {
        let event_loop = self.facts.event_loop(id);
        let mut callbacks = event_loop.into_iter().flat_map(|it| &it.callbacks);
        callbacks.any(|callback| path.starts_with(callback.name.as_str()))
    }
}

/// Whether code gives a function of a library the variable with a callable, or what stands on
/// the way to it: an attribute, a dictionary in it.
fn is_given(through: &Callables, reach: &Reach) -> bool {
    let steps = through
        .path
        .split(|it: char| !(it.is_alphanumeric() || it == '_'));
    let mut names = std::iter::once(&*through.variable).chain(steps);
    names.any(|name| reach.given.contains(name))
}

/// Whether it is the rest of a generator.
fn is_generator(called: &Called) -> bool {
    matches!(
        called,
        Called::Own {
            is_generator: true,
            ..
        }
    )
}

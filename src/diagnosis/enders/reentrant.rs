//! Waits inside of an object of a library for what an outer call on the same stack would do:
//! `server.shutdown()` in a handler that `server.serve_forever()` has called.

use rustc_hash::FxHashSet;

use super::Search;
use super::wanted::{ending_methods, is_primitive, last_identifier};
use crate::diagnosis::source::{Place, Use};
use crate::model::{Frame, IdSet, ItemId, Resource};

impl Search<'_> {
    /// Whether only functions of the library end the wait for the resource that stand on the
    /// stacks of those who wait, further out, and that nobody else runs or names.
    pub(super) fn waits_for_outer_call(&self, resource: &Resource, waiters: &[ItemId]) -> bool {
        let Some(methods) = ending_methods(self.facts, resource, waiters) else {
            return false;
        };
        resource.kind.needs_signal()
            && !waiters.is_empty()
            && waiters.iter().all(|waiter| {
                let frames = self.facts.frames(*waiter);
                let Some(at) = frames.iter().position(|frame| !is_primitive(frame)) else {
                    return false;
                };
                let setters = self.setters(frames.get(at), resource, methods);
                let outer = frames.get(at + 1..).unwrap_or_default();
                let own = outer
                    .iter()
                    .any(|it| is_one_of(it, frames.get(at), &setters));
                own && !self.others_set(frames.get(at), &setters, resource, waiters)
            })
    }

    /// Names of the functions in the file of the library that end waits for the resource.
    fn setters(
        &self,
        waiting: Option<&Frame>,
        resource: &Resource,
        methods: &[&str],
    ) -> FxHashSet<String> {
        let file = waiting.filter(|frame| frame.library);
        let file = file.and_then(|frame| frame.file.as_deref());
        let module = file.and_then(|file| self.facts.module(file));
        let references = self.facts.referrers(resource.id).iter();
        let names: FxHashSet<String> = references
            .filter_map(|reference| last_identifier(&reference.path))
            .map(|name| plain_name(&name).to_owned())
            .collect();
        let Some(module) = module else {
            return FxHashSet::default();
        };
        let sets = |what: &Use| match what {
            Use::Attribute { of, name, .. } => {
                let is_it = matches!(of, Place::Named(of) if names.contains(of));
                is_it && methods.contains(&name.as_str())
            }
            _ => false,
        };
        let setting = module.uses().iter();
        let setting = setting.filter(|body| body.uses.iter().any(|each| sets(&each.what)));
        setting.map(|body| body.name.clone()).collect()
    }

    /// Whether somebody else runs one of these functions, or has code left that names one.
    fn others_set(
        &self,
        waiting: Option<&Frame>,
        setters: &FxHashSet<String>,
        resource: &Resource,
        waiters: &[ItemId],
    ) -> bool {
        let references = self.facts.referrers(resource.id).iter();
        let reaching: IdSet = references.filter_map(|it| it.from.item()).collect();
        self.groups.iter().any(|group| {
            let mut others = group.ids.iter().filter(|id| !waiters.contains(id));
            let named = || setters.iter().any(|name| group.reach.names.contains(name));
            others.any(|id| {
                let frames = self.facts.frames(*id).iter();
                let runs = |frame: &Frame| is_one_of(frame, waiting, setters);
                named() || reaching.contains(id) && frames.into_iter().any(runs)
            })
        })
    }
}

/// Whether the frame is one of these functions, in the same file as `other`.
fn is_one_of(frame: &Frame, other: Option<&Frame>, functions: &FxHashSet<String>) -> bool {
    let name = frame.function.rsplit('.').next().unwrap_or_default();
    other.is_some_and(|other| other.file == frame.file) && functions.contains(name)
}

/// The name in the source of an attribute with two underscores in front, which the interpreter
/// keeps with the name of its class: `_Server__done` is `__done`.
fn plain_name(attribute: &str) -> &str {
    match attribute.find("__") {
        Some(at) if at > 0 && attribute.starts_with('_') => &attribute[at..],
        _ => attribute,
    }
}

//! What variables have: tasks, and what can be called.

use rustc_hash::FxHashSet;

use super::{CANCEL, Function, Program};
use crate::model::Called;

impl Program {
    /// The functions whose tasks code may keep under a name. `None` if it may be any task.
    pub(in crate::diagnosis::enders) fn tasks_kept_as(
        &self,
        name: &str,
    ) -> Option<FxHashSet<String>> {
        let mut functions = FxHashSet::default();
        let mut known: FxHashSet<&str> = FxHashSet::default();
        let mut open = vec![name];
        while let Some(name) = open.pop() {
            if !known.insert(name) {
                continue;
            }
            let kept = self.kept_tasks.get(name).filter(|it| it.is_stored)?;
            // Another function may put something into the container that it gets.
            let mut takers = kept.given_to.iter();
            let is_shared = kept.is_container && takers.any(|it| !self.named(it).is_empty());
            // The method of a class of the program is followed like any other.
            let is_own = |class: &String| !self.methods(class, &[CANCEL]).is_empty();
            // A decorator may make coroutines of another function.
            let is_plain = |it: &String| !self.named(it).is_empty() && !self.is_wrapped(it);
            if kept.is_open
                || is_shared
                || self.sets_by_name
                || !kept.made_by.iter().all(is_own)
                || !kept.functions.iter().all(is_plain)
            {
                return None;
            }
            functions.extend(kept.functions.iter().cloned());
            open.extend(kept.names.iter().map(String::as_str));
        }
        Some(functions)
    }

    /// What a call of a variable of a function on a stack runs: of its parameter, of a parameter
    /// of a function around it, or of an attribute of its object that only what makes an object
    /// sets. `None` if that is not known, or may change.
    pub(in crate::diagnosis::enders) fn variable_call(
        &self,
        function: Function,
        path: &str,
    ) -> Option<&[Called]> {
        let (body, module) = self.body(function)?;
        let (variable, attribute) = match path.split_once('.') {
            Some((variable, attribute)) => (variable, Some(attribute)),
            None => (path, None),
        };
        let around = module.uses().iter();
        let around = around.filter(|other| other.contains(body) || body.contains(other));
        let changes = around
            .clone()
            .any(|other| other.assigned.contains(variable));
        let is_parameter = around
            .clone()
            .any(|other| other.parameters.contains(variable));
        let is_set = attribute.is_some_and(|it| self.sets_by_name || self.set_later.contains(it));
        let called = self.variable_calls.get(&(function, path.to_owned()))?;
        (is_parameter && !changes && !is_set).then_some(called)
    }
}

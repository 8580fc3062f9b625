//! Functions that the interpreter calls on its own: for signals, imports, what is printed.

use super::{Function, Program};
use crate::diagnosis::source::{Argument, Use};

/// Attributes of `sys` with the files that the interpreter uses.
const STREAMS: [&str; 3] = ["stdout", "stderr", "stdin"];
/// Managers that replace them.
const REDIRECTS: [&str; 2] = ["redirect_stdout", "redirect_stderr"];
/// Methods of files that are called where something is written, or asked for (`input()`).
const OF_STREAMS: [&str; 3] = ["write", "flush", "readline"];
/// Methods that it calls for an import (`sys.meta_path`, Lib/importlib/_bootstrap.py).
const OF_IMPORTS: [&str; 3] = ["find_spec", "create_module", "exec_module"];
/// The function that takes handlers of signals.
const SIGNAL: &str = "signal";

impl Program {
    /// What runs where something is printed, logged, asked for, or fails, if the program puts an
    /// object in the place of `sys.stdout`, `sys.stderr` or `sys.stdin`.
    pub(in crate::diagnosis::enders) fn of_streams(&self) -> Vec<Function> {
        let methods = OF_STREAMS.iter().flat_map(|name| self.named(name));
        methods.filter(|_| self.replaces_streams()).collect()
    }

    fn replaces_streams(&self) -> bool {
        let functions = self.functions().filter_map(|it| self.body(it));
        let mut stored = functions.map(|(body, _)| body);
        stored.any(|body| {
            let mut uses = body.uses.iter();
            STREAMS.iter().any(|name| body.stores.contains(*name))
                || uses.any(|each| match &each.what {
                    Use::Name { name, .. } | Use::Attribute { name, .. } => {
                        REDIRECTS.contains(&name.as_str())
                    }
                    _ => false,
                })
        })
    }

    /// What runs when something is imported.
    pub(in crate::diagnosis::enders) fn of_imports(&self) -> Vec<Function> {
        let methods = OF_IMPORTS.iter().flat_map(|name| self.named(name));
        methods.collect()
    }

    /// The functions that were given to `signal.signal()`. Where that gets a variable, each
    /// function that code takes as a value may be in it.
    pub(in crate::diagnosis::enders) fn signal_handlers(&self) -> Vec<Function> {
        let takes = |given: &(String, Argument)| given.0 == SIGNAL && given.1 == Argument::At(1);
        let functions = self.functions().filter_map(|it| self.body(it));
        let mut uses = functions.flat_map(|(body, _)| &body.uses);
        let any = uses.any(|each| match &each.what {
            Use::Name { name, called, .. } => {
                let given = each.given_to.as_ref().is_some_and(takes);
                !called && given && self.named(name).is_empty()
            }
            _ => false,
        });
        match any {
            true => self.called_from_outside.clone(),
            false => self.given_to(&|(function, _)| function == SIGNAL),
        }
    }

    /// The functions that are given to a function for which `takes` is true.
    pub(super) fn given_to(&self, takes: &dyn Fn(&(String, Argument)) -> bool) -> Vec<Function> {
        let mut given = Vec::new();
        for function in self.functions() {
            let Some((body, _)) = self.body(function) else {
                continue;
            };
            if body.given_to.as_ref().is_some_and(takes) {
                given.push(function);
            }
            for each in &body.uses {
                let (Use::Name { name, called, .. } | Use::Attribute { name, called, .. }) =
                    &each.what
                else {
                    continue;
                };
                if !called && each.given_to.as_ref().is_some_and(takes) {
                    given.extend(self.named(name));
                }
            }
        }
        given
    }
}

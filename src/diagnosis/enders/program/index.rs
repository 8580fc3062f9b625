//! What the code of the program does as a whole, found once.

use super::{CANCEL, Function, Program, all_of};
use crate::diagnosis::enders::values::{Values, is_of_thread};
use crate::diagnosis::source::{Body, Use};
use crate::model::VariableCall;

/// Methods with two underscores that have a rule of their own.
const EXPLICIT: [&str; 13] = [
    "__init__",
    "__new__",
    "__post_init__",
    "__enter__",
    "__exit__",
    "__aenter__",
    "__aexit__",
    "__iter__",
    "__next__",
    "__aiter__",
    "__anext__",
    "__call__",
    "__del__",
];

/// Whether it is a method that operators, items or attributes call.
fn is_implicit(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__") && !EXPLICIT.contains(&name)
}

/// Functions that take what is to be called when an object goes.
const FINALIZERS: [&str; 2] = ["finalize", "ref"];

/// Functions that take what the interpreter or a loop calls: for errors, for events.
const TAKE_HOOKS: [&str; 2] = ["set_exception_handler", "addaudithook"];

/// The method that the interpreter calls when an object goes.
const DEL: &str = "__del__";

/// Functions and methods that run code which is in no file of a module, or in one that is not
/// known to be imported (importlib.util, runpy).
const LOADERS: [&str; 6] = [
    "exec",
    "eval",
    "exec_module",
    "module_from_spec",
    "run_path",
    "run_module",
];

/// Attributes and functions that give the variables of running code, or objects by their addresses
/// (inspect, gc, ctypes).
const INTROSPECTION: [&str; 9] = [
    "f_locals",
    "cell_contents",
    "get_objects",
    "get_referrers",
    "_current_frames",
    "cr_await",
    "ag_await",
    "gi_yieldfrom",
    "py_object",
];

/// Functions that set a timer of the kernel, and the signals that such timers send
/// (setitimer(2), alarm(2)).
const ALARMS: [&str; 2] = ["alarm", "setitimer"];

const ALARM_SIGNALS: [&str; 3] = ["SIGALRM", "SIGVTALRM", "SIGPROF"];

/// What gives a receiver to a signal of blinker or Django, which calls it in `send()`.
const CONNECTS: [&str; 3] = ["connect", "connect_via", "receiver"];

/// Functions and classes that make futures.
const MAKERS_OF_FUTURES: [&str; 2] = ["create_future", "Future"];

/// What makes contexts (contextvars).
const CONTEXTS: [&str; 2] = ["copy_context", "Context"];

/// Methods that run when an object is made.
const MAKES_OBJECTS: [&str; 3] = ["__init__", "__new__", "__post_init__"];

impl Program {
    pub(super) fn index(&mut self) {
        let modules = self.modules.clone();
        for (function, body) in all_of(&modules) {
            self.index_names(function, body);
        }
        for (name, kept) in modules.iter().flat_map(|module| module.kept_tasks()) {
            self.kept_tasks.entry(name.clone()).or_default().add(kept);
        }
        let values = Values::find(&modules, self.hidden_loops);
        let find = |is_one: &dyn Fn(&Body) -> bool| -> Vec<Function> {
            let all = all_of(&modules).filter(|(_, body)| is_one(body));
            all.map(|(function, _)| function).collect()
        };
        self.registered = find(&|body| values.gets_library(self, body));
        self.called_from_outside = find(&|body| values.gets_anybody(self, body));
        self.overriding = find(&|body| {
            let extends = self.extends_library(body) && !is_of_thread(body);
            extends || values.is_used_as_file(self, body)
        });
        self.thread_targets = find(&|body| values.becomes_thread(body));
        self.hooks = self.hooks();
        for (function, body) in all_of(&modules) {
            if let Some(caller) = body.name.strip_prefix('_')
                && self.extends_library(body)
            {
                let hooks = self.hooks_of_libraries.entry(caller.to_owned());
                hooks.or_default().push(function);
            }
        }
        self.sets_alarm = self.uses_any(&ALARMS) && self.uses_any(&ALARM_SIGNALS);
    }

    fn index_names(&mut self, function: Function, body: &Body) {
        let known = self.by_name.entry(body.name.clone()).or_default();
        known.push(function);
        self.classes.extend(body.class.clone());
        self.stored.extend(body.stores.iter().cloned());
        if !MAKES_OBJECTS.contains(&body.name.as_str()) {
            self.set_later.extend(body.stores.iter().cloned());
        }
        self.variables.extend(body.assigned.iter().cloned());
        self.variables.extend(body.parameters.iter().cloned());
        let is_near = self.near.contains(&function.0);
        self.gets_by_name |= is_near && body.gets_by_name;
        self.sets_by_name |= is_near && body.sets_by_name;
        self.imported.extend(body.imported.iter().cloned());
        let context = body.context_variables.iter();
        self.context_variables.extend(context.cloned());
        if body.is_generator() {
            self.generators.push(function);
        }
        if body.is_registered {
            self.wrapped.insert(body.name.clone());
        }
        if body.is_setter || is_implicit(&body.name) {
            self.implicit.push(function);
        }
        for each in &body.uses {
            let (Use::Name { name, called, .. } | Use::Attribute { name, called, .. }) = &each.what
            else {
                continue;
            };
            self.introspects |= is_near && INTROSPECTION.contains(&name.as_str());
            self.loads_code |= is_near && LOADERS.contains(&name.as_str());
            self.has_signals |= CONNECTS.contains(&name.as_str());
            self.makes_futures |= MAKERS_OF_FUTURES.contains(&name.as_str());
            self.gives_cancel |= !called && name == CANCEL;
            if *called && FINALIZERS.contains(&name.as_str()) {
                let given = body.arguments_of(each);
                self.finalized.extend(given.filter_map(|it| match &it.what {
                    Use::Name { name, .. } | Use::Attribute { name, .. } => Some(name.clone()),
                    _ => None,
                }));
            }
        }
    }

    /// Whether some code makes contexts, which it may keep where they are not found.
    pub(super) fn keeps_contexts(&self) -> bool {
        self.uses_any(&CONTEXTS)
    }

    /// Whether some code uses one of these names.
    fn uses_any(&self, names: &[&str]) -> bool {
        let functions = self.functions().filter_map(|it| self.body(it));
        let mut uses = functions.flat_map(|(body, _)| &body.uses);
        uses.any(|each| match &each.what {
            Use::Name { name, .. } | Use::Attribute { name, .. } => names.contains(&name.as_str()),
            _ => false,
        })
    }

    pub(super) fn add_variable_calls(&mut self, calls: &[VariableCall]) {
        for call in calls {
            let found = self.beginning_at(&call.file, call.line, &call.function);
            if let Ok(function) = found {
                let key = (function, call.path.clone());
                self.variable_calls.insert(key, call.called.clone());
            }
        }
    }

    /// `__del__`, finalizers, and what is called for errors.
    fn hooks(&self) -> Vec<Function> {
        let mut hooks = self.given_to(&|(function, _)| {
            FINALIZERS.contains(&function.as_str()) || TAKE_HOOKS.contains(&function.as_str())
        });
        hooks.extend(self.by_name.get(DEL).into_iter().flatten());
        for function in self.functions() {
            if let Some((body, _)) = self.body(function) {
                hooks.extend(body.hooks.iter().flat_map(|name| self.named(name)));
                hooks.extend(body.is_hook.then_some(function));
            }
        }
        hooks
    }
}

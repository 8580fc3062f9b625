//! What one use of a name may do.

use super::{CANCEL, KILL, Operation, Reach};
use crate::diagnosis::enders::program::{Function, Program};
use crate::diagnosis::enders::quiet::{CALL_NOBODY, keeps_to_itself};
use crate::diagnosis::enders::takers::{
    OF_FILES, calls_argument, is_callback, takes_callback, takes_file,
};
use crate::diagnosis::source::{Argument, GET, Place, Use, UseAt};
use crate::model::Called;

/// Methods that statements call without naming them.
const BY_WITH: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];
const BY_FOR: [&str; 5] = ["__iter__", "__next__", "__aiter__", "__anext__", "keys"];
/// Method of a class that runs when a thread or process of it was started
/// (`threading.Thread`, `multiprocessing.Process`).
const RUN: &str = "run";
/// The method of sockets and connections that sends bytes, and of signals that calls receivers.
const SEND: &str = "send";
/// Methods that let a generator go on, and the function that does.
const RESUME: [&str; 3] = ["send", "throw", "close"];
const NEXT: &str = "next";
/// Functions that run code which is a value.
const EXECUTE: [&str; 2] = ["exec", "eval"];
/// Functions that return the variables of a module or function by name.
const NAMESPACES: [&str; 2] = ["globals", "locals"];
/// The method of classes that returns those that extend them.
const SUBCLASSES: &str = "__subclasses__";
/// The method that runs when an object is called.
const CALL: &str = "__call__";
/// The methods of context variables that change their value.
const SET: [&str; 2] = ["set", "reset"];
/// The end of the names of methods that do the same without waiting.
const NOWAIT: &str = "_nowait";
/// The method of threads that makes them run.
const START: &str = "start";
/// Methods that add a task to a group (asyncio, anyio, trio).
const SPAWNS: [&str; 3] = ["create_task", "start_soon", "start"];
/// The attribute of limiters with the number of their permits (anyio, trio).
const LIMIT: &str = "total_tokens";
/// The method that sets the end of a timeout (asyncio), and the attribute of scopes with it (anyio,
/// trio): the task in it is cancelled then.
const RESCHEDULE: &str = "reschedule";
const DEADLINE: &str = "deadline";

impl Reach {
    /// Adds a use of code that is still to run. `here` is its function, if that is on a stack: then
    /// its variables have the values that were seen.
    pub(super) fn add_use(
        &mut self,
        program: &Program,
        each: &UseAt,
        here: Option<Function>,
        cleanup: bool,
    ) {
        let bound = |name: &str| {
            let body = here.and_then(|function| program.body(function));
            body.is_some_and(|(body, _)| body.parameters.contains(name))
        };
        let seen = |path: &str| here.and_then(|function| program.variable_call(function, path));
        match &each.what {
            Use::Attribute { of, name, called } => {
                let is_bound = matches!(of, Place::Local(variable) if bound(variable));
                self.operations.insert(Operation {
                    of: of.clone(),
                    path: each.receiver().filter(|path| path.is_global),
                    method: name.clone(),
                    is_bound,
                });
                let is_value = || {
                    program.is_stored(name)
                        || program.is_variable(name) && program.named(name).is_empty()
                };
                let inherited =
                    || is_self(of) && is_callback(name) && program.named(name).is_empty();
                let receiver = match of {
                    Place::Local(variable) => Some(variable),
                    _ => None,
                };
                let seen = receiver.and_then(|it| seen(&format!("{it}.{name}")));
                if *called && (is_value() || program.is_wrapped(name) || inherited()) {
                    match seen.filter(|_| is_value()) {
                        Some(callables) => self.call_these(program, callables, cleanup),
                        None => self.call_unknown(program, cleanup),
                    }
                }
                let own = || !program.named(name).is_empty() && is_self(of);
                let sends = || program.has_signals && name == SEND;
                if *called && sends() {
                    self.call_unknown(program, cleanup);
                }
                let foreign = || !CALL_NOBODY.contains(&name.as_str()) || sends();
                self.calls_foreign |= *called && foreign() && !own();
                let of_module = matches!(of, Place::Named(it) if program.imported.contains(it));
                let is_foreign = *called && !of_module && program.named(name).is_empty();
                self.calls_library |= is_foreign;
                // It may be a function of code that is not known.
                self.is_unknown |= is_foreign && program.loads_code && foreign();
                if RESUME.contains(&name.as_str()) {
                    self.resume_generators(program);
                }
                self.cancels.any |= name == RESCHEDULE;
                self.spawns |= *called && SPAWNS.contains(&name.as_str()) && !of_module;
                if !cleanup && name == CANCEL {
                    self.cancels.add_tasks_of(program, of);
                }
                self.kills |= !cleanup && KILL.contains(&name.as_str());
                self.reads_any_global |= name == SUBCLASSES;
                self.read(program, name, cleanup);
                if *called && name == START {
                    let targets = program.thread_targets.iter().copied();
                    self.open
                        .extend(targets.map(|function| (function, cleanup)));
                }
                self.make(program, name, *called, cleanup);
                match (called, &each.given_to) {
                    (true, _) => self.call_hook(program, name, cleanup),
                    (false, Some((taker, _))) if may_call_on(program, taker) => {
                        self.given.insert(name.clone());
                    }
                    (false, _) => {}
                }
                if let Place::Named(of) | Place::Local(of) = of {
                    self.read(program, of, cleanup);
                    self.use_context(program, of, name);
                }
            }
            Use::Name {
                name,
                called,
                local,
            } => {
                if !called && let Some(given_to) = &each.given_to {
                    self.give(program, name, *local, given_to, cleanup);
                }
                // It is called here, or given to what calls it.
                let runs = *called || each.given_to.as_ref().is_some_and(takes_callback);
                let is_variable = *local || program.is_variable(name);
                if runs
                    && (is_variable && program.named(name).is_empty() || program.is_wrapped(name))
                {
                    match seen(name).filter(|_| *called && *local) {
                        Some(callables) => self.call_these(program, callables, cleanup),
                        None => self.call_unknown(program, cleanup),
                    }
                }
                self.is_unknown |= *called && EXECUTE.contains(&name.as_str());
                self.reads_any_global |= *called && NAMESPACES.contains(&name.as_str());
                if *called && name == NEXT {
                    self.resume_generators(program);
                }
                self.kills |= !cleanup && KILL.contains(&name.as_str());
                self.make(program, name, *called, cleanup);
                self.read(program, name, cleanup);
            }
            Use::Enters(of) => {
                self.operations.insert(Operation {
                    of: of.clone(),
                    path: each.path.clone().filter(|path| path.is_global),
                    method: String::new(),
                    is_bound: false,
                });
                self.open_all(program, &BY_WITH, true);
                self.leave_library(program, of);
            }
            Use::Iterates => self.open_all(program, &BY_FOR, cleanup),
            Use::Raises => self.raises = true,
            Use::Stores(name) => {
                self.cancels.any |= !cleanup && name == DEADLINE;
                self.grows |= name == LIMIT;
            }
            Use::Calls { by_name } => {
                self.call_unknown(program, cleanup);
                // Which method it is does not show.
                self.is_unknown |= *by_name;
            }
        }
    }

    /// Adds the use of a method of what may be a context variable.
    fn use_context(&mut self, program: &Program, variable: &str, method: &str) {
        let is_known = program.known_contexts.contains(variable);
        if !program.is_context_variable(variable) {
            return;
        }
        match method {
            GET => {
                self.reads_context |= !is_known;
                self.gets_context.insert(variable.to_owned());
            }
            _ if SET.contains(&method) => drop(self.sets_context.insert(variable.to_owned())),
            _ => {}
        }
    }

    /// Adds that a function gets a variable. One of a library may call it.
    fn give(
        &mut self,
        program: &Program,
        name: &str,
        local: bool,
        given_to: &(String, Argument),
        cleanup: bool,
    ) {
        let (taker, _) = given_to;
        if local && calls_argument(given_to) {
            self.call_unknown(program, cleanup);
        }
        let may_call = may_call_on(program, taker);
        if may_call {
            self.given.insert(name.to_owned());
        }
        // It may use an object of the program as a file, a mapping or the like.
        if may_call || takes_file(given_to) && program.named(taker).is_empty() {
            self.open_all(program, &OF_FILES, cleanup);
        }
    }

    /// Adds a call of one of these.
    fn call_these(&mut self, program: &Program, callables: &[Called], cleanup: bool) {
        for callable in callables {
            match callable {
                Called::Own {
                    name,
                    file,
                    line,
                    is_generator: false,
                } => self.open_code(program, name, Some(file), *line),
                Called::Library(name) => {
                    let name = name.rsplit('.').next().unwrap_or_default();
                    self.operations.insert(Operation {
                        of: Place::Other,
                        path: None,
                        method: name.to_owned(),
                        is_bound: false,
                    });
                    self.calls_foreign |= !CALL_NOBODY.contains(&name);
                    self.calls_library |= program.named(name).is_empty();
                    self.cancels.any |= name == CANCEL;
                    self.kills |= KILL.contains(&name);
                    if RESUME.contains(&name) || name == START {
                        self.call_unknown(program, cleanup);
                    }
                }
                Called::Own { .. } | Called::Unknown => self.call_unknown(program, cleanup),
            }
        }
    }

    /// Adds a call of something that may be any function, or an object of the program.
    pub(super) fn call_unknown(&mut self, program: &Program, cleanup: bool) {
        self.calls_unknown = true;
        self.is_unknown |= program.loads_code;
        self.open_all(program, &[CALL], cleanup);
    }

    /// Adds what a thread or process of a class does that is made here.
    fn make(&mut self, program: &Program, class: &str, called: bool, cleanup: bool) {
        if called {
            let run = program.methods(class, &[RUN]).into_iter();
            self.open.extend(run.map(|function| (function, cleanup)));
        }
    }

    /// Adds what a method of a library calls of the class that extends it: `put()` of a queue
    /// calls its `_put()` (Lib/queue.py, Lib/asyncio/queues.py).
    fn call_hook(&mut self, program: &Program, method: &str, cleanup: bool) {
        let hooks = program.hooks_of(method.trim_end_matches(NOWAIT)).iter();
        self.open.extend(hooks.map(|function| (*function, cleanup)));
    }

    /// Adds a name, and the functions that it may stand for.
    fn read(&mut self, program: &Program, name: &str, cleanup: bool) {
        let first = self.names.insert(name.to_owned());
        let first_plain = !cleanup && self.plain.insert(name.to_owned());
        if first || first_plain {
            self.open_all(program, &[name], cleanup);
        }
    }

    pub(super) fn open_all(&mut self, program: &Program, methods: &[&str], cleanup: bool) {
        for method in methods {
            let functions = program.named(method).into_iter();
            self.open
                .extend(functions.map(|function| (function, cleanup)));
        }
    }
}

/// Whether it is a function of a library that may call what it is given.
fn may_call_on(program: &Program, taker: &str) -> bool {
    program.named(taker).is_empty() && !keeps_to_itself(taker)
}

/// Whether it is the object whose method runs.
fn is_self(place: &Place) -> bool {
    matches!(place, Place::Local(name) | Place::Named(name) if name == "self" || name == "cls")
}

//! What an activity may still do: the names in the rest of its functions and in all that
//! these may call.

use rustc_hash::{FxHashMap, FxHashSet};

use super::interventions::Cancelled;
use super::program::{Function, Program, Unknown};
use super::quiet::{CALL_NOBODY, CALLS_NOTHING, keeps_to_itself};
use super::takers::{OF_FILES, calls_argument, is_callback, takes_callback, takes_file};
use crate::diagnosis::source::{Argument, Place, Use, UseAt};
use crate::model::{Callback, Called, Frame, PendingCode};

/// Methods that statements call without naming them.
const BY_WITH: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];
const BY_FOR: [&str; 5] = ["__iter__", "__next__", "__aiter__", "__anext__", "keys"];
/// Methods that run when a `with` block is left.
const LEAVING: [&str; 2] = ["__exit__", "__aexit__"];
/// Method of a class that runs when a thread or process of it was started
/// (`threading.Thread`, `multiprocessing.Process`).
const RUN: &str = "run";
/// What leaving the block of a lock or semaphore does.
const GIVE_BACK: &str = "release";
/// Methods that `contextlib.closing` and `aclosing` call.
const CLOSING: [&str; 2] = ["close", "aclose"];
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
/// The method of context variables that returns their value.
const GET: &str = "get";
/// The method of tasks, handles and scopes that cancels.
const CANCEL: &str = "cancel";
/// The method that sets the end of a timeout (asyncio), and the attribute of scopes with it (anyio,
/// trio): the task in it is cancelled then.
const RESCHEDULE: &str = "reschedule";
const DEADLINE: &str = "deadline";
/// The attribute of limiters with the number of their permits (anyio, trio).
const LIMIT: &str = "total_tokens";
/// Methods that add a task to a group (asyncio, anyio, trio).
const SPAWNS: [&str; 3] = ["create_task", "start_soon", "start"];
/// The end of the names of methods that do the same without waiting.
const NOWAIT: &str = "_nowait";
/// The method of threads that makes them run.
const START: &str = "start";
/// Methods and functions that end greenlets, or throw into them.
const KILL: [&str; 4] = ["kill", "killall", "killone", "throw"];

impl Operation {
    /// Whether it enters or leaves the block of a manager that a class has made for it: that is no
    /// lock for which others wait.
    pub(super) fn is_of_new_manager(&self) -> bool {
        let is_new = matches!(&self.of, Place::Called(name) if names_class(name));
        is_new && (self.method.is_empty() || self.method == GIVE_BACK)
    }
}

/// A method of an object, used by code that is still to run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Operation {
    /// Where the object comes from.
    pub of: Place,
    /// Name of the method; empty for entering and leaving a `with` block.
    pub method: String,
    /// Whether the object is a parameter of a function that is on the stack now, so that it
    /// is known which object it is.
    pub is_bound: bool,
}

/// What an activity may still do.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Methods that it may use.
    pub operations: FxHashSet<Operation>,
    /// Variables and attributes that it may read.
    pub names: FxHashSet<String>,
    /// Variables that it gives to functions of libraries, which may call them.
    pub given: FxHashSet<String>,
    /// Whether it reads a context variable, whose value may be anything.
    pub reads_context: bool,
    /// Whether it may look up globals by names that are values, or classes by their base.
    pub reads_any_global: bool,
    /// Whether it may call functions that cannot be told from the source.
    pub calls_unknown: bool,
    /// Whether it calls something of a library that may call back.
    pub calls_foreign: bool,
    /// Whether it calls a method of an object, and one that the program does not define.
    pub calls_library: bool,
    /// Whether the text of some of its own functions is not known.
    pub is_unknown: bool,
    /// Which tasks it may cancel. What an `except` or `finally` block or the end of a `with`
    /// block cancels does not count: that runs when a function ends, and a service does not end
    /// by itself.
    pub cancels: Cancelled,
    /// The same of greenlets.
    pub kills: bool,
    /// Whether it may raise an error that it makes, or end the process.
    pub raises: bool,
    /// Whether it may add a task to a group.
    pub spawns: bool,
    /// Whether it may give a limiter more permits.
    pub grows: bool,
    /// Whether it may let any generator go on.
    resumes: bool,
    /// Names that are read outside of clean-up.
    plain: FxHashSet<String>,
    /// Functions that were looked at, and whether only as part of clean-up.
    visited: FxHashMap<Function, bool>,
    /// Functions to look at, and whether they are part of clean-up.
    open: Vec<(Function, bool)>,
}

impl Reach {
    /// What the rest of a stack may do. `frames` are innermost first; `pending` is what these
    /// will run besides.
    pub(super) fn of_stack(program: &Program, frames: &[Frame], pending: &[PendingCode]) -> Self {
        let mut reach = Self::default();
        let mut inner: Option<&str> = None;
        for frame in frames {
            if !frame.library && frame.file.is_some() {
                reach.add_rest(program, frame, inner);
            }
            inner = Some(&frame.function);
        }
        for code in pending {
            reach.add_pending(program, code);
        }
        if !frames.is_empty() {
            let implicit = program.implicit.iter().copied();
            reach.open.extend(implicit.map(|function| (function, true)));
        }
        reach.follow(program);
        reach
    }

    /// What a function may do that has not begun.
    pub(super) fn of_start(program: &Program, frames: &[Frame]) -> Self {
        let mut reach = Self::default();
        for frame in frames.iter().filter(|frame| !frame.library) {
            if let (Some(file), Some(line)) = (&frame.file, frame.line) {
                match program.at(file, line, &frame.function) {
                    Ok(function) => reach.open.push((function, false)),
                    Err(Unknown) => reach.is_unknown = true,
                }
            }
        }
        reach.follow(program);
        reach
    }

    /// What code does that is on no stack: `pending`, and the rest of the generators over
    /// which loops of `frames` run.
    pub(super) fn of_pending(program: &Program, frames: &[Frame], pending: &[PendingCode]) -> Self {
        let mut reach = Self::default();
        for frame in frames.iter().filter(|frame| !frame.library) {
            let (Some(file), Some(line)) = (&frame.file, frame.line) else {
                continue;
            };
            let function = program.at(file, line, &frame.function).ok();
            let body = function.and_then(|function| program.body(function));
            let iterated = body
                .into_iter()
                .flat_map(|(body, _)| body.iterated_at(line));
            for function in iterated.flat_map(|name| program.named(name)) {
                reach.add_after_yield(program, function);
            }
        }
        for code in pending {
            reach.add_pending(program, code);
        }
        reach.follow(program);
        reach
    }

    fn add_pending(&mut self, program: &Program, code: &PendingCode) {
        let (file, line) = (&*code.file, code.line);
        match (
            code.has_begun,
            program.beginning_at(file, line, &code.function),
        ) {
            (true, _) => self.add_rest_at(program, file, line, &code.function, None),
            (false, Ok(function)) => self.open.push((function, true)),
            (false, Err(Unknown)) => self.is_unknown = true,
        }
    }

    /// What functions may do that are called from their beginning.
    pub(super) fn of_functions(
        program: &Program,
        functions: impl IntoIterator<Item = Function>,
    ) -> Self {
        let mut reach = Self::default();
        let functions = functions.into_iter();
        reach
            .open
            .extend(functions.map(|function| (function, false)));
        reach.follow(program);
        reach
    }

    /// What runs when something is imported. Many programs have code of tools there that calls
    /// what it finds by names; only what it names counts.
    pub(super) fn of_imports(program: &Program) -> Self {
        let reach = Self::of_functions(program, program.of_imports());
        Self {
            is_unknown: false,
            calls_unknown: false,
            reads_any_global: false,
            ..reach
        }
    }

    /// What callbacks may do.
    pub(super) fn of_callbacks<'c>(
        program: &Program,
        callbacks: impl IntoIterator<Item = &'c Callback>,
    ) -> Self {
        let mut reach = Self::default();
        for callback in callbacks {
            reach.open_code(
                program,
                &callback.name,
                callback.file.as_deref(),
                callback.line,
            );
        }
        reach.follow(program);
        reach
    }

    /// What a function or method of the program may do.
    pub(super) fn of_code(program: &Program, name: &str, file: &str, line: Option<u32>) -> Self {
        let mut reach = Self::default();
        reach.open_code(program, name, Some(file), line);
        reach.follow(program);
        reach
    }

    /// What a suspended generator may do.
    pub(super) fn of_generator(
        program: &Program,
        name: &str,
        file: &str,
        line: Option<u32>,
    ) -> Self {
        let mut reach = Self::default();
        let name = name.rsplit('.').next().unwrap_or_default();
        let found = line.map(|line| program.beginning_at(file, line, name));
        match found {
            Some(Ok(function)) => reach.add_after_yield(program, function),
            _ => reach.is_unknown = true,
        }
        reach.open_code(program, name, Some(file), line);
        reach.follow(program);
        reach
    }

    /// Adds a function by its qualified name and the line where it begins.
    fn open_code(&mut self, program: &Program, name: &str, file: Option<&str>, line: Option<u32>) {
        let name = name.rsplit('.').next().unwrap_or_default();
        self.cancels.any |= name == CANCEL;
        self.kills |= KILL.contains(&name);
        let found = match (file, line) {
            (Some(file), Some(line)) => program.beginning_at(file, line, name),
            _ => Err(Unknown),
        };
        match found {
            Ok(function) => self.open.push((function, false)),
            Err(Unknown) => self.is_unknown = true,
        }
    }

    /// Adds what another may do.
    pub(super) fn add(&mut self, other: &Self) {
        self.operations.extend(other.operations.iter().cloned());
        self.names.extend(other.names.iter().cloned());
        self.given.extend(other.given.iter().cloned());
        self.reads_context |= other.reads_context;
        self.reads_any_global |= other.reads_any_global;
        self.calls_unknown |= other.calls_unknown;
        self.calls_foreign |= other.calls_foreign;
        self.calls_library |= other.calls_library;
        self.is_unknown |= other.is_unknown;
        self.cancels.add(&other.cancels);
        self.kills |= other.kills;
        self.raises |= other.raises;
        self.spawns |= other.spawns;
        self.grows |= other.grows;
    }

    /// Whether one of the functions of the stack may raise an error that it makes.
    pub(super) fn stack_raises(program: &Program, frames: &[Frame]) -> bool {
        let mut inner: Option<&str> = None;
        frames.iter().any(|frame| {
            let inner = inner.replace(&frame.function);
            if frame.library {
                return false;
            }
            let (Some(file), Some(line)) = (&frame.file, frame.line) else {
                return false;
            };
            let function = program.at(file, line, &frame.function).ok();
            let body = function.and_then(|function| program.body(function));
            body.is_some_and(|(body, module)| {
                let left = body.left_at(line, inner, module);
                left.iter().any(|each| matches!(each.what, Use::Raises))
            })
        })
    }

    /// Adds the rest of one function.
    fn add_rest(&mut self, program: &Program, frame: &Frame, inner: Option<&str>) {
        if let (Some(file), Some(line)) = (&frame.file, frame.line) {
            self.add_rest_at(program, file, line, &frame.function, inner);
        }
    }

    /// Adds what a function at a line has left to do.
    fn add_rest_at(
        &mut self,
        program: &Program,
        file: &str,
        line: u32,
        function: &str,
        inner: Option<&str>,
    ) {
        let found = program.at(file, line, function);
        let Some((body, module)) = found.ok().and_then(|function| program.body(function)) else {
            self.is_unknown = true;
            return;
        };
        let left = body.left_at(line, inner, module);
        let entered = body.entered_at(line, inner, module);
        for each in left {
            match entered.iter().any(|header| each.is_in(*header)) {
                true => self.add_leaving(program, each),
                false => self.add_use(program, each, found.ok(), body.is_cleanup(each)),
            }
        }
    }

    /// Adds what leaving a `with` block does, by a use in its header: the block was entered
    /// already.
    fn add_leaving(&mut self, program: &Program, each: &UseAt) {
        match &each.what {
            Use::Enters(of) => {
                self.operations.insert(Operation {
                    of: of.clone(),
                    method: GIVE_BACK.to_owned(),
                    is_bound: false,
                });
                self.open_all(program, &LEAVING, true);
            }
            // A generator goes on after its `yield`.
            Use::Name { name, called, .. } | Use::Attribute { name, called, .. } if *called => {
                self.leave_library(program, &Place::Called(name.clone()));
                for function in program.named(name) {
                    self.add_after_yield(program, function);
                }
            }
            Use::Name { name, .. } => {
                self.names.insert(name.clone());
            }
            Use::Attribute { of, name, .. } => {
                self.names.insert(name.clone());
                if let Place::Named(of) | Place::Local(of) = of {
                    self.names.insert(of.clone());
                }
            }
            _ => {}
        }
    }

    /// Adds the end of a block of a manager that a library made: it may call what it was given.
    fn leave_library(&mut self, program: &Program, manager: &Place) {
        let Place::Called(name) = manager else {
            return;
        };
        // The end of a class of the program that a library has written.
        let inherits = || program.is_class(name) && program.methods(name, &LEAVING).is_empty();
        let is_of_library = program.named(name).is_empty() || inherits();
        if is_of_library && !CALLS_NOTHING.contains(&name.as_str()) {
            self.call_unknown(program, true);
            self.open_all(program, &CLOSING, true);
        }
    }

    /// Adds what a generator has left to do once it stands at a `yield`.
    fn add_after_yield(&mut self, program: &Program, function: Function) {
        if let Some((body, _)) = program.body(function) {
            for after in body.uses_after_yield() {
                self.add_use(program, after, None, true);
            }
            for entered in body.entered_at_yield() {
                self.add_leaving(program, entered);
            }
        }
    }

    /// Adds the rest of all generators: which of them it is that code lets go on does not
    /// show.
    fn resume_generators(&mut self, program: &Program) {
        if !std::mem::replace(&mut self.resumes, true) {
            for function in &program.generators {
                self.add_after_yield(program, *function);
            }
        }
    }

    fn follow(&mut self, program: &Program) {
        while let Some((function, cleanup)) = self.open.pop() {
            let known = self.visited.get(&function).copied();
            if known.is_some_and(|only_cleanup| cleanup || !only_cleanup) {
                continue;
            }
            self.visited.insert(function, cleanup);
            if let Some((body, _)) = program.body(function) {
                for each in &body.uses {
                    let cleanup = cleanup || body.is_cleanup(each);
                    self.add_use(program, each, None, cleanup);
                }
            }
        }
    }

    /// Adds a use of code that is still to run. `here` is its function, if that is on a stack: then
    /// its variables have the values that were seen.
    fn add_use(&mut self, program: &Program, each: &UseAt, here: Option<Function>, cleanup: bool) {
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
                    self.reads_context |= name == GET && program.context_variables.contains(of);
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
    fn call_unknown(&mut self, program: &Program, cleanup: bool) {
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

    fn open_all(&mut self, program: &Program, methods: &[&str], cleanup: bool) {
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

/// Whether it is the name of a class, as all but a few of Python's own are written (PEP 8).
fn names_class(name: &str) -> bool {
    let first = name.trim_start_matches('_').chars().next();
    first.is_some_and(char::is_uppercase)
}

/// Whether it is the object whose method runs.
fn is_self(place: &Place) -> bool {
    matches!(place, Place::Local(name) | Place::Named(name) if name == "self" || name == "cls")
}

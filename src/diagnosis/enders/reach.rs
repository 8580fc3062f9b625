//! What an activity may still do: the names in the rest of its functions and in all that
//! these may call.

use rustc_hash::{FxHashMap, FxHashSet};

use super::program::{Function, Program, Unknown, takes_callback};
use crate::diagnosis::source::{Place, Use, UseAt};
use crate::model::{Callback, Frame};

/// Methods that statements call without naming them.
const BY_WITH: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];
const BY_FOR: [&str; 4] = ["__iter__", "__next__", "__aiter__", "__anext__"];
/// Methods that run when a `with` block is left.
const LEAVING: [&str; 2] = ["__exit__", "__aexit__"];
/// Method of a class that runs when a thread or process of it was started
/// (`threading.Thread`, `multiprocessing.Process`).
const RUN: &str = "run";
/// What leaving the block of a lock or semaphore does.
const GIVE_BACK: &str = "release";
/// The method of tasks, handles and scopes that cancels.
const CANCEL: &str = "cancel";
/// Methods and functions that end greenlets, or throw into them.
const KILL: [&str; 4] = ["kill", "killall", "killone", "throw"];

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
    /// Whether it may call functions that cannot be told from the source.
    pub calls_unknown: bool,
    /// Whether the text of some of its own functions is not known.
    pub is_unknown: bool,
    /// Whether it may cancel something. What an `except` or `finally` block or the end of a
    /// `with` block cancels does not count: that runs when a function ends, and a service
    /// does not end by itself.
    pub cancels: bool,
    /// The same of greenlets.
    pub kills: bool,
    /// Names that are read outside of clean-up.
    plain: FxHashSet<String>,
    /// Functions that were looked at, and whether only as part of clean-up.
    visited: FxHashMap<Function, bool>,
    /// Functions to look at, and whether they are part of clean-up.
    open: Vec<(Function, bool)>,
}

impl Reach {
    /// What the rest of a stack may do. `frames` are innermost first.
    pub(super) fn of_stack(program: &Program, frames: &[Frame]) -> Self {
        let mut reach = Self::default();
        let mut inner: Option<&str> = None;
        for frame in frames {
            if !frame.library && frame.file.is_some() {
                reach.add_rest(program, frame, inner);
            }
            inner = Some(&frame.function);
        }
        reach.follow(program);
        reach
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

    /// What callbacks may do.
    pub(super) fn of_callbacks<'c>(
        program: &Program,
        callbacks: impl IntoIterator<Item = &'c Callback>,
    ) -> Self {
        let mut reach = Self::default();
        for callback in callbacks {
            let name = callback.name.rsplit('.').next().unwrap_or_default();
            reach.cancels |= name == CANCEL;
            reach.kills |= KILL.contains(&name);
            let found = match (&callback.file, callback.line) {
                (Some(file), Some(line)) => program.beginning_at(file, line, name),
                _ => Err(Unknown),
            };
            match found {
                Ok(function) => reach.open.push((function, false)),
                Err(Unknown) => reach.is_unknown = true,
            }
        }
        reach.follow(program);
        reach
    }

    /// Adds what another may do.
    pub(super) fn add(&mut self, other: &Self) {
        self.operations.extend(other.operations.iter().cloned());
        self.names.extend(other.names.iter().cloned());
        self.calls_unknown |= other.calls_unknown;
        self.is_unknown |= other.is_unknown;
        self.cancels |= other.cancels;
        self.kills |= other.kills;
    }

    /// Adds the rest of one function.
    fn add_rest(&mut self, program: &Program, frame: &Frame, inner: Option<&str>) {
        let (Some(file), Some(line)) = (&frame.file, frame.line) else {
            return;
        };
        let found = program.at(file, line, &frame.function);
        let Some((body, module)) = found.ok().and_then(|function| program.body(function)) else {
            self.is_unknown = true;
            return;
        };
        let left = body.left_at(line, inner, module);
        let entered = body.entered_at(line, inner, module);
        for each in left {
            let bound = |name: &str| body.parameters.contains(name);
            match entered.iter().any(|header| each.is_in(*header)) {
                true => self.add_leaving(program, each),
                false => self.add_use(program, each, &bound, body.is_cleanup(each)),
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
                for function in program.named(name) {
                    if let Some((body, _)) = program.body(function) {
                        for after in body.uses_after_yield() {
                            self.add_use(program, after, &|_| false, true);
                        }
                    }
                }
            }
            _ => {}
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
                    self.add_use(program, each, &|_| false, cleanup);
                }
            }
        }
    }

    fn add_use(
        &mut self,
        program: &Program,
        each: &UseAt,
        bound: &dyn Fn(&str) -> bool,
        cleanup: bool,
    ) {
        match &each.what {
            Use::Attribute { of, name, called } => {
                let is_bound = matches!(of, Place::Local(variable) if bound(variable));
                self.operations.insert(Operation {
                    of: of.clone(),
                    method: name.clone(),
                    is_bound,
                });
                self.calls_unknown |= *called && program.is_stored(name);
                self.cancels |= !cleanup && name == CANCEL;
                self.kills |= !cleanup && KILL.contains(&name.as_str());
                self.read(program, name, cleanup);
                self.make(program, name, *called, cleanup);
                if let Place::Named(name) | Place::Local(name) = of {
                    self.read(program, name, cleanup);
                }
            }
            Use::Name {
                name,
                called,
                local,
            } => {
                // It is called here, or given to what calls it.
                let runs = *called || each.given_to.as_ref().is_some_and(takes_callback);
                self.calls_unknown |= runs && *local && program.named(name).is_empty();
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
            }
            Use::Iterates => self.open_all(program, &BY_FOR, cleanup),
            Use::Calls => self.calls_unknown = true,
        }
    }

    /// Adds what a thread or process of a class does that is made here.
    fn make(&mut self, program: &Program, class: &str, called: bool, cleanup: bool) {
        if called {
            let run = program.methods(class, &[RUN]).into_iter();
            self.open.extend(run.map(|function| (function, cleanup)));
        }
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

//! What an activity may still do: the names in the rest of its functions and in all that
//! these may call.

use rustc_hash::FxHashSet;

use super::program::{Function, Program, Unknown, takes_callback};
use crate::diagnosis::source::{Place, Use, UseAt};
use crate::model::{Callback, Frame};

/// Methods that statements call without naming them.
const BY_WITH: [&str; 4] = ["__enter__", "__exit__", "__aenter__", "__aexit__"];
const BY_FOR: [&str; 4] = ["__iter__", "__next__", "__aiter__", "__anext__"];

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
    visited: FxHashSet<Function>,
    open: Vec<Function>,
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
        reach.open.extend(functions);
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
            let found = match (&callback.file, callback.line) {
                (Some(file), Some(line)) => program.beginning_at(file, line, name),
                _ => Err(Unknown),
            };
            match found {
                Ok(function) => reach.open.push(function),
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
        for each in left {
            let bound = |name: &str| body.parameters.contains(name);
            self.add_use(program, each, &bound);
        }
    }

    fn follow(&mut self, program: &Program) {
        while let Some(function) = self.open.pop() {
            if !self.visited.insert(function) {
                continue;
            }
            if let Some((body, _)) = program.body(function) {
                for each in &body.uses {
                    self.add_use(program, each, &|_| false);
                }
            }
        }
    }

    fn add_use(&mut self, program: &Program, each: &UseAt, bound: &dyn Fn(&str) -> bool) {
        match &each.what {
            Use::Attribute { of, name, called } => {
                let is_bound = matches!(of, Place::Local(variable) if bound(variable));
                self.operations.insert(Operation {
                    of: of.clone(),
                    method: name.clone(),
                    is_bound,
                });
                self.calls_unknown |= *called && program.is_stored(name);
                self.read(program, name);
                if let Place::Named(name) | Place::Local(name) = of {
                    self.read(program, name);
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
                self.read(program, name);
            }
            Use::Enters(of) => {
                self.operations.insert(Operation {
                    of: of.clone(),
                    method: String::new(),
                    is_bound: false,
                });
                self.open_all(program, &BY_WITH);
            }
            Use::Iterates => self.open_all(program, &BY_FOR),
            Use::Calls => self.calls_unknown = true,
        }
    }

    /// Adds a name, and the functions that it may stand for.
    fn read(&mut self, program: &Program, name: &str) {
        if self.names.insert(name.to_owned()) {
            self.open.extend(program.named(name));
        }
    }

    fn open_all(&mut self, program: &Program, methods: &[&str]) {
        for method in methods {
            self.open.extend(program.named(method));
        }
    }
}

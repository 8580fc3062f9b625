//! What an activity may still do: the names in the rest of its functions and in all that
//! these may call.

mod operation;
mod uses;

use rustc_hash::{FxHashMap, FxHashSet};

use self::operation::GIVE_BACK;
pub(super) use self::operation::{Operation, names_class};
use super::interventions::Cancelled;
use super::program::{Function, Program, Unknown};
use super::quiet::CALLS_NOTHING;
use crate::diagnosis::source::{GET, Place, Use, UseAt};
use crate::model::{Callback, Frame, PendingCode};

/// Methods that run when a `with` block is left.
const LEAVING: [&str; 2] = ["__exit__", "__aexit__"];
/// Methods that `contextlib.closing` and `aclosing` call.
const CLOSING: [&str; 2] = ["close", "aclose"];
/// The method of tasks, handles and scopes that cancels.
const CANCEL: &str = "cancel";
/// Methods and functions that end greenlets, or throw into them.
const KILL: [&str; 4] = ["kill", "killall", "killone", "throw"];

/// What an activity may still do.
#[derive(Debug, Default)]
pub(super) struct Reach {
    /// Methods that it may use.
    pub operations: FxHashSet<Operation>,
    /// Variables and attributes that it may read.
    pub names: FxHashSet<String>,
    /// Variables that it gives to functions of libraries, which may call them.
    pub given: FxHashSet<String>,
    /// Whether it reads a context variable whose values were not found.
    reads_context: bool,
    /// Names of the context variables that it reads, and of those that it sets.
    gets_context: FxHashSet<String>,
    sets_context: FxHashSet<String>,
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
        self.gets_context.extend(other.gets_context.iter().cloned());
        self.sets_context.extend(other.sets_context.iter().cloned());
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

    /// Whether it reads a context variable that may have any value by then.
    pub(super) fn reads_any_context(&self) -> bool {
        self.reads_context || !self.gets_context.is_disjoint(&self.sets_context)
    }

    /// Whether the context variable has one of the values that were found, where it is read.
    pub(super) fn knows_context(&self, program: &Program, variable: &str) -> bool {
        program.known_contexts.contains(variable) && !self.sets_context.contains(variable)
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
                    path: each.path.clone().filter(|path| path.is_global),
                    method: GIVE_BACK.to_owned(),
                    is_bound: false,
                });
                self.open_all(program, &LEAVING, true);
            }
            // A generator goes on after its `yield`.
            Use::Name { name, called, .. } | Use::Attribute { name, called, .. } if *called => {
                self.leave_library(program, &made_by(each).unwrap_or(Place::Other));
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
        let name = match manager {
            Place::Called(name) => name.as_str(),
            // A value, as that of an attribute.
            Place::Got(variable) if program.is_context_variable(variable) => return,
            Place::Got(_) => GET,
            Place::Named(_) | Place::Local(_) | Place::Other => return,
        };
        // The end of a class of the program that a library has written.
        let inherits = || program.is_class(name) && program.methods(name, &LEAVING).is_empty();
        let is_of_library = program.named(name).is_empty() || inherits();
        if is_of_library && !CALLS_NOTHING.contains(&name) {
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
}

/// What the call of a use returns.
fn made_by(each: &UseAt) -> Option<Place> {
    match &each.what {
        Use::Attribute {
            of: Place::Named(variable) | Place::Local(variable),
            name,
            ..
        } if name == GET => Some(Place::Got(variable.clone())),
        Use::Name { name, .. } | Use::Attribute { name, .. } => Some(Place::Called(name.clone())),
        _ => None,
    }
}

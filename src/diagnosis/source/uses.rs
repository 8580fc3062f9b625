//! What code does to objects: the names that each function uses, and where.

use ruff_text_size::{TextRange, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Module;
use super::object_path::ObjectPath;

/// The method of context variables and mappings that returns a value.
pub const GET: &str = "get";

/// Where the object comes from on which a method is used.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// An attribute, a global, or a variable of an outer function, by its name; also an
    /// entry of a container with that name.
    Named(String),
    /// A parameter or variable of the function itself.
    Local(String),
    /// The result of the function with this name.
    Called(String),
    /// The result of the method `get` of the variable or attribute with this name, which may be
    /// a context variable.
    Got(String),
    /// Something else.
    Other,
}

/// How a name is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// An attribute is read: `put` of `self.inbox.put`.
    Attribute {
        /// The object with the attribute.
        of: Place,
        /// Name of the attribute.
        name: String,
        /// Whether it is called at once.
        called: bool,
    },
    /// A variable is read.
    Name {
        /// Its name.
        name: String,
        /// Whether it is called at once.
        called: bool,
        /// Whether it is a parameter or variable of the function itself.
        local: bool,
    },
    /// A context manager is entered and left.
    Enters(Place),
    /// A `for` loop runs over an object.
    Iterates,
    /// An error that is made there is raised.
    Raises,
    /// An attribute of this name is assigned.
    Stores(String),
    /// Something that has no name is called.
    Calls {
        /// Whether its name is a value: `getattr(self, name)()`.
        by_name: bool,
    },
}

/// A use and where it stands.
#[derive(Debug, Clone)]
pub struct UseAt {
    /// What is used.
    pub what: Use,
    /// Line on which it stands.
    pub line: u32,
    pub(super) range: TextRange,
    /// The path from a variable to what is named, or entered. `None` if it begins elsewhere.
    pub path: Option<ObjectPath>,
    /// The call whose function it is.
    pub(super) call: Option<TextRange>,
    /// The function that gets it as an argument, and which argument it is.
    pub given_to: Option<(String, Argument)>,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// By position, from 0.
    At(usize),
    /// By name.
    Named(String),
}

/// A function, a lambda, or the code of a module outside of functions.
#[derive(Debug)]
pub struct Body {
    /// Name; `<lambda>` and `<module>` as CPython has them.
    pub name: String,
    /// Name of the class whose method it is.
    pub class: Option<String>,
    /// First line: that of `def`, after its decorators.
    pub line: u32,
    pub(super) last_line: u32,
    /// Whether it is a coroutine function.
    pub is_async: bool,
    /// Whether code outside of the file may call it, because a decorator received it or
    /// because its class extends one of a library.
    pub is_registered: bool,
    /// Names of the decorators that received it, if all are variables or attributes of variables
    /// (`tools.traced`); empty otherwise.
    pub decorators: Vec<String>,
    /// The call that gets it, where it is a lambda.
    pub given_to: Option<(String, Argument)>,
    /// Names of the bases of its class.
    pub bases: Vec<String>,
    /// Names of its parameters.
    pub parameters: FxHashSet<String>,
    /// Names of the attributes that it assigns.
    pub stores: FxHashSet<String>,
    /// Names of the variables that it assigns.
    pub assigned: FxHashSet<String>,
    /// Names of those to which it only ever assigns what a call returns, with the names of what is
    /// called.
    pub made: FxHashMap<String, Option<String>>,
    /// Whether it gets attributes or variables by names that are values, and keeps them.
    pub gets_by_name: bool,
    /// Whether it sets attributes by names that are values.
    pub sets_by_name: bool,
    /// Names of the modules that it imports.
    pub imported: Vec<String>,
    /// Names of context variables that it makes.
    pub context_variables: Vec<String>,
    /// What each of its `return` statements calls for the value; `None` for one with another value.
    pub returns: Vec<Option<String>>,
    /// Whether it sets a property.
    pub is_setter: bool,
    /// Whether it is a lambda that is called for errors.
    pub is_hook: bool,
    /// Names of the functions that it has called for errors.
    pub hooks: Vec<String>,
    /// Names used, in the order of the text.
    pub uses: Vec<UseAt>,
    /// Lines of loops in it, outermost loops only.
    pub(super) loops: Vec<(u32, u32)>,
    /// Lines of `for` loops over what a function returns, with the name of the function.
    pub(super) iterations: Vec<(u32, u32, String)>,
    /// Ranges of statements without blocks, and of the headers of those with blocks.
    pub(super) statements: Vec<TextRange>,
    /// Calls and awaits, with the name that is called.
    pub(super) calls: Vec<(TextRange, Option<String>)>,
    /// Blocks of which only one runs, each with its statement.
    pub(super) branches: Vec<Branch>,
    /// Where its first `yield` stands.
    pub(super) first_yield: Option<TextSize>,
    /// Headers and whole ranges of `with` statements.
    pub(super) withs: Vec<(TextRange, TextRange)>,
    /// Blocks of `except` and `finally`.
    pub(super) cleanups: Vec<TextRange>,
}

/// A block of an `if`, `match` or `try` statement.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) statement: TextRange,
    pub(super) block: TextRange,
    /// Whether the code after the statement does not run after this block.
    pub(super) leaves: bool,
    /// Whether a later block of the statement may run after this one.
    pub(super) goes_on: bool,
}

/// Methods of context managers that run before the block.
const ENTERING: [&str; 2] = ["__enter__", "__aenter__"];

impl UseAt {
    /// The path to the object whose attribute is read.
    pub fn receiver(&self) -> Option<ObjectPath> {
        self.path.as_ref().and_then(ObjectPath::parent)
    }

    /// Whether it stands in this range.
    pub fn is_in(&self, range: TextRange) -> bool {
        range.contains_range(self.range)
    }
}

impl Body {
    /// Whether a use stands in an `except` or `finally` block.
    pub fn is_cleanup(&self, each: &UseAt) -> bool {
        self.cleanups.iter().any(|block| each.is_in(*block))
    }

    /// The uses that are still to come when the function stands at `line`.
    ///
    /// `inner` is the name of the function that it has called there. A use counts as still
    /// to come where this cannot be excluded.
    pub fn left_at(&self, line: u32, inner: Option<&str>, module: &Module) -> Vec<&UseAt> {
        if let Some((from, to)) = self.loops.iter().find(|(a, b)| *a <= line && line <= *b) {
            return self.left_from((*from, *to), module);
        }
        let current = self.statement_at(line, module);
        let Some(current) = current else {
            return self.left_from((line, line), module);
        };
        let running = self.running_call(current, inner);
        // A manager that was entered is still to be left.
        let mut withs = self.withs.iter();
        let left: Vec<TextRange> = withs
            .by_ref()
            .filter(|(header, all)| all.contains_range(current) && !current.contains_range(*header))
            .map(|(header, _)| *header)
            .collect();
        let rest = self.uses.iter().filter(|each| {
            if each.range.start() >= current.end() {
                return true;
            }
            if !current.contains_range(each.range) {
                return left.iter().any(|header| header.contains_range(each.range));
            }
            let Some(running) = running else {
                return true;
            };
            // What is inside of the running call is done, and so is what stands before it,
            // but for the calls that get its result.
            let gets_it = |call: TextRange| call != running && call.contains_range(running);
            each.range.start() >= running.end() || each.call.is_some_and(gets_it)
        });
        rest.collect()
    }

    /// The uses from the first of `lines` on, and those in the headers of the managers around
    /// these lines, which are still to be left.
    fn left_from(&self, (from, to): (u32, u32), module: &Module) -> Vec<&UseAt> {
        let around = |range: &TextRange| {
            module.line_at(range.start()) < from && to <= module.line_at(range.end())
        };
        let withs = self.withs.iter().filter(|(_, all)| around(all));
        let headers: Vec<TextRange> = withs.map(|(header, _)| *header).collect();
        let uses = self.uses.iter();
        uses.filter(|each| each.line >= from || headers.iter().any(|header| each.is_in(*header)))
            .collect()
    }

    /// The uses that are done when the function stands at `line`. `entered` has the headers
    /// of the `with` blocks in which it is.
    pub fn done_at(&self, line: u32, entered: &[TextRange], module: &Module) -> Vec<&UseAt> {
        let Some(current) = self.statement_at(line, module) else {
            let done = |each: &&UseAt| {
                each.line < line || entered.iter().any(|header| each.is_in(*header))
            };
            return self.uses.iter().filter(done).collect();
        };
        let passed = |each: &UseAt| {
            self.branches.iter().any(|branch| {
                let here = branch.statement.contains_range(current) && !branch.goes_on;
                branch.block.contains_range(each.range)
                    && !branch.block.contains_range(current)
                    && (branch.leaves || here)
            })
        };
        let before = self.uses.iter();
        let before = before.filter(|each| each.range.start() < current.start());
        before.filter(|each| !passed(each)).collect()
    }

    /// Headers of the `with` blocks around `line`. `inner` is the name of the function that
    /// the function has called there: it tells entering from being inside, where both stand
    /// on one line.
    pub fn entered_at(&self, line: u32, inner: Option<&str>, module: &Module) -> Vec<TextRange> {
        let current = self.statement_at(line, module);
        let enters = inner.is_some_and(|inner| ENTERING.contains(&inner));
        let on_line = |range: TextRange| {
            module.line_at(range.start()) <= line && line <= module.line_at(range.end())
        };
        let around = self.withs.iter().filter(|(header, all)| match current {
            Some(current) => all.contains_range(current) && !current.contains_range(*header),
            None => on_line(*all) && !(enters && on_line(*header)),
        });
        around.map(|(header, _)| *header).collect()
    }

    /// The uses in the innermost loops around `line`, in the order in which they run from
    /// there. Empty where there is no loop.
    pub fn around_loop(&self, line: u32, module: &Module) -> Vec<&UseAt> {
        let around = self
            .loops
            .iter()
            .find(|(from, to)| *from <= line && line <= *to);
        let Some((from, to)) = around else {
            return Vec::new();
        };
        let here = self.statement_at(line, module).map(|range| range.end());
        let inside = self.uses.iter();
        let inside = inside.filter(|each| *from <= each.line && each.line <= *to);
        let comes = |each: &&UseAt| match here {
            Some(here) => each.range.start() >= here,
            None => each.line > line,
        };
        let (after, before): (Vec<&UseAt>, Vec<&UseAt>) = inside.partition(comes);
        after.into_iter().chain(before).collect()
    }

    /// Names of the functions over whose results the loops around `line` run.
    pub fn iterated_at(&self, line: u32) -> impl Iterator<Item = &str> {
        let around = self.iterations.iter();
        let around = around.filter(move |(from, to, _)| *from <= line && line <= *to);
        around.map(|(_, _, name)| name.as_str())
    }

    /// Whether two uses stand in blocks of one statement of which only one runs.
    pub fn excludes(&self, one: &UseAt, other: &UseAt) -> bool {
        self.branches.iter().any(|branch| {
            branch.block.contains_range(one.range)
                && !branch.block.contains_range(other.range)
                && branch.statement.contains_range(other.range)
                && !branch.goes_on
                && self.branches.iter().any(|sibling| {
                    sibling.statement == branch.statement
                        && sibling.block.contains_range(other.range)
                })
        })
    }

    /// Whether it is the other function, or that stands inside of it.
    pub fn contains(&self, other: &Self) -> bool {
        self.line <= other.line && other.last_line <= self.last_line
    }

    /// The methods that are called of the object in the variable `name`. `None` if the function
    /// uses the variable in another way.
    pub fn only_methods_of(&self, name: &str) -> Option<Vec<&str>> {
        let is_it = |place: &Place| match place {
            Place::Named(it) | Place::Local(it) => it == name,
            Place::Called(_) | Place::Got(_) | Place::Other => false,
        };
        let mut methods = Vec::new();
        let mut called: Vec<TextRange> = Vec::new();
        let mut read: Vec<TextRange> = Vec::new();
        for each in &self.uses {
            match &each.what {
                Use::Attribute {
                    of,
                    name: method,
                    called: is_called,
                } if is_it(of) => {
                    methods.push(method.as_str());
                    called.push(each.range);
                    if !is_called {
                        return None;
                    }
                }
                Use::Name { name: other, .. } if other == name => read.push(each.range),
                Use::Enters(of) if is_it(of) => return None,
                Use::Attribute { .. }
                | Use::Name { .. }
                | Use::Enters(_)
                | Use::Iterates
                | Use::Raises
                | Use::Stores(_)
                | Use::Calls { .. } => {}
            }
        }
        // The variable of `event.wait()` is read as well.
        let of_call = |at: &TextRange| called.iter().any(|call| call.contains_range(*at));
        read.iter().all(of_call).then_some(methods)
    }

    /// The uses among the arguments of the call of `function`.
    pub fn arguments_of<'b>(&'b self, function: &UseAt) -> impl Iterator<Item = &'b UseAt> {
        let (call, name) = (function.call, function.range);
        self.uses.iter().filter(move |each| {
            call.is_some_and(|call| call.contains_range(each.range))
                && !name.contains_range(each.range)
        })
    }

    /// Whether the call of `function` is an argument of a call of one of these.
    pub fn is_given_to(&self, function: &UseAt, names: &[&str]) -> bool {
        let call = function.call.unwrap_or(function.range);
        self.calls.iter().any(|(range, name)| {
            let is_one = name.as_deref().is_some_and(|name| names.contains(&name));
            is_one && range.contains_range(call) && *range != call
        })
    }

    /// Whether it has a `yield`.
    pub fn is_generator(&self) -> bool {
        self.first_yield.is_some()
    }

    /// The uses after the first `yield`. None where there is none.
    pub fn uses_after_yield(&self) -> impl Iterator<Item = &UseAt> {
        let first = self.first_yield;
        let uses = self.uses.iter();
        uses.filter(move |each| first.is_some_and(|at| each.range.end() > at))
    }

    /// The uses in the headers of the `with` blocks that may be open at a `yield`.
    pub fn entered_at_yield(&self) -> impl Iterator<Item = &UseAt> {
        let first = self.first_yield;
        let open = self.withs.iter();
        let open = open.filter(move |(_, all)| first.is_some_and(|at| all.end() >= at));
        open.flat_map(|(header, _)| self.uses.iter().filter(|each| each.is_in(*header)))
    }

    /// The uses before the first `yield`. All where there is none.
    pub fn uses_before_yield(&self) -> impl Iterator<Item = &UseAt> {
        let first = self.first_yield;
        let uses = self.uses.iter();
        uses.filter(move |each| first.is_none_or(|at| each.range.end() <= at))
    }

    /// The uses in the statement at `line`.
    pub fn uses_at(&self, line: u32, module: &Module) -> Vec<&UseAt> {
        let Some(current) = self.statement_at(line, module) else {
            return self.uses.iter().filter(|each| each.line == line).collect();
        };
        let uses = self.uses.iter();
        uses.filter(|each| current.contains_range(each.range))
            .collect()
    }

    /// The statement on a line. `None` if there are several: which of them runs is not known.
    fn statement_at(&self, line: u32, module: &Module) -> Option<TextRange> {
        let holds = |range: &&TextRange| {
            module.line_at(range.start()) <= line && line <= module.line_at(range.end())
        };
        let statements = || self.statements.iter().filter(holds);
        let inner = statements().min_by_key(|range| range.len())?;
        let alone = statements().all(|range| range.contains_range(*inner));
        alone.then_some(*inner)
    }

    /// The call in the statement that is running: that of `inner`, or the only one.
    fn running_call(&self, statement: TextRange, inner: Option<&str>) -> Option<TextRange> {
        let own = || {
            let calls = self.calls.iter();
            calls.filter(|(range, _)| statement.contains_range(*range))
        };
        let named = own().find(|(_, name)| name.is_some() && name.as_deref() == inner);
        // With a wrapper between the two, the outermost call is the one that runs.
        let outermost = || own().max_by_key(|(range, _)| range.len());
        let found = named.or_else(outermost);
        found.map(|(range, _)| *range)
    }
}
/// The innermost of `bodies` around a line. `name` is the function's name, which decides
/// where several stand on one line.
pub fn body_at<'b>(bodies: &'b [Body], line: u32, name: &str) -> Option<&'b Body> {
    let around = |body: &&Body| body.line <= line && line <= body.last_line;
    let size = |body: &&Body| body.last_line - body.line;
    let named = bodies
        .iter()
        .filter(around)
        .filter(|body| body.name == name);
    named
        .min_by_key(size)
        .or_else(|| bodies.iter().filter(around).min_by_key(size))
}

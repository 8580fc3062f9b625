//! Which tasks a variable or attribute may have: those of the functions whose coroutines code
//! makes tasks of and keeps under its name.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{Comprehension, Expr, ExprCall, Parameter, Pattern, Stmt};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Module;
use super::calls::{called_name, last_name, receiver_name};

/// Functions and methods that make a task of a coroutine (asyncio).
const MAKE_TASKS: [&str; 3] = ["create_task", "ensure_future", "Task"];
/// Functions and methods that make what can be cancelled and is no task: timers (asyncio,
/// threading).
const MAKE_TIMERS: [&str; 4] = ["call_later", "call_at", "call_soon", "Timer"];
/// Functions that make containers: empty ones, or with what their first argument has.
const CONTAINERS: [&str; 11] = [
    "list",
    "tuple",
    "set",
    "frozenset",
    "dict",
    "deque",
    "defaultdict",
    "WeakSet",
    "sorted",
    "reversed",
    "field",
];
/// Methods that return what their container has.
const CONTENTS: [&str; 4] = ["values", "copy", "pop", "get"];
/// Methods that put their last argument into a container.
const ADDING: [&str; 5] = ["append", "appendleft", "add", "insert", "setdefault"];
/// Methods that put what their argument has into a container.
const EXTENDING: [&str; 3] = ["extend", "update", "extendleft"];

/// What code keeps under one name.
#[derive(Debug, Default, Clone)]
pub struct Kept {
    /// Names of the functions whose coroutines are those of the tasks.
    pub functions: FxHashSet<String>,
    /// Other names, whose values are kept under this one as well.
    pub names: FxHashSet<String>,
    /// Functions that get the container under this name, and may put something into it.
    pub given_to: FxHashSet<String>,
    /// Names of what was called where something else was made: classes, or functions.
    pub made_by: FxHashSet<String>,
    /// Whether anything else may be kept under it.
    pub is_open: bool,
    /// Whether code keeps something under it at all.
    pub is_stored: bool,
    /// Whether it is a container of what is kept.
    pub is_container: bool,
}

impl Kept {
    /// Adds what another file keeps under the name.
    pub fn add(&mut self, other: &Self) {
        self.functions.extend(other.functions.iter().cloned());
        self.names.extend(other.names.iter().cloned());
        self.is_container |= other.is_container;
        self.given_to.extend(other.given_to.iter().cloned());
        self.made_by.extend(other.made_by.iter().cloned());
        self.is_open |= other.is_open;
        self.is_stored |= other.is_stored;
    }

    fn add_value(&mut self, value: &Expr) {
        self.is_stored = true;
        if self.add_known(value).is_none() {
            self.is_open = true;
        }
    }

    /// Adds the tasks that an expression gives. `None` if it may be something else.
    fn add_known(&mut self, value: &Expr) -> Option<()> {
        match value {
            Expr::NoneLiteral(_) => Some(()),
            Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_) => {
                self.names.insert(last_name(value)?.to_owned());
                Some(())
            }
            Expr::If(choice) => {
                self.add_known(&choice.body)?;
                self.add_known(&choice.orelse)
            }
            Expr::Named(named) => self.add_known(&named.value),
            Expr::Starred(starred) => self.add_known(&starred.value),
            Expr::Call(call) => self.add_call(call),
            _ => self.add_container(value),
        }
    }

    fn add_container(&mut self, value: &Expr) -> Option<()> {
        self.is_container = true;
        match value {
            Expr::List(list) => list.elts.iter().try_for_each(|one| self.add_known(one)),
            Expr::Tuple(tuple) => tuple.elts.iter().try_for_each(|one| self.add_known(one)),
            Expr::Set(set) => set.elts.iter().try_for_each(|one| self.add_known(one)),
            Expr::Dict(dict) => {
                let mut items = dict.items.iter();
                items.try_for_each(|item| self.add_known(&item.value))
            }
            Expr::ListComp(each) => self.add_known(&each.elt),
            Expr::SetComp(each) => self.add_known(&each.elt),
            Expr::Generator(each) => self.add_known(&each.elt),
            Expr::DictComp(each) => self.add_known(&each.value),
            _ => None,
        }
    }

    fn add_call(&mut self, call: &ExprCall) -> Option<()> {
        let name = called_name(call)?;
        let first = call.arguments.args.first();
        if MAKE_TASKS.contains(&name) {
            return match first? {
                Expr::Call(coroutine) => {
                    self.functions.insert(called_name(coroutine)?.to_owned());
                    Some(())
                }
                _ => None,
            };
        }
        if MAKE_TIMERS.contains(&name) {
            return Some(());
        }
        let receiver = receiver_name(call);
        match (receiver, first) {
            (_, None) if CONTAINERS.contains(&name) => self.is_container = true,
            (_, Some(first)) if CONTAINERS.contains(&name) => {
                self.is_container = true;
                // `defaultdict(list)`
                let makes = last_name(first).is_some_and(|it| CONTAINERS.contains(&it));
                if !makes {
                    self.add_known(first)?;
                }
            }
            (Some(receiver), _) if CONTENTS.contains(&name) => {
                self.names.insert(receiver.to_owned());
            }
            (None, _) => drop(self.made_by.insert(name.to_owned())),
            _ => return None,
        }
        Some(())
    }
}

/// What a file keeps under each name.
pub(super) fn kept_tasks(module: &Module) -> FxHashMap<String, Kept> {
    let mut finder = Finder::default();
    for stmt in module.body() {
        finder.visit_stmt(stmt);
    }
    finder.found
}

#[derive(Default)]
struct Finder {
    found: FxHashMap<String, Kept>,
}

impl Finder {
    fn of(&mut self, name: &str) -> &mut Kept {
        self.found.entry(name.to_owned()).or_default()
    }

    /// Adds that `target` gets `value`, or one of what `value` has.
    fn keep(&mut self, target: &Expr, value: &Expr) {
        match (target, value) {
            (Expr::Name(_) | Expr::Attribute(_) | Expr::Subscript(_), _) => {
                if let Some(name) = last_name(target) {
                    self.of(name).add_value(value);
                }
            }
            (Expr::Tuple(targets), Expr::Tuple(values))
                if targets.elts.len() == values.elts.len() =>
            {
                for (target, value) in targets.elts.iter().zip(&values.elts) {
                    self.keep(target, value);
                }
            }
            _ => self.open(target),
        }
    }

    /// Adds that anything may be kept in `target`.
    fn open(&mut self, target: &Expr) {
        match target {
            Expr::Tuple(tuple) => tuple.elts.iter().for_each(|each| self.open(each)),
            Expr::List(list) => list.elts.iter().for_each(|each| self.open(each)),
            Expr::Starred(starred) => self.open(&starred.value),
            _ => {
                if let Some(name) = last_name(target) {
                    self.of(name).is_open = true;
                }
            }
        }
    }
}

impl<'a> Visitor<'a> for Finder {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Assign(assign) => {
                for target in &assign.targets {
                    self.keep(target, &assign.value);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.keep(&assign.target, value);
                }
            }
            Stmt::AugAssign(assign) => self.keep(&assign.target, &assign.value),
            Stmt::For(each) => self.keep(&each.target, &each.iter),
            Stmt::With(with) => {
                let targets = with.items.iter();
                for target in targets.filter_map(|item| item.optional_vars.as_deref()) {
                    self.open(target);
                }
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Named(named) => self.keep(&named.target, &named.value),
            Expr::Call(call) => {
                let (name, receiver) = (called_name(call), receiver_name(call));
                let last = call.arguments.args.last();
                if let (Some(name), Some(receiver), Some(last)) = (name, receiver, last)
                    && (ADDING.contains(&name) || EXTENDING.contains(&name))
                {
                    let kept = self.of(receiver);
                    kept.add_value(last);
                    kept.is_container = true;
                }
                let given = call.arguments.args.iter().filter_map(last_name);
                let given: Vec<&str> = given.collect();
                for argument in given {
                    let taker = name.unwrap_or_default().to_owned();
                    self.of(argument).given_to.insert(taker);
                }
            }
            _ => {}
        }
        walk_expr(self, expr);
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        self.keep(&comprehension.target, &comprehension.iter);
        ruff_python_ast::visitor::walk_comprehension(self, comprehension);
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.of(parameter.name.as_str()).is_open = true;
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(each) => each.name.as_ref(),
            Pattern::MatchStar(each) => each.name.as_ref(),
            Pattern::MatchMapping(each) => each.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.of(name.as_str()).is_open = true;
        }
        walk_pattern(self, pattern);
    }
}

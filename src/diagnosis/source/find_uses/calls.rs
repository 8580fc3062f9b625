//! What calls use: the function, its arguments, and attributes whose names are arguments.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use super::{Finder, NAMESPACES};
use crate::diagnosis::source::calls::called_name;
use crate::diagnosis::source::uses::{Argument, Place, Use};

/// The function that finds an attribute by a name that may be a value.
const GETATTR: &str = "getattr";
/// The function that sets an attribute by a name that may be a value.
const SETATTR: &str = "setattr";
/// The function that makes one which reads attributes (`operator.attrgetter("a.b")`).
const ATTRGETTER: &str = "attrgetter";
/// The function that makes a call of a method of its name.
const METHODCALLER: &str = "methodcaller";
/// Functions and methods of Python that run over their arguments.
const ITERATING: [&str; 26] = [
    "list",
    "tuple",
    "set",
    "frozenset",
    "dict",
    "deque",
    "sum",
    "any",
    "all",
    "sorted",
    "min",
    "max",
    "enumerate",
    "zip",
    "map",
    "filter",
    "reduce",
    "chain",
    "islice",
    "from_iterable",
    "join",
    "extend",
    "update",
    "reader",
    "writelines",
    "fromkeys",
];
/// The function that keeps one with some of its arguments, and calls it when it is called.
const PARTIAL: &str = "partial";
/// The function that returns the globals of its module by name.
const GLOBALS: &str = "globals";

impl Finder<'_> {
    pub(super) fn call(&mut self, call: &ExprCall) {
        let name = called_name(call).map(str::to_owned);
        if name.as_deref().is_some_and(|it| ITERATING.contains(&it)) {
            self.add(Use::Iterates, call);
        }
        match name.as_deref() {
            Some(ATTRGETTER) => self.read_by_getter(call),
            Some(METHODCALLER) => {
                if let Some(Expr::StringLiteral(text)) = call.arguments.args.first() {
                    self.read_attribute(text.value.to_str(), call);
                }
            }
            Some(SETATTR) => self.set_by_name(call),
            Some(name) if NAMESPACES.contains(&name) => self.keeps_by_name(),
            _ => {}
        }
        if let Some(open) = self.open.last_mut() {
            open.body.calls.push((call.range(), name));
        }
        match &*call.func {
            Expr::Name(name) => {
                let local = self.is_local(name.id.as_str());
                if name.id.as_str() == GETATTR {
                    self.get_by_name(call);
                }
                let name = name.id.to_string();
                let called = true;
                self.add(
                    Use::Name {
                        name,
                        called,
                        local,
                    },
                    &*call.func,
                );
            }
            Expr::Attribute(attribute) => {
                let of = self.place(&attribute.value);
                let name = attribute.attr.to_string();
                let called = true;
                self.add_named(Use::Attribute { of, name, called }, &call.func);
                self.visit_expr(&attribute.value);
            }
            other => {
                let called = match other {
                    Expr::Call(call) => called_name(call),
                    _ => None,
                };
                let by_name = called == Some(METHODCALLER) || is_global_by_name(other);
                // Which function a partial calls shows.
                if partial_function(other).is_none() {
                    self.add(Use::Calls { by_name }, other);
                }
                self.called_at_once = Some(other.range());
                self.visit_expr(other);
            }
        }
        if let Some(open) = self.open.last_mut()
            && let Some(function) =
                (open.body.uses.iter_mut().rev()).find(|each| each.range == call.func.range())
        {
            function.call = Some(call.range());
        }
        for (position, argument) in call.arguments.args.iter().enumerate() {
            self.visit_expr(argument);
            self.give(call, argument, Argument::At(position));
        }
        for keyword in &call.arguments.keywords {
            self.visit_expr(&keyword.value);
            let name = keyword.arg.as_ref().map(|name| name.to_string());
            self.give(
                call,
                &keyword.value,
                Argument::Named(name.unwrap_or_default()),
            );
        }
    }

    /// Adds what `getattr(object, name)` reads: the attribute, or any where the name is a
    /// value.
    fn get_by_name(&mut self, call: &ExprCall) {
        let (Some(object), Some(name)) = (call.arguments.args.first(), call.arguments.args.get(1))
        else {
            return;
        };
        match name {
            Expr::StringLiteral(text) => {
                let of = self.place(object);
                let (name, called) = (text.value.to_str().to_owned(), false);
                self.add(Use::Attribute { of, name, called }, call);
            }
            _ => {
                if self.called_at_once != Some(call.range()) {
                    self.keeps_by_name();
                }
                self.add(Use::Calls { by_name: true }, call);
            }
        }
    }

    /// Notes that the function gets what has a name that is a value.
    pub(super) fn keeps_by_name(&mut self) {
        if let Some(open) = self.open.last_mut() {
            open.body.gets_by_name = true;
        }
    }

    /// Adds what `setattr(object, name, value)` assigns: the attribute, or any where the name is
    /// a value.
    fn set_by_name(&mut self, call: &ExprCall) {
        let name = call.arguments.args.get(1);
        if let Some(open) = self.open.last_mut() {
            match name {
                Some(Expr::StringLiteral(text)) => {
                    open.body.stores.insert(text.value.to_str().to_owned());
                }
                _ => open.body.sets_by_name = true,
            }
        }
    }

    /// Adds the attributes that `attrgetter(...)` reads of what it is called with.
    fn read_by_getter(&mut self, call: &ExprCall) {
        for argument in &call.arguments.args {
            match argument {
                Expr::StringLiteral(text) => {
                    for name in text.value.to_str().split('.') {
                        self.read_attribute(name, call);
                    }
                }
                _ => self.add(Use::Calls { by_name: true }, call),
            }
        }
    }

    /// Adds that an attribute of an object is read which the text does not name.
    pub(super) fn read_attribute(&mut self, name: &str, node: &impl Ranged) {
        let (of, name, called) = (Place::Other, name.to_owned(), false);
        self.add(Use::Attribute { of, name, called }, node);
    }

    /// Notes that a variable or attribute is an argument of a call.
    fn give(&mut self, call: &ExprCall, argument: &Expr, at: Argument) {
        let Some(function) = called_name(call) else {
            return;
        };
        if let (Expr::Lambda(_), Some(lambda)) = (argument, self.found.last_mut()) {
            lambda.given_to = Some((function.to_owned(), at));
            return;
        }
        // Who gets a partial may call the function in it.
        let what = partial_function(argument).unwrap_or(argument);
        let is_called_here = self.called_at_once == Some(call.range());
        let given = self.open.last_mut().and_then(|open| {
            let mut uses = open.body.uses.iter_mut().rev();
            uses.find(|each| each.range == what.range())
        });
        let Some(given) = given else {
            return;
        };
        match (
            function == PARTIAL && at == Argument::At(0),
            &mut given.what,
        ) {
            (false, _) => given.given_to = Some((function.to_owned(), at)),
            (true, Use::Name { called, .. } | Use::Attribute { called, .. }) => {
                *called = is_called_here;
                given.call = is_called_here.then(|| call.range());
            }
            (true, _) => {}
        }
    }
}

/// The function of a partial that is made here (functools.partial).
fn partial_function(expr: &Expr) -> Option<&Expr> {
    let Expr::Call(call) = expr else {
        return None;
    };
    let function = call.arguments.args.first()?;
    let has_name = matches!(function, Expr::Name(_) | Expr::Attribute(_));
    (called_name(call) == Some(PARTIAL) && has_name).then_some(function)
}

/// Whether it is `globals()[...]`.
fn is_global_by_name(function: &Expr) -> bool {
    let Expr::Subscript(item) = function else {
        return false;
    };
    matches!(&*item.value, Expr::Call(call) if called_name(call) == Some(GLOBALS))
}

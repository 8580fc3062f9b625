//! Functions and lambdas, each with a scope of its own.

use ruff_python_ast::visitor::Visitor;
use ruff_python_ast::{Expr, ExprLambda, Parameters, StmtFunctionDef};
use ruff_text_size::Ranged;
use rustc_hash::FxHashSet;

use super::{Finder, Open};
use crate::diagnosis::source::blocks::{add_assigned, add_assigned_in, add_parameters};
use crate::diagnosis::source::calls::last_name;

/// Decorators that only change how a function is called.
const PLAIN_DECORATORS: [&str; 15] = [
    "staticmethod",
    "classmethod",
    "property",
    "setter",
    "contextmanager",
    "asynccontextmanager",
    "wraps",
    "lru_cache",
    "cache",
    "cached_property",
    "abstractmethod",
    "override",
    "overload",
    "final",
    "coroutine",
];
/// The decorator of functions that set a property.
const SETTER: &str = "setter";

impl Finder<'_> {
    /// Visits the body of a function in a scope of its own.
    pub(super) fn function(&mut self, function: &StmtFunctionDef) {
        for decorator in &function.decorator_list {
            self.visit_expr(&decorator.expression);
        }
        self.defaults(&function.parameters);
        let decorators = function.decorator_list.iter();
        let decorators = decorators.map(|decorator| match &decorator.expression {
            Expr::Call(call) => &*call.func,
            other => other,
        });
        let is_plain = |it: &&Expr| last_name(it).is_some_and(|it| PLAIN_DECORATORS.contains(&it));
        let registering: Vec<&Expr> = decorators.filter(|it| !is_plain(it)).collect();
        let variables = registering.iter().map(|decorator| match decorator {
            Expr::Name(name) => Some(name.id.to_string()),
            Expr::Attribute(attribute) => match &*attribute.value {
                Expr::Name(module) => Some(format!("{}.{}", module.id, attribute.attr)),
                _ => None,
            },
            _ => None,
        });
        let variables: Option<Vec<String>> = variables.collect();
        let mut open = Open::new(
            function.name.as_str(),
            self.class.take(),
            self.module.line_of(&function.name),
            self.module.line_at(function.range().end()),
        );
        open.body.is_registered = !registering.is_empty();
        open.body.decorators = variables.unwrap_or_default();
        open.body.is_async = function.is_async;
        open.body.is_setter = function
            .decorator_list
            .iter()
            .any(|decorator| last_name(&decorator.expression).is_some_and(|name| name == SETTER));
        if open.body.class.is_some() {
            open.body.bases = self.bases.clone();
        }
        add_parameters(&function.parameters, &mut open.locals);
        open.body.parameters = open.locals.clone();
        add_assigned(&function.body, &mut open.locals);
        let class = open.body.class.clone();
        self.open.push(open);
        for stmt in &function.body {
            self.visit_stmt(stmt);
        }
        self.close();
        self.class = class;
    }

    pub(super) fn lambda(&mut self, lambda: &ExprLambda) {
        let line = self.module.line_of(lambda);
        let last = self.module.line_at(lambda.range().end());
        if let Some(parameters) = lambda.parameters.as_deref() {
            self.defaults(parameters);
        }
        let mut open = Open::new("<lambda>", None, line, last);
        if let Some(parameters) = lambda.parameters.as_deref() {
            add_parameters(parameters, &mut open.locals);
            open.body.parameters = open.locals.clone();
        }
        add_assigned_in(&lambda.body, &mut open.locals);
        self.open.push(open);
        self.visit_expr(&lambda.body);
        self.close();
    }

    /// Visits the body of a lambda as a part of the function around it, to which its parameters
    /// are variables with any value.
    pub(super) fn body_here(&mut self, lambda: &ExprLambda) {
        let mut parameters = FxHashSet::default();
        if let Some(all) = lambda.parameters.as_deref() {
            add_parameters(all, &mut parameters);
        }
        // The variables of a module are globals.
        let is_module = self.open.len() <= 1;
        if let Some(open) = self.open.last_mut().filter(|_| !is_module) {
            parameters.retain(|name| open.locals.insert(name.clone()));
        }
        self.visit_expr(&lambda.body);
        if let Some(open) = self.open.last_mut().filter(|_| !is_module) {
            open.locals.retain(|name| !parameters.contains(name));
        }
    }

    /// Visits the default values of parameters, which belong to the code around.
    fn defaults(&mut self, parameters: &Parameters) {
        for parameter in parameters {
            if let Some(default) = parameter.default() {
                self.visit_expr(default);
            }
        }
    }

    fn close(&mut self) {
        if let Some(open) = self.open.pop() {
            self.found.push(open.body);
        }
    }
}

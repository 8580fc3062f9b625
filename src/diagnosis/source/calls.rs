//! Calls within statements.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall, Stmt, StmtFunctionDef};

use super::Module;

/// Calls that stand in the expressions of one statement, not in its blocks.
pub(super) fn calls_of(stmt: &Stmt) -> Vec<&ExprCall> {
    find_in(expressions(stmt), Expr::as_call_expr)
}

/// Calls within an expression.
pub(super) fn calls_in(expr: &Expr) -> Vec<&ExprCall> {
    find_in([expr], Expr::as_call_expr)
}

/// What `pick` takes of these expressions and of all within them.
pub(super) fn find_in<'a, T>(
    expressions: impl IntoIterator<Item = &'a Expr>,
    pick: impl Fn(&'a Expr) -> Option<T>,
) -> Vec<T> {
    let mut finder = Finder {
        pick,
        found: Vec::new(),
    };
    for expr in expressions {
        finder.visit_expr(expr);
    }
    finder.found
}

struct Finder<F, T> {
    pick: F,
    found: Vec<T>,
}

impl<'a, T, F: Fn(&'a Expr) -> Option<T>> Visitor<'a> for Finder<F, T> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        self.found.extend((self.pick)(expr));
        walk_expr(self, expr);
    }
}

/// The expressions that a statement itself evaluates.
pub(super) fn expressions(stmt: &Stmt) -> Vec<&Expr> {
    match stmt {
        Stmt::Expr(stmt) => vec![&stmt.value],
        Stmt::Return(stmt) => stmt.value.as_deref().into_iter().collect(),
        Stmt::Assign(stmt) => std::iter::once(&*stmt.value).chain(&stmt.targets).collect(),
        Stmt::AugAssign(stmt) => vec![&stmt.value],
        Stmt::AnnAssign(stmt) => stmt.value.as_deref().into_iter().collect(),
        Stmt::For(stmt) => vec![&stmt.iter],
        Stmt::While(stmt) => vec![&stmt.test],
        Stmt::If(stmt) => std::iter::once(&*stmt.test)
            .chain(
                stmt.elif_else_clauses
                    .iter()
                    .filter_map(|c| c.test.as_ref()),
            )
            .collect(),
        Stmt::With(stmt) => stmt.items.iter().map(|item| &item.context_expr).collect(),
        Stmt::Match(stmt) => vec![&stmt.subject],
        Stmt::Raise(stmt) => stmt.exc.as_deref().into_iter().collect(),
        Stmt::Assert(stmt) => vec![&stmt.test],
        _ => Vec::new(),
    }
}

/// The last name of what is called: `put` of `self.free.put(x)`.
pub(super) fn called_name(call: &ExprCall) -> Option<&str> {
    last_name(&call.func)
}

/// The last name of `a.b.c`, `c[0]` or `c`.
pub(super) fn last_name(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        Expr::Subscript(subscript) => last_name(&subscript.value),
        _ => None,
    }
}

/// The name before the last: `free` of `self.free.put`.
pub(super) fn receiver_name(call: &ExprCall) -> Option<&str> {
    match &*call.func {
        Expr::Attribute(attribute) => last_name(&attribute.value),
        _ => None,
    }
}

/// Whether the file gives a function of that name to `signal.signal()`.
pub fn is_signal_handler(module: &Module, function: &str) -> bool {
    let statements = module.statements();
    let mut calls = statements.into_iter().flat_map(calls_of);
    calls.any(|call| {
        let handler = call.arguments.args.get(1);
        called_name(call) == Some("signal") && handler.and_then(last_name) == Some(function)
    })
}

/// The calls of that name in a statement.
pub(super) fn calls_named<'a>(stmt: &'a Stmt, name: &str) -> Vec<&'a ExprCall> {
    calls_of(stmt)
        .into_iter()
        .filter(|call| called_name(call) == Some(name))
        .collect()
}

/// The names called on `receiver` in a statement: `set` of `self.ready.set()`.
pub fn attribute_calls<'a>(stmt: &'a Stmt, receiver: &str) -> Vec<&'a str> {
    calls_of(stmt)
        .into_iter()
        .filter(|call| receiver_name(call) == Some(receiver))
        .filter_map(called_name)
        .collect()
}

/// How directly a statement creates a coroutine by calling `name` without
/// awaiting it: 2 when the result is thrown away, 1 when it is kept.
pub fn creates(stmt: &Stmt, name: &str) -> u8 {
    match stmt {
        Stmt::Expr(stmt) => match &*stmt.value {
            Expr::Call(call) if called_name(call) == Some(name) => 2,
            _ => 0,
        },
        Stmt::Assign(assign) => match &*assign.value {
            Expr::Call(call) if called_name(call) == Some(name) => 1,
            _ => 0,
        },
        _ => 0,
    }
}

/// Names of all that a function calls.
pub fn called_functions(function: &StmtFunctionDef) -> Vec<&str> {
    super::flat_in_function(&function.body)
        .into_iter()
        .flat_map(calls_of)
        .filter_map(called_name)
        .collect()
}

/// The names of what a statement waits on: `ready` of `await self.ready.wait()`.
pub fn awaited_receivers(stmt: &Stmt) -> Vec<&str> {
    let waited = expressions(stmt).into_iter().filter_map(|expr| match expr {
        Expr::Await(wait) => Some(&*wait.value),
        _ => None,
    });
    waited
        .filter_map(|expr| match expr {
            Expr::Call(call) => receiver_name(call),
            other => last_name(other),
        })
        .collect()
}

/// Whether a statement has no blocks.
pub fn is_simple(stmt: &Stmt) -> bool {
    super::bodies(stmt).is_empty()
}

/// Whether the function around `line`, or the module where it is in none,
/// calls `fork()` before it.
pub fn forks_before(module: &Module, line: u32) -> bool {
    let own = module.function_at(line);
    let body: Vec<&Stmt> = match own {
        Some(function) => super::flat_in_function(&function.body),
        None => super::flat_in_function(&module.body),
    };
    body.into_iter()
        .filter(|stmt| module.line_of(*stmt) <= line)
        .any(|stmt| {
            ["fork", "forkpty"]
                .iter()
                .any(|name| !calls_named(stmt, name).is_empty())
        })
}

/// The line where the file gives a call of `name`, or a variable made from
/// one, to `shield()`.
pub fn shields(module: &Module, name: &str) -> Option<u32> {
    let all = module.statements();
    let calls_it = |stmt: &Stmt| !calls_named(stmt, name).is_empty();
    let made: Vec<&str> = all
        .iter()
        .filter_map(|stmt| match stmt {
            Stmt::Assign(assign) if calls_it(stmt) => assign.targets.first().and_then(last_name),
            _ => None,
        })
        .collect();
    let shields_it = |inner: &Expr| match inner {
        Expr::Call(call) => called_name(call) == Some(name),
        other => last_name(other).is_some_and(|variable| made.contains(&variable)),
    };
    all.into_iter()
        .find(|stmt| {
            calls_named(stmt, "shield")
                .iter()
                .any(|call| call.arguments.args.first().is_some_and(shields_it))
        })
        .map(|stmt| module.line_of(stmt))
}

/// The line of a call of `name` in the function around `line`.
pub fn call_in_function(module: &Module, line: u32, name: &str) -> Option<u32> {
    let function = module.function_at(line)?;
    super::flat_in_function(&function.body)
        .into_iter()
        .find(|stmt| !calls_named(stmt, name).is_empty())
        .map(|stmt| module.line_of(stmt))
}

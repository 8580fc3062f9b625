//! Blocks and variables of functions.

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Expr, ExprContext, Parameters, Stmt};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashSet;

use super::uses::Branch;

/// Adds the blocks of which only one runs.
pub(super) fn add_branches(stmt: &Stmt, branches: &mut Vec<Branch>) {
    let (first_goes_on, is_choice) = match stmt {
        Stmt::If(_) | Stmt::Match(_) => (false, true),
        Stmt::Try(_) => (true, true),
        _ => (false, false),
    };
    if !is_choice {
        return;
    }
    for (index, block) in super::bodies(stmt).into_iter().enumerate() {
        let (Some(first), Some(last)) = (block.first(), block.last()) else {
            continue;
        };
        branches.push(Branch {
            statement: stmt.range(),
            block: TextRange::new(first.range().start(), last.range().end()),
            leaves: matches!(
                last,
                Stmt::Return(_) | Stmt::Raise(_) | Stmt::Continue(_) | Stmt::Break(_)
            ),
            goes_on: first_goes_on && index == 0,
        });
    }
}

/// Adds the blocks that run when something has failed or ends.
pub(super) fn add_cleanups(stmt: &Stmt, cleanups: &mut Vec<TextRange>) {
    let Stmt::Try(block) = stmt else {
        return;
    };
    cleanups.extend(block.handlers.iter().map(Ranged::range));
    if let (Some(first), Some(last)) = (block.finalbody.first(), block.finalbody.last()) {
        cleanups.push(first.range().cover(last.range()));
    }
}

pub(super) fn add_parameters(parameters: &Parameters, locals: &mut FxHashSet<String>) {
    for parameter in parameters {
        locals.insert(parameter.name().to_string());
    }
}

/// Collects the names that code assigns, without those of inner functions.
struct Assigned<'l>(&'l mut FxHashSet<String>);

impl<'a> Visitor<'a> for Assigned<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
            Stmt::Global(_) | Stmt::Nonlocal(_) => {}
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Store => {
                self.0.insert(name.id.to_string());
            }
            Expr::Lambda(_) => {}
            _ => walk_expr(self, expr),
        }
    }
}

/// Adds the names that the expression of a `lambda` assigns: the variables of comprehensions.
pub(super) fn add_assigned_in(body: &Expr, locals: &mut FxHashSet<String>) {
    Assigned(locals).visit_expr(body);
}

/// Adds the names that the statements assign, without those of inner functions.
pub(super) fn add_assigned(body: &[Stmt], locals: &mut FxHashSet<String>) {
    let mut names = Assigned(locals);
    for stmt in body {
        names.visit_stmt(stmt);
    }
    let outer = super::flat_in_function(body).into_iter();
    let not_local = outer.flat_map(|stmt| match stmt {
        Stmt::Global(stmt) => stmt.names.iter().map(ToString::to_string).collect(),
        Stmt::Nonlocal(stmt) => stmt.names.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    });
    for name in not_local {
        locals.remove(&name);
    }
}

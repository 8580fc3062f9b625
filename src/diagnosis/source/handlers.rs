//! `except` clauses that swallow a cancellation.

use ruff_python_ast::{ExceptHandler, ExceptHandlerExceptHandler, Expr, Stmt};

use super::calls::last_name;
use super::{Module, flat_in_function};

/// Exceptions whose handlers also catch a cancellation.
const CATCHING: [&str; 2] = ["BaseException", "CancelledError"];

/// The line of the innermost clause that catches a cancellation of what runs
/// in `line`, and does not let it go on.
pub fn swallowing_handler(module: &Module, line: u32) -> Option<u32> {
    module
        .around_in_function(line)
        .into_iter()
        .rev()
        .find_map(|stmt| {
            let Stmt::Try(block) = stmt else { return None };
            let protected = block.body.iter().any(|stmt| module.holds(stmt, line));
            if !protected {
                return None;
            }
            let handler = block
                .handlers
                .iter()
                .map(|ExceptHandler::ExceptHandler(handler)| handler)
                .find(|handler| catches(handler))?;
            (!lets_go(handler)).then(|| module.line_of(handler))
        })
}

fn catches(handler: &ExceptHandlerExceptHandler) -> bool {
    match handler.type_.as_deref() {
        None => true,
        Some(Expr::Tuple(types)) => types.elts.iter().any(names_cancellation),
        Some(expr) => names_cancellation(expr),
    }
}

fn names_cancellation(expr: &Expr) -> bool {
    last_name(expr).is_some_and(|name| CATCHING.contains(&name))
}

/// Whether the handler raises, returns or breaks out at all.
fn lets_go(handler: &ExceptHandlerExceptHandler) -> bool {
    flat_in_function(&handler.body)
        .iter()
        .any(|stmt| matches!(stmt, Stmt::Raise(_) | Stmt::Return(_) | Stmt::Break(_)))
}

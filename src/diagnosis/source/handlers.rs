//! `except` clauses that swallow a cancellation, or that let code go on after a timeout.

use ruff_python_ast::{ExceptHandler, ExceptHandlerExceptHandler, Expr, Stmt, StmtTry};

use super::calls::{called_name, calls_of, last_name};
use super::{Module, flat_in_function};

/// Exceptions whose handlers also catch a cancellation.
const CATCHING: [&str; 2] = ["BaseException", "CancelledError"];

/// Exceptions whose handlers also catch a timeout.
const CATCHING_TIMEOUTS: [&str; 5] = [
    "TimeoutError",
    "Timeout",
    "TooSlowError",
    "Exception",
    "BaseException",
];
/// Managers whose block ends without an error when their time is over.
const QUIET_SCOPES: [&str; 2] = ["move_on_after", "move_on_at"];
/// The manager that swallows the errors that it is given.
const SUPPRESS: &str = "suppress";
/// The function that returns when its timeout is over.
const WAIT: &str = "wait";
/// Its argument.
const TIMEOUT: &str = "timeout";

/// What a function does after a timeout of what it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterTimeout {
    /// The error leaves the function.
    Raises,
    /// The function catches it, and is not in a loop, or leaves it.
    Catches,
    /// It catches it in a loop, and goes on with the loop.
    Repeats,
}

/// What the function does after a timeout of the call in `line`. `caught` says that the called
/// function has caught the error already.
pub fn after_timeout(module: &Module, line: u32, caught: bool) -> AfterTimeout {
    let path = module.around_in_function(line);
    let returns = path.last().is_some_and(|stmt| returns_on_timeout(stmt));
    let catching = match caught || returns {
        true => Some((path.len(), false)),
        false => (path.iter().enumerate().rev())
            .find_map(|(at, stmt)| Some((at, leaves_after_timeout(module, stmt, line)?))),
    };
    let Some((at, leaves)) = catching else {
        return AfterTimeout::Raises;
    };
    let mut around = path.iter().take(at);
    match !leaves && around.any(|stmt| matches!(stmt, Stmt::While(_) | Stmt::For(_))) {
        true => AfterTimeout::Repeats,
        false => AfterTimeout::Catches,
    }
}

/// Whether the statement calls `wait(..., timeout=...)`.
fn returns_on_timeout(stmt: &Stmt) -> bool {
    calls_of(stmt).iter().any(|call| {
        let mut keywords = call.arguments.keywords.iter();
        called_name(call) == Some(WAIT)
            && keywords.any(|it| it.arg.as_ref().is_some_and(|name| name.as_str() == TIMEOUT))
    })
}

/// Whether the statement leaves its loop after it caught the timeout of the call in `line`.
/// `None` if it does not catch it.
fn leaves_after_timeout(module: &Module, stmt: &Stmt, line: u32) -> Option<bool> {
    match stmt {
        Stmt::Try(block) => {
            let handler = handler_of(module, block, line, &CATCHING_TIMEOUTS)?;
            let left = flat_in_function(&handler.body);
            let raises = left.iter().any(|stmt| matches!(stmt, Stmt::Raise(_)));
            (!raises).then(|| lets_go(handler))
        }
        Stmt::With(with) => {
            let quiet = with.items.iter().any(|item| match &item.context_expr {
                Expr::Call(call) => match called_name(call) {
                    Some(SUPPRESS) => {
                        let mut errors = call.arguments.args.iter();
                        errors.any(|error| names_one_of(error, &CATCHING_TIMEOUTS))
                    }
                    Some(name) => QUIET_SCOPES.contains(&name),
                    None => false,
                },
                _ => false,
            });
            quiet.then_some(false)
        }
        _ => None,
    }
}

/// The line of the innermost clause that catches a cancellation of what runs
/// in `line`, and does not let it go on.
pub fn swallowing_handler(module: &Module, line: u32) -> Option<u32> {
    module
        .around_in_function(line)
        .into_iter()
        .rev()
        .find_map(|stmt| {
            let Stmt::Try(block) = stmt else { return None };
            let handler = handler_of(module, block, line, &CATCHING)?;
            (!lets_go(handler)).then(|| module.line_of(handler))
        })
}

/// The handler of one of the exceptions `caught` for what runs in `line` of the block.
fn handler_of<'b>(
    module: &Module,
    block: &'b StmtTry,
    line: u32,
    caught: &[&str],
) -> Option<&'b ExceptHandlerExceptHandler> {
    let protected = block.body.iter().any(|stmt| module.holds(stmt, line));
    let handlers = block.handlers.iter().filter(|_| protected);
    handlers
        .map(|ExceptHandler::ExceptHandler(handler)| handler)
        .find(|handler| match handler.type_.as_deref() {
            None => true,
            Some(Expr::Tuple(types)) => types.elts.iter().any(|it| names_one_of(it, caught)),
            Some(expr) => names_one_of(expr, caught),
        })
}

fn names_one_of(expr: &Expr, names: &[&str]) -> bool {
    last_name(expr).is_some_and(|name| names.contains(&name))
}

/// Whether the handler raises, returns or breaks out at all.
fn lets_go(handler: &ExceptHandlerExceptHandler) -> bool {
    flat_in_function(&handler.body)
        .iter()
        .any(|stmt| matches!(stmt, Stmt::Raise(_) | Stmt::Return(_) | Stmt::Break(_)))
}

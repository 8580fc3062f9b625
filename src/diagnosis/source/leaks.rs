//! Ways out of a function that forget to give something back.

use ruff_python_ast::{ExceptHandler, Expr, Stmt, StmtTry};

use super::calls::{called_name, calls_of, receiver_name};
use super::{Module, bodies, flat, flat_in_function};

const TAKING: [&str; 4] = ["get", "get_nowait", "pop", "popleft"];
const GIVING: [&str; 4] = ["put", "put_nowait", "append", "appendleft"];
const RELEASING: [&str; 1] = ["release"];

/// The name of what is taken in `line`: `free` of `await self.free.get()`.
fn taken_from(module: &Module, line: u32) -> Option<&str> {
    let stmt = module.around(line).pop()?;
    calls_of(stmt)
        .into_iter()
        .find(|call| called_name(call).is_some_and(|name| TAKING.contains(&name)))
        .and_then(receiver_name)
}

fn gives(stmt: &Stmt, to: &str, methods: &[&str]) -> bool {
    calls_of(stmt).into_iter().any(|call| {
        receiver_name(call) == Some(to)
            && called_name(call).is_some_and(|name| methods.contains(&name))
    })
}

/// Whether what is taken in `line` is put back by the same function or by its
/// class: the queue is used as a pool.
pub fn puts_back(module: &Module, line: u32) -> bool {
    let Some(name) = taken_from(module, line) else {
        return false;
    };
    // What the function made itself has been put into by nobody else.
    let own = module.function_at(line);
    if own.is_some_and(|function| makes(&function.body, name)) {
        return false;
    }
    let gives_back = |body: &[Stmt]| flat(body).iter().any(|stmt| gives(stmt, name, &GIVING));
    let stmt = module.around(line).pop();
    let is_used_up =
        |body: &[Stmt]| stmt.is_some_and(|taking| is_variable_that_stays(taking, body));
    own.is_some_and(|function| gives_back(&function.body))
        || module
            .class_at(line)
            .is_some_and(|class| gives_back(&class.body))
            && !own.is_some_and(|function| is_used_up(&function.body))
}

/// Whether the statement assigns what it takes to a variable that the function neither returns
/// nor yields: an item to work on, and nothing that another method gives back.
fn is_variable_that_stays(taking: &Stmt, function: &[Stmt]) -> bool {
    let Stmt::Assign(assign) = taking else {
        return false;
    };
    let [Expr::Name(variable)] = &assign.targets[..] else {
        return false;
    };
    let is_it = |value: &Expr| matches!(value, Expr::Name(it) if it.id == variable.id);
    let leaves = |stmt: &&Stmt| match stmt {
        Stmt::Return(it) => it.value.as_deref().is_some_and(is_it),
        Stmt::Expr(it) => match &*it.value {
            Expr::Yield(it) => it.value.as_deref().is_some_and(is_it),
            _ => false,
        },
        // `self.connection = connection`.
        Stmt::Assign(it) => is_it(&it.value),
        _ => false,
    };
    !flat_in_function(function).iter().any(leaves)
}

/// Whether one of the statements assigns what a call returns to the variable.
fn makes(body: &[Stmt], name: &str) -> bool {
    flat(body).into_iter().any(|stmt| match stmt {
        Stmt::Assign(assign) => {
            let mut targets = assign.targets.iter();
            let is_it = |target: &Expr| matches!(target, Expr::Name(it) if it.id.as_str() == name);
            matches!(&*assign.value, Expr::Call(_)) && targets.any(is_it)
        }
        _ => false,
    })
}

/// The line of the statement that leaves the function after `line` without
/// putting back what was taken there; of the `if` around it where there is one.
pub fn exit_without_put(module: &Module, line: u32) -> Option<u32> {
    let name = taken_from(module, line)?;
    let function = module.function_at(line)?;
    let after: Vec<&Stmt> = flat_in_function(&function.body)
        .into_iter()
        .filter(|stmt| module.line_of(*stmt) > line)
        .collect();
    let put = after
        .iter()
        .filter(|stmt| bodies(stmt).is_empty() && gives(stmt, name, &GIVING))
        .map(|stmt| module.line_of(*stmt))
        .max()?;
    let exit = after.iter().find(|stmt| {
        let at = module.line_of(**stmt);
        at < put && is_exit(stmt) && !given_back_on_way(module, at, name)
    })?;
    let at = module.line_of(*exit);
    module
        .around_in_function(at)
        .into_iter()
        .rev()
        .find(|stmt| matches!(stmt, Stmt::If(_)) && module.line_of(*stmt) > line)
        .map(|stmt| clause_line(module, stmt, at))
        .or(Some(at))
}

/// The line of the `if`, `elif` or `else` whose block holds `line`.
fn clause_line(module: &Module, stmt: &Stmt, line: u32) -> u32 {
    let Stmt::If(test) = stmt else {
        return module.line_of(stmt);
    };
    test.elif_else_clauses
        .iter()
        .find(|clause| module.holds(*clause, line))
        .map_or_else(|| module.line_of(stmt), |clause| module.line_of(clause))
}

fn is_exit(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Raise(_) | Stmt::Return(_))
}

/// Whether a `finally` or an earlier statement of the same block gives it back.
fn given_back_on_way(module: &Module, line: u32, name: &str) -> bool {
    let gives_back = |body: &[Stmt]| flat(body).iter().any(|stmt| gives(stmt, name, &GIVING));
    module.around_in_function(line).into_iter().any(|stmt| {
        let in_finally = matches!(stmt, Stmt::Try(block) if cleans(block, &gives_back));
        let before = bodies(stmt).into_iter().any(|body| {
            let holds = body.iter().any(|stmt| module.holds(stmt, line));
            let earlier = body
                .iter()
                .take_while(|stmt| module.last_line_of(*stmt) < line);
            holds && earlier.into_iter().any(|stmt| gives(stmt, name, &GIVING))
        });
        in_finally || (before && matches!(stmt, Stmt::If(_)))
    })
}

fn cleans(block: &StmtTry, gives_back: &impl Fn(&[Stmt]) -> bool) -> bool {
    gives_back(&block.finalbody)
        || (!block.handlers.is_empty()
            && block
                .handlers
                .iter()
                .all(|ExceptHandler::ExceptHandler(handler)| gives_back(&handler.body)))
}

/// The line of an `acquire()` of something called `name` whose `release()` is
/// not in a `finally`: an exception in between leaks it.
pub fn unguarded_acquire(module: &Module, name: &str) -> Option<u32> {
    module
        .statements()
        .into_iter()
        .filter(|stmt| bodies(stmt).is_empty() && gives(stmt, name, &["acquire"]))
        .map(|stmt| module.line_of(stmt))
        .find(|line| !released_in_finally(module, *line, name))
}

fn released_in_finally(module: &Module, line: u32, name: &str) -> bool {
    let Some(function) = module.function_at(line) else {
        return false;
    };
    flat_in_function(&function.body)
        .into_iter()
        .any(|stmt| match stmt {
            Stmt::Try(block) => flat(&block.finalbody)
                .iter()
                .any(|stmt| gives(stmt, name, &RELEASING)),
            _ => false,
        })
}

/// Whether the function around `line` has called `acquire()` on something
/// before that line without a later `release()`; `is_it` judges how it is
/// written there (`self.lock`).
pub fn took_before(module: &Module, line: u32, is_it: impl Fn(&str) -> bool) -> bool {
    let Some(function) = module.function_at(line) else {
        return false;
    };
    let body = flat_in_function(&function.body);
    let last = |method: &str| {
        body.iter()
            .filter(|stmt| bodies(stmt).is_empty() && module.last_line_of(**stmt) < line)
            .filter(|stmt| calls_on(module, stmt, method, &is_it))
            .map(|stmt| module.line_of(*stmt))
            .max()
    };
    match (last("acquire"), last("release")) {
        (Some(taken), Some(given)) => taken > given,
        (Some(_), None) => true,
        _ => false,
    }
}

fn calls_on(module: &Module, stmt: &Stmt, method: &str, is_it: &impl Fn(&str) -> bool) -> bool {
    calls_of(stmt).into_iter().any(|call| match &*call.func {
        Expr::Attribute(attribute) => {
            attribute.attr.as_str() == method && is_it(module.text_of(&*attribute.value))
        }
        _ => false,
    })
}

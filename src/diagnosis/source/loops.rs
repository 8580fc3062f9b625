//! Loops around a line.

use ruff_python_ast::{Comprehension, Expr, ExprCall, Stmt, StmtFor, StmtWhile};
use ruff_text_size::Ranged;

use super::calls::{called_name, calls_in, calls_of, expressions, find_in, last_name};
use super::{Module, flat_in_function};

/// The header line of the innermost loop around `line` in its function.
pub fn enclosing_loop(module: &Module, line: u32) -> Option<u32> {
    let path = module.around_in_function(line);
    path.into_iter()
        .rev()
        .find(|stmt| matches!(stmt, Stmt::For(_) | Stmt::While(_)))
        .map(|stmt| module.line_of(stmt))
}

fn enclosing_while(module: &Module, line: u32) -> Option<&StmtWhile> {
    module
        .around_in_function(line)
        .into_iter()
        .rev()
        .find_map(|stmt| match stmt {
            Stmt::While(each) => Some(each),
            _ => None,
        })
}

/// Whether `line` is within `while True:` and sleeps for a time that is
/// written down: a periodic job.
pub fn forever(module: &Module, line: u32) -> bool {
    let endless = enclosing_while(module, line).is_some_and(|each| {
        matches!(&*each.test, Expr::BooleanLiteral(literal) if literal.value)
            || matches!(&*each.test, Expr::NumberLiteral(_))
    });
    let Some(stmt) = module.around(line).pop().filter(|_| endless) else {
        return false;
    };
    calls_of(stmt)
        .into_iter()
        .filter(|call| called_name(call) == Some("sleep"))
        .any(|call| call.arguments.args.first().is_some_and(is_written_down))
}

/// Whether `line` is within a `while True:` of its function that no `break`, `return` or
/// `raise` in it leaves.
pub fn never_left(module: &Module, line: u32) -> bool {
    module.around_in_function(line).into_iter().any(|stmt| {
        let Stmt::While(each) = stmt else {
            return false;
        };
        let endless = matches!(&*each.test, Expr::BooleanLiteral(literal) if literal.value)
            || matches!(&*each.test, Expr::NumberLiteral(_));
        endless
            && !flat_in_function(&each.body)
                .iter()
                .any(|stmt| leaves_loop(stmt))
    })
}

/// What the code around a wait says about the object that is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Around {
    /// The line is within a loop that goes on for as long as there is something to do.
    Serves,
    /// The function has made the object, for this wait or this call.
    Made,
    /// It waits for an answer to what it has asked for before, or for so many items.
    Counts,
    /// Neither.
    Nothing,
}

/// What the function around `line` says about a wait there for an object of the class
/// `class_name`, in a call of `waiting`: whether it waits in a loop for whatever comes. A `for` does
/// that whose own header waits, or that counts without an end; one that runs over something else
/// does it once for each. Who waits for an object that was made in the same round waits for one
/// answer; so does who asks for it in the same round, before it waits.
pub fn around_wait(module: &Module, line: u32, class_name: &str, waiting: &str) -> Around {
    let path = module.around_in_function(line);
    let function = module.function_at(line);
    let statements = function.map_or_else(Vec::new, |it| flat_in_function(&it.body));
    let making: Vec<u32> = statements
        .into_iter()
        .filter(|stmt| makes_variable(stmt, class_name))
        .map(|stmt| module.line_of(stmt))
        .collect();
    let current = path.last().copied();
    if current.is_some_and(|stmt| waits_for_so_many(module, stmt, line, waiting)) {
        return Around::Counts;
    }
    let is_anew = |stmt: &Stmt| making.iter().any(|at| module.holds(stmt, *at));
    let mut loops = path.into_iter().rev().filter(|stmt| !is_anew(stmt));
    let serving = loops.find_map(|stmt| match stmt {
        Stmt::While(each) => Some(&each.body),
        Stmt::For(each) if module.holds(&*each.iter, line) || counts_on(&each.iter) => {
            Some(&each.body)
        }
        _ => None,
    });
    match (serving, current) {
        (Some(body), Some(current)) if asks_before(module, body, current, waiting) => {
            Around::Counts
        }
        (Some(_), _) => Around::Serves,
        (None, _) if making.is_empty() => Around::Nothing,
        (None, _) => Around::Made,
    }
}

/// Methods that give others something to do.
const ASKING: [&str; 5] = ["put", "put_nowait", "send", "send_nowait", "submit"];

/// Whether a statement of the loop before `current` asks others for something, not by the object
/// on which `current` calls `waiting`.
fn asks_before(module: &Module, body: &[Stmt], current: &Stmt, waiting: &str) -> bool {
    let receiver = |call: &&ExprCall| match &*call.func {
        Expr::Attribute(attribute) => Some(module.text_of(&*attribute.value)),
        _ => None,
    };
    let waits = calls_of(current).into_iter();
    let waits: Vec<&str> = (waits.filter(|call| called_name(call) == Some(waiting)))
        .filter_map(|call| receiver(&call))
        .collect();
    let statements = flat_in_function(body).into_iter();
    let before = statements.filter(|stmt| stmt.end() <= current.start());
    let mut calls = before.flat_map(calls_of);
    calls.any(|call| {
        let asks = called_name(call).is_some_and(|name| ASKING.contains(&name));
        asks && receiver(&call).is_some_and(|it| !waits.is_empty() && !waits.contains(&it))
    })
}

/// Whether the call of `waiting` at `line` stands in a comprehension that ends: it waits for so
/// many items.
fn waits_for_so_many(module: &Module, stmt: &Stmt, line: u32, waiting: &str) -> bool {
    let waits = |expr: &Expr| {
        let mut inner = calls_in(expr).into_iter();
        module.holds(expr, line) && inner.any(|call| called_name(call) == Some(waiting))
    };
    let ends = |generators: &[Comprehension]| {
        let first = generators.first();
        first.is_some_and(|it| !counts_on(&it.iter) && !waits(&it.iter))
    };
    let comprehensions = find_in(expressions(stmt), |expr| match expr {
        Expr::Generator(each) => Some((&*each.generators, &*each.elt)),
        Expr::ListComp(each) => Some((&*each.generators, &*each.elt)),
        Expr::SetComp(each) => Some((&*each.generators, &*each.elt)),
        Expr::DictComp(each) => Some((&*each.generators, &*each.value)),
        _ => None,
    });
    let mut comprehensions = comprehensions.into_iter();
    comprehensions.any(|(generators, item)| ends(generators) && waits(item))
}

/// Whether it is an iterator without an end (itertools).
fn counts_on(iter: &Expr) -> bool {
    matches!(iter, Expr::Call(call)
        if called_name(call).is_some_and(|name| matches!(name, "count" | "repeat" | "cycle")))
}

/// Whether the statement makes an object of the class and keeps it in a variable.
fn makes_variable(stmt: &Stmt, class_name: &str) -> bool {
    let (target, value) = match stmt {
        Stmt::Assign(assign) => (assign.targets.first(), Some(&*assign.value)),
        Stmt::AnnAssign(assign) => (Some(&*assign.target), assign.value.as_deref()),
        _ => (None, None),
    };
    matches!(target, Some(Expr::Name(_)))
        && matches!(value, Some(Expr::Call(call)) if called_name(call) == Some(class_name))
}

fn leaves_loop(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Break(_) | Stmt::Return(_) | Stmt::Raise(_))
}

/// A number, an arithmetic of numbers, or a constant's name.
fn is_written_down(expr: &Expr) -> bool {
    match expr {
        Expr::NumberLiteral(_) => true,
        Expr::BinOp(term) => is_written_down(&term.left) && is_written_down(&term.right),
        _ => last_name(expr).is_some_and(|name| {
            name.chars().any(char::is_alphabetic) && !name.chars().any(char::is_lowercase)
        }),
    }
}

/// Whether the `while` around `line` calls nothing but `sleep`: it only looks
/// whether something changed.
pub fn only_sleeps(module: &Module, line: u32) -> bool {
    enclosing_while(module, line).is_some_and(|each| {
        let mut calls = flat_in_function(&each.body).into_iter().flat_map(calls_of);
        calls.all(|call| called_name(call) == Some("sleep"))
    })
}

/// The line of an `async for` over a call of `generator` (or over a variable
/// assigned from one) that may be left before its end.
pub fn async_for_over(module: &Module, generator: &str) -> Option<u32> {
    let all = module.statements();
    let loops: Vec<&StmtFor> = all
        .iter()
        .filter_map(|stmt| match stmt {
            Stmt::For(each) if each.is_async && iterates(module, each, generator) => Some(each),
            _ => None,
        })
        .collect();
    loops
        .iter()
        .find(|each| leaves(each))
        .map(|each| module.line_of(*each))
}

/// Whether `line` is in the body of an `async for` over that generator.
pub fn consumed_in_async_for(module: &Module, line: u32, generator: &str) -> bool {
    module
        .around_in_function(line)
        .into_iter()
        .any(|stmt| match stmt {
            Stmt::For(each) if each.is_async => {
                iterates(module, each, generator)
                    && each.body.iter().any(|stmt| module.holds(stmt, line))
            }
            _ => false,
        })
}

fn leaves(each: &StmtFor) -> bool {
    flat_in_function(&each.body)
        .iter()
        .any(|stmt| leaves_loop(stmt))
}

fn iterates(module: &Module, each: &StmtFor, generator: &str) -> bool {
    if is_call_of(&each.iter, generator) {
        return true;
    }
    let Some(name) = last_name(&each.iter) else {
        return false;
    };
    let line = module.line_of(each);
    let Some(function) = module.function_at(line) else {
        return false;
    };
    let assigned = flat_in_function(&function.body)
        .into_iter()
        .any(|stmt| match stmt {
            Stmt::Assign(assign) => {
                assign.targets.iter().any(|to| last_name(to) == Some(name))
                    && is_call_of(&assign.value, generator)
            }
            _ => false,
        });
    let entered = flat_in_function(&function.body)
        .into_iter()
        .any(|stmt| match stmt {
            Stmt::With(with) => with.items.iter().any(|item| {
                let target = item.optional_vars.as_deref().and_then(last_name);
                target == Some(name) && calls_inside(&item.context_expr, generator)
            }),
            _ => false,
        });
    assigned || entered
}

fn is_call_of(expr: &Expr, name: &str) -> bool {
    match expr {
        Expr::Call(call) => {
            called_name(call) == Some(name) || {
                call.arguments.args.iter().any(|arg| is_call_of(arg, name))
            }
        }
        Expr::Await(wait) => is_call_of(&wait.value, name),
        _ => false,
    }
}

fn calls_inside(expr: &Expr, name: &str) -> bool {
    is_call_of(expr, name)
}

/// The line of the `yield` at or after `line` in its statement.
pub fn yield_line(module: &Module, line: u32) -> Option<u32> {
    let stmt = module.around(line).pop()?;
    let yields = expressions(stmt)
        .into_iter()
        .any(|expr| matches!(expr, Expr::Yield(_)));
    yields.then(|| module.line_of(stmt))
}

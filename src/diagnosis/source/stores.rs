//! Statements that put something into a variable, attribute or container.

use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};

use super::calls::{called_name, calls_of, creates, last_name, receiver_name};
use super::{Module, flat, flat_in_function};

/// Methods that put their argument into a container.
const ADDING: [&str; 10] = [
    "append",
    "appendleft",
    "add",
    "insert",
    "extend",
    "put",
    "put_nowait",
    "push",
    "setdefault",
    "update",
];

/// The line in `function` that puts something into the container `name`.
pub fn container_store(module: &Module, function: &StmtFunctionDef, name: &str) -> Option<u32> {
    flat_in_function(&function.body)
        .into_iter()
        .filter(|stmt| adds_to(stmt, name))
        .map(|stmt| module.line_of(stmt))
        .next_back()
}

fn adds_to(stmt: &Stmt, name: &str) -> bool {
    let by_method = calls_of(stmt).into_iter().any(|call| {
        receiver_name(call) == Some(name)
            && called_name(call).is_some_and(|method| ADDING.contains(&method))
    });
    let by_subscript = match stmt {
        Stmt::Assign(assign) => assign
            .targets
            .iter()
            .any(|to| matches!(to, Expr::Subscript(_)) && last_name(to) == Some(name)),
        _ => false,
    };
    by_method || by_subscript
}

/// The line that keeps a coroutine under the name `kept_as`; `owner` is the
/// class it is kept in, where it is an attribute.
pub fn coroutine_store(
    module: &Module,
    owner: Option<&str>,
    kept_as: &str,
    created_by: &str,
) -> Option<u32> {
    let all = module.statements();
    let of_owner: Vec<&Stmt> = all
        .iter()
        .filter_map(|stmt| match stmt {
            Stmt::ClassDef(class) if Some(class.name.as_str()) == owner => Some(&class.body),
            _ => None,
        })
        .flat_map(flat)
        .collect();
    let best = |statements: &[&Stmt]| {
        statements
            .iter()
            .filter(|stmt| keeps(stmt, kept_as))
            .max_by_key(|stmt| directness(stmt, created_by))
            .map(|stmt| module.line_of(*stmt))
    };
    best(&of_owner).or_else(|| best(&all))
}

fn directness(stmt: &Stmt, created_by: &str) -> u8 {
    let calls = calls_of(stmt);
    let direct = calls
        .iter()
        .any(|call| called_name(call) == Some(created_by));
    u8::from(direct) + creates(stmt, created_by)
}

fn keeps(stmt: &Stmt, name: &str) -> bool {
    if adds_to(stmt, name) {
        return true;
    }
    match stmt {
        Stmt::Assign(assign) => {
            assign.targets.iter().any(|to| last_name(to) == Some(name)) && !is_empty(&assign.value)
        }
        Stmt::AnnAssign(assign) => {
            last_name(&assign.target) == Some(name)
                && assign
                    .value
                    .as_deref()
                    .is_some_and(|value| !is_empty(value))
        }
        _ => false,
    }
}

/// Whether it is an initial value that stores nothing: `None`, `[]`, `{}`,
/// `set()`, `deque()`.
fn is_empty(expr: &Expr) -> bool {
    match expr {
        Expr::NoneLiteral(_) => true,
        Expr::List(list) => list.elts.is_empty(),
        Expr::Tuple(tuple) => tuple.elts.is_empty(),
        Expr::Dict(dict) => dict.items.is_empty(),
        Expr::Call(call) => {
            call.arguments.args.is_empty()
                && called_name(call).is_some_and(|name| {
                    matches!(
                        name,
                        "list" | "dict" | "set" | "deque" | "defaultdict" | "WeakSet"
                    )
                })
        }
        _ => false,
    }
}

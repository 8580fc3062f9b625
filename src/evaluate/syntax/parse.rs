//! Parses an expression whose syntax tree has a bounded depth.

use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::{parse_expression, parse_module};

use crate::evaluate::refusal::{Refusal, Result};
use crate::source_depth;

/// What `eval` strips in front of an expression.
pub(crate) const BLANKS: [char; 2] = [' ', '\t'];

/// Bytes of the longest source that is parsed.
const MAX_LENGTH: usize = 256 << 10;
/// The expression that `source` is.
///
/// # Errors
/// When it is none, or one that cannot be evaluated from outside.
pub(crate) fn expression(source: &str) -> Result<Expr> {
    let source = source.trim_start_matches(BLANKS);
    if source.trim().is_empty() {
        return syntax("there is no expression");
    }
    if source.contains('\0') {
        return syntax("an expression cannot contain null bytes");
    }
    if source.len() > MAX_LENGTH {
        return syntax(format!("the expression is longer than {MAX_LENGTH} bytes"));
    }
    if !source_depth::expression_is_bounded(source) {
        return syntax("the expression is nested too deeply");
    }
    let expression = match parse_expression(source) {
        Ok(parsed) => parsed.into_expr(),
        Err(error) => return syntax(statement(source).unwrap_or(format!("{}", error.error))),
    };
    let mut forbidden = None;
    any_over_expr(&expression, |part| {
        forbidden = forbidden.or_else(|| forbids(part));
        forbidden.is_some()
    });
    match forbidden {
        Some(why) => syntax(why),
        None => Ok(expression),
    }
}

fn syntax<T>(text: impl Into<String>) -> Result<T> {
    Err(Refusal::Syntax(text.into()))
}

/// Why a part of an expression cannot be evaluated.
fn forbids(part: &Expr) -> Option<&'static str> {
    let asynchronous = match part {
        Expr::ListComp(comp) => &comp.generators,
        Expr::SetComp(comp) => &comp.generators,
        Expr::DictComp(comp) => &comp.generators,
        Expr::Generator(comp) => &comp.generators,
        Expr::Call(call) => {
            let names: Vec<_> = call
                .arguments
                .keywords
                .iter()
                .filter_map(|one| Some(one.arg.as_ref()?.as_str()))
                .collect();
            let repeated = |(at, name): (usize, &&str)| {
                names.get(..at).is_some_and(|before| before.contains(name))
            };
            return names
                .iter()
                .enumerate()
                .any(repeated)
                .then_some("a keyword argument is repeated");
        }
        Expr::Lambda(_) => return Some("a lambda is not evaluated here: use a comprehension"),
        Expr::Await(_) => return Some("`await` would run the program: it cannot be evaluated"),
        Expr::Yield(_) | Expr::YieldFrom(_) => {
            return Some("`yield` outside a function: it cannot be evaluated");
        }
        Expr::TString(_) => return Some("template strings cannot be evaluated"),
        Expr::IpyEscapeCommand(_) => return Some("shell commands are no expressions"),
        _ => return None,
    };
    asynchronous
        .iter()
        .any(|part| part.is_async)
        .then_some("`async for` would run the program: it cannot be evaluated")
}

/// What kind of statement `source` is.
fn statement(source: &str) -> Option<String> {
    let module = parse_module(source).ok()?.into_suite();
    let kind = match module.first()? {
        Stmt::Expr(_) => return Some("several statements are no expression".into()),
        Stmt::Assign(_) | Stmt::AugAssign(_) | Stmt::AnnAssign(_) => "an assignment",
        Stmt::Delete(_) => "`del`",
        Stmt::Import(_) | Stmt::ImportFrom(_) => "`import`",
        Stmt::FunctionDef(_) | Stmt::ClassDef(_) => "a definition",
        _ => "a statement",
    };
    Some(format!(
        "{kind} is no expression: only expressions can be evaluated"
    ))
}

#[cfg(test)]
mod tests {
    use crate::evaluate::syntax::parse::*;

    fn refused(source: &str) -> String {
        match expression(source) {
            Err(Refusal::Syntax(why)) => why,
            other => panic!("{source}: {other:?}"),
        }
    }

    #[test]
    fn statements_are_named() {
        assert!(refused("x = 1").starts_with("an assignment is no expression"));
        assert!(refused("del x").starts_with("`del`"));
        assert!(refused("import os").starts_with("`import`"));
        assert!(refused("a; b").starts_with("several"));
        assert!(refused("await x").starts_with("`await`"));
        assert!(refused("(yield)").starts_with("`yield`"));
    }

    #[test]
    fn hostile_sources_are_refused_without_a_deep_tree() {
        for source in [
            "",
            "  \t ",
            "\0",
            &"(".repeat(100_000),
            &"-".repeat(100_000),
            &format!("{}x", "not ".repeat(10_000)),
            &format!("1{}", "+1".repeat(10_000)),
            &format!("a{}", ".b".repeat(10_000)),
            &format!("a{}", "[0]".repeat(10_000)),
            &format!("{}1", "lambda: ".repeat(10_000)),
            &format!("f'' + {}", "(".repeat(10_000)),
            &"f'{".repeat(10_000),
            &"x".repeat(1 << 20),
        ] {
            assert!(expression(source).is_err(), "{:.40}", source);
        }
    }

    #[test]
    fn long_flat_sources_are_parsed() {
        let items = "1, -2, 'a(((((-----', ".repeat(2_000);
        assert!(expression(&format!("[{items}]")).is_ok());
        assert!(expression(&format!("'{}'", "-=".repeat(1_000))).is_ok());
    }
}

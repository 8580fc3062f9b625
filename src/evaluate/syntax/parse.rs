//! From text to a syntax tree of bounded depth that is an expression.

use ruff_python_ast::helpers::any_over_expr;
use ruff_python_ast::{Expr, Stmt};
use ruff_python_parser::{parse_expression, parse_module};

use crate::evaluate::refusal::{Refusal, Result};

/// What `eval` strips in front of an expression.
pub(crate) const BLANKS: [char; 2] = [' ', '\t'];

/// Longest source that is parsed.
const LONGEST: usize = 256 << 10;
/// Most brackets that may be open at one place, as in CPython (`MAXSTACK` of
/// its parser allows about as many).
const DEEPEST: u32 = 60;
/// Most operators in one operand of a comma, bracket by bracket.
const OPERATORS: u32 = 120;

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
    if source.len() > LONGEST {
        return syntax(format!("the expression is longer than {LONGEST} bytes"));
    }
    if !shallow(source.as_bytes()) {
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

/// Whether the syntax tree of `text` has a bounded depth: counts what opens a
/// level, in what looks like code.
fn shallow(text: &[u8]) -> bool {
    let mut levels = vec![0u32];
    let mut total = 0u32;
    let mut at = 0;
    while let Some(byte) = text.get(at).copied() {
        at += 1;
        match byte {
            b'\'' | b'"' if !formatted(text, at - 1) => at = behind_string(text, at - 1),
            b'(' | b'[' | b'{' => levels.push(0),
            b')' | b']' | b'}' => {
                total -= levels.pop().unwrap_or(0);
                if levels.is_empty() {
                    levels.push(0);
                }
                // A call or subscript of what stands before it.
                total += 1;
                levels.iter_mut().last().into_iter().for_each(|at| *at += 1);
            }
            b',' => {
                if let Some(last) = levels.last_mut() {
                    total -= std::mem::take(last);
                }
            }
            byte if byte.is_ascii_alphabetic() => {
                let rest = text.get(at..).unwrap_or_default();
                let is_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
                let length = rest.iter().take_while(is_word).count();
                let word = text.get(at - 1..at + length).unwrap_or_default();
                let nests: [&[u8]; 7] = [
                    b"not", b"lambda", b"if", b"else", b"await", b"yield", b"for",
                ];
                if nests.contains(&word) {
                    total += 1;
                    levels.iter_mut().last().into_iter().for_each(|at| *at += 1);
                }
                at += length;
            }
            byte if b"+-*/%@&|^~.:!<>=".contains(&byte) => {
                total += 1;
                levels.iter_mut().last().into_iter().for_each(|at| *at += 1);
            }
            _ => {}
        }
        if levels.len() > DEEPEST as usize || total > OPERATORS {
            return false;
        }
    }
    true
}

/// Whether the string whose quote is at `quote` has code inside.
fn formatted(text: &[u8], quote: usize) -> bool {
    let before = text.get(..quote).unwrap_or_default();
    before
        .iter()
        .rev()
        .take(2)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .any(|byte| matches!(byte.to_ascii_lowercase(), b'f' | b't'))
}

/// Where the string whose quote is at `quote` has ended.
fn behind_string(text: &[u8], quote: usize) -> usize {
    let Some(mark) = text.get(quote).copied() else {
        return quote + 1;
    };
    let rest = text.get(quote..).unwrap_or_default();
    let end: &[u8] = match rest.starts_with(&[mark; 3]) {
        true => &[mark; 3],
        false => &[mark],
    };
    let mut at = quote + end.len();
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(end) {
            return at + end.len();
        }
        at += if rest.starts_with(b"\\") { 2 } else { 1 };
    }
    text.len()
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

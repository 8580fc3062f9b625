//! What the source files say: statements around a line, in Python's grammar.

mod blocks;
mod calls;
mod find_uses;
mod handlers;
mod kept_tasks;
mod leaks;
mod loops;
mod mask;
mod object_path;
mod stores;
mod uses;

pub use calls::{
    attribute_calls, awaited_receivers, call_in_function, called_functions, creates, forks_before,
    is_signal_handler, is_simple, shields,
};
use find_uses::bodies_of;
pub use handlers::{AfterTimeout, after_timeout, swallowing_handler};
pub use kept_tasks::Kept;
use kept_tasks::kept_tasks;
pub use leaks::{exit_without_put, puts_back, took_before, unguarded_acquire};
pub use loops::{
    Around, around_wait, async_for_over, consumed_in_async_for, enclosing_loop, forever,
    never_left, only_sleeps, yield_line,
};
pub use mask::masked;
pub use object_path::ObjectPath;
pub use stores::{container_store, coroutine_store};
pub use uses::{Argument, Body, GET, Place, Use, UseAt, body_at};

use std::cell::OnceCell;

use crate::source_depth;
use ruff_python_ast::{ExceptHandler, PySourceType, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_python_parser::parse_unchecked_source;
use ruff_text_size::{Ranged, TextSize};
use rustc_hash::FxHashMap;

/// One source file; a tree is there unless the file is unreasonable.
pub struct Module {
    text: String,
    /// Offset at which each line begins.
    starts: Vec<usize>,
    body: Vec<Stmt>,
    uses: OnceCell<Vec<Body>>,
    kept_tasks: OnceCell<FxHashMap<String, Kept>>,
}

impl Module {
    /// Parses as much of `text` as is Python.
    pub fn parse(text: String) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let mut starts = vec![0];
        starts.extend(breaks.map(|(at, _)| at + 1));
        let body = match source_depth::file_is_bounded(&text) {
            true => parse_unchecked_source(&text, PySourceType::Python)
                .into_suite()
                .into_iter()
                .collect(),
            false => Vec::new(),
        };
        Self {
            text,
            starts,
            body,
            uses: OnceCell::new(),
            kept_tasks: OnceCell::new(),
        }
    }

    /// A line without the blanks around it; empty where there is none.
    pub fn line(&self, line: u32) -> &str {
        let from = self.starts.get((line as usize).wrapping_sub(1));
        from.and_then(|from| self.text.get(*from..))
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default()
            .trim()
    }

    /// The line in which something begins.
    pub fn line_of(&self, node: &impl Ranged) -> u32 {
        self.line_at(node.range().start())
    }

    /// The statements of the file that are in no other.
    fn body(&self) -> &[Stmt] {
        &self.body
    }

    /// The functions of the file with the names that they use, and the code outside of
    /// functions last.
    pub fn uses(&self) -> &[Body] {
        self.uses.get_or_init(|| bodies_of(self))
    }

    /// Which tasks code of the file keeps under each name.
    pub fn kept_tasks(&self) -> &FxHashMap<String, Kept> {
        self.kept_tasks.get_or_init(|| kept_tasks(self))
    }

    fn last_line_of(&self, node: &impl Ranged) -> u32 {
        self.line_at(node.range().end())
    }

    fn line_at(&self, offset: TextSize) -> u32 {
        self.starts
            .partition_point(|start| *start <= offset.to_usize()) as u32
    }

    fn holds(&self, node: &impl Ranged, line: u32) -> bool {
        self.line_of(node) <= line && line <= self.last_line_of(node)
    }

    /// The text that a node covers.
    pub fn text_of(&self, node: &impl Ranged) -> &str {
        let range = node.range();
        self.text
            .get(range.start().to_usize()..range.end().to_usize())
            .unwrap_or_default()
    }

    /// The statements around a line, outermost first.
    pub fn around(&self, line: u32) -> Vec<&Stmt> {
        let mut path = Vec::new();
        let mut body: Vec<&Stmt> = self.body.iter().collect();
        while let Some(stmt) = body.into_iter().find(|stmt| self.holds(*stmt, line)) {
            path.push(stmt);
            body = bodies(stmt).into_iter().flatten().collect();
        }
        path
    }

    /// The innermost function around a line.
    pub fn function_at(&self, line: u32) -> Option<&StmtFunctionDef> {
        self.around(line).into_iter().rev().find_map(as_function)
    }

    /// The innermost class around a line.
    pub fn class_at(&self, line: u32) -> Option<&StmtClassDef> {
        self.around(line)
            .into_iter()
            .rev()
            .find_map(|stmt| match stmt {
                Stmt::ClassDef(class) => Some(class),
                _ => None,
            })
    }

    /// Those statements around a line that are in the same function as it is.
    fn around_in_function(&self, line: u32) -> Vec<&Stmt> {
        let path = self.around(line);
        let from = path
            .iter()
            .rposition(|stmt| matches!(stmt, Stmt::FunctionDef(_)))
            .map_or(0, |at| at + 1);
        path.into_iter().skip(from).collect()
    }

    /// All statements of the file, outer ones before inner ones.
    pub fn statements(&self) -> Vec<&Stmt> {
        flat(self.body.iter())
    }

    /// The functions of that name.
    pub fn functions(&self, name: &str) -> Vec<&StmtFunctionDef> {
        self.statements()
            .into_iter()
            .filter_map(as_function)
            .filter(|function| function.name.as_str() == name)
            .collect()
    }
}

fn as_function(stmt: &Stmt) -> Option<&StmtFunctionDef> {
    match stmt {
        Stmt::FunctionDef(function) => Some(function),
        _ => None,
    }
}

/// The statements given and all within them.
pub fn flat<'a>(body: impl IntoIterator<Item = &'a Stmt>) -> Vec<&'a Stmt> {
    let mut open: Vec<&Stmt> = body.into_iter().collect();
    open.reverse();
    let mut all = Vec::new();
    while let Some(stmt) = open.pop() {
        all.push(stmt);
        let inner: Vec<&Stmt> = bodies(stmt).into_iter().flatten().collect();
        open.extend(inner.into_iter().rev());
    }
    all
}

/// As `flat`, but not into functions and classes defined within.
pub fn flat_in_function<'a>(body: impl IntoIterator<Item = &'a Stmt>) -> Vec<&'a Stmt> {
    let mut open: Vec<&Stmt> = body.into_iter().collect();
    open.reverse();
    let mut all = Vec::new();
    while let Some(stmt) = open.pop() {
        all.push(stmt);
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            let inner: Vec<&Stmt> = bodies(stmt).into_iter().flatten().collect();
            open.extend(inner.into_iter().rev());
        }
    }
    all
}

/// The blocks of a statement.
pub fn bodies(stmt: &Stmt) -> Vec<&[Stmt]> {
    match stmt {
        Stmt::FunctionDef(function) => vec![&function.body],
        Stmt::ClassDef(class) => vec![&class.body],
        Stmt::For(each) => vec![&each.body, &each.orelse],
        Stmt::While(each) => vec![&each.body, &each.orelse],
        Stmt::With(with) => vec![&with.body],
        Stmt::If(test) => {
            let clauses = test.elif_else_clauses.iter().map(|clause| &*clause.body);
            std::iter::once(&*test.body).chain(clauses).collect()
        }
        Stmt::Match(choice) => choice.cases.iter().map(|case| &*case.body).collect(),
        Stmt::Try(block) => {
            let handlers = block.handlers.iter().map(|handler| {
                let ExceptHandler::ExceptHandler(handler) = handler;
                &*handler.body
            });
            std::iter::once(&*block.body)
                .chain(handlers)
                .chain([&*block.orelse, &*block.finalbody])
                .collect()
        }
        _ => Vec::new(),
    }
}

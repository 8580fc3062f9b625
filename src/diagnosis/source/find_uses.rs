//! Finds the names that each function of a file uses.

mod calls;
mod functions;

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_pattern, walk_stmt};
use ruff_python_ast::{CmpOp, Expr, ExprContext, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};
use rustc_hash::{FxHashMap, FxHashSet};

use super::Module;
use super::blocks::{add_branches, add_cleanups};
use super::calls::{called_name, last_name, receiver_name};
use super::object_path::ObjectPath;
use super::uses::{Body, GET, Place, Use, UseAt};

/// The method that `async for` calls first.
const AITER: &str = "__aiter__";
/// Functions that return what an object or module has, by name, and the attribute with that.
const NAMESPACES: [&str; 3] = ["vars", "getmembers", "__dict__"];
/// Attributes of `sys` and `threading` with what is called for an error.
const HOOKS: [&str; 3] = ["excepthook", "unraisablehook", "showwarning"];
/// The class of context variables (contextvars).
const CONTEXT_VARIABLE: &str = "ContextVar";

/// All functions of a file, and the code outside of functions last.
pub(super) fn bodies_of(module: &Module) -> Vec<Body> {
    let mut finder = Finder {
        module,
        found: Vec::new(),
        open: vec![Open::new("<module>", None, 1, u32::MAX)],
        class: None,
        bases: Vec::new(),
        called_at_once: None,
        value_called: None,
    };
    for stmt in module.body() {
        finder.visit_stmt(stmt);
    }
    let Finder {
        mut found, open, ..
    } = finder;
    found.extend(open.into_iter().map(|open| open.body));
    found
}

struct Open {
    body: Body,
    locals: FxHashSet<String>,
}

impl Open {
    fn new(name: &str, class: Option<String>, line: u32, last_line: u32) -> Self {
        Self {
            body: Body {
                name: name.to_owned(),
                class,
                line,
                last_line,
                is_async: false,
                is_registered: false,
                decorators: Vec::new(),
                given_to: None,
                bases: Vec::new(),
                parameters: FxHashSet::default(),
                stores: FxHashSet::default(),
                assigned: FxHashSet::default(),
                made: FxHashMap::default(),
                gets_by_name: false,
                sets_by_name: false,
                imported: Vec::new(),
                context_variables: Vec::new(),
                returns: Vec::new(),
                is_setter: false,
                is_hook: false,
                hooks: Vec::new(),
                uses: Vec::new(),
                loops: Vec::new(),
                iterations: Vec::new(),
                statements: Vec::new(),
                calls: Vec::new(),
                branches: Vec::new(),
                first_yield: None,
                withs: Vec::new(),
                cleanups: Vec::new(),
            },
            locals: FxHashSet::default(),
        }
    }
}

struct Finder<'m> {
    module: &'m Module,
    found: Vec<Body>,
    open: Vec<Open>,
    class: Option<String>,
    bases: Vec<String>,
    /// The call whose result is called at once.
    called_at_once: Option<TextRange>,
    /// The name of what is called for the value of the variable that comes next.
    value_called: Option<String>,
}

impl Finder<'_> {
    fn add(&mut self, what: Use, node: &impl Ranged) {
        let at = UseAt {
            what,
            line: self.module.line_of(node),
            range: node.range(),
            path: None,
            call: None,
            given_to: None,
        };
        if let Some(open) = self.open.last_mut() {
            open.body.uses.push(at);
        }
    }

    /// Adds a use of what the expression names.
    fn add_named(&mut self, what: Use, expr: &Expr) {
        let path = ObjectPath::of(expr, &|name| self.is_local(name));
        self.add(what, expr);
        let added = self.open.last_mut().and_then(|it| it.body.uses.last_mut());
        if let Some(added) = added {
            added.path = path;
        }
    }

    /// Whether it is a variable of the function, or of a function around it.
    fn is_local(&self, name: &str) -> bool {
        // The variables of a module are globals.
        let mut functions = self.open.iter().skip(1);
        functions.any(|open| open.locals.contains(name))
    }

    fn place(&self, expr: &Expr) -> Place {
        match expr {
            Expr::Name(name) if self.is_local(name.id.as_str()) => {
                Place::Local(name.id.to_string())
            }
            Expr::Name(name) => Place::Named(name.id.to_string()),
            Expr::Attribute(attribute) => Place::Named(attribute.attr.to_string()),
            Expr::Subscript(subscript) => self.place(&subscript.value),
            Expr::Call(call) => match (called_name(call), receiver_name(call)) {
                (Some(GET), Some(variable)) => Place::Got(variable.to_owned()),
                (Some(name), _) => Place::Called(name.to_owned()),
                (None, _) => Place::Other,
            },
            _ => Place::Other,
        }
    }

    /// Visits the target of an assignment, and notes what a variable gets.
    fn keep_made(&mut self, target: &Expr, value: Option<&Expr>) {
        self.value_called = match (target, value) {
            (Expr::Name(_), Some(Expr::Call(call))) => called_name(call).map(str::to_owned),
            _ => None,
        };
        self.visit_expr(target);
        self.value_called = None;
    }

    /// Notes a variable that gets a new context variable.
    fn keep_context_variable(&mut self, target: &Expr, value: &Expr) {
        if let (Expr::Call(call), Some(name), Some(open)) =
            (value, last_name(target), self.open.last_mut())
            && called_name(call) == Some(CONTEXT_VARIABLE)
        {
            open.body.context_variables.push(name.to_owned());
        }
    }

    /// Keeps the range of what the statement itself evaluates.
    fn keep_statement(&mut self, stmt: &Stmt) {
        let range = match super::bodies(stmt).first().and_then(|body| body.first()) {
            // The header ends before the line of the first statement in the block.
            Some(first) => {
                let before = TextRange::new(stmt.range().start(), first.range().start());
                let header = self.module.text_of(&before).trim_end();
                TextRange::at(before.start(), TextSize::of(header))
            }
            None => stmt.range(),
        };
        if let Some(open) = self.open.last_mut() {
            add_branches(stmt, &mut open.body.branches);
            add_cleanups(stmt, &mut open.body.cleanups);
        }
        let (module, is_loop) = (self.module, matches!(stmt, Stmt::For(_) | Stmt::While(_)));
        let (from, to) = (module.line_of(stmt), module.line_at(stmt.range().end()));
        if let Some(open) = self.open.last_mut() {
            open.body.statements.push(range);
            let inside = open.body.loops.iter().any(|(a, b)| *a <= from && to <= *b);
            if is_loop && !inside {
                open.body.loops.push((from, to));
            }
        }
    }
}

impl<'a> Visitor<'a> for Finder<'_> {
    /// A pattern of a class reads the attributes that it names.
    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Pattern::MatchClass(class) = pattern {
            for keyword in &class.arguments.keywords {
                self.read_attribute(keyword.attr.as_str(), pattern);
            }
        }
        walk_pattern(self, pattern);
    }

    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(function) => self.function(function),
            Stmt::ClassDef(class) => {
                let outer = self.class.replace(class.name.to_string());
                let bases = class.bases().iter();
                let bases = bases.filter_map(|base| last_name(base));
                let bases = bases.map(str::to_owned).collect();
                let outer_bases = std::mem::replace(&mut self.bases, bases);
                for stmt in &class.body {
                    self.class = Some(class.name.to_string());
                    self.visit_stmt(stmt);
                }
                self.class = outer;
                self.bases = outer_bases;
            }
            Stmt::With(with) => {
                self.keep_statement(stmt);
                for item in &with.items {
                    let place = self.place(&item.context_expr);
                    self.add_named(Use::Enters(place), &item.context_expr);
                }
                if let (Some(first), Some(last)) = (with.items.first(), with.items.last())
                    && let Some(open) = self.open.last_mut()
                {
                    let header = TextRange::new(first.range().start(), last.range().end());
                    open.body.withs.push((header, stmt.range()));
                }
                walk_stmt(self, stmt);
            }
            Stmt::Assign(assign) if assign.targets.iter().any(is_hook) => {
                self.keep_statement(stmt);
                walk_stmt(self, stmt);
                match (&*assign.value, self.found.last_mut()) {
                    (Expr::Lambda(_), Some(lambda)) => lambda.is_hook = true,
                    (value, _) => {
                        let name = last_name(value).map(str::to_owned);
                        if let Some(open) = self.open.last_mut() {
                            open.body.hooks.extend(name);
                        }
                    }
                }
            }
            Stmt::Assign(assign) => {
                self.keep_statement(stmt);
                for target in &assign.targets {
                    self.keep_context_variable(target, &assign.value);
                }
                self.visit_expr(&assign.value);
                for target in &assign.targets {
                    self.keep_made(target, Some(&*assign.value));
                }
            }
            Stmt::AnnAssign(assign) => {
                self.keep_statement(stmt);
                self.visit_expr(&assign.annotation);
                if let Some(value) = &assign.value {
                    self.keep_context_variable(&assign.target, value);
                    self.visit_expr(value);
                }
                self.keep_made(&assign.target, assign.value.as_deref());
            }
            Stmt::Import(import) => {
                self.keep_statement(stmt);
                if let Some(open) = self.open.last_mut() {
                    let names = import.names.iter();
                    let names = names.map(|it| it.asname.as_ref().unwrap_or(&it.name));
                    let first = names.filter_map(|it| it.split('.').next());
                    open.body.imported.extend(first.map(str::to_owned));
                }
            }
            Stmt::Return(value) => {
                self.keep_statement(stmt);
                let called = match value.value.as_deref() {
                    Some(Expr::Call(call)) => called_name(call).map(str::to_owned),
                    _ => None,
                };
                if let Some(open) = self.open.last_mut() {
                    open.body.returns.push(called);
                }
                walk_stmt(self, stmt);
            }
            Stmt::Raise(raise) => {
                self.keep_statement(stmt);
                if let Some(error) = &raise.exc {
                    self.add(Use::Raises, &**error);
                }
                walk_stmt(self, stmt);
            }
            Stmt::For(each) => {
                self.keep_statement(stmt);
                self.add(Use::Iterates, &*each.iter);
                if each.is_async {
                    let (of, called) = (self.place(&each.iter), true);
                    let name = AITER.to_owned();
                    self.add(Use::Attribute { of, name, called }, &*each.iter);
                }
                let (from, to) = (
                    self.module.line_of(stmt),
                    self.module.line_at(stmt.range().end()),
                );
                if let (Expr::Call(call), Some(open)) = (&*each.iter, self.open.last_mut())
                    && let Some(name) = called_name(call)
                {
                    open.body.iterations.push((from, to, name.to_owned()));
                }
                walk_stmt(self, stmt);
            }
            _ => {
                self.keep_statement(stmt);
                walk_stmt(self, stmt);
            }
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Call(call) => self.call(call),
            Expr::Lambda(lambda) => {
                // It may be called here or elsewhere.
                self.lambda(lambda);
                self.body_here(lambda);
            }
            Expr::Attribute(attribute) if attribute.ctx == ExprContext::Load => {
                let of = self.place(&attribute.value);
                let (name, called) = (attribute.attr.to_string(), false);
                if NAMESPACES.contains(&name.as_str()) {
                    self.keeps_by_name();
                }
                self.add_named(Use::Attribute { of, name, called }, expr);
                self.visit_expr(&attribute.value);
            }
            Expr::Attribute(attribute) => {
                if let Some(open) = self.open.last_mut() {
                    open.body.stores.insert(attribute.attr.to_string());
                }
                self.add(Use::Stores(attribute.attr.to_string()), expr);
                self.visit_expr(&attribute.value);
            }
            Expr::Name(name) if name.ctx == ExprContext::Store => {
                if let Some(open) = self.open.last_mut() {
                    let name = name.id.to_string();
                    let made_by = self.value_called.take();
                    let made = open.body.made.entry(name.clone());
                    let made = made.or_insert_with(|| made_by.clone());
                    if *made != made_by {
                        *made = None;
                    }
                    open.body.assigned.insert(name);
                }
            }
            Expr::Name(name) if name.ctx == ExprContext::Load => {
                let local = self.is_local(name.id.as_str());
                let (name, called) = (name.id.to_string(), false);
                self.add_named(
                    Use::Name {
                        name,
                        called,
                        local,
                    },
                    expr,
                );
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                if let Some(open) = self.open.last_mut() {
                    let first = &mut open.body.first_yield;
                    first.get_or_insert(expr.range().start());
                }
                walk_expr(self, expr);
            }
            _ if iterates(expr) => {
                self.add(Use::Iterates, expr);
                walk_expr(self, expr);
            }
            Expr::Await(wait) => {
                if let Some(open) = self.open.last_mut() {
                    open.body.calls.push((expr.range(), None));
                }
                self.visit_expr(&wait.value);
            }
            _ => walk_expr(self, expr),
        }
    }
}

/// Whether the expression runs over an object: a comprehension, an unpacking, `in`.
fn iterates(expr: &Expr) -> bool {
    match expr {
        Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) | Expr::Generator(_) => true,
        Expr::Starred(_) => true,
        Expr::Tuple(tuple) => tuple.ctx == ExprContext::Store,
        Expr::List(list) => list.ctx == ExprContext::Store,
        Expr::Compare(compare) => {
            let mut operators = compare.ops.iter();
            operators.any(|it| matches!(it, CmpOp::In | CmpOp::NotIn))
        }
        _ => false,
    }
}

/// Whether it is an attribute with what the interpreter calls for an error.
fn is_hook(target: &Expr) -> bool {
    matches!(target, Expr::Attribute(attribute) if HOOKS.contains(&attribute.attr.as_str()))
}

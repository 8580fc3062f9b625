//! Who may cancel tasks, and so end any of their waits.
//!
//! Which task it is that code cancels does not show in the source, so that each may be it.
//! What an `except` or `finally` block cancels does not count: it runs when the function
//! ends, and a service does not end by itself.

use rustc_hash::FxHashSet;

use super::program::{Function, Program};
use crate::diagnosis::source::{Body, Use, UseAt};
use crate::model::{Callback, Frame};

/// The method of tasks, handles and scopes that cancels.
const CANCEL: &str = "cancel";

/// Whether the rest of a stack may cancel something. `frames` are innermost first.
pub(super) fn stack_may_cancel(program: &Program, frames: &[Frame]) -> bool {
    let mut search = Search::new(program);
    let mut inner: Option<&str> = None;
    for frame in frames {
        if let (false, Some(file), Some(line)) = (frame.library, &frame.file, frame.line) {
            let found = program.at(file, line, &frame.function).ok();
            if let Some((body, module)) = found.and_then(|function| program.body(function)) {
                let left = body.left_at(line, inner, module);
                search.add(body, left.into_iter());
            }
        }
        inner = Some(&frame.function);
    }
    search.finish()
}

/// Whether callbacks may cancel something.
pub(super) fn callbacks_may_cancel(program: &Program, callbacks: &[Callback]) -> bool {
    let mut search = Search::new(program);
    for callback in callbacks {
        let name = callback.name.rsplit('.').next().unwrap_or_default();
        search.found |= name == CANCEL;
        if let (Some(file), Some(line)) = (&callback.file, callback.line) {
            let function = program.beginning_at(file, line, name);
            search.open.extend(function.ok());
        }
    }
    search.finish()
}

/// Whether any code of the program cancels something, other than at its end.
pub(super) fn any_cancels(program: &Program) -> bool {
    let bodies = program
        .functions()
        .filter_map(|function| program.body(function));
    let mut uses = bodies.flat_map(|(body, _)| body.uses.iter().map(move |each| (body, each)));
    uses.any(|(body, each)| is_cancel(each) && !body.is_cleanup(each))
}

fn is_cancel(each: &UseAt) -> bool {
    matches!(&each.what, Use::Attribute { name, .. } if name == CANCEL)
}

struct Search<'p> {
    program: &'p Program,
    visited: FxHashSet<Function>,
    open: Vec<Function>,
    found: bool,
}

impl<'p> Search<'p> {
    fn new(program: &'p Program) -> Self {
        Self {
            program,
            visited: FxHashSet::default(),
            open: Vec::new(),
            found: false,
        }
    }

    fn add<'b>(&mut self, body: &Body, uses: impl Iterator<Item = &'b UseAt>) {
        for each in uses.filter(|each| !body.is_cleanup(each)) {
            self.found |= is_cancel(each);
            if let Use::Attribute { name, .. } | Use::Name { name, .. } = &each.what {
                self.open.extend(self.program.named(name));
            }
        }
    }

    fn finish(mut self) -> bool {
        while let Some(function) = self.open.pop() {
            if self.found {
                break;
            }
            let program = self.program;
            if self.visited.insert(function)
                && let Some((body, _)) = program.body(function)
            {
                self.add(body, body.uses.iter());
            }
        }
        self.found
    }
}

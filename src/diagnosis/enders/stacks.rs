//! Locks that an exit stack has entered (`contextlib.ExitStack`): who closes the stack gives
//! them back.

use rustc_hash::FxHashSet;

use super::program::Program;
use super::reach::Reach;
use super::wanted::Wanted;
use crate::diagnosis::source::{Place, Use};

/// Methods that enter a manager, or keep what is to be called at the end.
const ENTER: [&str; 5] = [
    "enter_context",
    "enter_async_context",
    "push",
    "push_async_exit",
    "callback",
];
/// Methods that close a stack, or move what it has to another one. A `with` block of the stack
/// itself counts as `release`.
const CLOSE: [&str; 6] = [
    "close",
    "aclose",
    "pop_all",
    "__exit__",
    "__aexit__",
    "release",
];

/// An exit stack that some code lets enter something, by its name, and the names that are given
/// to it there.
pub(super) struct Entered {
    stack: String,
    given: Vec<String>,
}

/// What the code of the program lets exit stacks enter.
pub(super) fn entered(program: &Program) -> Vec<Entered> {
    let mut found = Vec::new();
    for (body, _) in program.functions().filter_map(|it| program.body(it)) {
        for each in &body.uses {
            let Use::Attribute {
                of: Place::Named(stack) | Place::Local(stack),
                name,
                called: true,
            } = &each.what
            else {
                continue;
            };
            if ENTER.contains(&name.as_str()) {
                let given = body.arguments_of(each);
                let given = given.filter_map(|argument| match &argument.what {
                    Use::Name { name, .. } | Use::Attribute { name, .. } => Some(name.clone()),
                    _ => None,
                });
                found.push(Entered {
                    stack: stack.clone(),
                    given: given.collect(),
                });
            }
        }
    }
    found
}

/// The names that code has for the exit stacks which have entered one resource.
pub(super) struct Stacks(FxHashSet<String>);

impl Stacks {
    /// The stacks that some code lets enter the resource. `None` if there are none.
    pub(super) fn of(entered: &[Entered], wanted: &Wanted) -> Option<Self> {
        let is_it = |each: &&Entered| each.given.iter().any(|name| wanted.names.contains(name));
        let stacks = entered.iter().filter(is_it);
        let names: FxHashSet<String> = stacks.map(|each| each.stack.clone()).collect();
        (!names.is_empty()).then_some(Self(names))
    }

    /// Whether some code hands the method that closes one of them to somebody else.
    pub(super) fn are_handed_out(&self, program: &Program) -> bool {
        let mut bodies = program.functions().filter_map(|it| program.body(it));
        bodies.any(|(body, _)| {
            body.uses.iter().any(|each| match &each.what {
                Use::Attribute {
                    of, name, called, ..
                } => !called && self.is_one(of) && CLOSE.contains(&name.as_str()),
                _ => false,
            })
        })
    }

    /// Whether code with this reach may close one of them.
    pub(super) fn may_close(&self, reach: &Reach) -> bool {
        let mut operations = reach.operations.iter();
        operations.any(|operation| {
            self.is_one(&operation.of) && CLOSE.contains(&operation.method.as_str())
        })
    }

    fn is_one(&self, place: &Place) -> bool {
        matches!(place, Place::Named(name) | Place::Local(name) if self.0.contains(name))
    }
}

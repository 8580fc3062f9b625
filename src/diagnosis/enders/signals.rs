//! What the program does when a signal comes.

use super::program::{Function, Program};
use super::reach::Reach;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::source::Use;

/// The function that makes the interpreter write to a descriptor when a signal comes.
const WAKEUP: &str = "set_wakeup_fd";

/// Whether code of the program handles signals: with a function, or with a descriptor to
/// which the interpreter writes.
pub(in crate::diagnosis) fn handles_signals(facts: &Facts<'_>) -> bool {
    let program = Program::new(facts);
    let mut functions = program.functions().filter_map(|it| program.body(it));
    let wakes = functions.any(|(body, _)| {
        let mut uses = body.uses.iter();
        uses.any(|each| match &each.what {
            Use::Attribute { name, .. } | Use::Name { name, .. } => name == WAKEUP,
            _ => false,
        })
    });
    wakes || !functions_for_signals(&program).is_empty()
}

/// What functions may do that were given to `signal.signal()`.
pub(super) fn signal_handlers(program: &Program) -> Reach {
    Reach::of_functions(program, functions_for_signals(program))
}

/// The functions that were given to `signal.signal()`.
fn functions_for_signals(program: &Program) -> Vec<Function> {
    let mut given = Vec::new();
    for function in program.functions() {
        let Some((body, _)) = program.body(function) else {
            continue;
        };
        let to_signal = |(function, _): &(String, _)| function == "signal";
        if body.given_to.as_ref().is_some_and(to_signal) {
            given.push(function);
        }
        for each in &body.uses {
            let (Use::Name { name, called, .. } | Use::Attribute { name, called, .. }) = &each.what
            else {
                continue;
            };
            if !called && each.given_to.as_ref().is_some_and(to_signal) {
                given.extend(program.named(name));
            }
        }
    }
    given
}

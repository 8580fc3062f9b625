//! What the program does when a signal comes.

use super::program::Program;
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
    wakes || !program.signal_handlers().is_empty()
}

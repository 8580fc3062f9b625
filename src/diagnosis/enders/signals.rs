//! What the program does when a signal comes.

use super::program::Program;
use crate::diagnosis::facts::Facts;
use crate::diagnosis::source::Use;

/// The function that makes the interpreter write to a descriptor when a signal comes, and the
/// options of sockets that end a call after some time (socket(7)).
const ENDS_CALLS: [&str; 3] = ["set_wakeup_fd", "SO_RCVTIMEO", "SO_SNDTIMEO"];

/// Whether code of the program may have calls end that wait for bytes: it handles signals, with a
/// function or with a descriptor to which the interpreter writes, or sets a limit in the kernel.
pub(in crate::diagnosis) fn may_end_calls(facts: &Facts<'_>) -> bool {
    let program = Program::new(facts);
    let mut functions = program.functions().filter_map(|it| program.body(it));
    let wakes = functions.any(|(body, _)| {
        let mut uses = body.uses.iter();
        uses.any(|each| match &each.what {
            Use::Attribute { name, .. } | Use::Name { name, .. } => {
                ENDS_CALLS.contains(&name.as_str())
            }
            _ => false,
        })
    });
    wakes || !program.signal_handlers().is_empty()
}

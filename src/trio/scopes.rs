//! The cancel scopes around a task.

use crate::cpython::Reader;

use super::task::RawTask;

/// Class of cancel scopes, as trio names its public classes.
pub const CANCEL_SCOPE: &str = "trio.CancelScope";

/// The cancel scopes around a task, up to a shield: what is outside of it does not
/// reach the task (`CancelStatus`, `CancelScope`, trio/_core/_run.py).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scopes {
    /// How many of them were cancelled.
    pub cancelled: u64,
    /// The deadlines of the others by the clock of the runner, innermost first.
    pub deadlines: Vec<f64>,
}

impl Reader<'_> {
    /// The cancel scopes around a task. Those that cannot be read are left out.
    pub fn trio_scopes(&self, task: &RawTask) -> Scopes {
        let mut scopes = Scopes::default();
        let object = |addr, name| self.attribute_object(addr, name).ok().flatten();
        let mut next = task.cancel_status;
        for _ in 0..self.limits.frames {
            let Some(status) = next else { break };
            let Some(scope) = object(status, "_scope") else {
                break;
            };
            if self.attribute_bool(scope, "_cancel_called") == Some(true) {
                scopes.cancelled += 1;
            } else {
                let deadline = object(scope, "_deadline").and_then(|it| self.number(it));
                scopes
                    .deadlines
                    .extend(deadline.filter(|it| it.is_finite()));
            }
            if self.attribute_bool(scope, "_shield") == Some(true) {
                break;
            }
            next = object(status, "_parent");
        }
        scopes
    }
}

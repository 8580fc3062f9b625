//! Methods of objects that code may use.

use crate::diagnosis::source::{ObjectPath, Place};

/// What leaving the block of a lock or semaphore does.
pub(super) const GIVE_BACK: &str = "release";

/// A method of an object, used by code that is still to run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::diagnosis::enders) struct Operation {
    /// Where the object comes from.
    pub of: Place,
    /// The path from a global to the object. `None` if it begins elsewhere.
    pub path: Option<ObjectPath>,
    /// Name of the method; empty for entering and leaving a `with` block.
    pub method: String,
    /// Whether the object is a parameter of a function that is on the stack now, so that it
    /// is known which object it is.
    pub is_bound: bool,
}

impl Operation {
    /// Whether it enters or leaves the block of a manager that a class has made for it: that is no
    /// lock for which others wait.
    pub(in crate::diagnosis::enders) fn is_of_new_manager(&self) -> bool {
        let is_new = matches!(&self.of, Place::Called(name) if names_class(name));
        is_new && (self.method.is_empty() || self.method == GIVE_BACK)
    }
}

/// Whether it is the name of a class, as all but a few of Python's own are written (PEP 8).
pub(in crate::diagnosis::enders) fn names_class(name: &str) -> bool {
    let first = name.trim_start_matches('_').chars().next();
    first.is_some_and(char::is_uppercase)
}

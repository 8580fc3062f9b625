//! greenlet: stacks that a program switches by itself.
//!
//! A greenlet is an object of the C extension `greenlet`. Where its fields lie is
//! found in the objects themselves, see [`Form`]: patch releases of greenlet move them.
//! The order of the fields and the values that recognise them are those of greenlet 3.5
//! (`TGreenlet.hpp`, `TStackState.cpp`, `TPythonState.cpp`) and, for the plain form, of
//! greenlet 1.1 (`greenlet.h`).

mod bridge;
mod form;
mod gevent;
mod links;
mod state;
mod types;

pub use bridge::Bridges;
pub use form::Form;
pub use gevent::{RUN, RawWatcher, Watcher};
pub use links::{GreenletLinks, GreenletWait};
pub use state::{GreenletStage, RawGreenlet};
pub use types::GreenletTypes;

use crate::cpython::Reader;

/// Name of the package.
pub const PACKAGE: &str = "greenlet";
/// `tp_name` of the base class of all greenlets.
pub const GREENLET: &str = "greenlet.greenlet";

impl Reader<'_> {
    /// Whether greenlet has been imported in the interpreter at `interp`.
    pub fn greenlet_is_imported(&self, interp: u64) -> bool {
        matches!(self.module_globals(interp, PACKAGE), Ok(Some(_)))
    }

    /// Whether one of the interpreters that were read has imported greenlet.
    pub fn uses_greenlets(&self) -> bool {
        *self.greenlets.get_or_init(|| {
            let mut known = self.known_interpreters().into_iter();
            known.any(|interp| self.greenlet_is_imported(interp))
        })
    }

    /// Whether the object at `addr` is a greenlet.
    pub fn is_greenlet(&self, addr: u64) -> bool {
        self.is_instance(addr, GREENLET)
    }
}

#[cfg(test)]
mod tests;

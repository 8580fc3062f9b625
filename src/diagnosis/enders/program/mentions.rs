//! How code uses methods of an object.

use rustc_hash::FxHashSet;

use super::Program;
use crate::diagnosis::enders::takers::takes_callback;
use crate::diagnosis::source::{Place, Use};

/// How the code of the program uses methods of an object.
#[derive(Debug, Default, Clone, Copy)]
pub(in crate::diagnosis::enders) struct Mentions {
    /// Some code may use one of them.
    pub any: bool,
    /// Some code calls one, or takes it as a value, under one of the names.
    pub by_name: bool,
    /// Some code takes one as a value.
    pub as_value: bool,
    /// Some code hands one to a function whose further use of it does not show in the memory
    /// that is read.
    pub handed_out: bool,
}

impl Program {
    /// How all code of the program, still to run or not, uses these methods of an object with
    /// one of these names.
    pub(in crate::diagnosis::enders) fn mentions(
        &self,
        methods: &[&str],
        names: &FxHashSet<String>,
    ) -> Mentions {
        let mut found = Mentions::default();
        let functions = self.functions().filter_map(|function| self.body(function));
        for each in functions.flat_map(|(body, _)| &body.uses) {
            let Use::Attribute { of, name, called } = &each.what else {
                continue;
            };
            if !methods.contains(&name.as_str()) {
                continue;
            }
            let has_name = match of {
                Place::Named(place) | Place::Local(place) | Place::Got(place) => {
                    names.contains(place)
                }
                Place::Called(function) => self.knows_results(function) && names.contains(function),
                Place::Other => false,
            };
            found.any |= has_name || !matches!(of, Place::Named(_));
            found.by_name |= has_name;
            // What a call returned may be it, and so may a variable of a loop.
            let may_be_it = has_name || !matches!(of, Place::Named(_));
            if may_be_it && !called {
                found.as_value = true;
                found.handed_out |= !each.given_to.as_ref().is_none_or(takes_callback);
            }
        }
        found
    }
}

//! Tasks of every kind, in every state, with every sort of name.
//!
//! The cases are those of `tests/programs/states.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("states", "states.py")
}

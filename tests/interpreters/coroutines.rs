//! Coroutines that no task runs.
//!
//! The cases are those of `tests/programs/coroutines.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("coroutines", "coroutines.py")
}

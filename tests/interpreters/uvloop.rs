//! Tasks on uvloop, where the leg has it.
//!
//! The cases are those of `tests/programs/uvloop_tasks.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("uvloop", "uvloop_tasks.py").needs("uvloop")
}

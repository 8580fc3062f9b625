//! Event loops: class, thread, timers, ready callbacks, whether they run.
//!
//! The cases are those of `tests/programs/loops.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("loops", "loops.py")
}

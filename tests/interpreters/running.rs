//! Tasks on a thread's stack: their chain goes on into the synchronous frames.
//!
//! The cases are those of `tests/programs/running.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("running", "running.py")
}

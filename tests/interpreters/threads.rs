//! Threads of every sort: name, stack, what they sleep in.
//!
//! The cases are those of `tests/programs/threads.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("threads", "threads.py")
}

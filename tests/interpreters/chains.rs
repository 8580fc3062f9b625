//! Every way in which one coroutine waits for another.
//!
//! The cases are those of `tests/programs/chains.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("chains", "chains.py")
}

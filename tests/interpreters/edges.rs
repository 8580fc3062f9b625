//! Who waits for whom, in both directions.
//!
//! The cases are those of `tests/programs/edges.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("edges", "edges.py")
}

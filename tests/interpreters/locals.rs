//! Local variables of every kind.
//!
//! The cases are those of `tests/programs/values.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("locals", "values.py").arguments(&["--locals"])
}

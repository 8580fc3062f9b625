//! Pure-Python tasks on a loop that nest_asyncio patched.
//!
//! The cases are those of `tests/programs/nested_loops.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("nest_asyncio", "nested_loops.py").needs("nest_asyncio")
}

//! asyncio's debug mode: where each task was created.
//!
//! The cases are those of `tests/programs/debug_mode.py`.

use crate::support::suite::Suite;

pub fn suite() -> Suite {
    Suite::new("debug_mode", "debug_mode.py")
}

//! See every thread and every asyncio task of a running Python process, from
//! outside, without touching it.

pub mod limits;
pub mod snapshot;
pub mod target;

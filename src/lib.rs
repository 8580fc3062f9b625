//! See every thread and every asyncio task of a running Python process, from
//! outside, without touching it.

pub mod capture;
pub mod cli;
pub mod dap;
pub mod diagnosis;
pub mod evaluate;
pub mod limits;
pub mod python;
pub mod report;
pub mod snapshot;
pub mod target;
pub mod tasks;

//! See every thread and every asyncio task of a running Python process, from
//! outside, without touching it.

pub mod activity;
pub mod asyncio;
pub mod capture;
pub mod cli;
pub mod cpython;
pub mod dap;
pub mod diagnosis;
pub mod evaluate;
pub mod inspect;
pub mod limits;
pub mod model;
pub mod plain_text;
pub mod process;
pub mod report;
pub mod sampling;
pub mod snapshot;
mod source_depth;

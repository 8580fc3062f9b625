//! The targets, one file each.

mod capture;
mod dap;
mod elf;
mod evaluate;
mod locals;
mod offsets;
mod report;

pub use capture::capture;
pub use dap::dap;
pub use elf::elf;
pub use evaluate::evaluate;
pub use locals::locals;
pub use offsets::offsets;
pub use report::{look, report};

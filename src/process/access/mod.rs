//! Why we may not read a process, and what would help.

pub mod permission;
pub mod refusal;

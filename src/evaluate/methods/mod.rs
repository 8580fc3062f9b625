//! Methods of builtin types that only read.

pub mod call;
pub mod container;
pub mod pieces;
pub mod text;
pub mod units;

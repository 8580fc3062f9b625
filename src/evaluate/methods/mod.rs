//! Methods of builtin types that only read.

pub(super) mod call;
pub(super) mod container;
pub(super) mod pieces;
pub(super) mod text;
pub(super) mod units;

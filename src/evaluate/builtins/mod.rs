//! Builtin functions and calls of builtin types.

pub(super) mod arguments;
pub(super) mod construct;
pub(super) mod construct_number;
pub(super) mod functions;
pub(super) mod instances;
pub(super) mod numbers;
pub(super) mod sorting;

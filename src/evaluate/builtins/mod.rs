//! Builtin functions and calls of builtin types.

pub mod arguments;
pub mod construct;
pub mod construct_number;
pub mod functions;
pub mod instances;
pub mod numbers;
pub mod sorting;

//! Objects: types, containers, numbers, text, attributes, and values as trees.

pub mod attributes;
pub mod callables;
pub mod containers;
pub mod gc;
pub mod instances;
pub mod operands;
pub mod refcount;
pub mod repr;
pub mod text;
pub mod types;
pub mod value;

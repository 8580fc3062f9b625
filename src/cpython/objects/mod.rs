//! Objects: types, containers, numbers, text and attributes, and whole values.

pub mod attributes;
pub mod callables;
pub mod containers;
pub mod contexts;
pub mod gc;
pub mod instances;
pub mod kinds;
pub mod members;
pub mod operands;
pub mod parts;
pub mod refcount;
pub mod repr;
pub mod text;
pub mod types;
pub mod value;

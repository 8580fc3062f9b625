//! `repr` and `str`.

pub mod class;
pub mod computed;
pub mod object;

//! The plain model that everything after it reads, and how it is taken.

pub mod model;

pub use model::*;

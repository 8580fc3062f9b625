//! Format specifications, as f-strings and `format` use them.

pub mod number;
pub mod spec;

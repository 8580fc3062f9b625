//! Format specifications, as f-strings and `format` use them.

pub(super) mod number;
pub(super) mod spec;

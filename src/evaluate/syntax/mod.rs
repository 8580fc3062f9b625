//! From the text of an expression to its value: parsing, and each kind of expression.

pub(super) mod calls;
pub(super) mod comprehension;
pub(super) mod expression;
pub(super) mod fstring;
pub(super) mod literal;
pub(super) mod parse;

//! From the text of an expression to its value: parsing, and each kind of expression.

pub mod calls;
pub mod comprehension;
pub mod expression;
pub mod fstring;
pub mod literal;
pub mod parse;

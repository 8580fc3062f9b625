//! `repr` and `str`.
//!
//! Both build the tree of `cpython::objects::value` and print it with
//! `cpython::objects::repr`, as reports and variables do. The difference is that
//! the tree here is complete, and that it is refused where Python would call
//! code of the program.

pub mod object;
pub mod stdlib;
pub mod text;
pub mod tree;

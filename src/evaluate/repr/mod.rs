//! `repr` and `str`.
//!
//! Both build the tree of `cpython::objects::value` and print it with
//! `cpython::objects::repr`, as reports and variables do. The difference is that
//! the tree here is complete, and that it is refused where Python would call
//! code of the program.

pub(super) mod object;
pub(super) mod stdlib;
pub(super) mod text;
pub(super) mod tree;
